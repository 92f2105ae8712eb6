"""A session that ends ends its open editors, and loses nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.servers import Server

pytest_plugins = ["tests.servers"]


def test_sign_out_in_one_tab_is_felt_in_the_editor_of_another(
    own_site: Server, enter: Enter
) -> None:
    document = own_site.document("main.py", owner="alice")
    alice = enter(own_site, "alice", document)
    alice.types("x")
    alice.sees_state("Saved")

    other_tab = alice.page.context.new_page()
    other_tab.goto(own_site.url)
    other_tab.get_by_text("alice", exact=True).first.click()
    other_tab.get_by_role("button", name="Sign out").click()
    expect(other_tab.get_by_label("Username")).to_be_visible()

    alice.sees_state("Signed out")
    alice.types("y")
    expect(alice.strip).to_contain_text("Not saved: 1 change.")
    assert own_site.export(document) == "x"
