import { indentUnit } from "@codemirror/language";
import { gotoLine } from "@codemirror/search";
import type { EditorState, Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import { element } from "./config";
import { type LineEnds, lineEndsOf } from "./lineends";

/** How long the text must rest before its line ends are counted again, in milliseconds. */
const REST = 400;

const LINE_ENDS_WORDS: Readonly<Record<LineEnds, string>> = {
  LF: "LF",
  CRLF: "CRLF",
  mixed: "Mixed line ends",
};

/** The line below the text: where the cursor is, what is selected, how the text is written. */
export class StatusBar {
  readonly #position: HTMLElement;
  readonly #indentation: HTMLElement;
  readonly #language: HTMLElement;
  readonly #lineEnds: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: Document) {
    this.#position = element(root, "#position");
    this.#indentation = element(root, "#indentation");
    this.#language = element(root, "#language");
    this.#lineEnds = element(root, "#line-ends");
  }

  /** What keeps the bar true. */
  get extension(): Extension {
    return EditorView.updateListener.of((update) => {
      if (update.docChanged || update.selectionSet) this.#position.textContent = where(update.state);
      if (update.startState.facet(indentUnit) !== update.state.facet(indentUnit)) {
        this.#indentation.textContent = indentation(update.state);
      }
      if (update.docChanged) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#countLineEnds(update.view), REST);
      }
    });
  }

  /** Fills the bar for the first time; its position leads to "go to line". */
  open(view: EditorView): void {
    this.#position.textContent = where(view.state);
    this.#indentation.textContent = indentation(view.state);
    this.#countLineEnds(view);
    this.#position.addEventListener("click", () => gotoLine(view));
  }

  /** Shows the language's name. */
  setLanguage(name: string): void {
    this.#language.textContent = name;
  }

  #countLineEnds(view: EditorView): void {
    this.#lineEnds.textContent = LINE_ENDS_WORDS[lineEndsOf(view.state.doc)];
  }
}

function where({ doc, selection }: EditorState): string {
  const { head } = selection.main;
  const line = doc.lineAt(head);
  // A column is a character as people count them, not a half of one.
  const column = [...line.text.slice(0, head - line.from)].length + 1;
  const selected = selection.ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const cursors = selection.ranges.length > 1 ? `, ${selection.ranges.length} cursors` : "";
  const extent = selected > 0 ? ` (${selected.toLocaleString("en")} selected)` : "";
  return `Line ${line.number}, column ${column}${extent}${cursors}`;
}

function indentation(state: EditorState): string {
  const unit = state.facet(indentUnit);
  return unit === "\t" ? "Tabs" : `Spaces: ${unit.length}`;
}
