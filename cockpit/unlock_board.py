"""The unlock plan as a page shows it: limits, projects, the result, the comparison, what can be carried out.

Made of facts and result alone (`unlocking.facts_of`, `unlock_run.run`), so that the page, a kept scenario, the print
and the table that is exported say the same. No queries.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cockpit import unlock_run
from cockpit.unlock_rows import (
    DECIMALS,
    MONEY_WORDS,
    PRICE_UNITS,
    UNITS,
    Column,
    Line,
    Named,
    named,
    price_words,
    worth,
)
from cockpit.unlock_setup import MEASURES, OBJECTIVES, QUOTA, SHARES
from cockpit.unlock_worth import MONEY_OF, total_wan
from factors import quantity


@dataclass
class Board:
    """Everything that the page shows of one run."""

    facts: dict
    result: dict

    @property
    def objective(self) -> str:
        """The code of what is maximised."""
        return self.facts["objective"]

    @property
    def objective_words(self):
        """What is maximised, in words."""
        return OBJECTIVES[self.objective]

    @property
    def unit(self):
        """The unit of the value."""
        return UNITS[self.objective]

    @property
    def price_unit(self):
        """The unit of a price."""
        return PRICE_UNITS[self.objective]

    @property
    def figure(self) -> str:
        """The money that the rows show: what is maximised where that is money, else the investment."""
        return MONEY_OF.get(self.objective, "wan")

    @property
    def figure_words(self):
        """That money in words."""
        return MONEY_WORDS[self.figure]

    @property
    def digits(self) -> int:
        """The decimals of that money in 亿元."""
        return DECIMALS[self.objective] if self.objective in MONEY_OF else 1

    @property
    def unknown(self) -> list[tuple[object, int]]:
        """Of how many candidates a figure that counts here is not known: (the figure in words, how many)."""
        setup = dict(self.facts["setup"])
        counts = {name: int(setup.get(f"share-{name}", share)) for name, share in SHARES.items()}
        asked = [name for name in counts if counts[name]] if self.objective == "score" else [self.objective]
        numbers = [(MEASURES[name], self.facts["notes"].get(f"without_{name}", 0)) for name in asked]
        return [(words, number) for words, number in numbers if number]

    @property
    def letters(self) -> list[tuple[str, int]]:
        """The groups that come all or none: letter and how many candidates carry it."""
        return sorted(Counter(row["letter"] for row in self.facts["candidates"] if row.get("letter")).items())

    @property
    def plan(self) -> dict:
        """The plan as it was told."""
        return self.result["plan"]

    def shown(self, value: int) -> str:
        """Show a value of this objective."""
        return worth(value, self.objective)

    # --- columns and rows

    @cached_property
    def takes(self) -> dict:
        """What each chosen project takes of each limit."""
        return unlock_run.taken(self.plan, self.facts)

    @cached_property
    def columns(self) -> list[Column]:
        """The limits that can give something and that somebody wants; a total cap only where it could be what binds."""
        mine = unlock_run.used(self.takes)
        queue = unlock_run.used(unlock_run.taken(self.result["simple"], self.facts))
        wanted = {key for row in self.facts["candidates"] for need in row["needs"] for r in need["routes"] for key in r}
        found = []
        for row in self.facts["limits"]:
            if row["key"] in wanted and row["amount"] > 0 and (row["kind"] != "cap" or self._may_bind(row)):
                price = Decimal(self.result["prices"].get(row["key"], "0"))
                step = self.result["steps"].get(row["key"])
                found.append(
                    Column(
                        row,
                        mine.get(row["key"], 0),
                        queue.get(row["key"], 0),
                        price_words(price * row["per_unit"], self.objective),
                        step,
                        self.shown(step["gain"]) if step else "",
                    )
                )
        return found

    def _may_bind(self, cap: dict) -> bool:
        under = {
            r[0] for row in self.facts["candidates"] for need in row["needs"] for r in need["routes"] if cap["key"] in r
        }
        return cap["amount"] < sum(row["amount"] for row in self.facts["limits"] if row["key"] in under)

    @cached_property
    def empty_limits(self) -> list[str]:
        """The names of pools that projects want and that have nothing in this scenario: they are no columns."""
        shown = {column.row["key"] for column in self.columns}
        rows = [row for row in self.facts["limits"] if row["key"] not in shown and row["kind"] in ("pool", "none")]
        return [row["name"] if row["kind"] == "pool" else f"{row['factor_name']} {row['name']}" for row in rows]

    @cached_property
    def parts(self) -> list[tuple[str, object, list, int]]:
        """The lines of what is assumed: code, words, (column, amount) for each, how many entries it is made of."""
        found = []
        for name, words in QUOTA.items():
            cells = [(column, column.row["parts"].get(name, 0)) for column in self.columns]
            number = sum(entry[0] == name for row in self.facts["limits"] for entry in row["from"])
            if any(amount for _column, amount in cells):
                found.append((name, words, cells, number))
        return found

    @property
    def has_keep(self) -> bool:
        """Whether anything is kept back."""
        return any(column.row["keep"] for column in self.columns)

    def _line(self, row: dict, chosen: bool) -> Line:
        needs: dict[str, int] = {}
        for need in row["needs"]:
            for key in need["routes"][0]:
                needs[key] = needs.get(key, 0) + need["amount"]
        amounts = self.takes.get(row["key"], {}) if chosen else needs
        cells = [(column, amounts.get(column.row["key"], 0)) for column in self.columns]
        instead = self._instead.get(row["key"], []) if chosen else []
        return Line(row, cells, chosen, self.figure, row["key"] in set(self.result["ready"]), instead=instead)

    @cached_property
    def _instead(self) -> dict[str, list[tuple[str, str]]]:
        """The needs that the plan meets from elsewhere than their own pool: (book, names of the pools)."""
        names = {row["key"]: Named(row).head for row in self.facts["limits"]}
        needs = {row["key"]: row["needs"] for row in self.facts["candidates"]}
        other: dict[tuple[str, int], list[str]] = {}
        for candidate, place, route, _amount in self.plan["takes"]:
            keys = needs[candidate][place]["routes"][route]
            if keys != needs[candidate][place]["own"]:
                other.setdefault((candidate, place), []).append(names[keys[0]])
        found: dict[str, list[tuple[str, str]]] = {}
        for (candidate, place), pools in other.items():
            book = needs[candidate][place]["book"].split(" · ")[-1]
            found.setdefault(candidate, []).append((book, pgettext("list", ", ").join(pools)))
        return found

    @cached_property
    def chosen(self) -> list[Line]:
        """The chosen projects, the most valuable first."""
        keys = set(self.plan["chosen"])
        rows = [row for row in self.facts["candidates"] if row["key"] in keys]
        return [self._line(row, True) for row in sorted(rows, key=lambda row: (-row["value"], row["key"]))]

    @cached_property
    def rest(self) -> list[Line]:
        """The projects that were not chosen, the most valuable first, with their least top-up or why there is none."""
        keys, out = set(self.plan["chosen"]), {pair[0] for pair in self.plan["excluded"]}
        rows = [row for row in self.facts["candidates"] if row["key"] not in keys]
        limits = {row["key"]: row for row in self.facts["limits"]}
        found = []
        for row in sorted(rows, key=lambda row: (-row["value"], row["key"])):
            line = self._line(row, False)
            topup = self.result["topups"].get(row["key"])
            line.topup = [(Named(limits[key]), more) for key, more in (topup or {}).items() if key in limits and more]
            if row["key"] in out:
                line.why = _("below the least efficiency")
            elif row["must"] == "out":
                line.why = _("left out by decision")
            elif any(key.startswith("district:") for key in topup or ()):
                line.why = _("its district has as many as it may")
            elif not row["value"]:
                line.why = _("counts as nothing: no figure on record")
            elif topup is not None and not line.topup:
                line.why = _("fits, but is worth less than what it would push out")
            found.append(line)
        return found

    @property
    def refused(self) -> list[tuple[Named, int]]:
        """What is missing at least for what must be in, limit by limit."""
        limits = {row["key"]: row for row in self.facts["limits"]}
        short = self.result["refused"]["shortages"].items() if self.result["refused"] else ()
        return [(Named(limits[key]), amount) for key, amount in short if key in limits]

    @property
    def counted(self) -> tuple[str, str]:
        """How many sets were looked at, and how many of them fit."""
        return f"{self.plan['combinations']:,}", f"{self.plan['feasible']:,}"

    @property
    def chosen_money(self) -> Decimal:
        """The money that the rows show, of the chosen, in 万元; unknown counts as nothing."""
        return total_wan((line.row for line in self.chosen), self.figure)

    @property
    def chosen_wan(self) -> Decimal:
        """The investment of the chosen in 万元."""
        return total_wan(line.row for line in self.chosen)

    # --- the result

    @property
    def value(self) -> str:
        """The value of the plan."""
        return self.shown(self.plan["value"])

    @property
    def bound(self) -> str:
        """What no plan can exceed."""
        return self.shown(self.plan["bound"])

    @property
    def lp_bound(self) -> str:
        """What divisible projects could reach."""
        return self.shown(self.plan["lp_bound"])

    @property
    def gap(self) -> str:
        """The gap in percent, rounded upwards, so that it never looks smaller than it is."""
        gap = self.plan["gap"]
        if gap is None:
            return "—"
        return f"{Decimal(str(gap * 100)).quantize(Decimal('0.01'), 'ROUND_UP'):.2f}%"

    @property
    def lp_above(self) -> str:
        """By how much the linear bound lies above the plan, in percent."""
        if not self.plan["value"]:
            return "—"
        return f"{(self.plan['lp_bound'] - self.plan['value']) * 100 / self.plan['value']:.1f}%"

    @property
    def cost_of_wishes(self) -> str:
        """What must and must-not cost: the value of the plan that insists on nothing less this one's; "" for none."""
        free = self.result["free"]
        return self.shown(free["value"] - self.plan["value"]) if free else ""

    # --- beside the simple queue

    @cached_property
    def comparison(self) -> dict:
        """The plan beside the list by grade and waiting time: who wins, who loses, which high projects are left out."""
        mine, queue = set(self.plan["chosen"]), set(self.result["simple"]["chosen"])
        rows = self.facts["candidates"]
        more = [row for row in rows if row["key"] in mine - queue]
        less = [row for row in rows if row["key"] in queue - mine]
        high = [row for row in rows if row["level"] in unlock_run.HIGH]
        scale = max(self.plan["lp_bound"], self.plan["value"], self.result["simple"]["value"], 1)
        bars = [
            ("plan", _("this plan"), self.plan["value"]),
            ("queue", _("by grade and waiting time"), self.result["simple"]["value"]),
            ("linear", _("linear bound"), self.plan["lp_bound"]),
        ]
        return {
            "bars": [(name, words, self.shown(value), value * 150 // scale) for name, words, value in bars],
            "counts": (len(mine), len(queue)),
            "high": (sum(r["key"] in mine for r in high), sum(r["key"] in queue for r in high), len(high)),
            "taken": [c for c in self._most_different if c.used != c.by_queue][:2],
            "more": named(more),
            "more_count": len(more),
            "more_wan": total_wan(more),
            "less": named(less),
            "less_count": len(less),
            "less_wan": total_wan(less),
            "left_out": named([row for row in high if row["key"] not in mine]),
            "lost_value": self.plan["value"] - self.result["simple"]["value"],
            "lost": self.shown(self.plan["value"] - self.result["simple"]["value"]),
        }

    @property
    def wishes(self) -> list[tuple[dict, str, list]]:
        """The high projects that were left out: the row, what insisting on it costs ("" where it does not fit), and
        what is missing then.
        """
        rows = {row["key"]: row for row in self.facts["candidates"]}
        limits = {row["key"]: Named(row) for row in self.facts["limits"]}
        found = []
        for key, wish in self.result["wishes"].items():
            cost = "" if "short" in wish else self.shown(wish["cost"])
            short = [(limits[limit], amount) for limit, amount in wish.get("short", {}).items() if limit in limits]
            found.append((rows[key], cost, short))
        return found

    @property
    def _most_different(self) -> list[Column]:
        return sorted(
            self.columns, key=lambda c: (-abs(c.used - c.by_queue) / c.row["amount"], -c.used / c.row["amount"])
        )

    # --- carrying out

    @cached_property
    def ready(self) -> list[Line]:
        """The chosen projects that the pools hold for today."""
        return [line for line in self.chosen if line.ready]

    @property
    def ready_needs(self) -> list[dict]:
        """Their needs, one request each."""
        return [need for line in self.ready for need in line.row["needs"]]

    @property
    def all_needs(self) -> int:
        """How many requests all chosen projects would take."""
        return sum(len(line.row["needs"]) for line in self.chosen)

    @property
    def ready_names(self) -> str:
        """The names of those that today's quota is enough for."""
        return named([line.row for line in self.ready])

    @cached_property
    def reading(self) -> list[str]:
        """Two sentences that say how to read prices and steps, with the figures of this plan."""
        dear = [column for column in self.columns if column.price != "0"]
        lines = []
        if dear:
            values = pgettext("list", ", ").join(
                _("one more %(unit)s of %(pool)s is worth %(price)s %(money)s")
                % {"unit": c.unit_words, "pool": c.head, "price": c.price, "money": self.price_unit}
                for c in dear[:3]
            )
            lines.append(_("%(values)s; only a direction, projects cannot be divided.") % {"values": values})
        steps = sorted((c for c in self.columns if c.step), key=lambda c: -c.step["gain"])
        lines += [self._step_words(column) for column in steps[:1]]
        return lines

    def _step_words(self, column: Column) -> str:
        rows = {row["key"]: row for row in self.facts["candidates"]}
        mine, then = set(self.plan["chosen"]), set(column.step["chosen"])
        facts = {
            "pool": column.head,
            "amount": quantity.show(
                column.step["amount"], column.row["family"], column.row["unit"], up=True, with_unit=True
            ),
            "come": named([rows[key] for key in column.step["chosen"] if key not in mine]),
            "go": named([rows[key] for key in self.plan["chosen"] if key not in then]),
            "before": self.value,
            "after": self.shown(self.plan["value"] + column.step["gain"]),
        }
        if facts["go"]:
            return (
                _("%(pool)s helps from %(amount)s more: %(come)s in place of %(go)s, %(before)s → %(after)s.") % facts
            )
        return _("%(pool)s helps from %(amount)s more: %(come)s as well, %(before)s → %(after)s.") % facts
