"""Every version is pinned, and the README tells the truth about commands and settings."""

from __future__ import annotations

import importlib.metadata
import os
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.scripts import ROOT, script, steps


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
