/** Where an undo step begins, besides after a pause: at Enter, a paste, and a moved cursor. */
import type { Extension, Transaction } from "@codemirror/state";
import { ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { ySyncAnnotation } from "y-codemirror.next";
import type { UndoManager } from "yjs";

/** What is one step, apart from what comes before and from what comes after. */
const APART = ["move", "input.paste", "input.drop", "input.complete"];

/**
 * Tells `undoManager` where steps begin. It must stand before `yCollab` among the extensions, so
 * that a step begins before the change that begins it is in the Y.Text.
 */
export function undoSteps(undoManager: UndoManager): Extension {
  /** Whether the last change of ours wants nothing added to it. */
  let isClosed = false;
  const update = ({ transactions }: ViewUpdate): void => {
    for (const tr of transactions) {
      if (tr.annotation(ySyncAnnotation) !== undefined) continue;
      const isApart = APART.some((event) => tr.isUserEvent(event));
      if (isClosed || isApart || tr.isUserEvent("select") || breaksLine(tr)) {
        undoManager.stopCapturing();
      }
      isClosed = isApart || (isClosed && !tr.docChanged);
    }
  };
  return ViewPlugin.define(() => ({ update }));
}

function breaksLine(tr: Transaction): boolean {
  if (!tr.isUserEvent("input")) return false;
  let isBreak = false;
  tr.changes.iterChanges((_fromA, _toA, _fromB, _toB, inserted) => {
    isBreak ||= inserted.lines > 1;
  });
  return isBreak;
}
