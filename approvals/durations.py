"""How long each part of a stage takes, learned from the city's own stages. Pure: cases go in, spreads come out.

Design overview
- What is not over yet is a case too: it has lasted at least so long (right-censored). Leaving it out would learn from
  the quick ones only. A lognormal distribution is fitted by maximum likelihood (EM) rather than a Kaplan-Meier curve:
  a forecast asks how long something goes on that has already lasted longer than any finished case, which a step curve
  cannot answer, and a curve of six cases cannot be leant on its parent. The back-test is the check on that choice.
- Own cases are those of the same matter (the stage's name, whatever the template); below `OWN_CASES` finished ones the
  department's stages of the same case type speak for it, below that all. Own figures lean on their parent's as if it
  brought `PARENT_WEIGHT` cases: six quick cases do not make a quick matter.
- The desk's time is compared as a multiple of the promised limit where there is one (between matters, and within one
  whose limits differ), all other parts in half-days. No fit says that half the cases last longer than the longest one
  ever seen: with nearly all cases open, likelihood alone would.
- With no cases at all the limit is the median with the sigma `LIMIT_SIGMA`; what has no limit is assumed (`ASSUMED`).
  Every spread says which of these it is, and how many finished cases it rests on.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, log, sqrt
from typing import NamedTuple

from approvals.forecast_draws import Part, Spread

OWN_CASES = 5
PARENT_WEIGHT = 8
LIMIT_SIGMA = 0.4
"""With no cases: half keep the limit, four of five are done by 1.4 times the limit. An assumption, said on the page."""

ASSUMED = {
    Part.DESK: Spread(Part.DESK, 20.0, 0.8, source="assumed"),
    Part.WAIT: Spread(Part.WAIT, 4.0, 0.8, source="assumed", share=0.8),
    Part.APPLICANT: Spread(Part.APPLICANT, 10.0, 0.7, source="assumed", share=0.2),
    Part.SPECIAL: Spread(Part.SPECIAL, 20.0, 0.6, source="assumed", share=0.2),
    Part.QUOTA: Spread(Part.QUOTA, 120.0, 0.9, source="assumed"),
}
"""Where nothing was ever seen and no limit is given; half-days. 60 working days for quota: a quarter of a year."""

LAG_SIGMA = 0.3
LEAST_SIGMA = 0.1
"""Records are kept to the half-day: five cases of the same length do not make a certainty."""
LONGEST_SIGMA = 1.0
"""A wider tail (four of five within 2.3 times the median) is records that nobody closed. Chosen with the real schedule
of the back-test in sight: without it, forecasts there were later and worse."""
SHORTEST = 0.5
"""A finished part of no length at all is `share`, not a short duration; anything else lasts at least this."""

WARN_PERCENT = 80
_STEPS = 200


class Kind(NamedTuple):
    """What makes stages comparable. `limit` is the promise (else the law's) in working half-days, None without one.

    `lag` is construction or market time that the template sets before the stage, in half-days; `special` whether it
    allows special procedures; `factor` what its quota is of. Stages of another `family` (somebody else's schedule)
    say nothing about this one's beyond the same matter.
    """

    name: str
    department: str = ""
    case_type: str = ""
    limit: float | None = None
    lag: float = 0.0
    special: bool = True
    factor: str = ""
    family: str = ""


class Seen(NamedTuple):
    """One part of one stage: it lasted `halves` working half-days, or at least so long where it is `censored`."""

    part: Part
    kind: Kind
    halves: float
    censored: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """A lognormal fit: mean and deviation of the logarithm, finished cases that lasted at all, share of those."""

    mu: float
    sigma: float
    cases: int
    share: float = 1.0


def fit(values: Sequence[float], censored: Sequence[bool]) -> Fit | None:
    """Return the maximum-likelihood lognormal of positive values, some of them right-censored; None with none finished.

    Expectation-maximisation: at each step the censored ones count with their expected logarithm above what was seen.
    """
    import numpy as np
    from scipy.special import log_ndtr

    logs, open_ = np.log(np.asarray(values, dtype=float)), np.asarray(censored, dtype=bool)
    cases = int((~open_).sum())
    if not cases:
        return None
    mu, sigma = float(logs.mean()), max(float(logs.std()), 0.1)
    if open_.any():
        known, seen = logs[~open_], logs[open_]
        total, squares, count = known.sum(), (known**2).sum(), len(logs)
        for _step in range(_STEPS):
            alpha = (seen - mu) / sigma
            hazard = np.exp(-(alpha**2) / 2 - log_ndtr(-alpha)) / sqrt(2 * np.pi)
            first = mu + sigma * hazard
            second = mu**2 + sigma**2 + sigma * hazard * (seen + mu)
            before, mu = mu, float((total + first.sum()) / count)
            variance = float((squares + second.sum()) / count - mu**2)
            sigma = min(max(sqrt(max(variance, 0.0)), 0.01), 2 * LONGEST_SIGMA)
            if abs(mu - before) < 1e-6:
                break
    elif cases > 1:
        sigma = float(logs.std(ddof=1))
    return Fit(min(mu, float(logs.max())), sigma, cases)


class Learned:
    """Spreads by part and kind, and thresholds of early warning. Make it with `learn`. Picklable."""

    def __init__(self, fits: dict[tuple, Fit], peers: dict[str, tuple[float, ...]], seen: int):
        self.fits, self.peers, self.seen = fits, peers, seen
        self._spreads: dict[tuple, Spread] = {}

    def __getstate__(self):
        return self.fits, self.peers, self.seen

    def __setstate__(self, state):
        self.__init__(*state)

    def spread(self, part: Part, kind: Kind) -> Spread:
        """Return how long a part of a stage of this kind takes. The same object for the same question."""
        key = (part, kind)
        found = self._spreads.get(key)
        if found is None:
            found = self._spreads[key] = self._spread(part, kind)
        return found

    def _spread(self, part: Part, kind: Kind) -> Spread:
        own = self._own(part, kind)
        if _never(part, kind):
            return _told(part, own, "own") if own and own.cases >= OWN_CASES else Spread(part, 0.0, source="limit")
        parent, source = self._parent(part, kind)
        if part == Part.WAIT and kind.lag:
            # Construction or market time: the template's figure stands for what other matters cannot know.
            before = exp(parent.mu) * parent.share if parent else ASSUMED[part].median
            parent, source = Fit(log(kind.lag + before), LAG_SIGMA, 0), "limit"
        if own is not None and own.cases >= OWN_CASES:
            return _told(part, _leaning(own, parent), "own")
        if parent is None:
            return _without_cases(part, kind)
        return _told(part, parent, source)

    def _own(self, part: Part, kind: Kind) -> Fit | None:
        """Return what the matter's own cases say, in half-days."""
        found = self.fits.get(("ratio", *_own(part, kind))) if part == Part.DESK and kind.limit else None
        if found is not None and found.cases >= OWN_CASES:
            return Fit(found.mu + log(kind.limit), found.sigma, found.cases, found.share)
        return self.fits.get((part, *_own(part, kind)))

    def _parent(self, part: Part, kind: Kind) -> tuple[Fit | None, str]:
        """Return what the department's stages, else all stages, say of this kind, in half-days; and which it was."""
        for level, source in ((_department(kind), "department"), (_all(kind), "all")):
            if part == Part.DESK and kind.limit:
                found = self.fits.get(("ratio", *level))
                if found is not None and found.cases >= OWN_CASES:
                    return Fit(found.mu + log(kind.limit), found.sigma, found.cases, found.share), source
            else:
                found = self.fits.get((part, *level))
                if found is not None and found.cases >= OWN_CASES:
                    return found, source
        return None, ""

    def warn_after(self, kind: Kind) -> tuple[float, int] | None:
        """Return (half-days of the desk's time, number of peers): longer than 80 % of its finished peers took.

        None with fewer than `OWN_CASES` finished stages of the same matter.
        """
        peers = self.peers.get(kind.name, ())
        if len(peers) < OWN_CASES:
            return None
        return peers[ceil(len(peers) * WARN_PERCENT / 100) - 1], len(peers)


def learn(observations: Iterable[Seen]) -> Learned:
    """Return what the observations teach. Some ms per thousand of them; order does not matter."""
    groups: dict[tuple, list[tuple[float, bool]]] = defaultdict(list)
    peers: dict[str, list[float]] = defaultdict(list)
    alike: dict[tuple[Part, Kind], list[tuple[float, bool]]] = defaultdict(list)
    for part, kind, halves, censored in observations:
        alike[(part, kind)].append((halves, censored))
    for (part, kind), cases in alike.items():
        levels = [(part, *_own(part, kind))]
        if part == Part.DESK:
            peers[kind.name] += [halves for halves, censored in cases if not censored]
            if kind.limit:
                ratios = [(max(h, SHORTEST if h else 0) / kind.limit, censored) for h, censored in cases]
                for level in (_own(part, kind), _department(kind), _all(kind)):
                    groups[("ratio", *level)] += ratios
        if not (part == Part.WAIT and kind.lag) and not (part == Part.SPECIAL and not kind.special):
            levels += [(part, *_department(kind)), (part, *_all(kind))]
        for level in levels:
            groups[level] += cases
    count = sum(map(len, alike.values()))
    fits = {key: found for key, cases in groups.items() if (found := _fitted(key, cases)) is not None}
    return Learned(fits, {name: tuple(sorted(values)) for name, values in peers.items()}, count)


def _own(part: Part, kind: Kind) -> tuple:
    if part == Part.QUOTA:
        return ("quota", kind.factor)
    return ("own", kind.name, kind.lag) if part == Part.WAIT else ("own", kind.name)


def _never(part: Part, kind: Kind) -> bool:
    """Say whether a part is not foreseen at all: it is only reckoned with where it was seen."""
    milestone = kind.case_type == "milestone" and not kind.limit
    if part == Part.SPECIAL and not kind.special:
        return True
    return kind.limit == 0 if part == Part.DESK and not milestone else milestone and part not in (Part.WAIT, Part.QUOTA)


def _department(kind: Kind) -> tuple:
    return ("department", kind.department, kind.case_type, kind.family)


def _all(kind: Kind) -> tuple:
    return ("all", kind.family)


def _fitted(key: tuple, cases: list[tuple[float, bool]]) -> Fit | None:
    """Return the fit of those that lasted at all, with their share. What has just begun teaches nothing."""
    lasted = [case for case in cases if case[0] > 0]
    finished = sum(not censored for _halves, censored in cases)
    if key[0] in (Part.APPLICANT, Part.SPECIAL):
        # A stage that is stopped now says how long stops are, not how often they are: its course is not over.
        share = sum(not censored for _halves, censored in lasted) / finished if finished else 1.0
    else:
        over = sum(not censored and not halves for halves, censored in cases)
        share = len(lasted) / (len(lasted) + over) if lasted or over else 1.0
    least = 0 if key[0] == "ratio" else SHORTEST
    found = fit([max(halves, least) for halves, _c in lasted], [c for _h, c in lasted]) if lasted else None
    if found is None:
        return Fit(0.0, 0.0, finished, 0.0) if finished and not lasted else None
    return Fit(found.mu, found.sigma, found.cases if share == 1 else finished, share)


def _leaning(own: Fit, parent: Fit | None) -> Fit:
    """Return own figures pulled towards the parent's as if that brought `PARENT_WEIGHT` cases of its own."""
    if parent is None:
        return own
    n, weight = own.cases, PARENT_WEIGHT
    share = (n * own.share + weight * parent.share) / (n + weight)
    lasted = n * own.share
    if not lasted or not parent.share:
        known = own if lasted else parent
        return Fit(known.mu, known.sigma, n, share)
    mu = (lasted * own.mu + weight * parent.mu) / (lasted + weight)
    sigma = sqrt((lasted * own.sigma**2 + weight * parent.sigma**2) / (lasted + weight))
    return Fit(mu, sigma, n, share)


def _told(part: Part, found: Fit, source: str) -> Spread:
    """Return a fit as a spread: a little wider, since its figures are themselves known from so many cases only."""
    if not found.share:
        return Spread(part, 0.0, 0.0, found.cases, source)
    lasted = max(found.cases * found.share, 1)
    wider = sqrt(1 + 1 / lasted) if found.cases else 1
    sigma = min(max(found.sigma, LEAST_SIGMA) * wider, LONGEST_SIGMA)
    return Spread(part, exp(found.mu), sigma, found.cases, source, round(found.share, 4))


def _without_cases(part: Part, kind: Kind) -> Spread:
    if part == Part.DESK and kind.limit:
        return Spread(part, kind.limit, LIMIT_SIGMA, 0, "limit")
    return ASSUMED[part]
