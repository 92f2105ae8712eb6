"""Recordings of real people, typed again by stock clients through the real servers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from tests.clients import Opener
from tests.servers import ROOT, Server
from tests.yjs import Node

pytest_plugins = ["tests.servers", "tests.yjs", "tests.clients"]

FOLDER: Final = Path(os.environ.get("EDITING_TRACES", ROOT.parent / "shared" / "traces"))
# Seconds for a whole recording: 4 to 12 on an idle machine with two cores.
REPLAY_SECONDS: Final = 150.0


@pytest.mark.parametrize(
    ("recording", "authors"),
    [
        ("friendsforever", ["alice", "bob"]),
        ("rustcode", ["alice"]),
        ("sveltecomponent", ["alice"]),
    ],
)
def test_recording_ends_in_its_text_for_authors_watcher_latecomer_and_storage(
    recording: str, authors: list[str], fresh_server: Server, opener: Opener, node: Node
) -> None:
    path = FOLDER / f"{recording}.json.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there: set EDITING_TRACES to the folder of the recordings")
    server = fresh_server
    document = server.document(owner="alice", editors=("bob",), viewers=("charlie",))
    writing = [opener.editor(server, name, document, saved=True).is_synced() for name in authors]
    watcher = opener.editor(server, "charlie", document).is_synced()

    node.call(
        "replay",
        timeout=REPLAY_SECONDS + 10,
        path=str(path),
        milliseconds=REPLAY_SECONDS * 1000,
        editors=[editor.number for editor in writing],
    )

    end = node.call("endContent", path=str(path))
    for editor in writing:
        editor.sees(end, timeout=60).is_saved(timeout=60)
    watcher.sees(end)
    opener.editor(server, "charlie", document).sees(end)
    vectors = [editor.state_vector for editor in (*writing, watcher)]
    assert all(vector == vectors[0] for vector in vectors)
    # Nobody was thrown out on the way, and came back by itself.
    assert [editor.state["connections"] for editor in (*writing, watcher)] == [1] * len(vectors)
    server.stop()
    assert server.export(document) == end
