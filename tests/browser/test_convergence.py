"""Whatever two people do at once, both editors and the stored text end equal."""

from __future__ import annotations

import random

import pytest

from tests.browser.conftest import Enter
from tests.browser.person import Person
from tests.servers import Server

pytest_plugins = ["tests.servers"]

KEYS = [
    *("Enter", "Backspace", "Delete", "Tab", "Home", "End", "Control+Home", "Control+End"),
    *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Shift+ArrowDown", "Shift+ArrowLeft"),
    *("Alt+ArrowDown", "Alt+ArrowUp", "Shift+Alt+ArrowDown", "Control+Shift+K"),
    *("Control+z", "Control+z", "Control+Shift+Z", "Control+/", "Control+d", "Escape"),
    *("Control+Backspace", "Control+Delete", "Control+Enter"),
]
WORDS = ["a", "word ", "😀", "é", "文", "(", ")", "{", "👩‍👩‍👧"]
PASTES = ["one\r\ntwo\r\n", "x\ny", "😀\r\n", "\r\n", "def f():\n    pass\n"]
ACTIONS = 120


def act(person: Person, chance: random.Random) -> None:
    """One thing that people do."""
    kind = chance.random()
    if kind < 0.45:
        person.presses(chance.choice(KEYS))
    elif kind < 0.9:
        person.types(chance.choice(WORDS))
    else:
        person.pastes(chance.choice(PASTES))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_editors_and_the_store_end_equal(site: Server, enter: Enter, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    document = site.document("main.js", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    alice.pastes("first\r\nsecond 😀\r\nthird\r\n")
    for _ in range(ACTIONS):
        act(chance.choice([alice, bob]), chance)
    for person in (alice, bob):
        person.presses("Escape", "Escape")
        person.sees_state("Saved")
    bob.sees_text(alice.text)
    stored = site.export(document)
    assert stored == alice.text == bob.text
    assert "�" not in stored


def test_both_sides_of_a_break_end_equal(own_site: Server, enter: Enter) -> None:
    chance = random.Random(4)  # noqa: S311
    document = own_site.document("main.js", owner="alice", editors=("bob",))
    alice = enter(own_site, "alice", document)
    bob = enter(own_site, "bob", document)
    alice.pastes("first\r\nsecond 😀\r\nthird\r\n")
    bob.sees_text("first\r\nsecond 😀\r\nthird\r\n")
    for _ in range(2):
        own_site.stop()
        for _ in range(40):
            act(chance.choice([alice, bob]), chance)
        own_site.start()
        for person in (alice, bob):
            person.sees_state("Saved")
        bob.sees_text(alice.text)
        assert own_site.export(document) == alice.text
