"""Parts of an update, as updates of their own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from operator import attrgetter
from typing import Final

from .lib0 import Decoder, var_string, var_uint
from .update import DELETED, GC, DeleteRange, StateVector, Struct, Update, encode_update

_NOTHING_KNOWN: Final[StateVector] = {}
_ORIGIN: Final = 0x80
_RIGHT_ORIGIN: Final = 0x40


def encode_part(
    update: Update,
    sections: Mapping[int, list[Struct]],
    deletes: list[DeleteRange],
    known: StateVector = _NOTHING_KNOWN,
) -> bytes:
    """The bytes of consecutive structs of `update`, by client, and of `deletes`.

    A first struct that begins before its client's clock in `known` is cut there.
    """
    encoded = []
    for client, structs in sections.items():
        whole = update.sections[client]
        first = bisect_left(whole, structs[0].clock, key=attrgetter("clock"))
        ends = [*(struct.offset for struct in whole[first + 1 :]), update.section_ends[client]]
        start, end = structs[0].offset, ends[len(structs) - 1]
        clock = known.get(client, 0)
        if structs[0].clock < clock:
            payload = _tail(update, client, structs[0], clock) + update.payload[ends[0] : end]
        else:
            clock = structs[0].clock
            payload = update.payload[start:end]
        encoded.append((client, clock, len(structs), payload))
    return encode_update(encoded, deletes)


def _tail(update: Update, client: int, struct: Struct, clock: int) -> bytes:
    """What of a struct comes from `clock` on, written as Yjs does: its origin is what was cut."""
    if struct.kind == GC:
        return bytes((GC,)) + var_uint(struct.end - clock)
    info = struct.kind | _ORIGIN | (_RIGHT_ORIGIN if struct.right_origin else 0)
    head = bytes((info,)) + _id(client, clock - 1)
    if struct.right_origin:
        head += _id(*struct.right_origin)
    if struct.kind == DELETED:
        return head + var_uint(struct.end - clock)
    decoder = Decoder(update.payload, struct.offset + 1)
    for reference in (struct.origin, struct.right_origin):
        if reference is not None:
            decoder.position += len(_id(*reference))
    if not struct.origin and not struct.right_origin:
        decoder.var_uint()
        decoder.var_string()
    units = decoder.var_string().encode("utf-16-le")
    return head + var_string(units[2 * (clock - struct.clock) :].decode("utf-16-le"))


def _id(client: int, clock: int) -> bytes:
    return var_uint(client) + var_uint(clock)
