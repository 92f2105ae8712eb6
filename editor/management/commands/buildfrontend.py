from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from editor import frontend


class Command(BaseCommand):
    help = (
        "Builds what browsers load (static/src -> static/dist), when its sources have changed. "
        "Installs its packages first when package-lock.json has changed. "
        "`manage.py runserver` does this by itself."
    )
    # It has to run before there is a database, and before there are files to check.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="build even if nothing has changed"
        )

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        if not force and not frontend.is_stale():
            self.stdout.write("The front end is up to date.")
            return
        try:
            self.stdout.write(frontend.build())
        except frontend.FrontendError as error:
            raise CommandError(str(error)) from error
