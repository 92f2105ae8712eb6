/**
 * What may honestly be said about the text being saved: a pure state machine from connection
 * events to words. "Saved" is said only while connected, with everything exchanged both ways and
 * every frame confirmed as durable.
 */
import type { ConnectionEvent, LostCause, StopCause } from "./connection";

/** How long unconfirmed changes are ordinary, in milliseconds; then people are told to stay. */
export const SLOW_SAVE = 5_000;
/** A break this short is over before anybody could read more than a word, in milliseconds. */
export const SHORT_BREAK = 1_000;
/** After this long without an answer a restart is no explanation any more, in milliseconds. */
export const RESTART_TAKES = 15_000;
/** How long "Back online" is shown, in milliseconds. */
export const WELCOME_BACK = 5_000;

/** Everything that the words depend on. Times are milliseconds since 1970. */
export interface SaveState {
  readonly canEdit: boolean;
  readonly phase:
    | { readonly name: "connecting" }
    | { readonly name: "syncing" }
    | { readonly name: "synced" }
    | { readonly name: "waiting"; readonly retryAt: number }
    | { readonly name: "stopped"; readonly cause: StopCause; readonly reason: string };
  /** Whether the document has been seen whole since the page was opened. */
  readonly wasSynced: boolean;
  /** Why the connection was lost; null while it is not. */
  readonly lost: LostCause | null;
  /** When the connection was lost; null while it is not. */
  readonly lostAt: number | null;
  /** Changes made in this tab that are not durable. */
  readonly unsaved: number;
  /** Whether every frame sent is confirmed and no change waits to be sent. */
  readonly isSettled: boolean;
  /** Since when something is unsaved. */
  readonly unsavedSince: number | null;
  /** Whether anything was ever changed from here. */
  readonly hasEdited: boolean;
  /** Changes that came back with us from being offline, until they are saved. */
  readonly returning: number | null;
  /** The end of a break: when, and how many changes were saved with it. */
  readonly back: { readonly at: number; readonly changes: number } | null;
  /** The right to edit has ended: how many changes were refused with it, because they came later. */
  readonly denied: { readonly refused: number } | null;
}

/** How a state is coloured, and how urgently it is told. */
export type Tone = "quiet" | "ok" | "busy" | "warning" | "error";

/** What to show. */
export interface Description {
  tone: Tone;
  /** A few words for the top bar. */
  label: string;
  /** One or two sentences when there is more to say. */
  detail?: string;
  /** When the connection is tried again; the view counts down to it. */
  retryAt?: number;
  /** What people can do about it. */
  actions: Action[];
  /** When these words may change though nothing happens. */
  until?: number;
}

/** What a button beside the state does. */
export type Action = "retry" | "sign-in" | "copy" | "reload" | "documents";

/** The state of a page that was just opened. */
export function openState(canEdit: boolean): SaveState {
  return {
    canEdit,
    phase: { name: "connecting" },
    wasSynced: false,
    lost: null,
    lostAt: null,
    unsaved: 0,
    isSettled: true,
    unsavedSince: null,
    hasEdited: false,
    returning: null,
    back: null,
    denied: null,
  };
}

/** The state after `event`, which happened at `now`. */
export function advance(state: SaveState, event: ConnectionEvent, now: number): SaveState {
  switch (event.type) {
    case "connecting":
      return { ...state, phase: { name: "connecting" } };
    case "open":
      return { ...state, phase: { name: "syncing" } };
    case "synced":
      return welcome(
        {
          ...state,
          phase: { name: "synced" },
          wasSynced: true,
          returning: state.lost === null ? null : state.unsaved,
        },
        now,
      );
    case "progress": {
      const isUnsaved = event.unsaved > 0 || !event.isSettled;
      return welcome(
        {
          ...state,
          unsaved: event.unsaved,
          isSettled: event.isSettled,
          unsavedSince: isUnsaved ? (state.unsavedSince ?? now) : null,
          hasEdited: state.hasEdited || event.unsaved > 0,
        },
        now,
      );
    }
    case "lost":
      return {
        ...state,
        phase: { name: "waiting", retryAt: event.retryAt },
        // A server that restarts does not answer at first.
        lost: event.cause === "network" && state.lost === "restarting" ? state.lost : event.cause,
        lostAt: state.lostAt ?? now,
        returning: null,
        back: null,
      };
    case "stopped":
      return {
        ...state,
        phase: { name: "stopped", cause: event.cause, reason: event.reason },
        returning: null,
        back: null,
      };
    case "denied":
      // What is not confirmed by now is what was refused: that confirmation comes after the refusal.
      return state.canEdit
        ? { ...state, canEdit: false, denied: { refused: state.unsaved } }
        : state;
  }
}

/** Ends a break once everything that came back is durable. */
function welcome(state: SaveState, now: number): SaveState {
  if (state.phase.name !== "synced" || !state.isSettled || state.returning === null) return state;
  const back = { at: now, changes: state.returning };
  return { ...state, lost: null, lostAt: null, returning: null, back };
}

