"""What the scripts set up on a machine, and that they leave alone what is there."""

from __future__ import annotations

import os
import re
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import environment
import progress
import pytest

from tests.scripts import steps


def test_a_second_run_waits_until_the_first_has_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "script").mkdir()
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    order: list[str] = []

    def second_run() -> None:
        with environment.alone():
            order.append("second")

    second = threading.Thread(target=second_run)
    with environment.alone():
        second.start()
        while "Waiting for another run" not in capsys.readouterr().out:
            assert second.is_alive()
        order.append("first")
    second.join()
    assert order == ["first", "second"]


# .venv and its packages


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A folder with a pretended .venv; called, its Python's calls so far.

    With `code` it ends with that from now on.
    """
    venv = tmp_path / ".venv"
    program = venv / "bin" / "python"
    program.parent.mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("version = 3.11.2\n")
    (tmp_path / "requirements.txt").write_text("django==5.2\n")
    calls = tmp_path / "calls"
    calls.touch()

    def python(code: int | None = None) -> list[str]:
        if code is not None:
            program.write_text(f'#!/bin/sh\necho "$*" >> {calls}\nexit {code}\n')
            program.chmod(0o755)
        return calls.read_text().splitlines()

    python(0)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", venv)
    monkeypatch.setattr(environment, "PYTHON", program)
    return python


def install(folder: Path) -> None:
    environment.install_python_packages(steps(), folder / "requirements.txt")


def test_packages_are_installed_once(python: Callable[..., list[str]], tmp_path: Path) -> None:
    install(tmp_path)
    install(tmp_path)
    [call] = python()
    assert call.startswith("-m pip install")
    assert call.endswith(f"--requirement={tmp_path}/requirements.txt")


@pytest.mark.parametrize("file", ["requirements.txt", ".venv/pyvenv.cfg"])
def test_packages_are_installed_again_when_their_list_or_python_changed(
    file: str, python: Callable[..., list[str]], tmp_path: Path
) -> None:
    install(tmp_path)
    with (tmp_path / file).open("a") as changed:
        changed.write("# something else\n")
    install(tmp_path)
    assert len(python()) == 2


def test_a_failed_installation_is_tried_again_in_the_same_venv(
    python: Callable[..., list[str]], tmp_path: Path
) -> None:
    python(1)
    with pytest.raises(progress.CannotContinueError, match="could not be installed"):
        install(tmp_path)
    python(0)
    environment.make_venv(steps())
    install(tmp_path)
    assert [call.split()[0] for call in python()] == ["-m", "-c", "-m"]


def test_an_interrupted_installation_is_never_taken_for_a_whole_one(
    python: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    made: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(progress.Steps, "attempt", interrupted)
        with pytest.raises(KeyboardInterrupt):
            install(tmp_path)
    monkeypatch.setattr(progress.Steps, "do", lambda _, __, command: made.append(command))
    environment.make_venv(steps())
    assert made == [[sys.executable, "-m", "venv", "--clear", tmp_path / ".venv"]]


def test_a_venv_whose_python_has_gone_is_made_anew(
    python: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr(progress.Steps, "do", lambda _, __, command: made.append(command))
    environment.make_venv(steps())
    assert not made
    python(1)
    environment.make_venv(steps())
    assert len(made) == 1


# Debian's packages


@pytest.fixture
def nobody_special(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Somebody who is not root and has no sudo; the one folder on the PATH, with an apt-get."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "apt-get")
    return tmp_path


def program(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def test_without_root_the_command_to_run_is_named(nobody_special: Path) -> None:
    with pytest.raises(
        progress.CannotContinueError,
        match=r"Some tests need a browser: run 'apt-get install chromium' as root",
    ):
        environment.install_debian_packages(steps(), ["chromium"], "Some tests need a browser")


def test_where_there_is_no_apt_the_packages_are_named(nobody_special: Path) -> None:
    (nobody_special / "apt-get").unlink()
    with pytest.raises(progress.CannotContinueError, match="what Debian calls chromium"):
        environment.install_debian_packages(steps(), ["chromium"], "Some tests need a browser")


def test_debians_python_without_venv_asks_for_the_package_that_has_it(
    nobody_special: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "PYTHON", nobody_special / "no such file")
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    package = f"python3.{sys.version_info.minor}-venv"
    with pytest.raises(progress.CannotContinueError, match=f"apt-get install {package}"):
        environment.make_venv(steps())


def test_a_program_counts_as_installed_on_the_path_or_in_its_folder(nobody_special: Path) -> None:
    on_path = environment.DebianPackage("redis-server", "redis-server")
    folders = (f"{nobody_special}/lib/*/bin".lstrip("/"),)
    in_folder = environment.DebianPackage("postgresql", "initdb", folders)
    assert environment.missing([on_path, in_folder]) == ["redis-server", "postgresql"]
    program(nobody_special, "redis-server")
    (nobody_special / "lib" / "15" / "bin").mkdir(parents=True)
    program(nobody_special / "lib" / "15" / "bin", "initdb")
    assert environment.missing([on_path, in_folder]) == []


# .env


def test_settings_for_development_are_written_once_and_for_their_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    environment.write_settings_file()
    written = (tmp_path / ".env").read_text()
    assert "DEBUG=on\n" in written
    assert re.search(r"^SECRET_KEY=[\w-]{50,}$", written, re.MULTILINE)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    environment.write_settings_file()
    assert (tmp_path / ".env").read_text() == written
    assert [path.name for path in tmp_path.iterdir()] == [".env"]
    (tmp_path / ".env").unlink()
    environment.write_settings_file()
    assert (tmp_path / ".env").read_text() != written
