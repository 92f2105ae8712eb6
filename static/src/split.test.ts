import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { MAX_DELETES, splitUpdate } from "./split";

const LIMIT = 2000;

/** What a fresh document says after taking in `parts` in their order, and nothing pending. */
function read(parts: Uint8Array[], before?: Uint8Array): string {
  const doc = new Y.Doc();
  if (before) Y.applyUpdate(doc, before);
  for (const part of parts) {
    Y.applyUpdate(doc, part);
    assert.equal(doc.store.pendingStructs, null, "a part builds on a later one");
    assert.equal(doc.store.pendingDs, null, "a part deletes what comes later");
  }
  return doc.getText("content").toString();
}

test("what fits is left alone", () => {
  const doc = new Y.Doc();
  doc.getText("content").insert(0, "small");
  const update = Y.encodeStateAsUpdate(doc);
  assert.deepEqual(splitUpdate(update, LIMIT), [update]);
});

test("a large paste arrives whole, in parts under the limit, no character parted", () => {
  for (const text of ["x".repeat(9000), "😀".repeat(3000), "a😀é文\r\n".repeat(1500)]) {
    const doc = new Y.Doc();
    doc.getText("content").insert(0, text);
    const parts = splitUpdate(Y.encodeStateAsUpdate(doc), LIMIT);
    assert.ok(parts.length > 3);
    for (const part of parts) assert.ok(part.length <= LIMIT, `${part.length} bytes`);
    assert.equal(read(parts), text);
  }
});

test("many small edits with deletions, on top of somebody else's text", () => {
  const other = new Y.Doc();
  other.getText("content").insert(0, "somebody else's text ".repeat(20));
  const before = Y.encodeStateAsUpdate(other);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, before);
  const text = doc.getText("content");
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let i = 0; i < 600; i += 1) {
    text.insert(random(text.length), "😀 é"[random(4)] === " " ? "ab" : "c");
    if (i % 3 === 0) text.delete(random(text.length - 5), 1 + random(4));
  }
  const update = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(other));
  const parts = splitUpdate(update, LIMIT);
  assert.ok(parts.length > 3);
  for (const part of parts) assert.ok(part.length <= LIMIT, `${part.length} bytes`);
  assert.equal(read(parts, before), text.toString());
});

test("what is replaced in 50,000 places arrives, in parts that the server takes", () => {
  const doc = new Y.Doc();
  const text = doc.getText("content");
  doc.transact(() => {
    // Each a piece of its own: Yjs takes long to cut a single one in 50,000 places.
    for (let i = 0; i < 50_000; i += 1) {
      for (const piece of [";", "cat", "a "]) text.insert(0, piece);
    }
  });
  const before = Y.encodeStateAsUpdate(doc);
  let update = new Uint8Array();
  doc.on("update", (made: Uint8Array) => {
    update = new Uint8Array(made);
  });
  doc.transact(() => {
    for (let at = 2; at < text.length; at += 6) {
      text.delete(at, 3);
      text.insert(at, "dog");
    }
  });
  for (const limit of [100_000, 100_000_000]) {
    const parts = splitUpdate(update, limit);
    for (const part of parts) {
      assert.ok(part.length <= limit, `${part.length} bytes`);
      const { clients } = Y.decodeUpdate(part).ds;
      const ranges = [...clients.values()].reduce((sum, { length }) => sum + length, 0);
      assert.ok(ranges <= MAX_DELETES, `${ranges} ranges`);
    }
    assert.equal(read(parts, before), "a dog;".repeat(50_000));
  }
});

test("an update with as many deletions as the server takes is left alone", () => {
  const doc = new Y.Doc();
  const text = doc.getText("content");
  text.insert(0, "ab".repeat(MAX_DELETES));
  doc.transact(() => {
    for (let at = 0; at < MAX_DELETES; at += 1) text.delete(at, 1);
  });
  const update = Y.encodeStateAsUpdate(doc);
  assert.deepEqual(splitUpdate(update, 10_000_000), [update]);
});

test("an undo that brings much back is split as well", () => {
  const doc = new Y.Doc();
  const text = doc.getText("content");
  text.insert(0, "line\n".repeat(2000));
  const undo = new Y.UndoManager(text);
  text.delete(0, text.length);
  const before = Y.encodeStateAsUpdate(doc);
  let update = new Uint8Array();
  doc.on("update", (made: Uint8Array) => {
    update = new Uint8Array(made);
  });
  undo.undo();
  assert.equal(read(splitUpdate(update, LIMIT), before), "line\n".repeat(2000));
});
