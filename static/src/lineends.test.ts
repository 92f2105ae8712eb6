import assert from "node:assert/strict";
import { test } from "node:test";

import { copyLineDown, insertNewlineAndIndent, moveLineDown } from "@codemirror/commands";
import {
  EditorSelection,
  EditorState,
  type StateCommand,
  Text,
  type TransactionSpec,
} from "@codemirror/state";

import { lineEnds, lineEndsOf } from "./lineends";

/** An editor without a view: "|" in its script is the cursor. */
function edit(script: string, ...steps: (TransactionSpec | StateCommand)[]): string {
  const cursor = Math.max(0, script.indexOf("|"));
  let state = EditorState.create({
    doc: Text.of(script.replace("|", "").split("\n")),
    selection: EditorSelection.cursor(cursor),
    extensions: lineEnds(),
  });
  for (const step of steps) {
    if (typeof step === "function") {
      step({ state, dispatch: (tr) => (state = tr.state) });
    } else {
      state = state.update(step).state;
    }
  }
  const { head } = state.selection.main;
  const doc = state.doc.toString();
  return script.includes("|") ? `${doc.slice(0, head)}|${doc.slice(head)}` : doc;
}

test("the text keeps every character as it is", () => {
  for (const text of ["a\r\nb\r\n", "a\nb\r\nc\rd", "\r\n\r\n", "😀\r\né文"]) {
    assert.equal(edit(text), text);
  }
});

test("Enter continues the line ends of its line", () => {
  assert.equal(edit("one|\r\ntwo", insertNewlineAndIndent), "one\r\n|\r\ntwo");
  assert.equal(edit("one|\ntwo", insertNewlineAndIndent), "one\n|\ntwo");
  assert.equal(edit("one\r\ntwo|", insertNewlineAndIndent), "one\r\ntwo\r\n|");
});

test("Enter adds a line end and leaves the one that is there to its author", () => {
  const state = EditorState.create({
    doc: Text.of("one\r\ntwo".split("\n")),
    selection: EditorSelection.cursor(3),
    extensions: lineEnds(),
  });
  const changes: [number, number, string][] = [];
  insertNewlineAndIndent({
    state,
    dispatch: (tr) =>
      tr.changes.iterChanges((from, to, _fromB, _toB, inserted) => {
        changes.push([from, to, inserted.sliceString(0)]);
      }),
  });
  assert.deepEqual(changes, [[3, 3, "\r\n"]]);
});

test("no cursor rests between carriage return and line feed", () => {
  assert.equal(edit("one\r\ntwo|", { selection: { anchor: 4 } }), "one|\r\ntwo");
  const state = EditorState.create({
    doc: Text.of("a\r\nb".split("\n")),
    extensions: lineEnds(),
  });
  const { main } = state.update({ selection: { anchor: 0, head: 2 } }).state.selection;
  assert.deepEqual([main.anchor, main.head], [0, 1]);
});

test("moving, copying and deleting lines keeps their ends", () => {
  assert.equal(edit("a|\r\nb\r\nc", moveLineDown), "b\r\na|\r\nc");
  assert.equal(edit("a|\r\nb", moveLineDown), "b\r\na|");
  assert.equal(edit("a|\r\nb", copyLineDown).replace("|", ""), "a\r\na\r\nb");
  // What "delete line" does with the second of three.
  assert.equal(edit("a\r\nb\r\nc", { changes: { from: 2, to: 5 } }), "a\r\nc");
});

test("half a line end cannot be deleted", () => {
  assert.equal(edit("a\r\nb", { changes: { from: 2, to: 3 } }), "ab");
  assert.equal(edit("a\r\nb", { changes: { from: 0, to: 2 } }), "\r\nb");
});

const paste = (from: number, insert: string): TransactionSpec => ({
  changes: { from, insert },
  selection: { anchor: from + insert.length },
  userEvent: "input.paste",
});

test("a paste takes the line ends of the text, and the cursor is behind it", () => {
  assert.equal(edit("a|b\r\n", paste(1, "x\ny\n")), "ax\r\ny\r\n|b\r\n");
  assert.equal(edit("a|b\r\n", paste(1, "x\r\ny\n")), "ax\r\ny\r\n|b\r\n");
  assert.equal(edit("a|b\n", paste(1, "x\r\ny\r\n")), "ax\ny\n|b\n");
  assert.equal(edit("one\ntwo\n|", paste(8, "three\r\nfour\r\n")), "one\ntwo\nthree\nfour\n|");
  // At a line end of the same or the other kind.
  assert.equal(edit("a|\r\nb", paste(1, "x\ny")), "ax\r\ny|\r\nb");
  assert.equal(edit("a|\nb", paste(1, "x\r\ny")), "ax\ny|\nb");
});

