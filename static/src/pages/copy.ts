/**
 * Shows the buttons `[data-copy]`, which copy the value of the field with that id.
 *
 * What became of it is said in the button's `[role=status]` sibling. Where the browser keeps the
 * clipboard to itself (a page that came without HTTPS), the text is left selected to be copied.
 */
export function copyByButton(root: Document): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    const field = root.querySelector<HTMLInputElement>(`#${button.dataset["copy"]}`);
    const status = button.parentElement?.querySelector<HTMLElement>("[role=status]");
    if (!field || !status) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      void copy(field).then((copied) => {
        status.textContent = copied ? "Copied." : "Selected: copy it with the keyboard.";
      });
    });
  }
}

async function copy(field: HTMLInputElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return false;
  }
}
