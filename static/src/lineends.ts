/**
 * Line ends and surrogate pairs stay what they are; a paste takes the line ends of the text.
 *
 * CodeMirror would turn "\r\n" into "\n" and shift every position against the Y.Text, so lines are
 * split at "\n" alone and "\r" stays in the text. Then "\r\n" must be one thing to people: "\r" is
 * not drawn, no cursor rests inside, and no edit takes one half. The halves of a surrogate pair
 * (😀) must not be parted either: Yjs turns a lone half into U+FFFD.
 */
import { pickedCompletion } from "@codemirror/autocomplete";
import {
  type Annotation,
  type AnnotationType,
  ChangeSet,
  EditorSelection,
  EditorState,
  type Extension,
  RangeSetBuilder,
  StateEffect,
  type Text,
  Transaction,
  type TransactionSpec,
} from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { ySyncAnnotation } from "y-codemirror.next";

/** What a text ends its lines with. */
export type LineEnds = "LF" | "CRLF" | "mixed";

/** The line ends of a text; LF for a text of one line. */
export function lineEndsOf(doc: Text): LineEnds {
  let crlf = 0;
  let number = 0;
  for (const text of doc.iterLines()) {
    number += 1;
    if (number < doc.lines && text.endsWith("\r")) crlf += 1;
  }
  if (crlf === 0) return "LF";
  return crlf === doc.lines - 1 ? "CRLF" : "mixed";
}

/** Keeps "\r\n" whole, hidden and typed where it is in use. */
export function lineEnds(): Extension {
  return [
    EditorState.lineSeparator.of("\n"),
    EditorState.transactionFilter.of(mend),
    carriageReturns,
  ];
}

const hidden = Decoration.replace({});

const carriageReturns = ViewPlugin.fromClass(
  class {
    /** Hides each "\r" of the viewport that ends a line. */
    hidden: DecorationSet;
    /** The "\r\n" of the viewport, which keys step over. */
    whole: DecorationSet;
    /**
     * Whether the pointer was used last. A click behind a line is between "\r" and "\n", and
     * stepping over would lead to the next line; the transaction filter goes back instead.
     */
    isPointing = false;

    constructor(view: EditorView) {
      [this.hidden, this.whole] = findLineEnds(view);
    }

    update(update: ViewUpdate): void {
      if (update.docChanged || update.viewportChanged) {
        [this.hidden, this.whole] = findLineEnds(update.view);
      }
    }
  },
  {
    decorations: (plugin) => plugin.hidden,
    provide: (plugin) =>
      EditorView.atomicRanges.of((view) => {
        const value = view.plugin(plugin);
        return value === null || value.isPointing ? Decoration.none : value.whole;
      }),
    eventObservers: {
      pointerdown() {
        this.isPointing = true;
      },
      keydown() {
        this.isPointing = false;
      },
      beforeinput() {
        this.isPointing = false;
      },
    },
  },
);

function findLineEnds(view: EditorView): [hidden: DecorationSet, whole: DecorationSet] {
  const returns = new RangeSetBuilder<Decoration>();
  const whole = new RangeSetBuilder<Decoration>();
  const { doc } = view.state;
  for (const { from, to } of view.visibleRanges) {
    for (let line = doc.lineAt(from); ; line = doc.line(line.number + 1)) {
      if (line.to < doc.length && line.text.endsWith("\r")) {
        returns.add(line.to - 1, line.to, hidden);
        whole.add(line.to - 1, line.to + 1, hidden);
      }
      if (line.to >= to || line.number === doc.lines) break;
    }
  }
  return [returns.finish(), whole.finish()];
}

function charAt(doc: Text, at: number): string {
  return at < 0 || at >= doc.length ? "" : doc.sliceString(at, at + 1);
}

/** Whether `at` is between "\r" and "\n". */
function isInLineEnd(doc: Text, at: number): boolean {
  return charAt(doc, at - 1) === "\r" && charAt(doc, at) === "\n";
}

function isHigh(char: string): boolean {
  return char >= "\ud800" && char <= "\udbff";
}

function isLow(char: string): boolean {
  return char >= "\udc00" && char <= "\udfff";
}

/** Adds to a transaction what keeps line ends and characters whole; cursors included. */
function mend(tr: Transaction): TransactionSpec | readonly TransactionSpec[] {
  if (!tr.docChanged && tr.selection === undefined) return tr;
  // What others do, and what is undone, is in the Y.Text already and must not differ from it.
  const isOurs = tr.annotation(ySyncAnnotation) === undefined;
  const repair = tr.docChanged && isOurs ? repairs(tr) : null;
  const doc = repair === null ? tr.newDoc : repair.apply(tr.newDoc);
  const selection = repair === null ? tr.newSelection : tr.newSelection.map(repair);
  const settled = settle(selection, doc);
  if (repair === null) {
    return settled === selection ? tr : [tr, { selection: settled, sequential: true }];
  }
  return {
    changes: trim(tr.changes.compose(repair), tr.startState.doc),
    selection: settled,
    effects: StateEffect.mapEffects(tr.effects, repair),
    annotations: [copy(tr, Transaction.userEvent), copy(tr, pickedCompletion)].flat(),
    scrollIntoView: tr.scrollIntoView,
  };
}

function copy<T>(tr: Transaction, type: AnnotationType<T>): Annotation<T>[] {
  const value = tr.annotation(type);
  return value === undefined ? [] : [type.of(value)];
}

/**
 * `changes` without what is deleted and inserted again. Every character keeps its author in the
 * Y.Text: with the "\r" of one and the "\n" of another, an undo would leave half a line end.
 */
