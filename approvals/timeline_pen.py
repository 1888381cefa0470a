"""SVG as text: escaped elements, the colours of screen and paper, light shapes, patterns. Pure.

Only presentation attributes, never ``style=``: the policy of the pages forbids it, and paper needs none.
"""

import re
from dataclasses import dataclass
from html import escape

FONT = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
INK, GREY, FAINT, LINE = "#1b2430", "#5b6878", "#8a96a6", "#e3e8ef"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Theme:
    """Colours of one medium. ``bars`` maps a light to (fill, tint of rest days, outline)."""

    bars: dict
    over: str
    plan: str
    plan_line: str
    mark: str  # lines of hatch and dots
    statutory: str
    today: str
    lane: str
    rest: str
    holiday: str
    red: str
    grey: str
    faint: str
    band: str
    band_line: str
    band_ink: str
    future: str
    bw: bool = False


def tint(colour: str, share: float = 0.35) -> str:
    """``colour`` (#rrggbb) mixed with white."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (part - 255) * share):02x}" for part in parts)


def _bars(**pairs) -> dict:
    return {light: (fill, tint(fill), line) for light, (fill, line) in pairs.items()}


SCREEN = Theme(
    bars=_bars(
        done=("#8fb0a0", "#5e8672"),
        green=("#4f9f78", "#1b7f4d"),
        amber=("#c98a00", "#8a5f00"),
        red=("#e3a3a3", "#c62f2f"),
        statutory=("#d9a3b0", "#7a1630"),
        stopped=("#a9b4c1", "#64748b"),
        blocked=("#8d949d", "#20262e"),
        stale=("#c3cad3", "#8a96a6"),
        idle=("#c3cad3", "#8a96a6"),
    ),
    over="#c62f2f",
    plan="#c9d2dd",
    plan_line="none",
    mark="#4a5a70",
    statutory="#7a1630",
    today="#1f5fa8",
    lane="#eff3f8",
    rest="#f1f4f8",
    holiday="#e4e9f0",
    red="#c62f2f",
    grey=GREY,
    faint=FAINT,
    band="#faf5e6",
    band_line="#d8c48c",
    band_ink="#7a5500",
    future="#3f6796",
)
_ONE_GREY = ("#8c8c8c", "#d6d6d6", "#000000")
PAPER = Theme(
    bars=dict.fromkeys(SCREEN.bars, _ONE_GREY),
    over="#000000",
    plan="#ffffff",
    plan_line="#000000",
    mark="#000000",
    statutory="#000000",
    today="#000000",
    lane="#e9e9e9",
    rest="#f3f3f3",
    holiday="#e2e2e2",
    red="#000000",
    grey="#333333",
    faint="#555555",
    band="#ffffff",
    band_line="#000000",
    band_ink="#000000",
    future="#000000",
    bw=True,
)


def number(value) -> str:
    """A coordinate with at most one decimal."""
    if isinstance(value, float):
        text = f"{value:.1f}"
        return text[:-2] if text.endswith(".0") else text
    return str(value)


def clean(text) -> str:
    """Text that XML can carry, escaped for content and for attributes."""
    return escape(_UNWRITABLE.sub("", str(text)), quote=True)


def el(name: str, content: str = "", **attributes) -> str:
    """One element; ``content`` is markup made here, attribute values are escaped. ``_`` in names becomes ``-``."""
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            key = key.rstrip("_").replace("_", "-")
            parts.append(f'{key}="{number(value) if isinstance(value, int | float) else clean(value)}"')
    return f"<{' '.join(parts)}>{content}</{name}>" if content else f"<{' '.join(parts)}/>"


def text(x: float, y: float, words, *, size=12, fill=INK, anchor=None, bold=False, halo=False, bw=False, **more) -> str:
    """A line of text, escaped. ``halo`` knocks out what is behind it (drawn twice on paper: printers ignore order)."""
    look = {
        "x": float(x),
        "y": float(y),
        "font_size": size,
        "text_anchor": anchor,
        "font_weight": "700" if bold else None,
        **more,
    }
    words = clean(words)
    if not halo:
        return el("text", words, fill=fill, **look)
    edge = {"stroke": "#ffffff", "stroke_width": 3, "stroke_linejoin": "round"}
    if bw:
        return el("text", words, fill="#ffffff", aria_hidden="true", **edge, **look) + el(
            "text", words, fill=fill, **look
        )
    return el("text", words, fill=fill, paint_order="stroke", **edge, **look)


def line(x1, y1, x2, y2, stroke, width=1.0, dash=None, **more) -> str:
    """A straight line."""
    return el(
        "line",
        x1=float(x1),
        y1=float(y1),
        x2=float(x2),
        y2=float(y2),
        stroke=stroke,
        stroke_width=width,
        stroke_dasharray=dash,
        **more,
    )


def rect(x, y, width, height, fill, **more) -> str:
    """A rectangle without outline unless ``stroke`` is given."""
    return el("rect", x=float(x), y=float(y), width=float(max(width, 0)), height=float(height), fill=fill, **more)


def path(points, stroke="none", width=1.0, fill="none", dash=None, closed=False, **more) -> str:
    """A polyline through ``points``."""
    d = "M" + " L".join(f"{number(float(x))} {number(float(y))}" for x, y in points) + ("Z" if closed else "")
    return el("path", d=d, fill=fill, stroke=stroke, stroke_width=width, stroke_dasharray=dash, **more)


def arrow(x: float, y: float, to: str, fill: str, size: float = 7) -> str:
    """An arrow head whose tip is at (x, y), pointing right, down or up."""
    half, s = size / 2 + 0.5, size
    ends = {
        "right": ((x - s, y - half), (x - s, y + half)),
        "down": ((x - half, y - s), (x + half, y - s)),
        "up": ((x - half, y + s), (x + half, y + s)),
    }[to]
    return path([(x, y), *ends], fill=fill, closed=True)


def patterns(key: str, theme: Theme) -> str:
    """Definitions: hatch of a supplement, dots of a special procedure. ``key`` keeps ids unique on a page."""
    hatch = rect(0, 0, 5, 5, "#ffffff") + line(0, 2.5, 5, 2.5, theme.mark, 1.7)
    dots = rect(0, 0, 4, 4, "#ffffff") + el("circle", cx=2, cy=2, r=1, fill=theme.mark)
    units = {"patternUnits": "userSpaceOnUse"}
    return el(
        "defs",
        el("pattern", hatch, id=f"{key}-supplement", width=5, height=5, patternTransform="rotate(-45)", **units)
        + el("pattern", dots, id=f"{key}-special", width=4, height=4, **units),
    )


def glyph(light: str, x: float, y: float, *, bw: bool = False) -> str:
    """The shape of a light, centred at (x, y), about 11 px. One shape, one meaning; the word stands beside it."""
    ink = "#000000" if bw else None
    if light == "done":
        return path(
            [(x - 5, y + 0.3), (x - 1.7, y + 3.6), (x + 5, y - 3.8)], ink or "#5e8672", 1.8, stroke_linecap="round"
        )
    if light == "red":
        return rect(x - 5, y - 5, 10, 10, ink or "#c62f2f")
    if light == "statutory":
        fill = ink or "#7a1630"
        return rect(x - 6.5, y - 5, 6, 10, fill) + rect(x + 0.5, y - 5, 6, 10, fill)
    if light == "amber":
        return path([(x, y - 5), (x + 5.6, y + 4.6), (x - 5.6, y + 4.6)], fill=ink or "#c98a00", closed=True)
    if light == "blocked":
        return path([(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)], fill=ink or "#20262e", closed=True)
    if light == "stopped":
        fill = ink or "#64748b"
        return rect(x - 4.5, y - 5, 3.4, 10, fill) + rect(x + 1.1, y - 5, 3.4, 10, fill)
    if light == "green":
        return el("circle", cx=float(x), cy=float(y), r=5, fill=ink or "#1b7f4d")
    dash = "2 2" if light == "stale" else None
    return el(
        "circle",
        cx=float(x),
        cy=float(y),
        r=4.3,
        fill="none",
        stroke=ink or "#8a96a6",
        stroke_width=1.2,
        stroke_dasharray=dash,
    )
