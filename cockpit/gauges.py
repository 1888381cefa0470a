"""What is left of each pool: one bar for one pool and source, never a sum over units, bases or sources.

`bar` is pure: solid is confirmed, hatched is reserved, white in the frame is available; a dashed red box behind the
frame is what is asked for beyond that. All frames are equally wide: the bars compare shares, the figures tell amounts.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from factors import overview
from factors.models import Account, Parcel

FRAME, TAIL, HEIGHT, LEAST = 150, 26, 16, 3
RED, FRAME_INK = "#c62f2f", "#2b3442"
SHORT, TIGHT, ENOUGH, USED_UP = "short", "tight", "enough", "used_up"
TIGHT_SHARE = 20
"""Less than 1/20 (5 %) of the grant left is tight."""

MOST = 8


@dataclass(frozen=True)
class Gauge:
    """One pool. `waiting`: everything that is asked of it and not secured; `beyond`: what of that it does not have."""

    account: Account
    granted: int
    confirmed: int
    reserved: int
    available: int
    waiting: int
    others: int = 0

    @property
    def book(self):
        """What tells the unit."""
        return self.account.book

    @property
    def beyond(self) -> int:
        """Waiting demand less what is available."""
        return max(0, self.waiting - self.available)

    @property
    def state(self) -> str:
        """Short (somebody waits in vain), tight, used up (nobody waits), enough."""
        if self.beyond:
            return SHORT
        if self.available <= 0:
            return USED_UP
        return TIGHT if self.available * TIGHT_SHARE < self.granted else ENOUGH


def bar(granted: int, confirmed: int, reserved: int, available: int, beyond: int, label: str, dark=False) -> str:
    """Return the bar as SVG. What is more than nothing has at least three pixels; `label` is escaped by the caller."""
    solid, hatched, _white = _shares(granted, confirmed, reserved, available)
    ink, paper, fill = ("#9db8dc", "#101a28", "#8fb1dc") if dark else (FRAME_INK, "#fff", "#3d4b5f")
    parts = [
        f'<path d="M.75 .75h{FRAME - 1.5:g}v{HEIGHT - 1.5:g}H.75z" fill="{paper}" stroke="{ink}" stroke-width="1.5"/>'
    ]
    if solid:
        parts.append(f'<path d="M.75 .75h{solid:g}v{HEIGHT - 1.5:g}H.75z" fill="{fill}"/>')
    if hatched:
        parts.append(hatch(solid + 0.75, hatched, ink, fill, paper))
    if beyond > 0 and granted > 0:
        width = max(4, min(TAIL - 4, beyond * FRAME // granted))
        clipped = beyond * FRAME // granted > TAIL - 4
        red = "#ff5d52" if dark else RED
        shape = f"M{FRAME + 2.5} 1.5h{width}v{HEIGHT - 3}h-{width}z"
        parts.append(
            f'<path d="{shape}" fill="none" stroke="{red}" stroke-width="1.5" stroke-dasharray="3 2"/>'
            + (
                f'<path d="M{FRAME + width - 3} 5l4 3-4 3" fill="none" stroke="{red}" stroke-width="1.5"/>'
                if clipped
                else ""
            )
        )
    whole, stretched = FRAME + TAIL, ' preserveAspectRatio="none"' if dark else ""
    return (
        f'<svg class="gauge" width="{whole}" height="{HEIGHT}" viewBox="0 0 {whole} {HEIGHT}"{stretched} role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def hatch(x: float, width: float, ink: str, fill: str, paper: str) -> str:
    """Return strokes of 45 degrees between x and x + width, inside the frame."""
    top, bottom, right = 0.75, HEIGHT - 0.75, x + width
    strokes, at = [], x - HEIGHT
    while at < right:
        left, end = max(at, x), min(at + (bottom - top), right)
        if end > left:
            strokes.append(f"M{left:g} {bottom - (left - at):g}L{end:g} {bottom - (end - at):g}")
        at += 5
    box = f'<path d="M{x:g} {top}h{width:g}v{bottom - top:g}h-{width:g}z" fill="{paper}" stroke="{ink}"/>'
    return f'{box}<path d="{"".join(strokes)}" stroke="{fill}" stroke-width="1.8"/>'


def _shares(granted, confirmed, reserved, available) -> tuple[float, float, float]:
    """Return the pixels of the three parts; together the frame. What is more than nothing has at least three."""
    width = FRAME - 1.5
    if granted <= 0:
        return 0, 0, width
    pixels = [max(0, part) * width / granted for part in (confirmed, reserved, available)]
    pixels = [
        max(LEAST, size) if part > 0 else 0 for size, part in zip(pixels, (confirmed, reserved, available), strict=True)
    ]
    most = pixels.index(max(pixels))
    pixels[most] = max(0, pixels[most] + width - sum(pixels))
    return tuple(round(size, 1) for size in pixels)


def gauges(year: int, groups=("energy", "water", "land", "emission"), most: int = MOST) -> list[Gauge]:
    """Return one pool of each book, the one that lacks most or is the largest; the others by number. Four queries.

    In the order of the ledgers; energy on the calorific basis. When there are more than `most`, those that lack
    something come in first, and the order stays.
    """
    filters = overview.Filters(year=year)
    accounts = [a for a in overview.pools(filters) if a.role == "pool" and a.book.kind.group in groups]
    origins, lacks = overview.grants(accounts), overview.missing(accounts)
    by_book: dict[int, list[Gauge]] = defaultdict(list)
    for account in accounts:
        told = overview.figures(account, origins[account.pk], lacks.get(account.pk, (0, 0, 0, 0)))
        if told.granted > 0 or told.gap:
            by_book[account.book_id].append(
                Gauge(account, told.granted, told.confirmed, told.reserved, told.available, told.gap)
            )
    chosen = []
    for rows in by_book.values():
        first = max(rows, key=lambda gauge: (gauge.beyond > 0, gauge.granted, gauge.account.pk))
        chosen.append(
            Gauge(
                first.account,
                first.granted,
                first.confirmed,
                first.reserved,
                first.available,
                first.waiting,
                len(rows) - 1,
            )
        )
    rank = {SHORT: 0, TIGHT: 1, USED_UP: 2, ENOUGH: 3}
    kept = sorted(range(len(chosen)), key=lambda place: (rank[chosen[place].state], place))[:most]
    return [chosen[place] for place in sorted(kept)]


@dataclass(frozen=True)
class Segment:
    """Land approved and not supplied, by the years of approval (last None: open). Area in the ledger's unit."""

    label: str
    area: int


