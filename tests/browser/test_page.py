"""The frame around the code: policy, keyboard, colours, small screens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import Enter
from tests.servers import Server

pytest_plugins = ["tests.servers"]

# The page's scripts carry the nonce; CodeMirror's one style element takes it from there.
STRICT = (
    "default-src 'none'; script-src 'self' 'nonce-n1'; style-src 'self' 'nonce-n1'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def test_it_works_under_a_strict_content_security_policy(
    site: Server, enter: Enter, chromium: Browser
) -> None:
    """Remote carets, highlighting and panels need no inline style, and nothing needs eval."""
    document = site.document("main.py", owner="alice", editors=("bob",))
    bob = enter(site, "bob", document)
    alice = enter(site, "alice", document)

    def answer(route: Route) -> None:
        response = route.fetch()
        headers = {**response.headers, "content-security-policy": STRICT}
        body = response.text().replace('<script type="module"', '<script nonce="n1" type="module"')
        route.fulfill(response=response, headers=headers, body=body)

    alice.page.route("**/documents/**", answer)
    alice.page.add_init_script(
        "window.violations = [];"
        "document.addEventListener('securitypolicyviolation', (event) =>"
        "  window.violations.push(event.violatedDirective + ' ' + event.sourceFile));"
    )
    alice.opens()
    alice.types("def f(x):\n")
    bob.sees_text("def f(x):\n    ")
    bob.presses("Control+End", "Shift+Control+Home")
    expect(alice.caret_of("bob")).to_be_visible()
    colour = alice.caret_of("bob").evaluate("(caret) => getComputedStyle(caret).borderLeftColor")
    assert colour != "rgb(0, 0, 0)"
    expect(alice.page.locator(".peer-selection").first).to_be_visible()
    alice.presses("Control+f")
    alice.page.keyboard.press("Escape")
    keyword = alice.page.locator(".cm-line span", has_text="def")
    expect(keyword).to_have_count(1)
    assert alice.page.evaluate("() => window.violations") == []


def test_everything_is_reached_by_keyboard_and_has_a_name(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    enter(site, "bob", document)
    expect(alice.page.get_by_role("button", name="bob")).to_be_visible()
    alice.page.locator(".back").focus()
    names = []
    for _ in range(5):
        names.append(
            alice.page.evaluate(
                "() => document.activeElement.ariaLabel"
                " ?? document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"
            )
        )
        alice.page.keyboard.press("Tab")
    assert names == ["All documents", "main.py", "Bbob: go to their cursor", "Share", "Code"]

    # Tab indents in the code; Escape and then Tab leaves it.
    assert alice.text == "    "
    alice.page.keyboard.press("Escape")
    alice.page.keyboard.press("Tab")
    expect(alice.page.locator("#position")).to_be_focused()
    expect(alice.code).to_have_accessible_description(re.compile("Escape and then Tab"))


def test_go_to_line_by_the_position(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document)
    alice.pastes("\n".join("abcdefghi"))
    alice.page.locator("#position").click()
    alice.page.keyboard.type("4")
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator("#position")).to_have_text("Line 4, column 1")


def test_several_cursors_search_and_comments(site: Server, enter: Enter) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    expect(alice.page.locator("#language")).to_have_text("Python")
    alice.pastes("cat\ndog\ncat")
    alice.presses("Control+Home", "Control+d", "Control+d")
    alice.types("cow")
    bob.sees_text("cow\ndog\ncow")
    alice.presses("Escape", "Control+Home", "Control+/")
    bob.sees_text("# cow\ndog\ncow")
    bob.presses("Control+f")
    bob.page.keyboard.type("cow")
    bob.page.get_by_placeholder("Replace").fill("pig")
    bob.page.get_by_role("button", name="replace all").click()
    alice.sees_text("# pig\ndog\npig")


def test_the_search_panel_says_how_much_is_found(
    site: Server, enter: Enter, artifacts: Path
) -> None:
    document = site.document("main.py", owner="alice", editors=("bob",))
    alice = enter(site, "alice", document)
    bob = enter(site, "bob", document)
    alice.pastes("cat\ndog\ncat\n")
    alice.presses("Control+Home", "Control+f")
    found = alice.page.locator(".cm-search").get_by_role("status")
    alice.page.keyboard.type("nomatch")
    expect(found).to_have_text("No results")
    alice.pictures(artifacts / "no-results.png")
    alice.page.keyboard.press("Control+a")
    alice.page.keyboard.type("cat")
    expect(found).to_have_text("2 results")
    alice.page.keyboard.press("Enter")
    expect(found).to_have_text("1 of 2")
    bob.presses("Control+End")
    bob.types("cat")
    expect(found).to_have_text("1 of 3")
    alice.page.get_by_label("Regular expression").check()
    alice.page.get_by_label("Find").select_text()
    alice.page.keyboard.type("ca(")
    expect(found).to_have_text("Not a regular expression")
    expect(alice.page.get_by_role("button", name="Replace all", exact=True)).to_be_visible()


def test_go_to_line_by_keyboard(site: Server, enter: Enter, artifacts: Path) -> None:
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document)
    alice.pastes("\n".join("abcdefghi"))
    alice.presses("Control+g")
    alice.pictures(artifacts / "go-to-line.png")
    alice.page.keyboard.type("4")
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator("#position")).to_have_text("Line 4, column 1")


@pytest.mark.parametrize("width", [390, 1440])
def test_a_long_title_and_many_people_fit(
    site: Server, enter: Enter, artifacts: Path, width: int
) -> None:
    names = ("bob", "carol", "dave", "erin", "frank", "grace")
    title = "a-very-long-title-of-a-file-that-nobody-would-ever-type-by-hand.component.spec.tsx"
    document = site.document(title, owner="alice", editors=names)
    alice = enter(site, "alice", document, width=width)
    for name in names:
        enter(site, name, document)
    shown = 1 if width == 390 else 4
    expect(alice.page.locator(".face.more")).to_contain_text(f"+{len(names) - shown}")
    alice.pictures(artifacts / f"crowded-{width}.png")
    widths = alice.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    alice.page.locator("#title").click()
    expect(alice.page.get_by_label("Title")).to_be_in_viewport(ratio=1)
    alice.pictures(artifacts / f"rename-{width}.png")


# Foregrounds of editor.css and theme.ts, and the grounds they stand on.
ON_CODE = [
    *("keyword", "string", "escape", "comment", "number"),
    *("function", "name", "type", "property"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_is_readable_on_every_ground(site: Server, enter: Enter, scheme: str) -> None:
    """WCAG AA, 4.5:1: on the page, the current line, a match and selected text."""
    document = site.document("main.py", owner="alice")
    alice = enter(site, "alice", document, scheme=scheme)
    ratios: dict[str, float] = alice.page.evaluate(CONTRASTS, ON_CODE)
    ratios |= {
        pair: ratio
        for pair, ratio in alice.page.evaluate(CONTRASTS, ["gutter"]).items()
        if pair in ("gutter on page", "gutter on line")
    }
    low = {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5}
    assert not low


CONTRASTS = """(names) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.setProperty("transition", "none", "important");
  const computed = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const pixel = (...layers) => {
    for (const layer of layers) {
      canvas.fillStyle = layer;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const page = computed("--code-bg");
  const grounds = {
    page: [page],
    line: [page, computed("--code-active-line")],
    match: [page, computed("--code-match")],
    selection: [page, computed("--code-selection")],
  };
  const ratios = {};
  for (const name of names) {
    for (const [ground, layers] of Object.entries(grounds)) {
      const text = luminance(pixel(computed(`--code-${name}`)));
      const back = luminance(pixel(...layers));
      const [high, low] = text > back ? [text, back] : [back, text];
      ratios[`${name} on ${ground}`] = (high + 0.05) / (low + 0.05);
    }
  }
  probe.remove();
  return ratios;
}"""
