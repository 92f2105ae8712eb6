/** What the editor can do: the extensions of CodeMirror, put together in one place. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completeAnyWord,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  codeFolding,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
} from "@codemirror/language";
import { gotoLine, highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  crosshairCursor,
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  rectangularSelection,
} from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { remoteCarets } from "./carets";
import { indentationOf } from "./indentation";
import { languageOf } from "./languages";
import { lengthLimit, type Refusal } from "./limits";
import { lineEnds } from "./lineends";
import { readOnlyHint } from "./readonly";
import { searching } from "./searching";
import { theme } from "./theme";
import { undoSteps } from "./undosteps";

/** On screens this narrow long lines are wrapped. */
const NARROW = "(max-width: 640px)";

/** What an editor needs besides the place where it goes. */
export interface EditorOptions {
  text: Y.Text;
  awareness: Awareness;
  canEdit: boolean;
  /** The longest text, in UTF-16 code units. */
  maxLength: number;
  /** What a Content-Security-Policy asks of the style element that CodeMirror makes. */
  cspNonce: string;
  onRefusal: (refusal: Refusal) => void;
  /** Somebody tries to change what they can only read. */
  onReadOnly: () => void;
  /** More extensions, such as what listens to the selection. */
  extensions: Extension;
}

/** One open editor, and what can be changed about it while it is open. */
export class CodeEditor {
  readonly view: EditorView;
  readonly #undoManager: Y.UndoManager;
  readonly #language = new Compartment();
  readonly #indentation = new Compartment();
  readonly #editable = new Compartment();
  readonly #wrapping = new Compartment();
  /** Counts language changes: a slow download must not replace a later choice. */
  #languageChoice = 0;

  constructor(parent: HTMLElement, options: EditorOptions) {
    const { text, awareness } = options;
    const narrow = window.matchMedia(NARROW);
    const wrapping = (): Extension => (narrow.matches ? EditorView.lineWrapping : []);
    narrow.addEventListener("change", () => {
      this.view.dispatch({ effects: this.#wrapping.reconfigure(wrapping()) });
    });
    // Without a scope of tracked origins beyond the editor's own, undo takes back own edits only.
    this.#undoManager = new Y.UndoManager(text);
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text.toString(),
        extensions: [
          lineEnds(),
          lengthLimit(options.maxLength, options.onRefusal),
          readOnlyHint(options.onReadOnly),
          basics(),
          this.#language.of([]),
          this.#indentation.of([]),
          this.#wrapping.of(wrapping()),
          this.#editable.of(editable(options.canEdit)),
          undoSteps(this.#undoManager),
          yCollab(text, null, { undoManager: this.#undoManager }),
          remoteCarets(awareness),
          theme(),
          EditorView.cspNonce.of(options.cspNonce),
          options.extensions,
        ],
      }),
    });
  }

  /** Highlight as the file name says; returns the language's name. */
  async setFileName(fileName: string): Promise<string> {
    this.#languageChoice += 1;
    const choice = this.#languageChoice;
    const { name, support } = await languageOf(fileName);
    if (choice === this.#languageChoice) {
      this.view.dispatch({ effects: this.#language.reconfigure(support ?? []) });
    }
    return name;
  }

  /** Indent as the text does. */
  adoptIndentation(): void {
    const unit = indentationOf(this.view.state.doc);
    const size = unit === "\t" ? 4 : unit.length;
    this.view.dispatch({
      effects: this.#indentation.reconfigure([
        indentUnit.of(unit),
        EditorState.tabSize.of(size),
      ]),
    });
  }

  /** From now on the text can only be read. */
  makeReadOnly(): void {
    // An undo would still change the text.
    this.#undoManager.clear();
    this.view.dispatch({ effects: this.#editable.reconfigure(editable(false)) });
  }
}

function editable(canEdit: boolean): Extension {
  return [
    EditorState.readOnly.of(!canEdit),
    EditorView.contentAttributes.of({
      "aria-label": canEdit ? "Code" : "Code, view only",
      "aria-readonly": String(!canEdit),
    }),
  ];
}

function basics(): Extension {
  return [
    lineNumbers(),
    foldGutter({ markerDOM: foldMarker }),
    codeFolding({ placeholderText: "…" }),
    highlightActiveLineGutter(),
    highlightSpecialChars(),
    drawSelection(),
    dropCursor(),
    EditorState.allowMultipleSelections.of(true),
    rectangularSelection(),
    crosshairCursor(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    EditorState.languageData.of(() => [{ autocomplete: completeAnyWord }]),
    highlightActiveLine(),
    highlightSelectionMatches(),
    searching(),
    keymap.of([
      ...closeBracketsKeymap,
      ...yUndoManagerKeymap,
      // Before the search's own: on a Mac Cmd-G finds the next, elsewhere F3 does.
      { key: "Ctrl-g", run: gotoLine, preventDefault: true },
      ...searchKeymap,
      ...foldKeymap,
      ...completionKeymap,
      // Escape, then Tab, leaves the editor; the page says so.
      indentWithTab,
      ...defaultKeymap,
    ]),
    EditorView.contentAttributes.of({
      "aria-describedby": "editor-hint",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
    }),
  ];
}

function foldMarker(isOpen: boolean): HTMLElement {
  const marker = document.createElement("span");
  marker.className = isOpen ? "fold-marker open" : "fold-marker";
  marker.title = isOpen ? "Fold" : "Unfold";
  return marker;
}
