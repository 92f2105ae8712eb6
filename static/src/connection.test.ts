import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { Connection, type ConnectionEvent } from "./connection";

/** The server's end of a connection, moved by hand. */
class FakeSocket {
  static made: FakeSocket[] = [];
  static readonly OPEN = 1;
  binaryType = "blob";
  readyState = 0;
  sent: { type: number; step: number; content: Uint8Array }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.made.push(this);
  }

  send(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame);
    const type = decoding.readVarUint(decoder);
    const step = type === 0 ? decoding.readVarUint(decoder) : -1;
    this.sent.push({ type, step, content: decoding.readVarUint8Array(decoder) });
    assert.equal(decoding.hasContent(decoder), false, "one message a frame");
  }

  close(): void {
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  ends(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }

  /** The server sends numbers and byte arrays, one after the other. */
  says(...parts: (number | Uint8Array | string)[]): void {
    const encoder = encoding.createEncoder();
    for (const part of parts) {
      if (typeof part === "number") encoding.writeVarUint(encoder, part);
      else if (typeof part === "string") encoding.writeVarString(encoder, part);
      else encoding.writeVarUint8Array(encoder, part);
    }
    this.onmessage?.({ data: encoding.toUint8Array(encoder).buffer });
  }

  /** Both step 1 and step 2 of a server that holds `server`. */
  syncs(server: Y.Doc): void {
    this.says(0, 0, Y.encodeStateVector(server));
    this.says(0, 1, Y.encodeStateAsUpdate(server));
  }

  /** The step 2 and update frames that came from the client. */
  get counted(): { step: number; content: Uint8Array }[] {
    return this.sent.filter(({ type, step }) => type === 0 && step > 0);
  }
}

let doc: Y.Doc;
let awareness: Awareness;
let connection: Connection;
let events: ConnectionEvent[];
const server = new Y.Doc();
const RealWebSocket = globalThis.WebSocket;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
  mock.method(Math, "random", () => 0.5);
  mock.method(console, "error", () => undefined);
  globalThis.WebSocket = FakeSocket as unknown as typeof WebSocket;
  FakeSocket.made = [];
  doc = new Y.Doc();
  awareness = new Awareness(doc);
  events = [];
  connection = new Connection(doc, awareness, {
    url: "ws://example.org/ws/documents/1",
    maxMessageBytes: 1000,
    onEvent: (event) => events.push(event),
  });
});

afterEach(() => {
  connection.destroy();
  awareness.destroy();
  mock.timers.reset();
  mock.restoreAll();
  globalThis.WebSocket = RealWebSocket;
});

const socket = (): FakeSocket => FakeSocket.made.at(-1) as FakeSocket;
const types = (): string[] => events.map(({ type }) => type);
const progress = (): unknown => events.filter(({ type }) => type === "progress").at(-1);

function connects(): FakeSocket {
  connection.start();
  socket().opens();
  socket().syncs(server);
  return socket();
}

test("it offers collab.v1, asks with step 1 and tells its presence", () => {
  connection.start();
  assert.deepEqual(socket().protocols, ["collab.v1"]);
  assert.equal(socket().binaryType, "arraybuffer");
  socket().opens();
  assert.deepEqual(
    socket().sent.map(({ type, step }) => [type, step]),
    [[0, 0], [1, -1]],
  );
});

test("synced takes a step 2 in both directions", () => {
  connection.start();
  socket().opens();
  socket().says(0, 1, Y.encodeStateAsUpdate(server));
  assert.ok(!types().includes("synced"));
  socket().says(0, 0, Y.encodeStateVector(server));
  assert.ok(types().includes("synced"));
  assert.equal(socket().counted.length, 1);
  assert.deepEqual(progress(), { type: "progress", unsaved: 0, isSettled: false });
  socket().says(64, 1);
  assert.deepEqual(progress(), { type: "progress", unsaved: 0, isSettled: true });
});

test("what is typed before the server asks travels in the answer, not ahead of it", () => {
  connection.start();
  doc.getText("content").insert(0, "early");
  socket().opens();
  doc.getText("content").insert(5, " bird");
  assert.equal(socket().counted.length, 0);
  assert.deepEqual(progress(), { type: "progress", unsaved: 2, isSettled: false });
  socket().syncs(server);
  assert.equal(socket().counted.length, 1);
  const received = new Y.Doc();
  Y.applyUpdate(received, socket().counted[0]?.content as Uint8Array);
  assert.equal(received.getText("content").toString(), "early bird");
  socket().says(64, 1);
  assert.equal(connection.unsaved, 0);
});

test("each later change is a frame, and what came from the server is none", () => {
  const { counted } = connects();
  assert.equal(counted.length, 1);
  doc.getText("content").insert(0, "a");
  const other = new Y.Doc();
  other.getText("content").insert(0, "b");
  socket().says(0, 2, Y.encodeStateAsUpdate(other));
  assert.equal(socket().counted.length, 2);
  assert.equal(connection.unsaved, 1);
  socket().says(64, 2);
  assert.equal(connection.unsaved, 0);
});

