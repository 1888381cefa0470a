"""The two bars of a pool as SVG: how its quota is used, and what is available against what is missing. Pure.

Colour is never alone: confirmed is solid, reserved hatched, available empty with an outline; a gap that the pool cannot
cover is black, one that it can is outlined. Only presentation attributes, so the bars print and pass a strict policy.
"""

STRUCTURE_WIDTH, STRUCTURE_HEIGHT = 130, 12
BALANCE_WIDTH, BALANCE_HEIGHT = 116, 14
SOLID, INK, PALE, AMBER = "#4a5a70", "#20262e", "#f6e3b0", "#c98a00"
LEAST = 2


def hatch(x: float, width: float, height: int) -> str:
    """Return a hatched box without ids (patterns need ids, and a page has many bars): strokes of 45 degrees."""
    right, parts = x + width, [f'<path d="M{x:g} .5h{width:g}v{height - 1}H{x:g}z" fill="#fff" stroke="{SOLID}"/>']
    strokes = []
    start = x - height
    while start < right:
        left = max(start, x)
        end = min(start + height, right)
        if end > left:
            strokes.append(f"M{left:g} {height - (left - start):g}L{end:g} {height - (end - start):g}")
        start += 4
    return "".join(parts) + f'<path d="{"".join(strokes)}" stroke="{SOLID}" stroke-width="1.4"/>'


def shares(confirmed: int, reserved: int, available: int, width: int = STRUCTURE_WIDTH) -> tuple[int, int, int]:
    """Return the pixels of the three parts; together `width`, and what is more than nothing has at least two."""
    total = confirmed + reserved + available
    if total <= 0:
        return 0, 0, 0
    pixels = [part * width // total for part in (confirmed, reserved, available)]
    for place, part in enumerate((confirmed, reserved, available)):
        if part > 0:
            pixels[place] = max(LEAST, pixels[place])
    pixels[pixels.index(max(pixels))] += width - sum(pixels)
    return tuple(pixels)


def structure(confirmed: int, reserved: int, available: int, label: str) -> str:
    """Return the bar whose full width is what was granted. `label` says it in words and is escaped by the caller."""
    width, height = STRUCTURE_WIDTH, STRUCTURE_HEIGHT
    solid, hatched, _rest = shares(max(0, confirmed), max(0, reserved), max(0, available))
    parts = [f'<path d="M.5 .5h{width - 1}v{height - 1}H.5z" fill="#fff" stroke="{SOLID}"/>']
    if confirmed + reserved + available <= 0:
        parts = [f'<path d="M0 6h{width}" stroke="#c9d2dd" stroke-dasharray="3 3"/>']
    if solid:
        parts.append(f'<path d="M0 0h{solid}v{height}H0z" fill="{SOLID}"/>')
    if hatched:
        parts.append(hatch(solid, hatched, height))
    return _svg(width, height, label, parts)


def balance(available: int, blocked: int, obtainable: int, scale: int, label: str) -> str:
    """Return the bar with its axis in the middle: available to the left, what is missing to the right.

    `scale` is the amount of a full half, the same for every pool of a factor. What is there has at least two pixels.
    """
    width, height = BALANCE_WIDTH, BALANCE_HEIGHT
    half = width // 2

    def pixels(amount: int) -> int:
        return max(LEAST, min(half, amount * half // scale)) if amount > 0 and scale > 0 else 0

    left, black = pixels(available), pixels(blocked)
    pale = min(pixels(obtainable), half - black) if black < half else 0
    if obtainable > 0 and pale < LEAST:
        pale, black = LEAST, half - LEAST
    parts = []
    if left:
        parts.append(f'<path d="M{half - left + 0.5:g} 3.5h{left}v7h-{left}z" fill="#fff" stroke="{SOLID}"/>')
    if black:
        parts.append(f'<path d="M{half} 3h{black}v8h-{black}z" fill="{INK}"/>')
    if pale:
        parts.append(
            f'<path d="M{half + black + 0.5:g} 3.5h{max(1, pale - 1)}v7h-{max(1, pale - 1)}z" '
            f'fill="{PALE}" stroke="{AMBER}"/>'
        )
    parts.append(f'<path d="M{half} 0v{height}" stroke="{INK}" stroke-width="1.5"/>')
    return _svg(width, height, label, parts)


def year_bar(issued: int, carried: int, recovered: int, scale: int, label: str, width: int = 256) -> str:
    """Return a year's grants: issued solid, carried over dotted, recovered hatched; `scale` is a full width."""
    parts, x = [], 0
    for amount, kind in ((issued, "solid"), (carried, "dots"), (recovered, "hatch")):
        pixels = max(LEAST, amount * width // scale) if amount > 0 and scale > 0 else 0
        pixels = min(pixels, width - x)
        if pixels <= 0:
            continue
        if kind == "solid":
            parts.append(f'<path d="M{x} 0h{pixels}v12H{x}z" fill="{SOLID}"/>')
        elif kind == "hatch":
            parts.append(hatch(x, pixels, 12))
        else:
            dots = "".join(f"M{x + dx} {y}h1" for dx in range(2, pixels, 4) for y in (2.5, 6.5, 10.5))
            parts.append(f'<path d="M{x + 0.5} .5h{pixels - 1}v11h-{pixels - 1}z" fill="#fff" stroke="{SOLID}"/>')
            parts.append(f'<path d="{dots}" stroke="{SOLID}" stroke-width="1.4"/>')
        x += pixels
    return _svg(width, 12, label, parts)


def _svg(width: int, height: int, label: str, parts: list[str]) -> str:
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        + "".join(parts)
        + "</svg>"
    )
