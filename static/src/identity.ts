/**
 * Who somebody is, as the server stamps it into every awareness state. What is drawn with it has
 * been checked here: nothing a peer or a server says reaches a style unread.
 */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

/** The `user` of an awareness state. */
export interface Identity {
  id: number;
  name: string;
  /** #rrggbb, for a cursor and behind a name. */
  color: string;
  /** #rrggbbaa, behind selected text. */
  colorLight: string;
}

/** What another tab says of itself, checked. */
export interface PresenceState {
  user?: Identity;
  cursor?: { anchor: unknown; head: unknown } | null;
}

const COLOR = /^#[0-9a-f]{6}([0-9a-f]{2})?$/i;
const FALLBACK_COLOR = "#6b7280";
/** Longer names are cut, in UTF-16 code units. */
const MAX_NAME_LENGTH = 80;

/** The identity in an awareness state's `user`, or nothing when there is no sound one. */
export function readIdentity(user: unknown): Identity | undefined {
  if (typeof user !== "object" || user === null) return undefined;
  const { id, name, color, colorLight } = user as Record<string, unknown>;
  if (typeof id !== "number" || typeof name !== "string") return undefined;
  const checked = typeof color === "string" && COLOR.test(color) ? color : FALLBACK_COLOR;
  return {
    id,
    name: name.slice(0, MAX_NAME_LENGTH),
    color: checked,
    colorLight:
      typeof colorLight === "string" && COLOR.test(colorLight)
        ? colorLight
        : `${checked.slice(0, 7)}33`,
  };
}

/**
 * An awareness update with every state reduced to what is known and checked, and, where the server
 * echoes our own state (`self` is our client id), who it says we are. y-protocols leaves out such
 * an echo, since its clock is not newer.
 */
export function readPresence(
  update: Uint8Array,
  self: number,
): { update: Uint8Array; self: Identity | undefined } {
  const decoder = decoding.createDecoder(update);
  const encoder = encoding.createEncoder();
  let mine: Identity | undefined;
  const count = decoding.readVarUint(decoder);
  encoding.writeVarUint(encoder, count);
  for (let i = 0; i < count; i += 1) {
    const client = decoding.readVarUint(decoder);
    const clock = decoding.readVarUint(decoder);
    const state = checkState(JSON.parse(decoding.readVarString(decoder)));
    if (client === self && state?.user) mine = state.user;
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, JSON.stringify(state));
  }
  return { update: encoding.toUint8Array(encoder), self: mine };
}

function checkState(state: unknown): PresenceState | null {
  if (typeof state !== "object" || state === null) return null;
  const { user, cursor } = state as Record<string, unknown>;
  const checked: PresenceState = {};
  const identity = readIdentity(user);
  if (identity) checked.user = identity;
  if (typeof cursor === "object" && cursor !== null && "anchor" in cursor && "head" in cursor) {
    checked.cursor = { anchor: cursor.anchor, head: cursor.head };
  }
  return checked;
}

/** A letter or two to stand for a name: "Alice Berg" is AB, "bob" is B. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s._-]+/u).filter(Boolean);
  const first = [...(words[0] ?? "?")][0] ?? "?";
  const last = words.length > 1 ? [...(words.at(-1) ?? "")][0] ?? "" : "";
  return (first + last).toLocaleUpperCase();
}

/** Black or white, whichever is easier to read on `color` (WCAG relative luminance). */
export function readableOn(color: string): "#000000" | "#ffffff" {
  const channel = (from: number): number => {
    const value = Number.parseInt(color.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  // 0.179 is where the contrast with black and with white is equal.
  return luminance > 0.179 ? "#000000" : "#ffffff";
}
