"""Browsers for the tests of the editor's page: Debian's Chromium, one context a person.

The test modules say `pytest_plugins = ["tests.servers"]`; pytest forbids it here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from editor import frontend
from tests.browser.person import Person
from tests.servers import Server

# Pictures of the pages, to be looked at; not committed.
ARTIFACTS = Path(__file__).resolve().parents[1] / "artifacts"
# Milliseconds that anything on a page may take: two processes share two cores with the tests.
PATIENCE = 20_000
# Chromium's own words for what the page says in its own: a lost connection, a refused title.
EXPECTED_ERRORS = ("WebSocket connection to", "Failed to load resource: the server responded")


@pytest.fixture(scope="session", autouse=True)
def _frontend() -> None:
    """The pages load what the sources say now."""
    if frontend.is_stale():
        frontend.build()


@pytest.fixture(scope="session", autouse=True)
def _synchronous_orm() -> Generator[None]:
    # Playwright's synchronous API runs an event loop in this thread, and Django takes that for
    # asynchronous code that must not use its ORM.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the run; people have contexts of their own in it."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    assert executable, "Chromium is missing: script/test installs it"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                # A page that a test has altered on its way counts as a foreign one, which may not
                # open sockets to this machine.
                "--disable-features=LocalNetworkAccessChecks",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _site(_server_in: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    return _server_in("uvicorn", tmp_path_factory.mktemp("site"), DEBUG="on")


@pytest.fixture
def site(_site: Server) -> Generator[Server]:
    """A running server that serves the pages too; no test may harm it."""
    logged = _site.log_size()
    yield _site
    assert not _site.errors_since(logged), f"unhandled:\n{_site.errors_since(logged)}"


@pytest.fixture
def own_site(start_server: Callable[..., Server]) -> Server:
    """A server for this test alone: it may be stopped, killed and started again."""
    return start_server("uvicorn", DEBUG="on")


Enter = Callable[..., Person]


@pytest.fixture
def enter(chromium: Browser) -> Generator[Enter]:
    """`enter(site, "alice", document)`: a person with a document open, in a browser of their own.

    Whatever a page writes to its console as an error fails the test.
    """
    people: list[Person] = []
    errors: list[str] = []

    def listen(page: Page, name: str) -> None:
        def note(message: ConsoleMessage) -> None:
            if message.type == "error" and not message.text.startswith(EXPECTED_ERRORS):
                errors.append(f"{name}: {message.text}")

        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(f"{name}: {error}"))

    def enter(
        server: Server,
        name: str,
        document: str,
        *,
        width: int = 1440,
        height: int = 900,
        scheme: str = "light",
    ) -> Person:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            has_touch=width < 640,
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
        cookie_name, _, cookie_value = server.cookie(name).partition("=")
        context.add_cookies([{"name": cookie_name, "value": cookie_value, "url": server.url}])
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        listen(page, name)
        person = Person(name, page, f"{server.url}/documents/{document}/")
        people.append(person)
        person.opens()
        return person

    yield enter
    for person in people:
        person.page.context.close()
    assert not errors, "\n".join(errors)


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where pictures go."""
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS
