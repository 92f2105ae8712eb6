import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConnectionEvent } from "./connection";
import { advance, describe, openState, type SaveState, wouldLose } from "./savestate";

/** A page whose words are read as a script of events. */
class Page {
  now = 1_000_000;
  state: SaveState;

  constructor(canEdit = true) {
    this.state = openState(canEdit);
  }

  hears(...events: ConnectionEvent[]): this {
    for (const event of events) this.state = advance(this.state, event, this.now);
    return this;
  }

  waits(milliseconds: number): this {
    this.now += milliseconds;
    return this;
  }

  get label(): string {
    return describe(this.state, this.now).label;
  }

  get detail(): string | undefined {
    return describe(this.state, this.now).detail;
  }

  get actions(): string[] {
    return describe(this.state, this.now).actions;
  }
}

const connecting: ConnectionEvent = { type: "connecting" };
const open: ConnectionEvent = { type: "open" };
const synced: ConnectionEvent = { type: "synced" };
const unsaved = (changes: number): ConnectionEvent => ({
  type: "progress",
  unsaved: changes,
  isSettled: changes === 0,
});
/** A frame without changes of ours is on its way: the answer to the server's step 1. */
const emptyFrame: ConnectionEvent = { type: "progress", unsaved: 0, isSettled: false };
const settled = unsaved(0);
const denied: ConnectionEvent = { type: "denied", reason: "read only" };
const lost = (retryAt: number, cause: "network" | "restarting" | "busy" = "network") =>
  ({ type: "lost", cause, retryAt }) as const;

const opened = (canEdit = true): Page =>
  new Page(canEdit).hears(connecting, open, emptyFrame, synced, settled);

test("opening says Connected, and never Saved before anything was typed", () => {
  const page = new Page();
  assert.equal(page.label, "Connecting…");
  page.hears(connecting, open);
  assert.equal(page.label, "Connecting…");
  page.hears(emptyFrame, synced);
  assert.notEqual(page.label, "Saved");
  page.hears(settled);
  assert.equal(page.label, "Connected");
});

test("typing says Saving, then Saved only with the confirmation", () => {
  const page = opened().hears(unsaved(1));
  assert.equal(page.label, "Saving…");
  page.waits(1000).hears(unsaved(2)).hears(unsaved(1));
  assert.equal(page.label, "Saving…");
  page.hears(settled);
  assert.equal(page.label, "Saved");
});

test("unconfirmed for five seconds asks to keep the tab open, until it is confirmed", () => {
  const page = opened().hears(unsaved(1)).waits(4999);
  assert.equal(page.label, "Saving…");
  assert.equal(describe(page.state, page.now).until, page.now + 1);
  page.waits(1);
  assert.equal(page.label, "Not saved yet. Keep this tab open");
  page.hears(unsaved(2));
  assert.equal(page.label, "Not saved yet. Keep this tab open");
  page.hears(settled);
  assert.equal(page.label, "Saved");
});

test("offline is said at once, the rest when it lasts", () => {
  const page = opened().hears(lost(1_010_000));
  assert.equal(page.label, "Offline");
  assert.deepEqual(page.actions, []);
  page.waits(1000);
  assert.deepEqual(page.actions, ["retry"]);
  assert.equal(page.detail, "What you type is kept in this tab.");
  page.hears(unsaved(1));
  assert.equal(page.detail, "Your changes are kept in this tab (1 change).");
  page.hears(unsaved(2000));
  assert.equal(page.detail, "Your changes are kept in this tab (2,000 changes).");
});

test("an attempt that is under way is still offline", () => {
  const page = opened().hears(lost(1_000_500), unsaved(3)).waits(2000).hears(connecting);
  assert.equal(page.label, "Offline");
  page.hears(open);
  assert.equal(page.label, "Offline");
});

test("back online counts what was typed meanwhile, once all of it is durable", () => {
  const page = opened().hears(lost(0), unsaved(3)).waits(2000).hears(connecting, open, unsaved(3));
  page.hears(synced);
  assert.equal(page.label, "Saving…");
  page.hears(settled);
  assert.equal(page.label, "Back online, 3 changes saved");
  page.waits(5000);
  assert.equal(page.label, "Saved");
});

test("back online with nothing typed counts nothing", () => {
  const page = opened().hears(lost(0)).waits(2000).hears(connecting, open, emptyFrame, synced);
  page.hears(settled);
  assert.equal(page.label, "Back online");
});

test("lost again before the confirmation, nothing is called saved", () => {
  const page = opened().hears(unsaved(1), lost(0)).hears(connecting, open, synced, lost(0));
  page.waits(1000);
  assert.equal(page.label, "Offline");
  page.hears(connecting, open, emptyFrame, unsaved(1), synced, settled);
  assert.equal(page.label, "Back online, 1 change saved");
});

test("a restart is said as such, but not for ever", () => {
  const page = opened().hears(lost(0, "restarting")).waits(1000).hears(connecting, lost(0));
  assert.equal(page.label, "The server is restarting");
  page.waits(15_000);
  assert.equal(page.label, "Offline");
  page.hears(lost(0, "busy"));
  assert.equal(page.label, "The server is busy");
});

test("a page that never came through is offline, not connecting for ever", () => {
  const page = new Page().hears(connecting, lost(0)).waits(1000);
  assert.equal(page.label, "Offline");
});

test("each end has its own words, and names what was not saved", () => {
  const words = new Set<string>();
  for (const cause of [
    "malformed",
    "signed-out",
    "access-removed",
    "deleted",
    "quarantined",
    "too-large",
    "too-fast",
  ] as const) {
    const page = opened().hears(unsaved(2), { type: "stopped", cause, reason: "" });
    words.add(page.label);
    assert.match(page.detail ?? "", /Not saved: 2 changes\.$/);
    assert.ok(page.actions.includes("copy"));
    assert.equal(wouldLose(page.state), true);
  }
  assert.equal(words.size, 7);
});

test("signed out leads to signing in", () => {
  const page = opened().hears({ type: "stopped", cause: "signed-out", reason: "" });
  assert.deepEqual(page.actions, ["sign-in", "retry"]);
});

test("a viewer views, and is not told about refusals that are none", () => {
  const page = opened(false);
  assert.equal(page.label, "View only");
  page.hears(denied);
  assert.equal(page.label, "View only");
});

test("an editor whose change is refused is told so, and it stays said", () => {
  const page = opened().hears(unsaved(1), denied, settled);
  assert.equal(page.label, "Now view only");
  assert.match(page.detail ?? "", /Your last change was not saved/);
  assert.deepEqual(page.actions, ["copy", "reload"]);
  const other = opened().hears(unsaved(3), denied, settled, denied);
  assert.match(other.detail ?? "", /Your last 3 changes were not saved/);
});

test("an editor who becomes a viewer with everything saved is not told of a loss", () => {
  for (const page of [opened().hears(denied), opened().hears(unsaved(1), settled, denied)]) {
    assert.equal(page.label, "Now view only");
    assert.equal(describe(page.state, page.now).tone, "quiet");
    assert.match(page.detail ?? "", /Everything you typed was saved/);
    assert.deepEqual(page.actions, ["reload"]);
    page.hears(lost(0));
    assert.equal(page.label, "Offline");
  }
});

test("what was typed offline and is refused on return is named as not saved", () => {
  const page = opened().hears(lost(0), unsaved(2), connecting, open, unsaved(2), synced, denied);
  page.hears(settled).waits(5000);
  assert.match(page.detail ?? "", /Your last 2 changes were not saved/);
});

test("leaving warns only while something is unsaved", () => {
  const page = opened();
  assert.equal(wouldLose(page.state), false);
  page.hears(emptyFrame);
  assert.equal(wouldLose(page.state), false);
  page.hears(unsaved(1));
  assert.equal(wouldLose(page.state), true);
  page.hears(settled);
  assert.equal(wouldLose(page.state), false);
});
