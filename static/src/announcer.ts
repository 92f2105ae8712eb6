/** How long news gathers before it is read aloud, in milliseconds. */
const GATHER = 1500;
/** More names than this are a number. */
const MOST_NAMES = 3;

/**
 * Tells screen readers what happens, politely: news of a moment is one sentence, and somebody who
 * leaves and is back at once is none.
 */
export class Announcer {
  readonly #region: HTMLElement;
  readonly #joined = new Set<string>();
  readonly #left = new Set<string>();
  #state = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(region: HTMLElement) {
    this.#region = region;
  }

  /** Somebody opened the document. */
  join(name: string): void {
    if (!this.#left.delete(name)) this.#joined.add(name);
    this.#schedule();
  }

  /** Somebody closed it. */
  leave(name: string): void {
    if (!this.#joined.delete(name)) this.#left.add(name);
    this.#schedule();
  }

  /** Something about the connection or the document; only the latest is told. */
  say(sentence: string): void {
    this.#state = sentence;
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#tell(), GATHER);
  }

  #tell(): void {
    this.#timer = undefined;
    const news = [
      this.#state,
      sentence([...this.#joined], "joined"),
      sentence([...this.#left], "left"),
    ].filter(Boolean);
    this.#state = "";
    this.#joined.clear();
    this.#left.clear();
    if (news.length > 0) this.#region.textContent = news.join(" ");
  }
}

function sentence(names: string[], verb: string): string {
  if (names.length === 0) return "";
  const who =
    names.length > MOST_NAMES
      ? `${names.length} people`
      : new Intl.ListFormat("en").format(names);
  return `${who} ${verb}.`;
}
