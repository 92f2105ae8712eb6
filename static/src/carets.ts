/**
 * Where the others are: their carets, names and selections, drawn in layers above and below the
 * text, so that the text itself is not touched; and our own selection, told to them.
 *
 * y-codemirror.next could draw them, but writes colours into style attributes, which a strict
 * Content-Security-Policy forbids, and looks up every position anew at each keystroke.
 */
import {
  type EditorState,
  EditorSelection,
  type Extension,
  StateEffect,
  StateField,
} from "@codemirror/state";
import {
  EditorView,
  layer,
  type LayerMarker,
  RectangleMarker,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { ySyncFacet, type YSyncConfig } from "y-codemirror.next";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { type Identity, type PresenceState, readableOn } from "./identity";

/** How long a name stays after its caret has moved, in milliseconds. */
const NAME_LINGERS = 2000;
/** How often at most our own selection is told, in milliseconds. */
const TELL_EVERY = 50;
/** How near the pointer must be to a caret to show its name, in pixels. */
const HOVER_DISTANCE = 8;

/** Somebody's place in the text. */
interface Peer {
  client: number;
  identity: Identity;
  anchor: number;
  head: number;
  /** When it last moved, in milliseconds since 1970. */
  movedAt: number;
  /** What `anchor` and `head` were read from; another object means that it moved. */
  cursor: unknown;
}

const setPeers = StateEffect.define<readonly Peer[]>();
/** Only the time has changed: names that have lingered go. */
const redraw = StateEffect.define<null>();

const peersField = StateField.define<readonly Peer[]>({
  create: () => [],
  update(peers, tr) {
    for (const effect of tr.effects) if (effect.is(setPeers)) return effect.value;
    if (!tr.docChanged || peers.length === 0) return peers;
    return peers.map((peer) => ({
      ...peer,
      anchor: tr.changes.mapPos(peer.anchor, 1),
      head: tr.changes.mapPos(peer.head, 1),
    }));
  },
});

/** Draws everybody's carets and selections, and shares our own. */
export function remoteCarets(awareness: Awareness): Extension {
  return [peersField, selectionLayer, caretLayer, nameHover, presence(awareness)];
}

/** Scrolls to where somebody is, by user id; false when they are nowhere in the text. */
export function goToPerson(view: EditorView, userId: number): boolean {
  const peer = view.state
    .field(peersField)
    .filter(({ identity }) => identity.id === userId)
    .sort((a, b) => b.movedAt - a.movedAt)[0];
  if (!peer) return false;
  view.dispatch({
    effects: [
      EditorView.scrollIntoView(peer.head, { y: "center" }),
      setPeers.of(
        view.state
          .field(peersField)
          .map((other) => (other === peer ? { ...other, movedAt: Date.now() } : other)),
      ),
    ],
  });
  return true;
}

class PeerCaret implements LayerMarker {
  constructor(
    readonly peer: Peer,
    readonly left: number,
    readonly top: number,
    readonly height: number,
    readonly isNamed: boolean,
    readonly side: "above" | "below",
    readonly align: "start" | "end",
  ) {}

  eq(other: PeerCaret): boolean {
    return (
      other.peer.client === this.peer.client &&
      other.peer.identity === this.peer.identity &&
      other.left === this.left &&
      other.top === this.top &&
      other.height === this.height &&
      other.isNamed === this.isNamed &&
      other.side === this.side &&
      other.align === this.align
    );
  }

  draw(): HTMLElement {
    const caret = document.createElement("div");
    const name = caret.appendChild(document.createElement("span"));
    name.className = "peer-name";
    this.#adjust(caret);
    return caret;
  }

  update(caret: HTMLElement, previous: PeerCaret): boolean {
    if (previous.peer.client !== this.peer.client) return false;
    this.#adjust(caret);
    return true;
  }

  #adjust(caret: HTMLElement): void {
    const { name, color } = this.peer.identity;
    caret.className = `peer-caret ${this.side} ${this.align}${this.isNamed ? " named" : ""}`;
    caret.dataset["client"] = String(this.peer.client);
    caret.style.left = `${this.left}px`;
    caret.style.top = `${this.top}px`;
    caret.style.height = `${this.height}px`;
    caret.style.setProperty("--peer-color", color);
    caret.style.setProperty("--peer-text", readableOn(color));
    const label = caret.firstElementChild as HTMLElement;
    if (label.textContent !== name) label.textContent = name;
  }
}

/** One rectangle of somebody's selection. */
class PeerSelection implements LayerMarker {
  constructor(
    readonly shape: RectangleMarker,
    readonly color: string,
  ) {}

  eq(other: PeerSelection): boolean {
    return other.color === this.color && other.shape.eq(this.shape);
  }

  draw(): HTMLElement {
    const element = this.shape.draw();
    element.style.backgroundColor = this.color;
    return element;
  }

  update(element: HTMLElement, previous: PeerSelection): boolean {
    if (!this.shape.update(element, previous.shape)) return false;
    element.style.backgroundColor = this.color;
    return true;
  }
}

function needsDrawing(update: ViewUpdate): boolean {
  return (
    update.docChanged ||
    update.viewportChanged ||
    update.geometryChanged ||
    update.startState.field(peersField) !== update.state.field(peersField) ||
    update.transactions.some((tr) => tr.effects.some((effect) => effect.is(redraw)))
  );
}