function trim(changes: ChangeSet, was: Text): ChangeSet {
  const trimmed: { from: number; to: number; insert: string }[] = [];
  changes.iterChanges((from, to, _fromB, _toB, inserted) => {
    const before = was.sliceString(from, to);
    const after = inserted.sliceString(0);
    const shorter = Math.min(before.length, after.length);
    // The end first: of a typed "\r\n" before another, the second "\r" is the one that was there.
    let end = 0;
    while (end < shorter && before.at(-1 - end) === after.at(-1 - end)) end += 1;
    if (end > 0 && isInPair(was, to - end)) end -= 1;
    let start = 0;
    while (start < shorter - end && before[start] === after[start]) start += 1;
    if (start > 0 && isInPair(was, from + start)) start -= 1;
    trimmed.push({
      from: from + start,
      to: to - end,
      insert: after.slice(start, after.length - end),
    });
  });
  return ChangeSet.of(trimmed, was.length, "\n");
}

/** `selection` with no end between "\r" and "\n". */
function settle(selection: EditorSelection, doc: Text): EditorSelection {
  const isAstray = selection.ranges.some(
    ({ anchor, head }) => isInLineEnd(doc, anchor) || isInLineEnd(doc, head),
  );
  if (!isAstray) return selection;
  const before = (at: number): number => (isInLineEnd(doc, at) ? at - 1 : at);
  return EditorSelection.create(
    selection.ranges.map((range) =>
      range.empty
        ? EditorSelection.cursor(before(range.head), -1)
        : EditorSelection.range(before(range.anchor), before(range.head)),
    ),
    selection.mainIndex,
  );
}

/** What to change after `tr`'s own changes, in its new document; null for nothing. */
function repairs(tr: Transaction): ChangeSet | null {
  const was = tr.startState.doc;
  const is = tr.newDoc;
  const fixes: { from: number; to?: number; insert?: string }[] = [];
  const isPaste = tr.isUserEvent("input.paste") || tr.isUserEvent("input.drop");
  // A text without line ends of its own takes those of what is pasted.
  const isVerbatim = isPaste && was.lines === 1;
  // What is typed goes by its own line, what is pasted by the whole text where that is of one mind.
  const own: LineEnds = isPaste ? lineEndsOf(was) : "mixed";
  tr.changes.iterChanges((fromA, toA, fromB, toB, inserted) => {
    // A "\r" that stays before the change and has lost its "\n"; a "\n" after it without its "\r".
    if (isInLineEnd(was, fromA) && charAt(is, fromB) !== "\n") {
      fixes.push({ from: fromB - 1, to: fromB });
    }
    if (isInLineEnd(was, toA) && charAt(is, toB - 1) !== "\r") {
      fixes.push({ from: toB, insert: "\r" });
    }
    if (!isVerbatim && (inserted.lines > 1 || isPaste)) {
      const isCrlf = own === "CRLF" || (own === "mixed" && isCrlfAt(was, fromA));
      if (isPaste) {
        for (const at of strayReturns(is, fromB, toB, isCrlf)) fixes.push({ from: at, to: at + 1 });
      }
      if (isCrlf) {
        for (const at of bareLineFeeds(is, fromB, toB)) fixes.push({ from: at, insert: "\r" });
      }
    }
    // Halves of a character that stay: with a new other half they are one new character, which is
    // written whole; alone they are nothing.
    const isLeftHalf = isInPair(was, fromA);
    if (isLeftHalf) fixes.push(rejoin(is, fromB));
    if (isInPair(was, toA) && !(isLeftHalf && fromB === toB)) fixes.push(rejoin(is, toB));
    for (const at of loneHalves(is, fromB, toB)) {
      fixes.push({ from: at, to: at + 1, insert: "\ufffd" });
    }
  });
  return fixes.length === 0 ? null : ChangeSet.of(fixes, is.length, "\n");
}

/** Whether a line break typed at `at` is "\r\n": as its line ends, or else the one before. */
function isCrlfAt(doc: Text, at: number): boolean {
  const line = doc.lineAt(at);
  if (line.to < doc.length) return line.text.endsWith("\r");
  return line.number > 1 && doc.line(line.number - 1).text.endsWith("\r");
}

/** The "\r" of a pasted text that are too many: those of line ends, or what was cut from one. */
function strayReturns(doc: Text, from: number, to: number, isCrlf: boolean): number[] {
  const text = doc.sliceString(from, to);
  return [...text.matchAll(/\r(?=\n|$)/g)]
    .map(({ index }) => from + index)
    .filter((at) => !isCrlf || charAt(doc, at + 1) !== "\n");
}

function bareLineFeeds(doc: Text, from: number, to: number): number[] {
  const text = doc.sliceString(from, to);
  return [...text.matchAll(/\n/g)]
    .map(({ index }) => from + index)
    .filter((at) => charAt(doc, at - 1) !== "\r");
}

/** Whether `at` is inside a surrogate pair. */
function isInPair(doc: Text, at: number): boolean {
  return isHigh(charAt(doc, at - 1)) && isLow(charAt(doc, at));
}

/** The change that makes the halves around `at` whole, or removes the one that stands alone. */
function rejoin(doc: Text, at: number): { from: number; to: number; insert?: string } {
  if (isInPair(doc, at)) return { from: at - 1, to: at + 1, insert: doc.sliceString(at - 1, at + 1) };
  return isHigh(charAt(doc, at - 1)) ? { from: at - 1, to: at } : { from: at, to: at + 1 };
}

/** Where in the inserted text a half of a pair has no other half. */
function loneHalves(doc: Text, from: number, to: number): number[] {
  const start = Math.max(0, from - 1);
  const text = doc.sliceString(start, Math.min(doc.length, to + 1));
  return [...text.matchAll(/[\ud800-\udfff]/gu)]
    .map(({ index }) => start + index)
    .filter((at) => at >= from && at < to);
}