/** Whether leaving the page would lose something. */
export function wouldLose(state: SaveState): boolean {
  return state.unsaved > 0;
}

/** The words for a state. */
export function describe(state: SaveState, now: number): Description {
  if (state.phase.name === "stopped") return describeStop(state, state.phase.cause);
  const refused = state.denied?.refused ?? 0;
  if (refused > 0) {
    const words =
      refused === 1
        ? "Your last change was not saved: nobody else sees it."
        : `Your last ${count(refused)} were not saved: nobody else sees them.`;
    return {
      tone: "error",
      label: "Now view only",
      detail: `You may no longer edit this document. ${words}`,
      actions: ["copy", "reload"],
    };
  }
  if (!state.wasSynced && state.lost === null) {
    return { tone: "quiet", label: "Connecting…", actions: [] };
  }
  if (state.phase.name !== "synced") return describeBreak(state, now);
  if (state.unsaved > 0 || !state.isSettled) return describeUnsaved(state, now);
  const { back } = state;
  if (back !== null && now < back.at + WELCOME_BACK) {
    const label =
      back.changes > 0 ? `Back online, ${count(back.changes)} saved` : "Back online";
    return { tone: "ok", label, actions: [], until: back.at + WELCOME_BACK };
  }
  if (state.denied !== null) {
    return {
      tone: "quiet",
      label: "Now view only",
      detail:
        "You may no longer edit this document. Everything you typed was saved. " +
        "If you may edit it again, reload the page.",
      actions: ["reload"],
    };
  }
  if (!state.canEdit) return { tone: "quiet", label: "View only", actions: [] };
  return state.hasEdited
    ? { tone: "ok", label: "Saved", actions: [] }
    : { tone: "ok", label: "Connected", actions: [] };
}

function describeUnsaved(state: SaveState, now: number): Description {
  const slowAt = (state.unsavedSince ?? now) + SLOW_SAVE;
  return now < slowAt
    ? { tone: "busy", label: "Saving…", actions: [], until: slowAt }
    : { tone: "warning", label: "Not saved yet. Keep this tab open", actions: [] };
}

const BREAKS: Readonly<Record<LostCause, string>> = {
  network: "Offline",
  restarting: "The server is restarting",
  busy: "The server is busy",
};

function describeBreak(state: SaveState, now: number): Description {
  const isLate = now >= (state.lostAt ?? now) + RESTART_TAKES;
  const label = BREAKS[state.lost === "restarting" && isLate ? "network" : (state.lost ?? "network")];
  const longAt = (state.lostAt ?? now) + SHORT_BREAK;
  if (now < longAt) return { tone: "warning", label, actions: [], until: longAt };
  const description: Description = { tone: "warning", label, actions: [] };
  if (state.unsaved > 0) {
    description.detail = `Your changes are kept in this tab (${count(state.unsaved)}).`;
  } else if (state.wasSynced && state.canEdit) {
    description.detail = "What you type is kept in this tab.";
  }
  if (state.phase.name === "waiting") {
    description.retryAt = state.phase.retryAt;
    description.actions = ["retry"];
  }
  return description;
}

const STOPS: Readonly<Record<StopCause, { label: string; detail: string; actions: Action[] }>> = {
  "signed-out": {
    label: "Signed out",
    detail: "Sign in again in another tab and return to this one: nothing here is lost.",
    actions: ["sign-in", "retry"],
  },
  "access-removed": {
    label: "Access removed",
    detail: "You may no longer open this document. Ask its owner if that is a mistake.",
    actions: ["documents"],
  },
  deleted: {
    label: "Document not found",
    detail:
      "It was moved to the trash or deleted, or is no longer shared with you. " +
      "If it is restored, reload the page.",
    actions: ["reload", "documents"],
  },
  quarantined: {
    label: "Document locked",
    detail: "Something in this document cannot be read safely. An administrator has to look at it.",
    actions: ["documents"],
  },
  "too-large": {
    label: "Too large",
    detail: "The last change makes the document larger than this server allows.",
    actions: ["reload"],
  },
  "too-fast": {
    label: "Too many changes at once",
    detail: "The server has closed the connection to protect itself.",
    actions: ["retry"],
  },
  malformed: {
    label: "Something went wrong",
    detail: "The server did not understand this page. Reloading it usually helps.",
    actions: ["reload"],
  },
  refused: {
    label: "Connection refused",
    detail: "The server has closed the connection.",
    actions: ["retry", "reload"],
  },
};

function describeStop(state: SaveState, cause: StopCause): Description {
  const { label, detail, actions } = STOPS[cause];
  if (state.unsaved === 0) return { tone: "error", label, detail, actions };
  return {
    tone: "error",
    label,
    detail: `${detail} Not saved: ${count(state.unsaved)}.`,
    actions: [...actions, "copy"],
  };
}

/** "1 change", "2 changes". */
export function count(changes: number): string {
  return changes === 1 ? "1 change" : `${changes.toLocaleString("en")} changes`;
}
