import type { Awareness } from "y-protocols/awareness";

import { Attendance, type AttendanceOptions } from "./attendance";
import { type Identity, initials, type PresenceState, readableOn } from "./identity";

/** Faces in the top bar; more are "+N". */
const MOST_FACES = 5;
const MOST_FACES_NARROW = 2;
const NARROW = "(max-width: 640px)";

/** What the faces need besides the awareness. */
export interface PeopleOptions extends AttendanceOptions {
  list: HTMLElement;
  /** Who we are until the server has said it. */
  self: { id: number; name: string };
  onOpen: (userId: number) => void;
}

/** The people in a document, as faces: one a person, however many tabs they have open. */
export class People {
  readonly #awareness: Awareness;
  readonly #options: PeopleOptions;
  readonly #attendance: Attendance;
  readonly #narrow = window.matchMedia(NARROW);
  #self: Identity | null = null;
  /** Others who are here, by user id. */
  #others = new Map<number, Identity>();
  #shown = "";

  constructor(awareness: Awareness, options: PeopleOptions) {
    this.#awareness = awareness;
    this.#options = options;
    this.#attendance = new Attendance(options);
    awareness.on("change", () => this.#update());
    this.#narrow.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  /** The server has said who we are. */
  setSelf(self: Identity): void {
    if (JSON.stringify(self) === JSON.stringify(this.#self)) return;
    this.#self = self;
    this.#update();
  }

  /** We have the document again after a break. */
  return(): void {
    this.#attendance.return();
  }

  #update(): void {
    const selfId = this.#self?.id ?? this.#options.self.id;
    const others = new Map<number, Identity>();
    for (const [client, { user }] of this.#awareness.getStates() as Map<number, PresenceState>) {
      if (user && client !== this.#awareness.clientID && user.id !== selfId) {
        others.set(user.id, user);
      }
    }
    this.#others = others;
    this.#attendance.see(new Map([...others].map(([id, { name }]) => [id, name])));
    this.#draw();
  }

  #draw(): void {
    const self = { color: "#6b7280", ...this.#options.self, ...this.#self };
    const others = [...this.#others.values()].sort((a, b) => a.name.localeCompare(b.name));
    const room = (this.#narrow.matches ? MOST_FACES_NARROW : MOST_FACES) - 1;
    const faces = others.slice(0, room);
    const rest = others.slice(room);
    // Awareness changes with every keystroke, faces do not: keep focus and hover where they are.
    const shown = JSON.stringify([self, faces, rest.map(({ name }) => name)]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const items = [
      face({ ...self, label: `${self.name} (you)` }),
      ...faces.map((person) =>
        face({ ...person, label: person.name, onClick: () => this.#options.onOpen(person.id) }),
      ),
    ];
    if (rest.length > 0) items.push(more(rest.map(({ name }) => name)));
    this.#options.list.replaceChildren(...items);
  }
}

interface Face {
  name: string;
  label: string;
  color: string;
  onClick?: () => void;
}

function face({ name, label, color, onClick }: Face): HTMLLIElement {
  const item = document.createElement("li");
  const circle = document.createElement(onClick ? "button" : "span");
  circle.className = "face";
  circle.title = onClick ? `${label}: go to their cursor` : label;
  circle.style.setProperty("--peer-color", color);
  circle.style.setProperty("--peer-text", readableOn(color));
  const letters = document.createElement("span");
  letters.ariaHidden = "true";
  letters.textContent = initials(name);
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = circle.title;
  circle.append(letters, words);
  if (circle instanceof HTMLButtonElement && onClick) {
    circle.type = "button";
    circle.addEventListener("click", onClick);
  }
  item.append(circle);
  return item;
}

function more(names: string[]): HTMLLIElement {
  const item = document.createElement("li");
  const circle = document.createElement("span");
  circle.className = "face more";
  circle.title = names.join(", ");
  const number = document.createElement("span");
  number.ariaHidden = "true";
  number.textContent = `+${names.length}`;
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = `and ${names.join(", ")}`;
  circle.append(number, words);
  item.append(circle);
  return item;
}
