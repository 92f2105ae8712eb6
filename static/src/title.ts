import { element } from "./config";

/**
 * Renames the document where its title stands. Expects `#title`, a button for those who may
 * rename, and the form `#rename` with an input `title`.
 */
export function renameInPlace(
  root: Document,
  url: string,
  onRename: (title: string) => void,
): void {
  const button = element<HTMLButtonElement>(root, "#title");
  const form = element<HTMLFormElement>(root, "#rename");
  const input = element<HTMLInputElement>(form, "input[name=title]");
  const error = element(form, "[data-error]");

  const close = (): void => {
    form.hidden = true;
    button.hidden = false;
    button.focus();
  };
  const complain = (reason: string): void => {
    error.textContent = reason;
    error.hidden = reason === "";
    input.setAttribute("aria-invalid", String(reason !== ""));
  };
  button.addEventListener("click", () => {
    complain("");
    input.value = button.textContent ?? "";
    button.hidden = true;
    form.hidden = false;
    input.focus();
    // The name without its extension: that is what is mostly changed.
    const dot = input.value.lastIndexOf(".");
    input.setSelectionRange(0, dot > 0 ? dot : input.value.length);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  input.addEventListener("blur", () => {
    if (!form.hidden && form.ariaBusy !== "true") form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    if (input.value.trim() === button.textContent) return close();
    form.ariaBusy = "true";
    void send(url, new FormData(form))
      .then((answer) => {
        if ("error" in answer) return complain(answer.error);
        button.textContent = answer.title;
        onRename(answer.title);
        close();
      })
      .finally(() => {
        form.ariaBusy = "false";
      });
  });
}

type Answer = { title: string } | { error: string };

async function send(url: string, body: FormData): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      // As a form is sent, not as an upload.
      body: new URLSearchParams([...body].map(([name, value]) => [name, String(value)])),
      headers: { Accept: "application/json" },
    });
    if (response.headers.get("Content-Type")?.startsWith("application/json")) {
      return (await response.json()) as Answer;
    }
    if (response.status === 403) return { error: "This page is too old. Reload it and try again." };
    if (response.status === 404) return { error: "This document is not yours to open any more." };
    return { error: "The server could not do it. Try again in a moment." };
  } catch {
    return { error: "The server does not answer. Try again in a moment." };
  }
}
