/**
 * Cuts a Yjs update that is too large for one frame, or deletes in too many places, into several
 * that the server takes: the way back after much was typed offline, the undo that brings megabytes
 * back at once, the replacement of a word that is everywhere.
 *
 * Format (Yjs v1): n {structs:n client clock struct*}*n, then the delete set n {client n {clock len}*n}*n.
 */
import * as encoding from "lib0/encoding";
import * as Y from "yjs";

/** More than an item takes around its string: two ids, a parent's name, a few numbers. In bytes. */
const STRUCT_OVERHEAD = 128;
/** The server refuses updates with more ranges of deleted text (`Limits.deletes`, frontier.py). */
export const MAX_DELETES = 10_000;
/** The least a deleted range takes: clock and length. In bytes. */
const LEAST_RANGE_BYTES = 2;
/** The most a deleted range takes: client, clock and length as varUints. In bytes. */
const RANGE_BYTES = 40;
/** The most bytes of UTF-8 that one UTF-16 code unit takes. */
const BYTES_A_UNIT = 3;

type Struct = Y.Item | Y.GC | Y.Skip;

/**
 * `update` in parts of at most `limit` bytes and `MAX_DELETES` ranges of deleted text each, to be
 * applied in this order. Each part builds
 * only on those before it, as long as `update` holds new items of one client alone; with several,
 * a receiver may have to ask again for what it could not place.
 */
export function splitUpdate(update: Uint8Array, limit: number): Uint8Array[] {
  // Most updates are too small to hold that many ranges: they need not be read.
  if (update.length <= Math.min(limit, MAX_DELETES * LEAST_RANGE_BYTES)) return [update];
  const { structs, ds } = Y.decodeUpdate(update);
  if (update.length <= limit && countRanges(ds.clients) <= MAX_DELETES) return [update];
  const room = limit - STRUCT_OVERHEAD;
  const longest = Math.floor((room - STRUCT_OVERHEAD) / BYTES_A_UNIT);
  const parts: Uint8Array[] = [];
  let part: Struct[] = [];
  let size = 0;
  const flush = (): void => {
    if (part.length > 0) parts.push(encodeStructs(part));
    part = [];
    size = 0;
  };
  for (const struct of structs.flatMap((whole) => splitItem(whole, longest))) {
    if (struct instanceof Y.Skip) {
      flush();
      continue;
    }
    const bytes = sizeOf(struct);
    const previous = part.at(-1);
    const follows =
      previous?.id.client === struct.id.client &&
      previous.id.clock + previous.length === struct.id.clock;
    if (size + bytes > room || !follows) flush();
    part.push(struct);
    size += bytes;
  }
  flush();
  // Deletions last: what they delete is there by then.
  const ranges = [...ds.clients].flatMap(([client, deleted]) =>
    deleted.map(({ clock, len }) => ({ client, clock, len })),
  );
  const rangesAPart = Math.min(MAX_DELETES, Math.max(1, Math.floor(room / RANGE_BYTES)));
  for (let i = 0; i < ranges.length; i += rangesAPart) {
    parts.push(encodeDeletions(ranges.slice(i, i + rangesAPart)));
  }
  return parts;
}

function countRanges(clients: ReadonlyMap<number, readonly unknown[]>): number {
  return [...clients.values()].reduce((sum, ranges) => sum + ranges.length, 0);
}

function sizeOf(struct: Struct): number {
  return struct instanceof Y.Item && struct.content instanceof Y.ContentString
    ? STRUCT_OVERHEAD + struct.content.str.length * BYTES_A_UNIT
    : STRUCT_OVERHEAD;
}

/** An item as several whose strings have at most `longest` code units. */
function splitItem(struct: Struct, longest: number): Struct[] {
  if (!(struct instanceof Y.Item && struct.content instanceof Y.ContentString)) return [struct];
  const { str } = struct.content;
  if (str.length <= longest) return [struct];
  const { client, clock } = struct.id;
  const items: Y.Item[] = [];
  for (let from = 0; from < str.length; ) {
    let to = Math.min(str.length, from + longest);
    // Half a surrogate pair would arrive as U+FFFD.
    if (to < str.length && isHighSurrogate(str.charCodeAt(to - 1))) to -= 1;
    items.push(
      new Y.Item(
        Y.createID(client, clock + from),
        null,
        from === 0 ? struct.origin : Y.createID(client, clock + from - 1),
        null,
        struct.rightOrigin,
        struct.parent,
        struct.parentSub,
        new Y.ContentString(str.slice(from, to)),
      ),
    );
    from = to;
  }
  return items;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function encodeStructs(structs: Struct[]): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  const first = structs[0] as Struct;
  encoding.writeVarUint(encoder.restEncoder, 1);
  encoding.writeVarUint(encoder.restEncoder, structs.length);
  encoder.writeClient(first.id.client);
  encoding.writeVarUint(encoder.restEncoder, first.id.clock);
  for (const struct of structs) struct.write(encoder, 0);
  encoding.writeVarUint(encoder.restEncoder, 0); // no deletions
  return encoder.toUint8Array();
}

function encodeDeletions(ranges: { client: number; clock: number; len: number }[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0); // no structs
  const clients = new Map<number, { clock: number; len: number }[]>();
  for (const { client, ...range } of ranges) {
    const known = clients.get(client);
    if (known) known.push(range);
    else clients.set(client, [range]);
  }
  encoding.writeVarUint(encoder, clients.size);
  for (const [client, deleted] of clients) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, deleted.length);
    for (const { clock, len } of deleted) {
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarUint(encoder, len);
    }
  }
  return encoding.toUint8Array(encoder);
}
