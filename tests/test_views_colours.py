"""Text can be read on every background, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BASE_CSS = Path(__file__).parent.parent / "static" / "src" / "base.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall(BASE_CSS.read_text())}
BACKGROUNDS = ["bg", "bg-raised", "bg-sunken", "bg-hover"]
TEXTS = ["text", "text-muted", "accent", "accent-hover", "danger", "ok", "warn"]
SOFT = ["accent", "danger", "ok", "warn"]

TEXT_PAIRS = (
    [(text, background) for text in TEXTS for background in BACKGROUNDS]
    + [("accent-text", "accent"), ("accent-text", "accent-hover")]
    + [(each, f"{each}-soft") for each in SOFT]
    + [("text", f"{each}-soft") for each in SOFT]
)
EDGE_PAIRS = [(edge, on) for edge in ("border-strong", "focus") for on in BACKGROUNDS[:3]]


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [(*pair, 4.5) for pair in TEXT_PAIRS] + [(*pair, 3.0) for pair in EDGE_PAIRS],
)
def test_it_can_be_read(front: str, back: str, least: float, scheme: int) -> None:
    assert contrast(COLOURS[front][scheme], COLOURS[back][scheme]) >= least