def unsupplied(scope, today: date) -> list[Segment]:
    """Return approved land that was not supplied, in three groups by year of approval, the oldest first. One query."""
    rows = Parcel.objects.filter(approved_on__isnull=False, supplied_on__isnull=True)
    if scope.districts:
        rows = rows.filter(district__in=scope.districts)
    if scope.parks:
        rows = rows.filter(park__in=scope.parks)
    sums = dict(rows.order_by().values_list("approved_on__year").annotate(area=Sum("area")))
    last = today.year - 2
    groups = [
        (f"≤{last - 3}", [year for year in sums if year <= last - 3]),
        (f"{last - 2}–{last % 100:02d}", [year for year in sums if last - 3 < year <= last]),
        (f"{last + 1}–{today.year % 100:02d}", [year for year in sums if year > last]),
    ]
    found = [Segment(label, sum(sums[year] for year in years)) for label, years in groups]
    return found if any(segment.area for segment in found) else []


def stock_bar(segments: list[Segment], texts: list[str], label: str) -> str:
    """Return the bar of unsupplied land: the oldest left and darkest, each with its figure where it fits."""
    whole = sum(segment.area for segment in segments) or 1
    fills = (("#3d4b5f", "#fff"), ("#98a6bb", "#1b2430"), ("#e3e8ef", "#1b2430"))
    parts, x = [], 0.75
    for segment, text, (fill, ink) in zip(segments, texts, fills, strict=True):
        width = round(segment.area * (FRAME - 1.5) / whole, 1)
        if width <= 0:
            continue
        parts.append(
            f'<path d="M{x:g} .75h{width:g}v{HEIGHT - 1.5:g}h-{width:g}z" fill="{fill}" stroke="{FRAME_INK}"/>'
        )
        if width > 8 * len(text):
            parts.append(
                f'<text x="{x + width / 2:g}" y="12" font-size="11" text-anchor="middle" fill="{ink}">{text}</text>'
            )
        x += width
    return (
        f'<svg class="gauge" width="{FRAME + TAIL}" height="{HEIGHT}" viewBox="0 0 {FRAME + TAIL} {HEIGHT}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )
