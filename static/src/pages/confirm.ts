/** Asks before a button with `data-confirm` does what others will notice. */
export function confirmDestructive(root: Document): void {
  root.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset["confirm"];
    if (question && !window.confirm(question)) event.preventDefault();
  });
}
