/** How long after a return others may take to be back as well, in milliseconds. */
export const RETURNING = 5_000;

/** What an attendance tells. */
export interface AttendanceOptions {
  /** Whether we are connected: without a connection nobody is seen, and that says nothing. */
  isConnected: () => boolean;
  onJoin: (name: string) => void;
  onLeave: (name: string) => void;
}

/**
 * Who came and who went, by user id. While we are away ourselves nobody does; on return only what
 * is different from before is told, once the others had time to return too.
 */
export class Attendance {
  readonly #options: AttendanceOptions;
  #told = new Map<number, string>();
  #here = new Map<number, string>();
  #isAway = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: AttendanceOptions) {
    this.#options = options;
  }

  /** These are seen here now: names by user id. */
  see(here: ReadonlyMap<number, string>): void {
    this.#here = new Map(here);
    if (!this.#options.isConnected()) {
      this.#isAway = true;
      clearTimeout(this.#timer);
    }
    if (!this.#isAway) this.#tell();
  }

  /** We have the document again. */
  return(): void {
    if (!this.#isAway) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#options.isConnected()) return;
      this.#isAway = false;
      this.#tell();
    }, RETURNING);
  }

  #tell(): void {
    const before = this.#told;
    this.#told = this.#here;
    for (const [id, name] of this.#here) if (!before.has(id)) this.#options.onJoin(name);
    for (const [id, name] of before) if (!this.#here.has(id)) this.#options.onLeave(name);
  }
}
