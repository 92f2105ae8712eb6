/** Puts the cursor where the first mistake is, or else where `autofocus` asks for it. */
export function focusFirstError(root: Document): void {
  root.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
}
