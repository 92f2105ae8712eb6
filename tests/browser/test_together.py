"""Two people, two browsers, one document."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.servers import Server

pytest_plugins = ["tests.servers"]


def test_two_people_see_each_others_text_cursor_and_name(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)

    alice.types("import math\n")
    bob.sees_text("import math\n")
    bob.clicks_into(2)
    bob.types("print(math.pi)")
    alice.sees_text("import math\nprint(math.pi)")

    expect(alice.caret_of("bob")).to_be_visible()
    expect(alice.caret_of("bob").locator(".peer-name")).to_be_visible()
    expect(bob.caret_of("alice")).to_have_count(1)
    expect(alice.page.get_by_role("button", name="bob")).to_be_visible()
    expect(bob.page.get_by_role("button", name="alice")).to_be_visible()
    expect(alice.page.locator("#people")).to_contain_text("alice (you)")
    assert site.export(document) == "import math\nprint(math.pi)"


def test_a_selection_is_seen_and_a_name_returns_on_hover(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    alice.types("one two three")
    bob.sees_text("one two three")

    bob.clicks_into(1)
    bob.presses("Control+a")
    expect(alice.page.locator(".peer-selection")).to_have_count(1)

    name = alice.caret_of("bob").locator(".peer-name")
    expect(name).to_be_visible()
    expect(name).to_be_hidden()
    box = alice.caret_of("bob").bounding_box()
    assert box is not None
    alice.page.mouse.move(box["x"] + 3, box["y"] + 5)
    expect(name).to_be_visible()


def test_who_leaves_is_gone_from_text_and_top_bar(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    bob.types("x")
    expect(alice.caret_of("bob")).to_have_count(1)
    expect(alice.page.locator("#announcements")).to_contain_text("bob joined.")

    bob.page.goto("about:blank")
    expect(alice.caret_of("bob")).to_have_count(0)
    expect(alice.page.get_by_role("button", name="bob")).to_have_count(0)
    expect(alice.page.locator("#announcements")).to_contain_text("bob left.")


def test_a_face_leads_to_its_cursor(site: Server, enter: Enter) -> None:
    document = site.document("long.txt", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    alice.pastes("\n".join(f"line {number}" for number in range(1, 401)))
    bob = enter(site, "bob", document)
    bob.presses("Control+End")
    bob.types("!")
    # His cursor is known here before it is asked for.
    expect(alice.page.get_by_text("line 400!")).to_be_visible()
    expect(alice.caret_of("bob")).to_be_visible()
    alice.presses("Control+Home")
    expect(alice.page.locator(".cm-line").first).to_have_text("line 1")

    alice.page.get_by_role("button", name="bob").click()
    expect(alice.page.get_by_text("line 400!")).to_be_visible()
    expect(alice.caret_of("bob")).to_be_visible()


def test_undo_takes_back_own_edits_only(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    alice.types("alice")
    bob.sees_text("alice")
    bob.presses("Control+End")
    bob.types(" bob")
    alice.sees_text("alice bob")

    alice.presses("Control+z")
    bob.sees_text(" bob")
    alice.presses("Control+Shift+Z")
    bob.sees_text("alice bob")
    bob.presses("Control+z")
    alice.sees_text("alice")


def test_enter_a_paste_and_a_moved_cursor_each_begin_an_undo_step(
    site: Server, enter: Enter
) -> None:
    document = site.document("notes.txt", owner="alice")
    alice = enter(site, "alice", document)
    # Faster than the pause that begins a step by itself.
    alice.types("one\ntwo")
    alice.pastes(" pasted")
    alice.types("!")
    alice.presses("ArrowLeft")
    alice.types("?")
    alice.sees_text("one\ntwo pasted?!")
    for earlier in ("one\ntwo pasted!", "one\ntwo pasted", "one\ntwo", "one", ""):
        alice.presses("Control+z")
        alice.sees_text(earlier)
    for later in ("one", "one\ntwo", "one\ntwo pasted"):
        alice.presses("Control+Shift+Z")
        alice.sees_text(later)


def test_a_viewer_sees_and_cannot_type(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice", viewers=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    bob.sees_state("View only")
    bob.clicks_into(1)
    expect(bob.page.locator("#notice")).to_be_hidden()
    bob.types("mine")
    hint = bob.page.locator("#notice-words")
    expect(hint).to_have_text("You can read this document but not change it.")
    bob.page.get_by_role("button", name="Close").click()
    # Said once; typing on does not bring it back at once.
    bob.types("mine")
    expect(bob.page.locator("#notice")).to_be_hidden()
    bob.pastes("mine")
    bob.presses("Enter", "Backspace", "Control+z")
    alice.types("hers")
    bob.sees_text("hers")
    expect(alice.caret_of("bob")).to_have_count(1)
    expect(bob.page.locator("button#title")).to_have_count(0)
    assert alice.text == "hers"
    assert site.export(document) == "hers"


def test_characters_and_line_ends_survive_every_path(site: Server, enter: Enter) -> None:
    document = site.document("windows.txt", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    text = "😀 é 文\r\nsecond\r\n"
    alice.pastes(text)
    bob.sees_text(text)

    # Enter in a line that ends in CRLF makes another; the emoji next to it stays whole.
    bob.clicks_into(1)
    bob.types("!\n👍🏽")
    text = "😀 é 文!\r\n👍🏽\r\nsecond\r\n"
    alice.sees_text(text)

    # A line end goes as one thing, and comes back by undo.
    alice.clicks_into(2)
    alice.presses("Delete")
    bob.sees_text("😀 é 文!\r\n👍🏽second\r\n")
    alice.presses("Control+z")
    bob.sees_text(text)
    bob.clicks_into(3)
    bob.presses("Home", "Backspace")
    alice.sees_text("😀 é 文!\r\n👍🏽second\r\n")
    bob.presses("Backspace", "Backspace")  # the colour of the skin, then the hand
    alice.sees_text("😀 é 文!\r\nsecond\r\n")

    assert site.export(document) == alice.text == bob.text
    expect(alice.page.locator("#line-ends")).to_have_text("CRLF")


def test_a_paste_takes_the_line_ends_of_the_text(site: Server, enter: Enter) -> None:
    document = site.document("unix.txt", owner="alice")
    alice = enter(site, "alice", document)
    alice.types("one\ntwo\n")
    alice.pastes("three\r\nfour\r\n")
    alice.sees_text("one\ntwo\nthree\nfour\n")
    alice.sees_state("Saved")
    expect(alice.page.locator("#line-ends")).to_have_text("LF")
    assert site.export(document) == alice.text


def test_the_language_follows_the_title(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document)
    alice.types("def f(): return 'x'")
    expect(alice.page.locator("#language")).to_have_text("Python")
    keyword = alice.page.locator(".cm-line span", has_text="def")
    expect(keyword).to_have_count(1)

    alice.page.locator("#title").click()
    alice.page.get_by_label("Title").fill("notes.md")
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator("#title")).to_have_text("notes.md")
    expect(alice.page.locator("#language")).to_have_text("Markdown")
    expect(keyword).to_have_count(0)
    assert alice.page.title() == "notes.md"
    alice.opens()
    expect(alice.page.locator("#title")).to_have_text("notes.md")


def test_a_title_that_is_refused_says_why(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document)
    alice.page.locator("#title").click()
    alice.page.get_by_label("Title").fill("   ")
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator("#rename-error")).not_to_be_empty()
    alice.page.get_by_label("Title").fill("x" * 300)
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator("#rename-error")).to_contain_text("300")
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator("#title")).to_have_text("main.py")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pictures(site: Server, enter: Enter, artifacts: Path, scheme: str, width: int) -> None:
    document = site.document("newton.py", owner="alice", editors=("bob", "carol"))
    alice = enter(site, "alice", document, width=width, height=860, scheme=scheme)
    alice.pastes(SAMPLE)
    bob = enter(site, "bob", document)
    carol = enter(site, "carol", document)
    bob.clicks_into(8)
    bob.presses("Shift+ArrowUp", "Shift+ArrowUp")
    carol.clicks_into(12)
    carol.types("  # twice the digits")
    alice.clicks_into(3)
    expect(alice.caret_of("carol")).to_be_visible()
    alice.sees_state("Saved")
    alice.pictures(artifacts / f"editor-{scheme}-{width}.png")
    alice.presses("Control+f")
    alice.page.keyboard.type("guess")
    alice.pictures(artifacts / f"editor-{scheme}-{width}-search.png")
    widths = alice.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


SAMPLE = '''"""Square roots, as Newton found them."""
import math


def square_root(number: float, digits: int = 12) -> float:
    """The root of `number`; ValueError for a negative one."""
    if number < 0:
        raise ValueError(f"expected at least 0, got {number}")
    guess = number / 2 or 1.0
    for _ in range(100):
        better = (guess + number / guess) / 2
        if math.isclose(guess, better, rel_tol=10**-digits):
            return better
        guess = better
    return guess


class Circle:
    PI = 3.14159

    def __init__(self, radius: float) -> None:
        self.radius = radius

    @property
    def area(self) -> float:
        return self.PI * self.radius ** 2


print([square_root(n) for n in (2, 3, 5)], Circle(2).area, "😀 é 文")
'''
