/**
 * Renames a document where its title stands, in place of the page that the link leads to.
 *
 * Expects `template#rename-form`, and in each `[data-row]` a link `[data-rename]` and the title
 * `[data-title]` in its `[data-title-cell]`.
 */
export function renameInPlace(root: Document): void {
  const template = root.querySelector<HTMLTemplateElement>("#rename-form");
  if (!template) return;
  root.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-rename]");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain) return;
    event.preventDefault();
    open(link, template);
  });
}

function open(link: HTMLAnchorElement, template: HTMLTemplateElement): void {
  const row = link.closest<HTMLElement>("[data-row]");
  const cell = row?.querySelector<HTMLElement>("[data-title-cell]");
  const title = cell?.querySelector<HTMLElement>("[data-title]");
  if (!row || !cell || !title || cell.querySelector("form")) return;

  const fragment = template.content.cloneNode(true) as DocumentFragment;
  const form = fragment.querySelector("form");
  const input = form?.querySelector<HTMLInputElement>("input[name=title]");
  const error = form?.querySelector<HTMLElement>(".error");
  if (!form || !input || !error) return;

  const menu = link.closest("details");
  if (menu) menu.open = false;
  form.action = link.href;
  input.value = title.textContent ?? "";
  title.hidden = true;
  cell.append(form);
  input.focus();
  // The name without its extension: that is what is mostly changed.
  const dot = input.value.lastIndexOf(".");
  input.setSelectionRange(0, dot > 0 ? dot : input.value.length);

  const close = (): void => {
    form.remove();
    title.hidden = false;
    title.focus();
  };
  const complain = (reason: string): void => {
    error.textContent = reason;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };

  form.querySelector("[data-cancel]")?.addEventListener("click", close);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    void send(form)
      .then((answer) => {
        if ("error" in answer) return complain(answer.error);
        title.textContent = answer.title;
        const extension = row.querySelector<HTMLElement>(".extension");
        if (extension) extension.textContent = shortExtension(answer.title);
        close();
      })
      .finally(() => {
        form.ariaBusy = "false";
      });
  });
}

type Answer = { title: string } | { error: string };

/** Posts the form; every failure ends as a sentence to show. */
async function send(form: HTMLFormElement): Promise<Answer> {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
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

/** As the server shows it: what follows the last dot, if it is at most four characters. */
function shortExtension(title: string): string {
  const dot = title.lastIndexOf(".");
  const extension = dot < 0 ? "" : title.slice(dot + 1);
  return extension.length <= 4 ? extension : "";
}
