/** What the server tells the editor's page (editor/views/document.py, `editor_config`). */
export interface EditorConfig {
  uuid: string;
  title: string;
  role: "viewer" | "commenter" | "editor" | "owner";
  canEdit: boolean;
  user: { id: number; name: string };
  socketPath: string;
  renameUrl: string;
  sharingUrl: string | null;
  documentsUrl: string;
  loginUrl: string;
  /** The largest WebSocket frame, in bytes. */
  maxMessageBytes: number;
  /** The longest text, in UTF-16 code units. */
  maxDocumentLength: number;
}

/** Reads the page's configuration. */
export function readConfig(root: Document): EditorConfig {
  return JSON.parse(element(root, "#editor-config").textContent ?? "") as EditorConfig;
}

/** The WebSocket address of a path on this site. */
export function socketUrl(path: string, { protocol, host }: Location): string {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${path}`;
}

/** The one element that `selector` names; an error when the template lacks it. */
export function element<T extends HTMLElement = HTMLElement>(
  root: ParentNode,
  selector: string,
): T {
  const found = root.querySelector<T>(selector);
  if (found === null) throw new Error(`expected ${selector} in the page`);
  return found;
}
