/**
 * Which of our changes are durable: pure counting, no I/O.
 *
 * The server settles frames in the order in which they were sent and says how many are settled
 * (the `saved` message of connection.ts). A change is one Yjs update made in this tab. It is
 * unsent, then in a frame, then settled; when a connection ends, what was not settled is unsent
 * again, because nobody knows whether the server has it. The next sync step 2 carries it anew.
 */
export class Ledger {
  #sent = 0;
  #settled = 0;
  #unsent = 0;
  /** Frames that are not settled yet, oldest first: their number, and the changes they carry. */
  #inFlight: { frame: number; changes: number }[] = [];

  /** Step 2 and update frames that this connection has sent. */
  get sent(): number {
    return this.#sent;
  }

  /** How many of them are durable. */
  get settled(): number {
    return this.#settled;
  }

  /** Changes made here that no server has confirmed. */
  get unsaved(): number {
    return this.#inFlight.reduce((sum, { changes }) => sum + changes, this.#unsent);
  }

  /** Whether nothing is outstanding: no change, and no frame without an answer. */
  get isSettled(): boolean {
    return this.#settled === this.#sent && this.#unsent === 0;
  }

  /** A change was made that is not in a frame yet. */
  change(): void {
    this.#unsent += 1;
  }

  /**
   * A step 2 or update frame leaves, with everything that was unsent; or with none of it, when it
   * is only a part and the changes are durable with a later one.
   */
  send(takesChanges = true): void {
    this.#sent += 1;
    this.#inFlight.push({ frame: this.#sent, changes: takesChanges ? this.#unsent : 0 });
    if (takesChanges) this.#unsent = 0;
  }

  /**
   * The server says that the first `count` frames are settled; an old or repeated count changes
   * nothing. Returns the number of changes that became durable.
   *
   * @throws RangeError when more frames are settled than were sent.
   */
  settle(count: number): number {
    if (count > this.#sent) {
      throw new RangeError(`expected at most ${this.#sent} settled frames, got ${count}`);
    }
    this.#settled = Math.max(this.#settled, count);
    const before = this.unsaved;
    this.#inFlight = this.#inFlight.filter(({ frame }) => frame > this.#settled);
    return before - this.unsaved;
  }

  /** The connection is gone: the next one counts from zero. */
  disconnect(): void {
    this.#unsent = this.unsaved;
    this.#inFlight = [];
    this.#sent = 0;
    this.#settled = 0;
  }
}
