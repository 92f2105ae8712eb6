"""The front end is built when its sources are newer, and never half."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.autoreload import StatReloader

from editor import apps, frontend

# A point in time, in seconds since 1970; sources are as old as this unless a test touches them.
LONG_AGO = 1_700_000_000


def touch(path: Path, seconds: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (seconds, seconds))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with old sources, packages installed after them and a build after those."""
    for name, path in (
        ("ROOT", ""),
        ("SOURCES", "static/src"),
        ("BUILD_SCRIPT", "static/build.mjs"),
        ("LOCK_FILE", "package-lock.json"),
        ("STAMP", "static/dist/.built"),
        ("INSTALLED", "node_modules/.package-lock.json"),
    ):
        monkeypatch.setattr(frontend, name, tmp_path / path)
    touch(frontend.SOURCES / "pages" / "menus.ts", LONG_AGO)
    touch(frontend.SOURCES / "editor.ts", LONG_AGO)
    touch(frontend.BUILD_SCRIPT, LONG_AGO)
    touch(frontend.LOCK_FILE, LONG_AGO)
    for folder in (frontend.SOURCES / "pages", frontend.SOURCES):
        os.utime(folder, (LONG_AGO, LONG_AGO))
    touch(frontend.INSTALLED, LONG_AGO + 1)
    touch(frontend.STAMP, LONG_AGO + 2)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the programs that Node was asked to run, which it is not."""
    ran: list[str] = []

    def run(command: list[str | Path], *, timeout: float, advice: str) -> str:
        ran.append(" ".join([Path(command[0]).name, *map(str, command[1:2])]))
        return "Built."

    monkeypatch.setattr(frontend, "_run", run)
    return ran


def test_a_build_newer_than_its_sources_is_fresh(project: Path) -> None:
    assert not frontend.is_stale()


@pytest.mark.parametrize(
    "path", ["static/src/pages/menus.ts", "static/build.mjs", "package-lock.json"]
)
def test_whatever_is_newer_makes_it_stale(project: Path, path: str) -> None:
    touch(project / path, LONG_AGO + 3)
    assert frontend.is_stale()


def test_a_removed_source_makes_it_stale(project: Path) -> None:
    (frontend.SOURCES / "pages" / "menus.ts").unlink()
    assert frontend.is_stale()


def test_without_a_complete_build_it_is_stale(project: Path) -> None:
    frontend.STAMP.unlink()
    assert frontend.is_stale()


def test_packages_are_installed_only_when_the_lock_file_changed(
    project: Path, commands: list[str]
) -> None:
    frontend.build()
    assert commands == ["build.mjs"]
    touch(frontend.LOCK_FILE, LONG_AGO + 3)
    frontend.build()
    assert commands[1:] == ["npm-cli.js ci", "build.mjs"]


def test_a_failure_says_what_the_tool_said_and_what_to_do(project: Path) -> None:
    frontend.BUILD_SCRIPT.write_text("console.log('line 3: expected ;'); process.exitCode = 1;")
    touch(frontend.INSTALLED, LONG_AGO + 3)
    with pytest.raises(frontend.FrontendError, match=r"line 3: expected ;(.|\n)*last good build"):
        frontend.build()


def test_a_build_that_hangs_ends(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frontend.BUILD_SCRIPT.write_text("setTimeout(() => {}, 60_000);")
    monkeypatch.setattr(frontend, "BUILD_TIMEOUT", 0.2)
    with pytest.raises(frontend.FrontendError, match="took more than"):
        frontend.build()


def test_without_node_it_says_how_to_get_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "find_spec", lambda name: None)
    with pytest.raises(frontend.FrontendError, match=r"requirements\.txt"):
        frontend.build()


def test_the_command_builds_what_is_stale_or_forced(project: Path, commands: list[str]) -> None:
    out = StringIO()
    call_command("buildfrontend", stdout=out)
    assert out.getvalue() == "The front end is up to date.\n"
    assert commands == []
    call_command("buildfrontend", "--force", stdout=out)
    assert commands == ["build.mjs"]


def test_the_command_fails_with_the_reason(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match="Node is missing"):
        call_command("buildfrontend", "--force")


def test_runserver_builds_what_is_stale_and_watches(
    project: Path, commands: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    reloader = StatReloader()
    apps.build_when_stale(reloader)
    assert commands == []
    watched = set(reloader.watched_files(include_globs=True))
    assert {frontend.SOURCES / "editor.ts", frontend.BUILD_SCRIPT} <= watched

    touch(frontend.SOURCES / "editor.ts", LONG_AGO + 3)
    assert apps.rebuild_after_change(reloader, frontend.SOURCES / "editor.ts") is True
    assert commands == ["build.mjs"]
    assert "Built." in capsys.readouterr().err


def test_runserver_restarts_for_python_as_ever(project: Path, commands: list[str]) -> None:
    touch(frontend.SOURCES / "editor.ts", LONG_AGO + 3)
    assert apps.rebuild_after_change(StatReloader(), project / "editor" / "models.py") is None
    assert commands == []


def test_a_broken_source_does_not_end_runserver(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(frontend, "find_spec", lambda name: None)
    touch(frontend.SOURCES / "editor.ts", LONG_AGO + 3)
    apps.build_when_stale(StatReloader())
    assert "Node is missing" in capsys.readouterr().err
