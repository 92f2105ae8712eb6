import assert from "node:assert/strict";
import { test } from "node:test";

import { Text } from "@codemirror/state";
import * as encoding from "lib0/encoding";

import { backoff, LONGEST_WAIT, SHORTEST_WAIT } from "./backoff";
import { initials, readableOn, readIdentity, readPresence } from "./identity";
import { indentationOf } from "./indentation";
import { describeRefusal } from "./limits";
import { describeMatches, MOST_COUNTED } from "./searching";

test("the first retry is fast, the later ones spread over ten seconds", () => {
  assert.equal(backoff(0, () => 0), SHORTEST_WAIT);
  assert.equal(backoff(0, () => 1), 500);
  assert.equal(backoff(3, () => 0.5), 2000);
  assert.equal(backoff(20, () => 1), LONGEST_WAIT);
  assert.equal(backoff(2000, () => 1), LONGEST_WAIT);
});

test("only sound colours reach a style", () => {
  const good = { id: 1, name: "bob", color: "#112233", colorLight: "#11223344" };
  assert.deepEqual(readIdentity(good), good);
  const bad = readIdentity({ ...good, color: "red; background: url(x)", colorLight: "#12" });
  assert.match(bad?.color ?? "", /^#[0-9a-f]{6}$/);
  assert.match(bad?.colorLight ?? "", /^#[0-9a-f]{8}$/);
  assert.equal(readIdentity({ ...good, id: "1" }), undefined);
  assert.equal(readIdentity({ ...good, name: { toString: "x" } }), undefined);
  assert.equal(readIdentity(null), undefined);
});

test("who we are comes from the server's echo, and a state keeps only what is known", () => {
  const user = { id: 7, name: "alice", color: "#112233", colorLight: "#11223333" };
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 2);
  for (const [client, state] of [
    [5, { user, cursor: null, evil: 1 }],
    [6, null],
  ] as const) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarString(encoder, JSON.stringify(state));
  }
  const update = encoding.toUint8Array(encoder);
  assert.deepEqual(readPresence(update, 5).self, user);
  assert.equal(readPresence(update, 6).self, undefined);
  const text = new TextDecoder().decode(readPresence(update, 5).update);
  assert.ok(!text.includes("evil"));
});

test("letters stand for names in any script", () => {
  assert.equal(initials("Alice Berg"), "AB");
  assert.equal(initials("bob"), "B");
  assert.equal(initials("ada.m.lovelace"), "AL");
  assert.equal(initials("文 豪"), "文豪");
  assert.equal(initials("😀"), "😀");
  assert.equal(initials("  "), "?");
});

test("a name is readable on its colour", () => {
  assert.equal(readableOn("#ffffff"), "#000000");
  assert.equal(readableOn("#1d4ed8"), "#ffffff");
});

test("indentation is taken from the text", () => {
  const of = (text: string) => indentationOf(Text.of(text.split("\n")));
  assert.equal(of(""), "    ");
  assert.equal(of("a\n  b\n    c\n  d\n"), "  ");
  assert.equal(of("def f():\n    x\n\ndef g():\n    y\n"), "    ");
  assert.equal(of("f {\n\tx\n\t\ty\n}\n"), "\t");
  assert.equal(of("/*\n * a\n */\nf {\n  x\n}\n"), "  ");
});

test("matches are counted in words, up to a limit", () => {
  const matches = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ from: index * 3, to: index * 3 + 2 }));
  const nowhere = { from: 0, to: 0 };
  assert.equal(describeMatches([], nowhere), "No results");
  assert.equal(describeMatches(matches(1), nowhere), "1 result");
  assert.equal(describeMatches(matches(17), nowhere), "17 results");
  assert.equal(describeMatches(matches(17), { from: 6, to: 8 }), "3 of 17");
  assert.equal(describeMatches(matches(MOST_COUNTED), nowhere), "1,000 results");
  assert.equal(describeMatches(matches(MOST_COUNTED + 1), nowhere), "More than 1,000 results");
  assert.equal(describeMatches(matches(MOST_COUNTED + 1), { from: 0, to: 2 }), "1 of more than 1,000");
});

test("a refusal names size and limit", () => {
  assert.equal(
    describeRefusal({ inserted: 1200, length: 5_001_200, limit: 5_000_000 }),
    "Not inserted: 1,200 characters would make this document 5,001,200 characters long. " +
      "The limit is 5,000,000 characters.",
  );
});
