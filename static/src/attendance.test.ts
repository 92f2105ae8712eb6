import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Attendance, RETURNING } from "./attendance";

const bob = [2, "bob"] as const;
const charlie = [3, "charlie"] as const;

let isConnected: boolean;
let told: string[];
let attendance: Attendance;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  isConnected = true;
  told = [];
  attendance = new Attendance({
    isConnected: () => isConnected,
    onJoin: (name) => told.push(`${name} joined`),
    onLeave: (name) => told.push(`${name} left`),
  });
});

afterEach(() => mock.timers.reset());

function sees(...people: (readonly [number, string])[]): void {
  attendance.see(new Map(people));
}

function goesOffline(): void {
  isConnected = false;
  sees();
}

function returns(): void {
  isConnected = true;
  attendance.return();
}

test("who comes and who goes is told once", () => {
  sees(bob);
  sees(bob, charlie);
  sees(charlie);
  assert.deepEqual(told, ["bob joined", "charlie joined", "bob left"]);
});

test("when we go offline and return, nobody has left or joined", () => {
  sees(bob, charlie);
  told = [];
  goesOffline();
  returns();
  sees(bob);
  mock.timers.tick(RETURNING - 1);
  sees(bob, charlie);
  mock.timers.tick(1);
  assert.deepEqual(told, []);
});

test("who really left or came while we were away is told after the return", () => {
  sees(bob);
  told = [];
  goesOffline();
  mock.timers.tick(60_000);
  returns();
  sees(charlie);
  mock.timers.tick(RETURNING);
  assert.deepEqual(told, ["charlie joined", "bob left"]);
});

test("offline again before all are back, nobody has left", () => {
  sees(bob);
  told = [];
  goesOffline();
  returns();
  goesOffline();
  mock.timers.tick(RETURNING);
  returns();
  sees(bob);
  mock.timers.tick(RETURNING);
  assert.deepEqual(told, []);
});
