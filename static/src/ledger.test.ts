import assert from "node:assert/strict";
import { test } from "node:test";

import { Ledger } from "./ledger";

test("nothing is outstanding at first", () => {
  const ledger = new Ledger();
  assert.equal(ledger.isSettled, true);
  assert.equal(ledger.unsaved, 0);
});

test("a change is unsaved from the keystroke until its frame is settled", () => {
  const ledger = new Ledger();
  ledger.change();
  assert.equal(ledger.unsaved, 1);
  ledger.send();
  assert.equal(ledger.unsaved, 1);
  assert.equal(ledger.isSettled, false);
  assert.equal(ledger.settle(1), 1);
  assert.equal(ledger.unsaved, 0);
  assert.equal(ledger.isSettled, true);
});

test("an empty frame counts as well: the numbers are the server's", () => {
  const ledger = new Ledger();
  ledger.send();
  ledger.change();
  ledger.send();
  ledger.settle(1);
  assert.equal(ledger.unsaved, 1);
  assert.equal(ledger.isSettled, false);
});

test("an old count takes nothing back", () => {
  const ledger = new Ledger();
  ledger.change();
  ledger.send();
  ledger.settle(1);
  ledger.settle(0);
  assert.equal(ledger.settled, 1);
});

test("more settled than sent is an error, not a promise", () => {
  const ledger = new Ledger();
  ledger.send();
  assert.throws(() => ledger.settle(2), RangeError);
});

test("what was in flight when the connection ended is unsent again", () => {
  const ledger = new Ledger();
  ledger.change();
  ledger.send();
  ledger.change();
  ledger.send();
  ledger.settle(1);
  ledger.disconnect();
  ledger.change();
  assert.equal(ledger.unsaved, 2);
  assert.equal(ledger.sent, 0);
  ledger.send();
  assert.equal(ledger.settle(1), 2);
});

test("a change in parts is durable with its last part", () => {
  const ledger = new Ledger();
  ledger.change();
  ledger.send(false);
  ledger.send(true);
  ledger.settle(1);
  assert.equal(ledger.unsaved, 1);
  ledger.settle(2);
  assert.equal(ledger.unsaved, 0);
});