const caretLayer = layer({
  above: true,
  class: "peer-carets",
  update: needsDrawing,
  markers(view) {
    const now = Date.now();
    return view.state.field(peersField).flatMap((peer) => {
      const [place] = RectangleMarker.forRange(view, "", EditorSelection.cursor(peer.head));
      if (!place) return [];
      // At the top of the text and at its right edge the name would be cut off.
      const side = place.top < place.height ? "below" : "above";
      const align = place.left > view.scrollDOM.clientWidth * 0.7 ? "end" : "start";
      const isNamed = now - peer.movedAt < NAME_LINGERS;
      return [new PeerCaret(peer, place.left, place.top, place.height, isNamed, side, align)];
    });
  },
});

const selectionLayer = layer({
  above: false,
  class: "peer-selections",
  update: needsDrawing,
  markers: (view) =>
    view.state
      .field(peersField)
      .filter(({ anchor, head }) => anchor !== head)
      .flatMap(({ anchor, head, identity }) =>
        RectangleMarker.forRange(
          view,
          "peer-selection",
          EditorSelection.range(anchor, head),
        ).map((shape) => new PeerSelection(shape, identity.colorLight)),
      ),
});

/** Shows the name of the caret under the pointer; the carets themselves let clicks through. */
const nameHover = EditorView.domEventHandlers({
  mousemove(event, view) {
    for (const caret of view.dom.querySelectorAll(".peer-caret")) {
      const box = caret.getBoundingClientRect();
      caret.classList.toggle(
        "hovered",
        Math.abs(event.clientX - box.left) <= HOVER_DISTANCE &&
          event.clientY >= box.top - 2 &&
          event.clientY <= box.bottom + 2,
      );
    }
  },
  mouseleave(_event, view) {
    for (const caret of view.dom.querySelectorAll(".peer-caret.hovered")) {
      caret.classList.remove("hovered");
    }
  },
});

/** Moves between the awareness and the editor, in both directions. */
function presence(awareness: Awareness): Extension {
  return ViewPlugin.define((view) => {
    const sync = view.state.facet(ySyncFacet);
    let frame = 0;
    let tellTimer: ReturnType<typeof setTimeout> | undefined;
    let lingerTimer: ReturnType<typeof setTimeout> | undefined;

    const read = (): void => {
      frame = 0;
      const peers = readPeers(awareness, sync, view.state);
      view.dispatch({ effects: setPeers.of(peers) });
      clearTimeout(lingerTimer);
      lingerTimer = setTimeout(
        () => view.dispatch({ effects: redraw.of(null) }),
        NAME_LINGERS + 50,
      );
    };
    const onChange = (
      { added, updated, removed }: { added: number[]; updated: number[]; removed: number[] },
    ): void => {
      const isOnlyUs = [...added, ...updated, ...removed].every(
        (client) => client === awareness.clientID,
      );
      // Many people moving are one redraw a frame.
      if (!isOnlyUs && frame === 0) frame = requestAnimationFrame(read);
    };
    const tell = (): void => {
      tellTimer = undefined;
      const { anchor, head } = view.state.selection.main;
      awareness.setLocalStateField("cursor", {
        anchor: relative(sync, anchor),
        head: relative(sync, head),
      });
    };
    awareness.on("change", onChange);
    return {
      update({ selectionSet, docChanged, focusChanged }: ViewUpdate) {
        // Whoever has only opened the page is nowhere yet.
        const isHere = view.hasFocus || awareness.getLocalState()?.["cursor"] != null;
        if ((selectionSet || docChanged || focusChanged) && isHere) {
          tellTimer ??= setTimeout(tell, TELL_EVERY);
        }
      },
      destroy() {
        awareness.off("change", onChange);
        cancelAnimationFrame(frame);
        clearTimeout(tellTimer);
        clearTimeout(lingerTimer);
      },
    };
  });
}

function relative(sync: YSyncConfig, at: number): unknown {
  return Y.relativePositionToJSON(sync.toYPos(at));
}

function readPeers(awareness: Awareness, sync: YSyncConfig, state: EditorState): Peer[] {
  const known = new Map(state.field(peersField).map((peer) => [peer.client, peer]));
  const peers: Peer[] = [];
  for (const [client, presence] of awareness.getStates() as Map<number, PresenceState>) {
    const { user, cursor } = presence;
    if (client === awareness.clientID || !user || !cursor) continue;
    const before = known.get(client);
    // An awareness state that is only renewed is a new object with the same content.
    if (before && JSON.stringify(before.cursor) === JSON.stringify(cursor)) {
      peers.push({ ...before, identity: same(before.identity, user) });
      continue;
    }
    const anchor = absolute(sync, cursor.anchor);
    const head = absolute(sync, cursor.head);
    if (anchor === null || head === null) {
      // It is in text that has not arrived: looked up again at the next change.
      if (before) peers.push(before);
      continue;
    }
    const { length } = state.doc;
    peers.push({
      client,
      identity: before ? same(before.identity, user) : user,
      anchor: Math.min(anchor, length),
      head: Math.min(head, length),
      movedAt: Date.now(),
      cursor,
    });
  }
  return peers;
}

function same(before: Identity, now: Identity): Identity {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now;
}

/** Where a peer's relative position is in the text; null when it is nowhere, or not sound. */
function absolute(sync: YSyncConfig, position: unknown): number | null {
  try {
    return sync.fromYPos(position as Y.RelativePosition).pos;
  } catch {
    return null;
  }
}
