"""The causal gate: nothing early, nothing twice, no half characters."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from editor.sync.frontier import FEW_RANGES, NOTHING, Frontier, Limits, TooLargeError
from editor.sync.lib0 import MalformedError, var_uint
from editor.sync.update import DeleteRange, encode_update, read_update
from tests.frames import typed


def admit(frontier: Frontier, payload: bytes, limits: Limits | None = None) -> bytes | None:
    """Admit an update that is complete."""
    admission = frontier.admit(read_update(payload), limits)
    assert admission.rest is None
    return admission.payload


FOUR = Limits(length=4)


def deletes(*ranges: DeleteRange) -> bytes:
    return encode_update([], list(ranges))


def test_update_passes_as_it_came() -> None:
    payload = typed(1, 0, "hello")
    assert admit(Frontier(), payload) == payload


def test_update_that_is_known_adds_nothing() -> None:
    frontier = Frontier()
    update = read_update(typed(1, 0, "hello"))
    assert not frontier.knows(update)
    frontier.admit(update)
    assert frontier.knows(update)
    assert frontier.admit(update) is NOTHING


def test_update_waits_for_its_origin() -> None:
    frontier = Frontier()
    child = read_update(typed(2, 0, "b", after=(1, 0)))
    admission = frontier.admit(child)
    assert admission.payload is None
    assert admission.rest is not None
    assert frontier.clocks == {}

    admit(frontier, typed(1, 0, "a"))
    assert admit(frontier, admission.rest.payload) is not None
    assert frontier.clocks == {1: 1, 2: 1}


def test_update_waits_for_earlier_clocks_of_its_own_client() -> None:
    frontier = Frontier()
    admission = frontier.admit(read_update(typed(1, 3, "later")))
    assert admission.payload is None
    assert admission.rest is not None


def test_part_that_is_ready_passes_and_the_rest_waits() -> None:
    frontier = Frontier()
    ready = b"\x01\x01\x00" + b"\x04\x01\x07content\x01a"
    early = b"\x01\x02\x00" + b"\x84\x03\x09\x01b"
    both = b"\x02" + early + ready + b"\x02\x01\x01\x00\x01\x02\x01\x00\x01"
    admission = frontier.admit(read_update(both))
    assert admission.payload == b"\x01" + ready + b"\x01\x01\x01\x00\x01"
    assert admission.rest is not None
    assert admission.rest.payload == b"\x01" + early + b"\x01\x02\x01\x00\x01"


def test_deletion_waits_for_what_it_deletes() -> None:
    frontier = Frontier()
    admission = frontier.admit(read_update(deletes((1, 0, 2))))
    assert admission.payload is None
    admit(frontier, typed(1, 0, "a"))
    assert admission.rest is not None
    half = frontier.admit(admission.rest)
    assert half.payload == deletes((1, 0, 1))
    assert half.rest is not None
    assert half.rest.payload == deletes((1, 1, 2))


def test_structs_of_one_frame_may_build_on_each_other_in_any_order() -> None:
    # Client 9 stands first, as Yjs writes it, and builds on client 1, which builds on client 5.
    payload = (
        b"\x03"
        + (b"\x01\x09\x00" + b"\x84\x01\x00\x01c")
        + (b"\x01\x05\x00" + b"\x04\x01\x07content\x01a")
        + (b"\x01\x01\x00" + b"\x84\x05\x00\x01b")
        + b"\x00"
    )
    assert admit(Frontier(), payload) == payload


def test_circle_of_origins_is_held_back_for_ever() -> None:
    payload = (
        b"\x02" + b"\x01\x02\x00\x84\x01\x00\x01b" + b"\x01\x01\x00\x84\x02\x00\x01a" + b"\x00"
    )
    frontier = Frontier()
    assert frontier.admit(read_update(payload)).payload is None
    assert frontier.clocks == {}


def test_hole_in_an_update_is_waited_for_and_filled() -> None:
    holed = b"\x01\x03\x01\x00" + b"\x04\x01\x07content\x01a" + b"\x0a\x02" + b"\x84\x01\x02\x01d"
    frontier = Frontier()
    admission = frontier.admit(read_update(holed + b"\x00"))
    assert frontier.clocks == {1: 1}
    assert admission.rest is not None
    admit(frontier, typed(1, 1, "bc", after=(1, 0)))
    assert admit(frontier, admission.rest.payload) is not None
    assert frontier.clocks == {1: 4}


def test_hole_with_nothing_behind_it_is_nothing_to_wait_for() -> None:
    frontier = Frontier()
    assert frontier.admit(read_update(b"\x01\x01\x01\x00\x0a\x02\x00")) is NOTHING


def test_known_beginning_is_cut_away() -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "a"))
    two = b"\x01\x02\x01\x00\x04\x01\x07content\x01a\x84\x01\x00\x01b\x00"
    assert admit(frontier, two) == typed(1, 1, "b", after=(1, 0))


def test_client_that_returns_with_all_it_ever_deleted_adds_only_what_is_new() -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "abcdef"))
    admit(frontier, deletes((1, 1, 3)))
    assert admit(frontier, deletes((1, 0, 4))) == deletes((1, 0, 1), (1, 3, 4))
    assert admit(frontier, deletes((1, 0, 2), (1, 3, 4))) is None
    assert frontier.length == 2


def test_text_that_comes_deleted_counts_for_nothing() -> None:
    frontier = Frontier()
    gone = b"\x01\x02\x01\x00\x01\x01\x07content\x03\x00\x02"
    admit(frontier, gone + b"\x01\x01\x01\x00\x05")
    assert frontier.length == 0
    assert admit(frontier, deletes((1, 0, 5))) is None


def test_needs_and_adds_name_the_clients() -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "a"))
    admit(frontier, typed(2, 0, "b"))
    between = b"\x01\x01\x03\x00\xc4\x01\x00\x02\x00\x01c" + b"\x01\x02\x01\x00\x01"
    admission = frontier.admit(read_update(between))
    assert admission.adds == {3}
    assert admission.needs == {1, 2}


@pytest.mark.parametrize(
    "payload",
    [
        typed(2, 0, "x", after=(1, 1)),
        b"\x01\x01\x02\x00\x44\x01\x02\x01x\x00",
        deletes((1, 1, 2)),
        deletes((1, 2, 3)),
    ],
)
def test_cut_through_a_character_is_refused_because_yjs_and_yrs_disagree(payload: bytes) -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "a😀b"))
    before = frontier.length
    with pytest.raises(MalformedError, match="within a character"):
        frontier.admit(read_update(payload))
    assert (frontier.clocks, frontier.length) == ({1: 4}, before)


def test_cut_through_a_character_of_the_same_update_is_refused() -> None:
    payload = (
        b"\x01\x02\x01\x00\x04\x01\x07content\x04\xf0\x9f\x98\x80" + b"\x84\x01\x00\x01x" + b"\x00"
    )
    with pytest.raises(MalformedError, match="within a character"):
        Frontier().admit(read_update(payload))


def test_characters_may_be_told_apart_and_deleted_whole() -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "😀😀b"))
    admit(frontier, typed(2, 0, "x", after=(1, 1)))
    admit(frontier, deletes((1, 2, 4)))
    assert frontier.length == 4


def test_text_beyond_the_limit_is_refused_and_leaves_no_trace() -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "abc"), FOUR)
    with pytest.raises(TooLargeError, match="at most 4 characters, got 5"):
        frontier.admit(read_update(typed(1, 3, "de", after=(1, 2))), FOUR)
    admit(frontier, deletes((1, 0, 2)), FOUR)
    admit(frontier, typed(1, 3, "de", after=(1, 2)), FOUR)
    assert frontier.length == 3


def test_many_deletions_at_once_count_like_one_by_one() -> None:
    text = "x" * (4 * FEW_RANGES)
    frontier = Frontier()
    admit(frontier, typed(1, 0, text))
    ranges = [(1, clock, clock + 1) for clock in reversed(range(0, len(text), 2))]
    admit(frontier, deletes(*ranges))
    assert frontier.length == len(text) // 2


def test_deletions_out_of_order_are_put_in_order_before_yrs_meets_them() -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "abcdef"))
    admit(frontier, typed(2, 0, "xyz"))
    backwards = deletes((1, 0, 1), (2, 0, 1))
    assert admit(frontier, backwards) == backwards
    raw = b"\x00\x01\x01\x04" + b"\x05\x01" + b"\x03\x02" + b"\x02\x02" + b"\x03\x01"
    assert admit(frontier, raw) == deletes((1, 2, 6))
    assert frontier.length == 3


def test_text_that_is_said_to_stand_where_other_text_is_known_counts_for_nothing() -> None:
    """A lie about known clocks must not make characters where there are none."""
    frontier = Frontier()
    admit(frontier, typed(1, 0, "abcdef"))
    admit(frontier, typed(1, 0, "😀😀😀😀"))
    assert frontier.clocks == {1: 8}
    assert admit(frontier, typed(2, 0, "x", after=(1, 2))) is not None
    with pytest.raises(MalformedError, match="within a character"):
        admit(frontier, typed(3, 0, "x", after=(1, 6)))


def test_known_text_may_not_end_within_a_character() -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "a"))
    with pytest.raises(MalformedError, match="within a character at 1"):
        admit(frontier, typed(1, 0, "😀"))


def test_too_many_separate_deletions_are_refused_to_clients_alone() -> None:
    frontier = Frontier()
    admit(frontier, typed(1, 0, "abcdef"))
    scattered = deletes((1, 0, 1), (1, 2, 3), (1, 4, 5))
    with pytest.raises(TooLargeError, match="at most 2 separate deletions, got 3"):
        admit(frontier, scattered, Limits(deletes=2))
    assert frontier.length == 6
    admit(frontier, scattered)
    admit(frontier, deletes((1, 0, 3), (1, 4, 6)), Limits(deletes=2))


def test_update_that_adds_to_a_crowd_of_clients_is_refused_to_clients_alone() -> None:
    payload = crowd_behind_one(10)
    with pytest.raises(TooLargeError, match="at most 20 clients, got 21"):
        Frontier().admit(read_update(payload), Limits(clients=20))
    assert Frontier().admit(read_update(payload)).rest is None


def steps(action: Callable[[], object]) -> int:
    """How many calls an action takes: a measure of cost that no other program disturbs."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def crowd_behind_one(size: int) -> bytes:
    """Client 1 waits for another at every struct, and a crowd waits for its last one."""
    roots = b"".join(
        b"\x01" + var_uint(1_000 + i) + b"\x00" + b"\x04\x01\x07content\x01r" for i in range(size)
    )
    crowd = b"".join(
        b"\x01" + var_uint(100_000 + i) + b"\x00" + b"\x84\x01" + var_uint(size - 1) + b"\x01w"
        for i in range(size)
    )
    chain = b"".join(b"\x84" + var_uint(1_000 + i) + b"\x00" + b"\x01x" for i in range(size))
    return var_uint(2 * size + 1) + crowd + roots + var_uint(size) + b"\x01\x00" + chain + b"\x00"


def test_cost_of_a_frame_grows_with_its_length_whatever_waits_for_what() -> None:
    def cost(size: int) -> int:
        update = read_update(crowd_behind_one(size))
        frontier = Frontier()
        taken = steps(lambda: frontier.admit(update))
        assert len(frontier.clocks) == 2 * size + 1
        return taken

    # Ten times the length: about ten times the cost, where a quadratic gate takes a hundred times.
    assert cost(1_000) < 20 * cost(100)