test("a text that has no line ends keeps those of what is pasted", () => {
  for (const pasted of ["x\r\ny\r\n", "x\ny\n", "x\r\ny\n"]) {
    assert.equal(edit("|", paste(0, pasted)), `${pasted}|`);
    assert.equal(edit("a|b", paste(1, pasted)), `a${pasted}|b`);
  }
});

test("in a text of mixed line ends a paste goes by the line it is put into", () => {
  assert.equal(edit("a|b\r\nc\n", paste(1, "x\ny")), "ax\r\ny|b\r\nc\n");
  assert.equal(edit("ab\r\nc|\n", paste(5, "x\r\ny")), "ab\r\ncx\ny|\n");
});

test("a paste of very many lines is converted too", () => {
  const pasted = paste(3, "line\r\n".repeat(150_000));
  assert.equal(edit("a\nb|\n", pasted), `a\nb${"line\n".repeat(150_000)}|\n`);
});

test("lines that are pasted one to a cursor leave no half a line end", () => {
  // What CodeMirror makes of "x\r\ny" with two cursors.
  const changes = [
    { from: 1, insert: "x\r" },
    { from: 4, insert: "y" },
  ];
  assert.equal(edit("a\r\nb\r\n", { changes, userEvent: "input.paste" }), "ax\r\nby\r\n");
});

test("a change that shares half of a character writes the whole of it", () => {
  // What a browser reports when 😀 is replaced by 😁: only the second half differs.
  const start = EditorState.create({ doc: "😀", extensions: lineEnds() });
  const tr = start.update({ changes: { from: 1, to: 2, insert: "😁"[1] ?? "" } });
  assert.equal(tr.newDoc.toString(), "😁");
  tr.changes.iterChanges((from, to, _fromB, _toB, inserted) => {
    assert.deepEqual([from, to, inserted.toString()], [0, 2, "😁"]);
  });
});

test("whatever is edited, no line end and no character is left in halves", () => {
  let seed = 42;
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const pieces = ["a", "\n", "\r\n", "😀", "文", "", "\ud83d", "\ude00", "b\r\nc", "x\ny"];
  for (let round = 0; round < 3000; round += 1) {
    let text = "";
    for (let i = random(8); i >= 0; i -= 1) text += ["a", "\r\n", "😀", "é"][random(4)];
    const changes = [];
    for (let at = 0; at <= text.length && changes.length < 3; ) {
      const from = at + random(text.length - at + 1);
      const to = Math.min(text.length, from + random(3));
      changes.push({ from, to, insert: pieces[random(pieces.length)] ?? "" });
      at = to + 1;
    }
    const state = EditorState.create({ doc: Text.of(text.split("\n")), extensions: lineEnds() });
    const userEvent = ["input.type", "input.paste"][round % 2] ?? "";
    const tr = state.update({ changes, selection: { anchor: 0 }, userEvent });
    const result = tr.newDoc.toString();
    const what = `${JSON.stringify(text)} ${JSON.stringify(changes)} -> ${JSON.stringify(result)}`;
    assert.doesNotMatch(result, /[\ud800-\udfff]/u, what);
    assert.doesNotMatch(result, /\r(?!\n)/, what);
    // The Y.Text is changed by these very changes: none may part a pair there either.
    tr.changes.iterChanges((from, to) => {
      for (const at of [from, to]) {
        const around = text.slice(Math.max(0, at - 1), at + 1);
        assert.doesNotMatch(around, /^[\ud800-\udbff][\udc00-\udfff]$/, what);
      }
    });
  }
});

test("line ends are named", () => {
  const named = (text: string) => lineEndsOf(Text.of(text.split("\n")));
  assert.equal(named("one line"), "LF");
  assert.equal(named("a\nb"), "LF");
  assert.equal(named("a\r\nb\r\n"), "CRLF");
  assert.equal(named("a\r\nb\n"), "mixed");
});
