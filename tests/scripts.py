"""The commands in script/, which have no .py, for tests."""

from __future__ import annotations

import os
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import progress

ROOT = Path(__file__).parent.parent


def script(name: str) -> ModuleType:
    """One of the commands as a module, freshly loaded."""
    loader = SourceFileLoader(f"script_{name}", str(ROOT / "script" / name))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def steps(total: int = 1) -> progress.Steps:
    """Steps that show themselves as in a log."""
    return progress.Steps(total, ROOT, lambda: os.environ)
