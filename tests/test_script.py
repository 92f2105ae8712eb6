"""What script/serve, script/test and script/pin promise to whoever runs them."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import environment
import progress
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
SCRIPTS = ["serve", "test", "pin"]


def script(name: str) -> ModuleType:
    """One of the commands, which have no .py, as a module."""
    loader = SourceFileLoader(f"script_{name}", str(ROOT / "script" / name))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def steps(total: int = 1) -> progress.Steps:
    return progress.Steps(total, ROOT, lambda: os.environ)


# An older Python


@pytest.mark.parametrize("name", ["serve", "test"])
def test_an_older_python_can_read_the_script_and_hears_what_is_needed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (ROOT / "script" / name).read_text()
    # Newer syntax would end in a SyntaxError before a single word is said.
    ast.parse(source, feature_version=(3, 6))
    assert "from __future__" not in source
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed, and this is 3\.9"):
        script(name)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_has_examples_and_does_nothing(name: str) -> None:
    path = ROOT / "script" / name
    printed = subprocess.run([path, "--help"], check=True, capture_output=True, text=True).stdout
    assert "Examples:" in printed
    assert f"script/{name}" in printed


# Progress


def test_a_step_returns_what_was_printed_and_says_which_of_how_many_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = steps(2)
    assert shown.do("First", ["echo", "hello"]) == "hello"
    shown.skip("Second", "up to date")
    printed = capsys.readouterr().out
    assert "[1/2] First: done in" in printed
    assert "[2/2] Second: up to date" in printed
    assert "hello" not in printed


def test_a_step_that_fails_shows_its_output_and_names_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(progress.StepFailedError, match=r"Build: sh -c .* ended with code 3"):
        steps().do("Build", ["sh", "-c", "echo what went wrong; exit 3"])
    assert "what went wrong" in capsys.readouterr().out


def test_a_long_step_is_heard_of_in_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(progress, "LOG_SECONDS", 0.0)
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 0.01)
    # Ends only when it was heard of: no race with the clock.
    heard = tmp_path / "heard"
    os.mkfifo(heard)

    def listen() -> None:
        said = ""
        while "at work on it" not in said:
            said += capsys.readouterr().out
        heard.write_text("heard")

    listener = threading.Thread(target=listen)
    listener.start()
    finished = steps().attempt("Build", ["sh", "-c", f"echo at work on it; cat {heard}"])
    listener.join()
    assert finished.ok


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "Stopped."), (signal.SIGTERM, 143, "")],
    ids=["Ctrl-C", "kill"],
)
def test_a_script_that_is_stopped_leaves_nothing_running(
    number: signal.Signals, code: int, word: str, tmp_path: Path
) -> None:
    started = tmp_path / "pid"
    os.mkfifo(started)
    job = f"""
import os, sys
sys.path.insert(0, {str(ROOT / "script")!r})
from pathlib import Path
from progress import Steps, run
command = ["sh", "-c", "echo $$ > {started}; exec sleep 600"]
run(lambda: Steps(1, Path("/"), lambda: os.environ).attempt("Sleep", command).code)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", job],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    child = int(started.read_text())
    if number is signal.SIGINT:
        # As a terminal does: to everybody in the foreground.
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert word in errors
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


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


# script/serve


def test_a_port_that_is_taken_gives_way_to_the_next_one() -> None:
    serve = script("serve")
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        free = serve.free_port("127.0.0.1", taken)
    assert taken < free < taken + serve.PORTS_TRIED
    assert serve.free_port("127.0.0.1", taken) == taken


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [("9000", "127.0.0.1", 9000), ("0.0.0.0:80", "0.0.0.0", 80)],  # noqa: S104
    ids=["port", "address and port"],
)
def test_an_address_is_a_port_with_or_without_a_host(address: str, host: str, port: int) -> None:
    assert script("serve").parse_address(address) == (host, port)


@pytest.mark.parametrize("address", ["", "nonsense", "127.0.0.1", "0", "65536", "-1"])
def test_what_is_no_address_is_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(progress.CannotContinueError, match="is not an address: expected a port"):
        script("serve").parse_address(address)


