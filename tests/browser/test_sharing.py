"""The sharing page, where a script makes it handier."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.servers import Server

pytest_plugins = ["tests.servers"]


def test_the_address_is_copied_by_a_button(site: Server, enter: Enter) -> None:
    alice = enter(site, "alice", site.document())
    alice.page.goto(f"{alice.url}sharing/")

    alice.page.get_by_role("button", name="Copy link").click()

    expect(alice.page.get_by_text("Copied.")).to_be_visible()
    assert alice.page.evaluate("navigator.clipboard.readText()") == alice.url


def test_where_the_clipboard_is_out_of_reach_the_address_is_selected(
    site: Server, enter: Enter
) -> None:
    alice = enter(site, "alice", site.document())
    alice.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    alice.page.goto(f"{alice.url}sharing/")

    alice.page.get_by_role("button", name="Copy link").click()

    expect(alice.page.get_by_text("copy it with the keyboard")).to_be_visible()
    assert alice.page.evaluate("getSelection().toString()") == alice.url


def test_at_first_the_button_says_nothing_and_fits_a_small_screen(
    site: Server, enter: Enter
) -> None:
    alice = enter(site, "alice", site.document(), width=390, height=800)
    alice.page.goto(f"{alice.url}sharing/")

    expect(alice.page.get_by_role("button", name="Copy link")).to_be_visible()
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= 390
