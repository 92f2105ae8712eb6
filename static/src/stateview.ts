import type { Announcer } from "./announcer";
import { element } from "./config";
import type { ConnectionEvent } from "./connection";
import {
  type Action,
  advance,
  describe,
  type Description,
  openState,
  type SaveState,
  wouldLose,
} from "./savestate";

/** What people can do about a state. */
export type Actions = Readonly<Record<Action, () => void>>;

const ACTION_WORDS: Readonly<Record<Action, string>> = {
  retry: "Try now",
  "sign-in": "Sign in",
  copy: "Copy the text",
  reload: "Reload",
  documents: "All documents",
};

/**
 * Shows the save state: a few words in the top bar, and below it a strip with the rest and what
 * can be done. Keeps people from leaving while something is unsaved.
 */
export class StateView {
  readonly #bar: HTMLElement;
  readonly #strip: HTMLElement;
  readonly #sentence: HTMLElement;
  readonly #buttons: HTMLElement;
  readonly #actions: Actions;
  readonly #announcer: Announcer;
  #state: SaveState;
  #shownActions = "";
  #announced = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: Document, canEdit: boolean, actions: Actions, announcer: Announcer) {
    this.#bar = element(root, "#save-state");
    this.#strip = element(root, "#strip");
    this.#sentence = element(root, "#strip-words");
    this.#buttons = element(root, "#strip-actions");
    this.#actions = actions;
    this.#announcer = announcer;
    this.#state = openState(canEdit);
    window.addEventListener("beforeunload", (event) => {
      if (wouldLose(this.#state)) event.preventDefault();
    });
    this.#show();
  }

  /** The state that is shown. */
  get state(): SaveState {
    return this.#state;
  }

  /** Something happened to the connection. */
  receive(event: ConnectionEvent): void {
    this.#state = advance(this.#state, event, Date.now());
    this.#show();
  }

  #show(): void {
    const now = Date.now();
    const description = describe(this.#state, now);
    this.#showBar(description);
    this.#showStrip(description, now);
    clearTimeout(this.#timer);
    const next = description.retryAt === undefined ? description.until : now + 250;
    if (next !== undefined) this.#timer = setTimeout(() => this.#show(), Math.max(50, next - now));
  }

  #showBar({ tone, label, detail }: Description): void {
    if (this.#bar.textContent !== label) this.#bar.textContent = label;
    this.#bar.dataset["tone"] = tone;
    // "Saving…" and "Saved" come with every word that is typed: they are not read aloud.
    const isNews =
      tone === "warning" ||
      tone === "error" ||
      detail !== undefined ||
      label.startsWith("Back online");
    if (isNews && label !== this.#announced) this.#announcer.say(`${label}.`);
    this.#announced = isNews ? label : "";
  }

  #showStrip({ tone, label, detail, retryAt, actions }: Description, now: number): void {
    const isNeeded = detail !== undefined || actions.length > 0 || retryAt !== undefined;
    this.#strip.hidden = !isNeeded;
    this.#strip.dataset["tone"] = tone;
    if (!isNeeded) return;
    const seconds = Math.ceil(((retryAt ?? now) - now) / 1000);
    const sentences = [
      `${label}.`,
      detail,
      retryAt === undefined ? undefined : seconds > 0 ? `Reconnecting in ${seconds} s.` : "Reconnecting…",
    ];
    this.#sentence.textContent = sentences.filter(Boolean).join(" ");
    // The buttons stay the same elements, so that they keep the focus during a countdown.
    if (this.#shownActions === actions.join()) return;
    this.#shownActions = actions.join();
    this.#buttons.replaceChildren(
      ...actions.map((action) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button";
        button.textContent = ACTION_WORDS[action];
        button.addEventListener("click", this.#actions[action]);
        return button;
      }),
    );
  }
}
