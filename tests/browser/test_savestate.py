"""What the page says about saving is true, whatever happens to the connection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Dialog, expect

from editor.models import Collaborator, Document
from tests import factories
from tests.browser.conftest import Enter
from tests.servers import Server

pytest_plugins = ["tests.servers"]

# Keeps the server's "saved" from the page, so that nothing is ever confirmed.
MUTE_SAVED = """() => {
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    set onmessage(listener) {
      super.onmessage = (event) => {
        if (new Uint8Array(event.data)[0] !== 64) listener?.(event);
      };
    }
  };
}"""


def test_saving_then_saved_and_then_it_is_stored(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document)
    alice.sees_state("Connected")
    alice.watches_states()
    alice.types("x = 1")
    alice.sees_state("Saved")
    assert alice.states[0] == "Saving…"
    assert site.export(document) == "x = 1"


def test_offline_changes_are_counted_kept_and_saved_on_return(
    own_site: Server, enter: Enter, artifacts: Path
) -> None:
    document = own_site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(own_site, "alice", document)
    bob = enter(own_site, "bob", document)
    alice.types("middle")
    bob.sees_text("middle")
    alice.sees_state("Saved")

    expect(alice.page.locator("#announcements")).to_have_text("bob joined.")
    own_site.stop()
    expect(alice.page.locator("#announcements")).not_to_contain_text("bob")
    expect(alice.strip).to_contain_text("Reconnecting")
    expect(alice.state).not_to_have_text("Saved")
    alice.presses("Control+Home")
    alice.types("top ")
    bob.presses("Control+End")
    bob.types(" end")
    expect(alice.strip).to_contain_text("Your changes are kept in this tab (4 changes).")
    assert alice.text == "top middle"
    expect(alice.page.locator("#people li")).to_have_count(1)
    alice.pictures(artifacts / "offline.png")

    own_site.start()
    alice.page.get_by_role("button", name="Try now").click()
    alice.sees_state("Back online, 4 changes saved")
    bob.sees_text("top middle end")
    alice.sees_text("top middle end")
    alice.sees_state("Saved")
    expect(alice.strip).to_be_hidden()
    assert own_site.export(document) == "top middle end"


def test_killed_between_keystrokes_nothing_that_was_saved_is_lost(
    own_site: Server, enter: Enter
) -> None:
    document = own_site.document("main.py", owner="alice")
    alice = enter(own_site, "alice", document)
    alice.types("kept")
    alice.sees_state("Saved")
    own_site.kill()
    own_site.start()
    assert own_site.export(document) == "kept"
    alice.page.wait_for_function(
        "() => /^(Back online|Saved)/.test(document.querySelector('#save-state').textContent)"
    )
    alice.types("!")
    alice.sees_state("Saved")
    assert own_site.export(document) == "kept!"


def test_unconfirmed_for_long_it_says_to_stay_and_warns_on_leaving(
    site: Server, enter: Enter
) -> None:
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document)
    alice.page.add_init_script(f"({MUTE_SAVED})()")
    alice.page.goto(alice.url)
    alice.page.wait_for_selector("html[data-synced]", state="attached")
    alice.types("x")
    alice.sees_state("Saving…")
    alice.sees_state("Not saved yet. Keep this tab open")

    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    alice.page.on("dialog", stay)
    alice.page.goto("about:blank")
    assert asked == ["beforeunload"]


def test_with_everything_saved_leaving_is_free(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document)
    alice.types("x")
    alice.sees_state("Saved")
    # A dialog that nobody accepts would keep the page.
    alice.page.goto("about:blank")
    assert alice.page.url == "about:blank"


def test_access_that_is_removed_is_said_at_once(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    bob = enter(site, "bob", document)
    bob.types("x")
    bob.sees_state("Saved")
    with site.orm():
        Collaborator.objects.get(document__uuid=document, user__username="bob").delete()
    bob.sees_state("Access removed")
    expect(bob.page.get_by_role("button", name="All documents")).to_be_visible()
    bob.types("y")
    assert bob.text == "x"


def test_a_document_in_the_trash_says_so_and_returns_with_a_reload(
    site: Server, enter: Enter
) -> None:
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document)
    alice.types("x")
    alice.sees_state("Saved")
    with site.orm():
        Document.objects.get(uuid=document).trash()
    alice.sees_state("Document not found")
    expect(alice.strip).to_contain_text("moved to the trash")
    expect(alice.page.get_by_role("button", name="All documents")).to_be_visible()
    with site.orm():
        Document.objects.get(uuid=document).restore()
    alice.page.get_by_role("button", name="Reload").click()
    alice.sees_state("Connected")
    alice.sees_text("x")


def test_an_editor_who_becomes_a_viewer_is_told_that_all_was_saved(
    site: Server, enter: Enter, artifacts: Path
) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    bob.types("x")
    bob.sees_state("Saved")
    _make_viewer(site, document, "bob")
    bob.sees_state("Now view only")
    expect(bob.strip).to_contain_text("Everything you typed was saved.")
    expect(bob.strip).not_to_contain_text("not saved")
    expect(bob.page.locator("#announcements")).to_contain_text("Now view only.")
    bob.pictures(artifacts / "demoted.png")
    bob.types("y")
    assert alice.text == bob.text == "x"


def test_an_editor_who_became_a_viewer_while_offline_is_told_what_was_not_saved(
    own_site: Server, enter: Enter
) -> None:
    document = own_site.document("main.py", owner="alice", editors=("bob",))
    bob = enter(own_site, "bob", document)
    bob.types("x")
    bob.sees_state("Saved")
    own_site.stop()
    expect(bob.state).not_to_have_text("Saved")
    bob.types("y")
    _make_viewer(own_site, document, "bob")
    own_site.start()
    bob.sees_state("Now view only")
    expect(bob.strip).to_contain_text("Your last change was not saved")
    assert own_site.export(document) == "x"


def _make_viewer(server: Server, document: str, name: str) -> None:
    with server.orm():
        row = Collaborator.objects.get(document__uuid=document, user__username=name)
        row.role = Collaborator.Role.VIEWER
        row.save()


def test_signed_out_and_in_again_loses_nothing(own_site: Server, enter: Enter) -> None:
    document = own_site.document("main.py", owner="alice")
    alice = enter(own_site, "alice", document)
    alice.types("x")
    alice.sees_state("Saved")
    own_site.stop()
    with own_site.orm():
        Session.objects.all().delete()
    own_site.start()
    alice.sees_state("Signed out")
    alice.types("y")
    expect(alice.strip).to_contain_text("Not saved: 1 change.")

    with own_site.orm():
        key = factories.session(factories.person("alice"))
    alice.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": own_site.url}]
    )
    alice.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    alice.sees_state("Saved")
    assert own_site.export(document) == "xy"


def test_a_paste_that_is_too_large_is_refused_with_limit_and_size(
    start_server: Callable[..., Server], enter: Enter, artifacts: Path
) -> None:
    server = start_server("uvicorn", DEBUG="on", MAX_DOCUMENT_LENGTH="1000")
    document = server.document("main.py", owner="alice")
    alice = enter(server, "alice", document)
    alice.pastes("x" * 1200)
    expect(alice.page.locator("#notice-words")).to_have_text(
        "Not inserted: 1,200 characters would make this document 1,200 characters long. "
        "The limit is 1,000 characters."
    )
    alice.pictures(artifacts / "refused.png")
    assert alice.text == ""
    alice.pastes("y" * 1000)
    alice.sees_state("Saved")
    assert server.export(document) == "y" * 1000


def test_a_paste_larger_than_a_frame_arrives_whole_and_so_does_its_undo(
    site: Server, enter: Enter
) -> None:
    document = site.document("large.txt", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    text = "😀 é 文\n" * 400_000  # 4.4 MB in UTF-8
    alice.pastes(text)
    alice.sees_state("Saved")
    bob.sees_text(text)
    alice.presses("Control+a", "Delete")
    bob.sees_text("")
    alice.presses("Control+z")
    alice.sees_state("Saved")
    bob.sees_text(text)
    assert site.export(document) == text
