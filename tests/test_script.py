"""What script/serve and script/test promise to whoever runs them."""

from __future__ import annotations

import ast
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import environment
import progress
import pytest

from tests.scripts import ROOT, script, steps

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


@pytest.mark.parametrize("name", ["serve", "test", "pin"])
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
