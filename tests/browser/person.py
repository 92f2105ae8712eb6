"""Somebody at a browser, in a test's words."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as WaitedTooLong

# What CodeMirror holds, not what it draws: "\r" is hidden, and far lines are not drawn at all.
READ_TEXT = """() => {
  const view = document.querySelector(".cm-content").cmTile?.view
    ?? document.querySelector(".cm-content").cmView?.view;
  return view.state.doc.toString();
}"""
# A paste as the browser's own: CodeMirror reads the clipboard's data from the event.
PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.querySelector(".cm-content").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


class Person:
    """A page with one document open."""

    def __init__(self, name: str, page: Page, url: str) -> None:
        self.name = name
        self.page = page
        self.url = url
        self.state: Locator = page.locator("#save-state")
        self.strip: Locator = page.locator("#strip")
        self.code: Locator = page.locator(".cm-content")

    def opens(self) -> None:
        """Open the document and see what is in it."""
        self.page.goto(self.url)
        self.page.wait_for_selector("html[data-synced]", state="attached")

    def leaves(self) -> None:
        """Close the browser."""
        self.page.context.close()

    def clicks_into(self, line: int = 1) -> None:
        """Put the cursor at the end of a line."""
        self.page.locator(".cm-line").nth(line - 1).click()
        self.page.keyboard.press("End")

    def types(self, text: str) -> None:
        """Type, key by key, where the cursor is."""
        self.code.focus()
        self.page.keyboard.type(text)

    def presses(self, *keys: str) -> None:
        """Press keys or chords, such as "Control+z"."""
        self.code.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def pastes(self, text: str) -> None:
        """Paste where the cursor is."""
        self.page.evaluate(PASTE, text)

    @property
    def text(self) -> str:
        """The whole text of the editor, with its line ends."""
        return str(self.page.evaluate(READ_TEXT))

    def sees_text(self, text: str) -> None:
        """Wait until the editor's text is exactly this."""
        with suppress(WaitedTooLong):
            self.page.wait_for_function(f"(text) => ({READ_TEXT})() === text", arg=text)
        seen = self.text
        assert seen == text, f"{self.name} sees {seen!r}, expected {text!r}"

    def sees_state(self, words: str) -> None:
        """Wait until the save state says this."""
        expect(self.state).to_have_text(words)

    def caret_of(self, name: str) -> Locator:
        """Somebody else's caret in this browser."""
        return self.page.locator(".peer-caret", has_text=name)

    def watches_states(self) -> None:
        """From now on, note every word that the save state says."""
        self.page.evaluate(
            """() => {
              const state = document.querySelector("#save-state");
              window.saidStates = [];
              new MutationObserver(() => window.saidStates.push(state.textContent))
                .observe(state, { childList: true, characterData: true, subtree: true });
            }"""
        )

    @property
    def states(self) -> list[str]:
        """What the save state has said since `watches_states`."""
        said: list[Any] = self.page.evaluate("() => window.saidStates")
        return [str(words) for words in said]

    def pictures(self, path: Path) -> None:
        """Take a picture of the window."""
        self.page.screenshot(path=str(path))