# script/test


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """script/test with two checks and a pytest that only leave a trace."""
    test = script("test")

    def leaves(name: str, code: int) -> list[str]:
        return ["sh", "-c", f"touch {tmp_path}/{name}; exit {code}"]

    (tmp_path / "script").mkdir()
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(test, "set_up", list)
    monkeypatch.setattr(
        test, "every_check", lambda: [("good", leaves("a", 0), {}), ("bad", leaves("b", 1), {})]
    )
    monkeypatch.setattr(test, "pytest", lambda: leaves("c", 0))
    monkeypatch.setattr(test, "coverage", lambda: progress.Finished(0, "", 0.0))
    monkeypatch.setattr(sys, "argv", ["script/test"])
    return test


def test_one_failed_check_fails_the_run_and_stops_none_of_the_others(
    checks: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checks.main() == 1
    assert {"a", "b", "c"} <= {path.name for path in tmp_path.iterdir()}
    printed = capsys.readouterr().out
    assert re.search(r"^  good +ok", printed, re.MULTILINE)
    assert re.search(r"^  bad +FAILED", printed, re.MULTILINE)
    assert "Not everything passed: bad" in printed


def test_a_run_in_which_nothing_failed_says_so(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "every_check", lambda: [("good", ["true"], {})])
    assert checks.main() == 0
    assert "Everything passed." in capsys.readouterr().out


def test_what_could_not_be_set_up_fails_the_run_but_not_before_its_end(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "every_check", lambda: [("good", ["true"], {})])
    monkeypatch.setattr(checks, "set_up", lambda: ["Some tests need more: run 'apt-get …'."])
    assert checks.main() == 1
    printed = capsys.readouterr().out
    assert re.search(r"^  good +ok", printed, re.MULTILINE)
    assert "run 'apt-get …'" in printed


def test_arguments_go_to_pytest_which_then_runs_alone(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class BecamePytestError(Exception):
        pass

    def become(program: Path, command: list[str], variables: dict[str, str]) -> None:
        assert command[1:] == ["-m", "pytest", "-k", "room", "-x"]
        raise BecamePytestError

    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["script/test", "-k", "room", "-x"])
    with pytest.raises(BecamePytestError):
        checks.main()
    assert not (tmp_path / "a").exists()


# Requirements


def requirements(name: str) -> list[str]:
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if line and line[0] not in "#-"]


PINS = {
    canonicalize_name(Requirement(line.partition("#")[0]).name): Requirement(line.partition("#")[0])
    for line in requirements("requirements.txt") + requirements("requirements-dev.txt")
}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_version_is_exact_and_every_choice_says_what_for(name: str) -> None:
    chosen, line, _ = (ROOT / name).read_text().partition(script("pin").LINE)
    assert line
    for requirement in requirements(name):
        assert re.match(r"[\w.-]+(\[[\w-]+\])?==[\d.]+", requirement), requirement
        assert requirement not in chosen or "  # " in requirement, requirement


def test_everything_that_a_dependency_brings_along_is_pinned_too() -> None:
    for name, pin in PINS.items():
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        for line in importlib.metadata.requires(name) or []:
            needed = Requirement(line)
            wanted = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in {"", *pin.extras}
            )
            assert not wanted or canonicalize_name(needed.name) in PINS, (
                f"{name} needs {line}: run script/pin"
            )


def test_pins_go_below_the_line_and_leave_what_is_above_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = script("pin")
    ours = "# Ours.\nDjango==5.2.19  # pages\npsycopg[binary]==3.3.9  # PostgreSQL\n\n"
    file = tmp_path / "requirements.txt"
    file.write_text(ours + pin.LINE + "\nforgotten==1.0\n")
    found = {"django": "==5.2.19", "psycopg": "==3.3.9", "sqlparse": "==0.6.1", "idna": "==3.20"}
    monkeypatch.setattr(pin, "resolve", lambda *_: found)
    everything = pin.pin(steps(), file, {"idna": "==3.20"}, {"zipp": "==4.0"})
    assert file.read_text() == f"{ours}{pin.LINE}\nsqlparse==0.6.1\nzipp==4.0\n"
    assert everything == found | {"zipp": "==4.0"}


# What the README says


def test_the_readmes_first_commands_are_the_two_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    commands = [line.split()[0] for line in block[1].splitlines()]
    assert commands == ["script/serve", "script/test"]
    assert all(os.access(ROOT / command, os.X_OK) for command in commands)


def test_the_readme_lists_every_setting_that_the_environment_may_give() -> None:
    settings = (ROOT / "collab" / "settings.py").read_text()
    names = set(re.findall(r"\benv(?:\.\w+)?\(\s*\"([A-Z_]+)\"", settings))
    assert "SECRET_KEY" in names
    listed = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert listed == names
