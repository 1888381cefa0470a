"""Chain length against the benchmark: the critical path, the sum of committed days, and what real cases took.

The path is never compared with the benchmark's sum: sum stands against sum, and stage counts are words.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from django.db.models import Count

from approvals.models import Chain, ChainTemplate
from cockpit.scope import Scope

WIDTH, HEIGHT = 330, 22
INK, SOLID, BLUE = "#2b3442", "#5b6878", "#1f5fa8"
MOST = 3
ROOM = 92
"""Pixels that the label of the path needs inside its bar."""


@dataclass(frozen=True)
class Length:
    """One template in use, in working days. `real`: median net days of the cases finished within twelve months."""

    code: str
    version: int
    name: str
    stages: int
    total: Decimal
    path: Decimal
    chains: int
    real: Decimal | None
    finished: int
    benchmark: ChainTemplate | None


def lengths(scope: Scope, today: date, most: int = MOST) -> list[Length]:
    """Return the templates that most running chains follow. Three queries."""
    templates = list(
        ChainTemplate.objects.exclude(status=ChainTemplate.Status.DRAFT)
        .defer("note", "source")
        .order_by("code", "-version")
    )
    followed: dict[int, int] = defaultdict(int)
    counted = scope.within(Chain.objects.all(), "project").order_by()
    for template, number in _count(counted):
        followed[template] += number
    code_of = {row.pk: row.code for row in templates}
    by_code: dict[str, int] = defaultdict(int)
    for pk, number in followed.items():
        by_code[code_of.get(pk, "")] += number
    net: dict[str, list] = defaultdict(list)
    done = counted.filter(closed_on__gt=today - timedelta(days=365), closed_on__lte=today)
    # Half-days repeat: a city's thousands of chains took some hundred different numbers of them.
    for template, days, number in done.values_list("template", "net_days").annotate(number=Count("pk")):
        net[code_of.get(template, "")] += [days] * number
    newest: dict[str, ChainTemplate] = {}
    for row in templates:
        newest.setdefault(row.code, row)
    found = [
        Length(
            row.code,
            row.version,
            row.name,
            row.stage_count,
            row.sum_working_days,
            row.critical_path_working_days,
            by_code[code],
            Decimal(median(net[code])).quantize(Decimal("0.1"), ROUND_HALF_UP) if net[code] else None,
            len(net[code]),
            newest.get(row.benchmark_code) or _benchmark(newest),
        )
        for code, row in newest.items()
        if by_code[code] and row.kind != ChainTemplate.Kind.BENCHMARK
    ]
    return sorted(found, key=lambda one: (-one.chains, one.code))[:most]


def _count(chains):
    return chains.values_list("template").annotate(number=Count("pk"))


def _benchmark(newest) -> ChainTemplate | None:
    return next((row for row in newest.values() if row.kind == ChainTemplate.Kind.BENCHMARK), None)


def scale_of(rows: list[Length]) -> Decimal:
    """Return the days of a full bar, the same for all rows."""
    return max([max(row.total, row.real or 0) for row in rows] + [Decimal(1)])


def bar(row: Length, scale: Decimal, label: str, path_label: str, real_label: str) -> str:
    """Return the drawing of one template: solid path in the outline of the sum, a tick for real cases, a dashed line
    for the benchmark's sum. Labels are escaped by the caller. Pure.
    """

    def x(days) -> float:
        return round(float(days / scale) * (WIDTH - 70), 1)

    end, words = x(max(row.total, row.real or 0)) + 6, [real_label] if row.real is not None else []
    parts = [
        f'<path d="M.5 3.5h{x(row.total):g}v15H.5z" fill="#fff" stroke="#8a96a6"/>',
        f'<path d="M.5 3.5h{x(row.path):g}v15H.5z" fill="{SOLID}"/>',
    ]
    if x(row.path) >= ROOM:
        parts.append(f'<text x="6" y="15" font-size="12" fill="#fff">{path_label}</text>')
    else:
        words.insert(0, path_label)
    if row.real is not None:
        parts.append(f'<path d="M{x(row.real):g} 0v22" stroke="{INK}" stroke-width="2.5"/>')
    parts.append(f'<text x="{end:g}" y="15" font-size="12" fill="{INK}">{" · ".join(words)}</text>')
    if row.benchmark is not None:
        at = x(row.benchmark.sum_working_days)
        parts.append(f'<path d="M{at:g} 0v{HEIGHT}" stroke="{BLUE}" stroke-width="1.5" stroke-dasharray="4 3"/>')
    return (
        f'<svg class="chain-bar" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )
