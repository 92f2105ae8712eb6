/** The search panel in our words, with a count of what is found. */
import { getSearchQuery, search, searchPanelOpen } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { type EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";

/** More matches than this are not counted. */
export const MOST_COUNTED = 1_000;
/** How long query and text must rest before they are counted anew, in milliseconds. */
const REST = 150;

/** CodeMirror's phrases as sentences. */
const PHRASES: Readonly<Record<string, string>> = {
  next: "Next",
  previous: "Previous",
  all: "Select all",
  "match case": "Match case",
  regexp: "Regular expression",
  "by word": "Whole words",
  replace: "Replace",
  "replace all": "Replace all",
  close: "Close",
  go: "Go",
  "current match": "Current match",
  "replaced match on line $": "Replaced a match on line $",
  "replaced $ matches": "Replaced $ matches",
};

/** The search panel above the text, and what is said in it. */
export function searching(): Extension {
  return [search({ top: true }), EditorState.phrases.of(PHRASES), matchCount];
}

/** Where a match begins and ends. */
export interface Match {
  from: number;
  to: number;
}

/** Words for the matches of a query, of which `selected` may be one. */
export function describeMatches(matches: readonly Match[], selected: Match): string {
  if (matches.length === 0) return "No results";
  const isMore = matches.length > MOST_COUNTED;
  const most = MOST_COUNTED.toLocaleString("en");
  const total = isMore ? `more than ${most}` : matches.length.toLocaleString("en");
  const index = matches.findIndex(({ from, to }) => from === selected.from && to === selected.to);
  if (index >= 0 && index < MOST_COUNTED) return `${(index + 1).toLocaleString("en")} of ${total}`;
  if (isMore) return `More than ${most} results`;
  return matches.length === 1 ? "1 result" : `${total} results`;
}

function findMatches(state: EditorState): Match[] {
  const matches: Match[] = [];
  const cursor = getSearchQuery(state).getCursor(state);
  for (let next = cursor.next(); !next.done; next = cursor.next()) {
    matches.push(next.value);
    if (matches.length > MOST_COUNTED) break;
  }
  return matches;
}

const matchCount = ViewPlugin.fromClass(
  class {
    readonly #view: EditorView;
    readonly #words = document.createElement("output");
    #matches: Match[] = [];
    #isCounted = false;
    #timer: ReturnType<typeof setTimeout> | undefined;

    constructor(view: EditorView) {
      this.#view = view;
      this.#words.className = "match-count";
    }

    update({ startState, state, docChanged, selectionSet }: ViewUpdate): void {
      if (!searchPanelOpen(state)) return;
      const isOpened = !searchPanelOpen(startState);
      if (isOpened || docChanged || !getSearchQuery(startState).eq(getSearchQuery(state))) {
        this.#isCounted = false;
      }
      if (!this.#isCounted) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#count(), REST);
      } else if (selectionSet) {
        this.#show();
      }
    }

    destroy(): void {
      clearTimeout(this.#timer);
    }

    #count(): void {
      const { state } = this.#view;
      if (!searchPanelOpen(state)) return;
      this.#isCounted = true;
      this.#matches = getSearchQuery(state).valid ? findMatches(state) : [];
      this.#show();
    }

    #show(): void {
      const { state } = this.#view;
      const query = getSearchQuery(state);
      const panel = this.#view.dom.querySelector(".cm-search");
      if (!this.#words.isConnected) panel?.querySelector("[name=search]")?.after(this.#words);
      const words =
        query.search === ""
          ? ""
          : query.valid
            ? describeMatches(this.#matches, state.selection.main)
            : "Not a regular expression";
      // Only news is read aloud.
      if (this.#words.textContent !== words) this.#words.textContent = words;
      this.#words.dataset["found"] = String(words === "" || this.#matches.length > 0);
    }
  },
);
