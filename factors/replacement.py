"""Equal and reduced replacement (等量、减量替代): a two-high project cites verified savings, each used once. Pure.

Ratios are parameters of the province and the year, in thousandths: 1000 is one for one, 1200 is 1.2 saved for 1 used
(domain.md §4.1). Amounts are whole smallest units; what is required is rounded up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from factors.finding import Finding

ONE = 1000


@dataclass(frozen=True, slots=True)
class Source:
    """A verified saving and what other demands already use of it."""

    code: str
    saving: int
    used: int = 0

    @property
    def left(self) -> int:
        """What can still be cited, never below 0."""
        return max(0, self.saving - self.used)


@dataclass(frozen=True, slots=True)
class Use:
    """What a demand takes of a source."""

    source: str
    amount: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the cited sources cover a demand; `missing` is 0 when they do."""

    required: int
    cited: int

    @property
    def missing(self) -> int:
        return max(0, self.required - self.cited)


def thousandths(ratio: Decimal) -> int:
    """A ratio as the whole number of thousandths. ValueError for more than three decimals or below one for one."""
    scaled = ratio.scaleb(3)
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or scaled < ONE:
        raise ValueError(f"a ratio is 1 or more with three decimals at most: {ratio}")
    return int(scaled)


def required(demand: int, ratio_thousandths: int) -> int:
    """What must be saved elsewhere for a demand: demand × ratio, rounded up to a whole smallest unit."""
    return -(-demand * ratio_thousandths // ONE)


def served(cited: int, ratio_thousandths: int) -> int:
    """The largest demand that cited savings cover at this ratio."""
    return cited * ONE // ratio_thousandths


def check_uses(
    demand: int, ratio_thousandths: int, uses: Iterable[Use], sources: Iterable[Source]
) -> tuple[Coverage, list[Finding]]:
    """How far `uses` cover the demand, and what stands against them.

    `sources` carry what others use. Codes: not_positive (source, amount) · unknown_source (source) · used_up (source,
    cited, left, over) · not_covered (required, cited, missing). What a source cannot give is not counted as cited.
    """
    known = {source.code: source for source in sources}
    taken: dict[str, int] = {}
    findings = []
    for use in uses:
        if use.amount <= 0:
            findings.append(Finding("not_positive", {"source": use.source, "amount": use.amount}))
        elif use.source not in known:
            findings.append(Finding("unknown_source", {"source": use.source}))
        else:
            taken[use.source] = taken.get(use.source, 0) + use.amount
    for code, amount in taken.items():
        left = known[code].left
        if amount > left:
            facts = {"source": code, "cited": amount, "left": left, "over": amount - left}
            findings.append(Finding("used_up", facts))
    cited = sum(min(amount, known[code].left) for code, amount in taken.items())
    coverage = Coverage(required(demand, ratio_thousandths), cited)
    if coverage.missing:
        facts = {"required": coverage.required, "cited": cited, "missing": coverage.missing}
        findings.append(Finding("not_covered", facts))
    return coverage, findings


def suggest(demand: int, ratio_thousandths: int, sources: Iterable[Source]) -> tuple[Use, ...]:
    """Uses that cover the demand with the fewest sources, the largest first; all there is where it does not suffice."""
    needed = required(demand, ratio_thousandths)
    uses = []
    for source in sorted(sources, key=lambda source: (-source.left, source.code)):
        amount = min(needed, source.left)
        if amount <= 0:
            break
        uses.append(Use(source.code, amount))
        needed -= amount
    return tuple(uses)
