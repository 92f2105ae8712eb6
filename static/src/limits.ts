/**
 * Refuses a change that the document has no room for before it is made, and so before it is sent.
 */
import { EditorState, type Extension } from "@codemirror/state";
import { ySyncAnnotation } from "y-codemirror.next";

/** A change that was not made: how long the text would have become, in UTF-16 code units. */
export interface Refusal {
  inserted: number;
  length: number;
  limit: number;
}

/** Keeps our own changes under `limit` UTF-16 code units for the whole text. */
export function lengthLimit(limit: number, onRefusal: (refusal: Refusal) => void): Extension {
  return EditorState.transactionFilter.of((tr) => {
    if (!tr.docChanged || tr.annotation(ySyncAnnotation) !== undefined) return tr;
    const { length, newLength } = tr.changes;
    // What makes the text shorter is always welcome.
    if (newLength <= limit || newLength <= length) return tr;
    let inserted = 0;
    tr.changes.iterChanges((_fromA, _toA, fromB, toB) => {
      inserted += toB - fromB;
    });
    onRefusal({ inserted, length: newLength, limit });
    return [];
  });
}

/** Words for a refusal. */
export function describeRefusal({ inserted, length, limit }: Refusal): string {
  return (
    `Not inserted: ${characters(inserted)} would make this document ${characters(length)} long. ` +
    `The limit is ${characters(limit)}.`
  );
}

function characters(count: number): string {
  return count === 1 ? "1 character" : `${count.toLocaleString("en")} characters`;
}
