import { element } from "./config";

/** How long a notice stays unless it is closed, in milliseconds. */
const STAYS = 8000;

/** A sentence about what just happened, or did not. */
export class Notice {
  readonly #box: HTMLElement;
  readonly #words: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: Document) {
    this.#box = element(root, "#notice");
    this.#words = element(root, "#notice-words");
    element(root, "#notice-close").addEventListener("click", () => this.hide());
  }

  /** Show a sentence in place of the last one. */
  show(words: string): void {
    this.#words.textContent = words;
    this.#box.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), STAYS);
  }

  /** Take it away. */
  hide(): void {
    clearTimeout(this.#timer);
    this.#box.hidden = true;
    this.#words.textContent = "";
  }
}
