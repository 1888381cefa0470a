"""Why forecasts of construction fail on a list of active projects, and what delayed entry in the likelihood would mend.

    python -m benchmarks.delayed_entry FILE.csv --since 2024-07-01 --end 2025-09-30

FILE is the schedule of the back-test (New York City School Construction Authority). It lists active projects: who
finished has left it after some months. So a phase that began years ago is in it *because* it is still not over, and a
fit that takes it for an ordinary open case learns lengths that nobody has. The remedy needs one date, from which on the
list loses nobody for long: ends before it are not counted, and every phase that was at work on it counts from there,
given that it had lasted until then (left truncation). Nothing is tuned: on the first of every month each way learns
from what was known, and says how many of the phases at work end by the last day of the file.
"""

import argparse
import csv
import sys
from datetime import date, datetime
from pathlib import Path

PHASES = ("Construction", "Design", "Scope", "Purch & Install")
LEAST_ENDED = 5


def read(path: Path) -> dict[str, list[tuple[date, date | None]]]:
    """Return (actual start, actual end or None) of the phases that began, by their name."""
    found: dict[str, list] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            row = {name.strip(): value.strip() for name, value in row.items() if name}
            begun, ended = (_day(row[f"Project Phase Actual {word} Date"]) for word in ("Start", "End"))
            if begun:
                found.setdefault(row["Project Phase Name"], []).append((begun, ended))
    return found


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()
    except ValueError:
        return None


def fit(lasted, is_open, entered) -> tuple[float, float]:
    """Return mu and sigma of the lognormal of the greatest likelihood, given survival to `entered` days (0: none)."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.stats import norm

    logs, late = np.log(lasted), entered > 0
    starts = np.log(np.where(late, entered, 1.0))

    def loss(point):
        mu, sigma = point[0], np.exp(point[1])
        at = (logs - mu) / sigma
        told = np.where(is_open, norm.logsf(at), norm.logpdf(at) - np.log(sigma))
        return -(told - np.where(late, norm.logsf((starts - mu) / sigma), 0)).sum()

    found = minimize(loss, [logs.mean(), 0.0], method="Nelder-Mead").x
    return float(found[0]), float(np.exp(found[1]))


def score(phases, since: date, end: date, delayed: bool) -> tuple[int, float, int, float] | None:
    """Return (forecasts, ends expected, ends that came, mean squared error of the probability); None: too few ended."""
    import numpy as np
    from scipy.stats import norm

    chances, outcomes = [], []
    for month in range(1, end.month):
        day = date(end.year, month, 1)
        known = [(b, e) for b, e in phases if b < day and not (delayed and e is not None and e < since)]
        ended = np.array([e is not None and e <= day for _b, e in known])
        if ended.sum() < LEAST_ENDED:
            continue
        lasted = np.array(
            [max(((e if over else day) - b).days, 0.5) for (b, e), over in zip(known, ended, strict=True)]
        )
        entered = np.array([max((since - b).days, 0) for b, _e in known], dtype=float)
        entered = np.where(entered < lasted, entered, 0) if delayed else np.zeros(len(known))
        mu, sigma = fit(lasted, ~ended, entered)
        left, rest = lasted[~ended], (end - day).days
        alive = np.maximum(norm.sf((np.log(left) - mu) / sigma), 1e-300)
        chances += list(1 - norm.sf((np.log(left + rest) - mu) / sigma) / alive)
        outcomes += [e is not None for (_b, e), over in zip(known, ended, strict=True) if not over]
    if not chances:
        return None
    chance, came = np.array(chances), np.array(outcomes)
    return len(came), float(chance.sum()), int(came.sum()), float(((chance - came) ** 2).mean())


def report(path: Path, since: date, end: date) -> str:
    """Return the figures as Markdown."""
    lines = [
        f"| phase | forecasts | ended by {end} | expected, as the product learns | delayed entry from {since} "
        "| squared error | with delayed entry |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    phases = read(path)
    for name in PHASES:
        plain, late = (score(phases.get(name, []), since, end, delayed) for delayed in (False, True))
        if plain and late:
            lines.append(
                f"| {name} | {plain[0]:,} | {plain[2]:,} | {plain[1]:.0f} | **{late[1]:.0f}** | {plain[3]:.3f} | "
                f"**{late[3]:.3f}** |"
            )
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--since", type=date.fromisoformat, default=date(2024, 7, 1))
    parser.add_argument("--end", type=date.fromisoformat, default=date(2025, 9, 30))
    options = parser.parse_args(argv)
    print(report(options.file, options.since, options.end))
    return 0


if __name__ == "__main__":
    sys.exit(main())
