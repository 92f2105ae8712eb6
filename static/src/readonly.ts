/** Tells somebody who types where only reading is possible why nothing happens. */
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** How long it is not said again, in milliseconds. */
const QUIET = 5_000;

/** Calls `onAttempt` when somebody tries to change a text that is read-only, not too often. */
export function readOnlyHint(onAttempt: () => void): Extension {
  let last = -Infinity;
  const attempt = (_event: Event, view: EditorView): void => {
    const now = Date.now();
    if (!view.state.readOnly || now < last + QUIET) return;
    last = now;
    onAttempt();
  };
  // CodeMirror deals with a paste and a drop itself: the browser reports no input for them.
  return EditorView.domEventObservers({ beforeinput: attempt, paste: attempt, drop: attempt });
}
