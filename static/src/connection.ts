/**
 * Keeps a Y.Doc and its awareness in step with the server, over the y-websocket 3.x protocol with
 * the subprotocol `collab.v1`:
 *
 *   frame     = 0 sync | 1 awareness | 2 auth | 3 query awareness | 64 saved    one message a frame
 *   sync      = 0 state vector (step 1) | 1 update (step 2) | 2 update
 *   saved     = n: the first n step 2 and update frames of this connection are settled
 *
 * Both ends send a step 1 and answer the other's with a step 2. What is typed is sent as updates
 * once the server's step 1 has been answered; until then it travels in that answer, so that no
 * update arrives before what it builds on.
 */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import {
  type Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import * as Y from "yjs";

import { backoff } from "./backoff";
import { type Identity, readPresence } from "./identity";
import { Ledger } from "./ledger";
import { splitUpdate } from "./split";

const SYNC = 0;
const AWARENESS = 1;
const AUTH = 2;
const QUERY_AWARENESS = 3;
const SAVED = 64;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;
const DENIED = 0;

const SUBPROTOCOL = "collab.v1";
/** Without a message for this long the connection is taken for dead, in milliseconds. */
const SILENCE = 30_000;
/** How long an attempt to connect may take, in milliseconds. */
const PATIENCE = 10_000;
/** Bytes of a frame around its update. */
const FRAME_OVERHEAD = 16;

/** Why a connection ended for good: the close codes from 4400 to 4499. */
export type StopCause =
  | "malformed"
  | "signed-out"
  | "access-removed"
  | "deleted"
  | "quarantined"
  | "too-large"
  | "too-fast"
  | "refused";

const STOP_CAUSES: Readonly<Record<number, StopCause>> = {
  4400: "malformed",
  4401: "signed-out",
  4403: "access-removed",
  4404: "deleted",
  4409: "quarantined",
  4413: "too-large",
  4429: "too-fast",
};

/** Why a connection ended that will be tried again. */
export type LostCause = "network" | "restarting" | "busy";

/** What a connection tells: everything that the save state is derived from. */
export type ConnectionEvent =
  | { type: "connecting" }
  | { type: "open" }
  /** Both ends have what the other had: step 2 went both ways. */
  | { type: "synced" }
  | { type: "progress"; unsaved: number; isSettled: boolean }
  | { type: "lost"; cause: LostCause; retryAt: number }
  | { type: "stopped"; cause: StopCause; reason: string }
  /** The right to edit has ended: whatever is not confirmed by now was not taken. */
  | { type: "denied"; reason: string };

/** What a `Connection` needs besides the document and its awareness. */
export interface ConnectionOptions {
  /** Where to connect to, ws: or wss:. */
  url: string;
  /** The largest frame the server takes, in bytes. */
  maxMessageBytes: number;
  onEvent: (event: ConnectionEvent) => void;
  /** The server has said who we are. */
  onIdentity?: (identity: Identity) => void;
}

/** A connection to one document that returns by itself until it is told to stop. */
export class Connection {
  readonly #doc: Y.Doc;
  readonly #awareness: Awareness;
  readonly #options: ConnectionOptions;
  readonly #ledger = new Ledger();
  #socket: WebSocket | null = null;
  #isStopped = true;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #lastHeard = 0;
  /** Whether the server has answered our step 1, and we its. */
  #hasReceived = false;
  #hasAnswered = false;

  constructor(doc: Y.Doc, awareness: Awareness, options: ConnectionOptions) {
    this.#doc = doc;
    this.#awareness = awareness;
    this.#options = options;
    doc.on("update", this.#onDocUpdate);
    awareness.on("update", this.#onAwarenessUpdate);
    globalThis.addEventListener?.("online", this.retryNow);
  }

  /** Whether there is a socket, open or about to be; others are seen only then. */
  get isConnected(): boolean {
    return this.#socket !== null;
  }

  /** Changes made in this tab that the server has not confirmed as durable. */
  get unsaved(): number {
    return this.#ledger.unsaved;
  }

  /** Start, or start again after a stop. */
  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#attempt = 0;
    this.#connect();
  }

  /** Try at once instead of waiting for the next attempt; nothing happens while connected. */
  retryNow = (): void => {
    if (this.#isStopped || this.#socket !== null) return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  };

  /** End the connection until `start`. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    this.#dropSocket();
  }

  /** Stop, and listen to the document no more. */
  destroy(): void {
    this.stop();
    this.#doc.off("update", this.#onDocUpdate);
    this.#awareness.off("update", this.#onAwarenessUpdate);
    globalThis.removeEventListener?.("online", this.retryNow);
  }

  #emit(event: ConnectionEvent): void {
    this.#options.onEvent(event);
  }

  #emitProgress(): void {
    const { unsaved, isSettled } = this.#ledger;
    this.#emit({ type: "progress", unsaved, isSettled });
  }

  #connect(): void {
    this.#emit({ type: "connecting" });
    const socket = new WebSocket(this.#options.url, [SUBPROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#lastHeard = Date.now();
    socket.onopen = () => this.#onOpen();
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#onFrame(data);
    socket.onclose = ({ code, reason }) => this.#onClose(code, reason);
    this.#watchdog = setInterval(() => {
      const patience = socket.readyState === WebSocket.OPEN ? SILENCE : PATIENCE;
      // close() alone may wait for an answer that never comes.
      if (Date.now() - this.#lastHeard > patience) this.#onClose(1006, "");
    }, 1000);
  }

  #onOpen(): void {
    this.#lastHeard = Date.now();
    this.#emit({ type: "open" });
    this.#sendSync(STEP_1, Y.encodeStateVector(this.#doc));
    // The server announced that we left with a clock one higher than ours, and clients take only
    // what is newer than that. The first bump has no socket to go to: it must not be seen.
    const state = this.#awareness.getLocalState();
    if (state !== null) {
      const socket = this.#socket;
      this.#socket = null;
      this.#awareness.setLocalState(state);
      this.#socket = socket;
      this.#awareness.setLocalState(state);
    }
  }

  #onClose(code: number, reason: string): void {
    this.#dropSocket();
    if (code >= 4400 && code <= 4499) {
      this.#isStopped = true;
      this.#emit({ type: "stopped", cause: STOP_CAUSES[code] ?? "refused", reason });
      return;
    }
    const wait = backoff(this.#attempt);
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
    const cause = code === 1012 ? "restarting" : code === 1013 ? "busy" : "network";
    this.#emit({ type: "lost", cause, retryAt: Date.now() + wait });
  }

  #dropSocket(): void {
    clearInterval(this.#watchdog);
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#hasReceived = this.#hasAnswered = false;
    this.#ledger.disconnect();
    this.#emitProgress();
    const others = [...this.#awareness.getStates().keys()].filter(
      (client) => client !== this.#awareness.clientID,
    );
    removeAwarenessStates(this.#awareness, others, this);
  }

  #onFrame(data: unknown): void {
    this.#lastHeard = Date.now();
    if (!(data instanceof ArrayBuffer)) return;
    try {
      this.#receive(new Uint8Array(data));
    } catch (error) {
      // The next connection starts from a clean sync.
      console.error("A message could not be read", error);
      this.#onClose(1002, "");
    }
  }

  #receive(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame);
    const type = decoding.readVarUint(decoder);
    switch (type) {
      case SYNC: {
        const step = decoding.readVarUint(decoder);
        const content = decoding.readVarUint8Array(decoder);
        if (step === STEP_1) this.#answer(content);
        else this.#apply(content, step === STEP_2);
        return;
      }
      case AWARENESS: {
        const presence = readPresence(
          decoding.readVarUint8Array(decoder),
          this.#awareness.clientID,
        );
        applyAwarenessUpdate(this.#awareness, presence.update, this);
        if (presence.self) this.#options.onIdentity?.(presence.self);
        return;
      }
      case AUTH:
        if (decoding.readVarUint(decoder) === DENIED) {
          this.#emit({ type: "denied", reason: decoding.readVarString(decoder) });
        }
        return;
      case QUERY_AWARENESS:
        this.#sendAwareness();
        return;
      case SAVED:
        this.#ledger.settle(decoding.readVarUint(decoder));
        this.#emitProgress();
        return;
      default:
        console.warn(`Left out a message of the unknown type ${type}`);
    }
  }

  /** The server lacks something: send it, in frames that it takes. */
  #answer(stateVector: Uint8Array): void {
    this.#sendUpdate(STEP_2, Y.encodeStateAsUpdate(this.#doc, stateVector));
    this.#hasAnswered = true;
    this.#noteSync();
  }

  #apply(update: Uint8Array, isStep2: boolean): void {
    Y.applyUpdate(this.#doc, update, this);
    if (isStep2 && !this.#hasReceived) {
      this.#hasReceived = true;
      this.#noteSync();
    }
  }

  #noteSync(): void {
    if (!this.#hasReceived || !this.#hasAnswered) return;
    this.#attempt = 0;
    this.#emit({ type: "synced" });
  }

  #onDocUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return;
    this.#ledger.change();
    if (this.#hasAnswered) this.#sendUpdate(UPDATE, update);
    else this.#emitProgress();
  };

  #onAwarenessUpdate = (
    { added, updated, removed }: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    if (origin === this) return;
    if ([...added, ...updated, ...removed].includes(this.#awareness.clientID)) {
      this.#sendAwareness();
    }
  };

  #sendUpdate(step: typeof STEP_2 | typeof UPDATE, update: Uint8Array): void {
    const parts = splitUpdate(update, this.#options.maxMessageBytes - FRAME_OVERHEAD);
    parts.forEach((part, index) => {
      const isLast = index === parts.length - 1;
      // A change is durable when its last part is: only that frame takes the changes along.
      this.#ledger.send(isLast);
      this.#sendSync(isLast ? step : UPDATE, part);
    });
    this.#emitProgress();
  }

  #sendSync(step: number, content: Uint8Array): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    encoding.writeVarUint(encoder, step);
    encoding.writeVarUint8Array(encoder, content);
    this.#send(encoding.toUint8Array(encoder));
  }

  #sendAwareness(): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, AWARENESS);
    encoding.writeVarUint8Array(
      encoder,
      encodeAwarenessUpdate(this.#awareness, [this.#awareness.clientID]),
    );
    this.#send(encoding.toUint8Array(encoder));
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }
}
