/** The editor's page: puts document, connection, editor and the frame around it together. */
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { Announcer } from "./announcer";
import { goToPerson } from "./carets";
import { element, readConfig, socketUrl } from "./config";
import { Connection, type ConnectionEvent, type StopCause } from "./connection";
import { describeRefusal } from "./limits";
import { Notice } from "./notice";
import { People } from "./people";
import { CodeEditor } from "./setup";
import { StateView } from "./stateview";
import { StatusBar } from "./statusbar";
import { renameInPlace } from "./title";

/** Ends after which nothing typed here can be saved any more. */
const FINAL: ReadonlySet<StopCause> = new Set([
  "access-removed",
  "deleted",
  "quarantined",
  "too-large",
  "malformed",
]);

const config = readConfig(document);
const doc = new Y.Doc();
const awareness = new Awareness(doc);
const text = doc.getText("content");

const announcer = new Announcer(element(document, "#announcements"));
const notice = new Notice(document);
const statusBar = new StatusBar(document);

const editor = new CodeEditor(element(document, "#code"), {
  text,
  awareness,
  canEdit: config.canEdit,
  maxLength: config.maxDocumentLength,
  cspNonce: document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "",
  onRefusal: (refusal) => notice.show(describeRefusal(refusal)),
  onReadOnly: () => notice.show("You can read this document but not change it."),
  extensions: statusBar.extension,
});
statusBar.open(editor.view);

const people = new People(awareness, {
  list: element(document, "#people"),
  self: config.user,
  onOpen: (userId) => {
    if (!goToPerson(editor.view, userId)) notice.show("They have not clicked into the text yet.");
  },
  isConnected: () => connection.isConnected,
  onJoin: (name) => announcer.join(name),
  onLeave: (name) => announcer.leave(name),
});

const stateView = new StateView(
  document,
  config.canEdit,
  {
    retry: () => {
      connection.start();
      connection.retryNow();
    },
    // In another tab: this one keeps what is not saved.
    "sign-in": () => window.open(config.loginUrl, "_blank", "noopener"),
    copy: () => {
      void navigator.clipboard.writeText(text.toString()).then(
        () => notice.show("The text is in the clipboard."),
        () => notice.show("The browser did not allow it. Select the text and copy it."),
      );
    },
    reload: () => window.location.reload(),
    documents: () => window.location.assign(config.documentsUrl),
  },
  announcer,
);

const connection = new Connection(doc, awareness, {
  url: socketUrl(config.socketPath, window.location),
  maxMessageBytes: config.maxMessageBytes,
  onEvent,
  onIdentity: (identity) => people.setSelf(identity),
});

function onEvent(event: ConnectionEvent): void {
  const isFirstSync = event.type === "synced" && !stateView.state.wasSynced;
  stateView.receive(event);
  if (event.type === "synced") people.return();
  if (isFirstSync) {
    editor.adoptIndentation();
    document.documentElement.dataset["synced"] = "";
    if (document.activeElement === document.body) editor.view.focus();
  }
  if (event.type === "stopped" && FINAL.has(event.cause)) editor.makeReadOnly();
  if (event.type === "denied" && !stateView.state.canEdit) editor.makeReadOnly();
}

async function showTitle(title: string): Promise<void> {
  document.title = title;
  statusBar.setLanguage(await editor.setFileName(title));
}

// Signed in again in another tab: go on as soon as people are back.
window.addEventListener("focus", () => {
  const { phase } = stateView.state;
  if (phase.name === "stopped" && phase.cause === "signed-out") connection.start();
});
// A page in the back/forward cache has no connection.
window.addEventListener("pagehide", () => connection.stop());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) connection.start();
});

if (config.canEdit) renameInPlace(document, config.renameUrl, (title) => void showTitle(title));
void showTitle(config.title);
connection.start();
