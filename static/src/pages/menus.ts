/** Closes a menu (`details.menu`) by Escape, by a press elsewhere, and when the focus leaves. */
export function closeMenus(root: Document): void {
  const open = () => root.querySelectorAll<HTMLDetailsElement>("details.menu[open]");

  root.addEventListener("pointerdown", (event) => {
    for (const menu of open()) {
      if (!menu.contains(event.target as Node)) menu.open = false;
    }
  });
  root.addEventListener("focusin", (event) => {
    for (const menu of open()) {
      if (!menu.contains(event.target as Node)) menu.open = false;
    }
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}