test("a change that is larger than a frame goes in several", () => {
  connects();
  doc.getText("content").insert(0, "é".repeat(3000));
  assert.ok(socket().counted.length > 6);
  for (const { content } of socket().counted) assert.ok(content.length <= 1000);
  socket().says(64, socket().counted.length - 1);
  assert.equal(connection.unsaved, 1);
  socket().says(64, socket().counted.length);
  assert.equal(connection.unsaved, 0);
});

test("lost, it returns by itself, sooner at first, and counts anew", () => {
  connects();
  socket().says(64, 1);
  doc.getText("content").insert(0, "a");
  socket().ends(1006);
  assert.deepEqual(events.at(-1), { type: "lost", cause: "network", retryAt: 1_000_250 });
  assert.equal(connection.unsaved, 1);
  mock.timers.tick(250);
  assert.equal(FakeSocket.made.length, 2);
  socket().ends(1006);
  assert.deepEqual(events.at(-1), { type: "lost", cause: "network", retryAt: 1_000_750 });
  mock.timers.tick(500);
  socket().opens();
  socket().syncs(server);
  socket().says(64, 1);
  assert.equal(connection.unsaved, 0);
  socket().ends(1012);
  const again = events.at(-1);
  assert.ok(again?.type === "lost" && again.cause === "restarting");
  assert.equal(again.retryAt, Date.now() + 250);
});

test("try now does not wait", () => {
  connects();
  socket().ends(1013);
  connection.retryNow();
  assert.equal(FakeSocket.made.length, 2);
  socket().opens();
  mock.timers.tick(20_000);
  assert.equal(FakeSocket.made.length, 2);
});

test("the codes from 4400 to 4499 stop it, each with its cause", () => {
  const causes = [4400, 4401, 4403, 4404, 4409, 4413, 4429, 4499].map((code) => {
    connection.start();
    socket().opens();
    socket().ends(code);
    mock.timers.tick(60_000);
    const event = events.at(-1);
    return event?.type === "stopped" ? event.cause : "none";
  });
  assert.deepEqual(causes, [
    "malformed",
    "signed-out",
    "access-removed",
    "deleted",
    "quarantined",
    "too-large",
    "too-fast",
    "refused",
  ]);
  assert.equal(FakeSocket.made.length, 8);
});

test("silence for thirty seconds ends it; any message is a sign of life", () => {
  connects();
  mock.timers.tick(29_000);
  socket().says(1, new Uint8Array([0]));
  mock.timers.tick(29_000);
  assert.notEqual(events.at(-1)?.type, "lost");
  mock.timers.tick(2_000);
  assert.ok(types().includes("lost"));
});

test("a handshake that is never answered is given up", () => {
  connection.start();
  mock.timers.tick(11_500);
  assert.ok(types().includes("lost"));
});

test("presence that is renewed is sent though nothing changed, and told anew after a return", () => {
  connects();
  const before = socket().sent.filter(({ type }) => type === 1).length;
  awareness.setLocalState(awareness.getLocalState());
  assert.equal(socket().sent.filter(({ type }) => type === 1).length, before + 1);
  const clock = awareness.meta.get(doc.clientID)?.clock ?? 0;
  socket().ends(1006);
  connection.retryNow();
  socket().opens();
  // One above what the server announced when we left.
  assert.ok((awareness.meta.get(doc.clientID)?.clock ?? 0) >= clock + 2);
  assert.equal(socket().sent.filter(({ type }) => type === 1).length, 1);
});

test("others are gone while there is no connection", () => {
  connects();
  const other = new Y.Doc();
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, other.clientID);
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarString(encoder, "{}");
  socket().says(1, encoding.toUint8Array(encoder));
  assert.equal(awareness.getStates().size, 2);
  const seen: boolean[] = [];
  awareness.on("change", () => seen.push(connection.isConnected));
  socket().ends(1006);
  assert.equal(awareness.getStates().size, 1);
  assert.deepEqual(seen, [false], "it is known by then that we left, not they");
});

test("what cannot be read, or promises too much, ends the connection and not the page", () => {
  for (const say of [
    () => socket().says(0, 2, new Uint8Array([255, 255])),
    () => socket().says(64, 99),
    () => socket().says(1, new Uint8Array([1, 1, 1, 1, 123])),
  ]) {
    connects();
    say();
    assert.equal(events.at(-1)?.type, "lost");
    connection.stop();
  }
});

test("a refused change is told", () => {
  connects();
  socket().says(2, 0, "You can read this document but not change it.");
  assert.deepEqual(events.at(-1), {
    type: "denied",
    reason: "You can read this document but not change it.",
  });
});

test("after destroy nothing is sent and nothing returns", () => {
  const { sent } = connects();
  const count = sent.length;
  connection.destroy();
  doc.getText("content").insert(0, "a");
  mock.timers.tick(60_000);
  assert.equal(sent.length, count);
  assert.equal(FakeSocket.made.length, 1);
});
