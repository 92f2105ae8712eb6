"""What a start says when the environment is not complete. Each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KEY = "a-long-random-string-for-the-tests-of-settings"
STARTS = {
    "manage.py": [sys.executable, "manage.py", "check"],
    "uvicorn": [sys.executable, "-m", "uvicorn", "--port", "0", "collab.asgi:application"],
    "daphne": [sys.executable, "-m", "daphne", "--port", "0", "collab.asgi:application"],
}


def start(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run with nothing set but `environment`; a variable that is empty outweighs `.env`."""
    ours = ("SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "SIGN_UP", "PRODUCT_NAME", "REDIS_URL")
    bare = {name: value for name, value in os.environ.items() if name not in ours}
    bare |= {"SECRET_KEY": "", "DEBUG": "off", "ALLOWED_HOSTS": ""} | environment
    return subprocess.run(
        command, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=60, check=False
    )


def setting(name: str, **environment: str) -> str:
    """The value that the settings come to."""
    code = f"from collab import settings; print(settings.{name})"
    ended = start([sys.executable, "-c", code], **environment)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("command", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "SECRET_KEY is not set"),
        ({"ALLOWED_HOSTS": "code.example.org"}, "SECRET_KEY is not set"),
        ({"DEBUG": "on"}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": KEY}, "ALLOWED_HOSTS is not set"),
    ],
    ids=["nothing", "no key", "no key in development", "no hosts"],
)
def test_what_is_missing_stops_the_start_with_one_clear_sentence(
    command: list[str], environment: dict[str, str], sentence: str
) -> None:
    ended = start(command, **environment)
    assert ended.returncode != 0
    assert ended.stderr.startswith(sentence)
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ended.stderr + ended.stdout


@pytest.mark.parametrize("url", ["bogus", "foo://x", "postgres://u:p@h:port/n", "mysql://h/n"])
def test_database_that_is_none_stops_the_start_with_one_clear_sentence(url: str) -> None:
    ended = start(
        STARTS["manage.py"], SECRET_KEY=KEY, ALLOWED_HOSTS="code.example.org", DATABASE_URL=url
    )
    assert ended.returncode != 0
    assert "DATABASE_URL names no database" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_with_both_it_starts() -> None:
    ended = start(STARTS["manage.py"], SECRET_KEY=KEY, ALLOWED_HOSTS="code.example.org")
    assert ended.returncode == 0, ended.stderr


def test_nothing_is_on_by_default_that_belongs_to_development() -> None:
    given = {"SECRET_KEY": KEY, "ALLOWED_HOSTS": "code.example.org"}
    for name, expected in (
        ("DEBUG", "False"),
        ("SIGN_UP", "False"),
        ("SESSION_COOKIE_SECURE", "True"),
        ("CSRF_COOKIE_SECURE", "True"),
        ("ALLOWED_HOSTS", "['code.example.org']"),
        ("PRODUCT_NAME", "Collab"),
    ):
        assert setting(name, **given) == expected, name


def test_development_may_sign_up_and_needs_no_hosts() -> None:
    assert setting("SIGN_UP", SECRET_KEY=KEY, DEBUG="on") == "True"
    assert setting("SIGN_UP", SECRET_KEY=KEY, DEBUG="on", SIGN_UP="off") == "False"
