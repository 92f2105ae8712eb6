"""Sets of clocks, against plain sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from editor.sync.ranges import RangeSet

spans = st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda s: (s[0], s[0] + s[1]))


def numbers(ranges: RangeSet) -> set[int]:
    return {number for start, end in ranges for number in range(start, end)}


@given(st.lists(spans), st.lists(spans.filter(lambda span: span[0] < span[1])), spans)
def test_ranges_are_sets_of_integers(
    one_by_one: list[tuple[int, int]], at_once: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    ranges, model = RangeSet(), set[int]()
    for start, end in one_by_one:
        assert ranges.add(start, end) == len(set(range(start, end)) - model)
        model |= set(range(start, end))
    new = {number for start, end in at_once for number in range(start, end)} - model
    assert ranges.update(at_once) == len(new)
    model |= new

    assert numbers(ranges) == model
    assert ranges.total == len(model)
    assert all(end < start for (_, end), (start, _) in zip(ranges, list(ranges)[1:], strict=False))
    missing = {n for start, end in ranges.missing(*asked) for n in range(start, end)}
    assert missing == set(range(*asked)) - model
    for number in range(80):
        first = ranges.start_of(number)
        assert (first is not None) == (number in model)
        if first is not None:
            assert set(range(first, number + 1)) <= model
            assert first - 1 not in model
