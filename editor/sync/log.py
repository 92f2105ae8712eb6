"""Entries of a document's log, applied and merged by pycrdt; what goes wrong there is damage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isqrt
from typing import Final

from pycrdt import Doc, Text, merge_updates

from .update import encode_update, read_state_vector, read_update

# Deletions in one update, from which on they are made in two steps.
MANY_DELETES: Final = 500


class DamagedError(Exception):
    """The log of a document cannot be read: it has a gap, or an entry that does not apply."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of the log, as it is read back."""

    seq: int
    payload: bytes


def apply(doc: Doc[Text], entry: LogEntry) -> None:
    """Apply an entry; `DamagedError` when pycrdt does not take it."""
    with _as_damage(f"entry {entry.seq} does not apply"):
        _loosen(doc, entry.payload)
        doc.apply_update(entry.payload)


def merge(payloads: Sequence[bytes]) -> bytes:
    """Updates as one; of many the cost is quadratic. `DamagedError` when pycrdt cannot."""
    if len(payloads) == 1:
        return payloads[0]
    with _as_damage("updates do not merge"):
        return merge_updates(*payloads)


def _loosen(doc: Doc[Text], payload: bytes) -> None:
    """Cut long text in a few places first, where an update deletes in very many.

    yrs copies the rest of a text at each cut: 200,000 deletions in one run of 900,000 characters
    take 20 s, after every 447th of them was made first 0.4 s.
    """
    if len(payload) < 2 * MANY_DELETES:
        return
    clocks = read_state_vector(doc.get_state())
    deletes = [
        (client, start, end)
        for client, start, end in read_update(payload).deletes
        if end <= clocks.get(client, 0)
    ]
    if len(deletes) > MANY_DELETES:
        doc.apply_update(encode_update([], deletes[:: isqrt(len(deletes))]))


@contextmanager
def _as_damage(what: str) -> Iterator[None]:
    """Turn whatever pycrdt raises into a `DamagedError`; a panic in Rust is no Exception."""
    try:
        yield
    except Exception as error:
        raise DamagedError(f"{what}: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DamagedError(f"{what}: {error}") from None
