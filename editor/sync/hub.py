"""The open rooms of this process, and the loops that carry them.

The commit is the tick: while one transaction runs, the next batches gather, so that they grow with
the load and an idle document is saved and sent on at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar
from uuid import UUID

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    connection,
    connections,
)

from . import journal
from .access import Access, Session, access, ended, rights
from .batch import Batch
from .connection import Connection
from .lib0 import MalformedError
from .log import DamagedError
from .protocol import CloseCode, RefusedError, decode
from .room import Room

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# Seconds between looks at the database for what other processes have written or revoked.
WATCH_INTERVAL: Final = 1.0
# Seconds between signs of life to silent clients, which hang up after 30.
HEARTBEAT_INTERVAL: Final = 10.0
# Seconds for which cursor movements gather before they are sent.
PRESENCE_INTERVAL: Final = 0.02
# Seconds to wait after a failed commit, at first and at most.
RETRY_FIRST: Final = 0.1
RETRY_MOST: Final = 2.0
# Seconds that an end waits for what is not written yet.
CLOSE_TIMEOUT: Final = 8.0

RESTARTING: Final = "The server is restarting."


class Hub:
    """All rooms of one process. Starts by itself with the first connection."""

    def __init__(self, *, max_length: int | None = None, idle_seconds: float = 30.0) -> None:
        self.rooms: dict[UUID, Room] = {}
        self._max_length = max_length
        self._idle_seconds = idle_seconds
        self._idle_since: dict[UUID, float] = {}
        self._loading: dict[UUID, asyncio.Future[bool]] = {}
        self._dirty: dict[Room, None] = {}
        self._work = asyncio.Event()
        self._present: dict[Room, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stale: dict[Room, None] = {}
        self._closing = False
        self._ended = False
        self._committing: asyncio.Task[None] | None = None
        # One writer: SQLite allows no more, and it keeps the log of this process in order.
        self._writer = ThreadPoolExecutor(1, "journal")
        self._readers = ThreadPoolExecutor(4, "reader")

    # Connections

    async def access(self, user: AbstractBaseUser | AnonymousUser, uuid: UUID) -> Access | None:
        """The right of `user` to a document; None for a stranger and for what does not exist."""
        return await self._read(access, user, uuid)

    async def join(self, uuid: UUID, granted: Access, member: Connection) -> Room:
        """Open the room if need be, and let a connection in; `RefusedError` when that fails."""
        self._start()
        room = await self._open(uuid)
        if self._closing:
            raise RefusedError(CloseCode.RESTARTING, RESTARTING)
        if room is None:
            raise RefusedError(CloseCode.NOT_FOUND, "There is no such document.")
        room.join(member)
        self._idle_since.pop(uuid, None)
        if granted.epoch != room.epoch:
            self._doubt_rights(room)
        return room

    def leave(self, room: Room, member: Connection) -> None:
        """Let a connection go; what it sent completely is still written."""
        room.leave(member)
        self._note(room)

    def receive(self, room: Room, member: Connection, frame: bytes) -> None:
        """Deal with a frame; `RefusedError` says why its connection must end."""
        try:
            room.receive(member, decode(frame))
        except MalformedError as error:
            raise RefusedError(CloseCode.MALFORMED, str(error)) from None
        finally:
            self._note(room)

    async def close(self) -> None:
        """Close every connection, write what waits, and end."""
        self._closing = True
        for room in self.rooms.values():
            room.close(CloseCode.RESTARTING, RESTARTING)
        self._work.set()
        if self._committing is not None:
            await asyncio.wait({self._committing}, timeout=CLOSE_TIMEOUT)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.rooms.clear()
        self._ended = True
        await asyncio.to_thread(self._end_threads)

    def _end_threads(self) -> None:
        for executor in (self._writer, self._readers):
            # A database connection belongs to its thread, and only that may close it.
            executor.submit(connections.close_all).result()
            executor.shutdown()

    def _start(self) -> None:
        if self._committing is None:
            self._committing = self._run(self._commit_loop())
            self._run(self._watch_loop())

    # Rooms

    async def _open(self, uuid: UUID) -> Room | None:
        while (room := self.rooms.get(uuid)) is None:
            # Two who open a document at once must not get two rooms.
            loading = self._loading.get(uuid)
            if loading is None:
                loading = self._loading[uuid] = asyncio.ensure_future(self._load(uuid))
            if not await asyncio.shield(loading):
                return None
        return room

    async def _load(self, uuid: UUID) -> bool:
        try:
            room = await self._read(journal.load, uuid, max_length=self._max_length)
        except DamagedError as error:
            logger.error("Document %s is damaged: %s", uuid, error)
            raise RefusedError(
                CloseCode.QUARANTINED, "This document is damaged; ask an administrator."
            ) from None
        finally:
            del self._loading[uuid]
        if room is not None:
            self.rooms[uuid] = room
        return room is not None

    def _drop(self, room: Room, code: CloseCode, reason: str) -> None:
        """Give up a room; its clients keep what was not acknowledged, and may open it again."""
        room.close(code, reason)
        room.abandon()
        for uuid in [uuid for uuid, other in self.rooms.items() if other is room]:
            del self.rooms[uuid]
            self._idle_since.pop(uuid, None)

    # Commits

    def _note(self, room: Room) -> None:
        """Something happened in a room: it may have to be written, or told to others."""
        if room.waiting:
            self._dirty[room] = None
            self._work.set()
        if room.presence.changed:
            if not self._present:
                asyncio.get_running_loop().call_later(PRESENCE_INTERVAL, self._flush_presence)
            self._present[room] = None

    def _flush_presence(self) -> None:
        rooms, self._present = self._present, {}
        for room in rooms:
            room.flush_presence()

    async def _commit_loop(self) -> None:
        """Write batch after batch. Only here are batches taken and rights applied, in turn."""
        while not self._closing or any(room.waiting for room in self.rooms.values()):
            await self._work.wait()
            self._work.clear()
            doubted, self._stale = self._stale, {}
            for room in doubted:
                await self._apply_rights(room)
            rooms, self._dirty = self._dirty, {}
            taken = [(room, batch) for room in rooms if (batch := self._take(room)) is not None]
            if taken:
                outcomes = await self._append([batch for _, batch in taken])
                for (room, _), outcome in zip(taken, outcomes, strict=True):
                    self._conclude(room, outcome)

    def _take(self, room: Room) -> Batch | None:
        try:
            return room.take()
        except Exception as error:
            # Whatever is wrong with one document, the others go on; so everywhere in these loops.
            self._give_up(room, error)
            return None

    def _conclude(self, room: Room, outcome: journal.Outcome | None) -> None:
        if room.inflight is None:
            return  # given up meanwhile
        match outcome:
            case journal.Committed(first_seq, gap):
                try:
                    room.committed(first_seq, gap)
                except Exception as error:
                    self._give_up(room, error)
                else:
                    self._note(room)
            case journal.Stale():
                room.rejected()
                self._doubt_rights(room)
            case journal.Gone():
                self._drop(room, CloseCode.NOT_FOUND, "This document was deleted.")
            case None:
                self._drop(room, CloseCode.TRY_AGAIN_LATER, "This document is loaded anew.")

    def _give_up(self, room: Room, error: Exception) -> None:
        logger.error("Document %s cannot go on: %s", room.document_id, error, exc_info=error)
        self._drop(room, CloseCode.TRY_AGAIN_LATER, "This document is loaded anew.")

    async def _append(self, batches: Sequence[Batch]) -> list[journal.Outcome | None]:
        """Write batches, however long the database is away; None for one it will never take."""
        delay = RETRY_FIRST
        while True:
            try:
                return list(await self._write(journal.append, batches))
            except Exception as error:
                if not _may_pass(error):
                    logger.exception("A batch cannot be written")
                    if len(batches) == 1:
                        return [None]
                    return [(await self._append([batch]))[0] for batch in batches]
                logger.warning("Nothing can be saved, next try in %.1f s: %s", delay, error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, RETRY_MOST)

    # Rights, and other processes

    def _doubt_rights(self, room: Room) -> None:
        """Have the rights in a room read anew, before anything else is written there."""
        self._stale[room] = None
        self._work.set()

    async def _apply_rights(self, room: Room) -> None:
        try:
            while True:
                people = room.people()
                current = await self._persist(rights, room.document_id, people)
                # Who has come meanwhile was not asked about, and is no stranger for that.
                if room.people() <= people:
                    break
            if current is None:
                self._drop(room, CloseCode.NOT_FOUND, "This document was deleted.")
            else:
                room.update_rights(current.epoch, current.can_edit)
                self._note(room)
        except Exception as error:
            self._give_up(room, error)

    async def _persist(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read from the database, however long it is away."""
        while True:
            try:
                return await self._read(function, *args, **kwargs)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("The database cannot be read: %s", error)
                await asyncio.sleep(RETRY_MOST)

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        heartbeat_at = loop.time() + HEARTBEAT_INTERVAL
        while True:
            await asyncio.sleep(WATCH_INTERVAL)
            try:
                await self._watch()
            except Exception:
                logger.warning("The log cannot be followed", exc_info=True)
            if loop.time() >= heartbeat_at:
                heartbeat_at = loop.time() + HEARTBEAT_INTERVAL
                for room in self.rooms.values():
                    room.heartbeat()
            self._unload(loop.time())

    async def _watch(self) -> None:
        """Ask for all open rooms: who has written, lost a right, or signed out elsewhere?"""
        rooms = {room.document_id: room for room in self.rooms.values()}
        if not rooms:
            return
        await self._end_sessions()
        heads = await self._read(journal.heads, list(rooms))
        for document_id, room in rooms.items():
            head = heads.get(document_id)
            if head is None:
                self._drop(room, CloseCode.NOT_FOUND, "This document was deleted.")
                continue
            if head.access_epoch != room.epoch:
                self._doubt_rights(room)
            # A commit under way brings the gap along.
            if head.last_seq > room.seq and room.inflight is None:
                gap = await self._read(journal.gap, document_id, room.seq)
                if room.inflight is None:
                    try:
                        room.catch_up(gap)
                    except Exception as error:
                        self._give_up(room, error)
                    else:
                        self._note(room)

    async def _end_sessions(self) -> None:
        connections = [one for room in self.rooms.values() for one in room.connections]
        sessions = {one.session for one in connections if isinstance(one.session, Session)}
        if not sessions:
            return
        over = await self._read(ended, sessions)
        for one in connections:
            if one.session in over:
                one.close(CloseCode.NOT_SIGNED_IN, "You are signed out.")

    def _unload(self, now: float) -> None:
        for uuid, room in list(self.rooms.items()):
            if room.connections or room.waiting:
                self._idle_since.pop(uuid, None)
            elif now - self._idle_since.setdefault(uuid, now) >= self._idle_seconds:
                del self.rooms[uuid], self._idle_since[uuid]

    # Threads

    async def _read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._ended:
            raise RefusedError(CloseCode.RESTARTING, RESTARTING)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, partial(_call, function, *args, **kwargs))

    async def _write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, partial(_call, function, *args, **kwargs))

    def _run(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("A loop of the hub ended", exc_info=task.exception())


def _may_pass(error: Exception) -> bool:
    """Whether the same may succeed later: the database is away, locked, full, or restarting."""
    refused = isinstance(error, (IntegrityError, DataError))
    return isinstance(error, (DatabaseError, InterfaceError)) and not refused


def _call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call in a thread whose database connection is kept, and renewed after an error."""
    try:
        return function(*args, **kwargs)
    except (DatabaseError, InterfaceError):
        connection.close()
        raise
