from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.utils.autoreload import BaseReloader, autoreload_started, file_changed


class EditorConfig(AppConfig):
    name = "editor"
    verbose_name = "Editor"

    def ready(self) -> None:
        # Only `manage.py runserver` sends these.
        autoreload_started.connect(build_when_stale, dispatch_uid="editor.frontend")
        file_changed.connect(rebuild_after_change, dispatch_uid="editor.frontend")


def build_when_stale(sender: BaseReloader, **kwargs: Any) -> None:
    """As the development server starts: build the front end if its sources are newer, and watch."""
    from . import frontend

    sender.watch_dir(frontend.SOURCES, "**/*")
    sender.watch_dir(frontend.BUILD_SCRIPT.parent, frontend.BUILD_SCRIPT.name)
    if frontend.is_stale():
        _build()


def rebuild_after_change(sender: BaseReloader, file_path: Path, **kwargs: Any) -> bool | None:
    """A changed source of the front end is built anew, instead of a restart of the server."""
    from . import frontend

    if not frontend.is_source(file_path):
        return None
    if frontend.is_stale():
        _build()
    return True


def _build() -> None:
    from . import frontend

    try:
        print(frontend.build(), file=sys.stderr)  # noqa: T201 - runserver speaks on the console
    except frontend.FrontendError as error:
        # The server goes on, with the last build that worked.
        print(error, file=sys.stderr)  # noqa: T201
