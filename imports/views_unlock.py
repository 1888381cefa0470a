"""The table of an unlock plan as a workbook: one line for each limit, one for each project, numbers as numbers."""

import json
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from cockpit import unlock_run, unlocking
from cockpit.unlock_board import Board
from cockpit.unlock_setup import QUOTA, Setup, address
from cockpit.views.unlock import scenario_for, setup_of, solved
from factors import quantity
from imports import exports
from imports.views import attachment
from people import audit, limits
from people.access import needs, require

MOST = 20_000


@require_GET
@needs("unlock.plan")
def unlock_export(request):
    """Send the plan of the address, or of a kept scenario, as .xlsx; with `format` json the question that it answers,
    as `manage.py plan_unlock` reads it. One audit entry.
    """
    require(request.user, "project.export")
    now = timezone.localtime()
    if refused := limits.refuse_export(request, now):
        return refused
    pk = request.GET.get("scenario", "")
    if pk.isascii() and pk.isdigit() and len(pk) < 10:
        row = scenario_for(request.user, int(pk))
        board, name, target = Board(row.facts, row.result), row.name, row
    else:
        facts = unlocking.facts_of(request.user, setup_of(request), now)
        board, name, target = Board(facts, solved(facts)), str(_("Unlock plan")), None
    if request.GET.get("format") == "json":
        audit.record("export", by=request.user, request=request, target=target, what="unlock instance")
        body = json.dumps(unlock_run.instance_file(board.facts), ensure_ascii=False, indent=1)
        return attachment(body, f"{name}-{now:%Y%m%d}.json", "application/json")
    rows = [*_limits(board), *_projects(board)][:MOST]
    body = exports.workbook(rows, _columns(board), title=name)
    audit.record("export", by=request.user, request=request, target=target, what="unlock", rows=len(rows))
    return attachment(body, f"{name}-{now:%Y%m%d}.xlsx", exports.XLSX)


def _number(amount: int, row: dict) -> Decimal:
    """Return smallest units as an exact number of the unit that is shown."""
    unit = quantity.family_of(row["family"]).unit(row["unit"])
    exact = quantity.full_decimals(amount, unit)
    text = quantity.format(amount, row["family"], unit, decimals=exact if exact is not None else unit.decimals)
    return Decimal(text.replace(",", "").replace(quantity.MINUS, "-"))


def _line(kind, name, cells=None, **more) -> dict:
    return {"kind": kind, "name": name, "cells": cells or {}, **more}


def _limits(board: Board):
    """Yield the lines above and below the projects: what each limit has, what is assumed, taken, left, worth."""
    columns = board.columns

    def line(word, amount):
        return _line(word, "", {column.key: _number(amount(column), column.row) for column in columns})

    yield line(_("available now"), lambda column: column.row["parts"]["now"])
    for code, words, _cells, _count in board.parts:
        yield line(str(words), lambda column, code=code: column.row["parts"].get(code, 0))
    if board.has_keep:
        yield line(_("kept back"), lambda column: column.row["keep"])
    yield line(_("limit of this scenario"), lambda column: column.row["amount"])
    yield line(_("Taken in all"), lambda column: column.used)
    yield line(_("left over"), lambda column: column.left)
    prices = {column.key: Decimal(column.price.replace(",", "")) for column in columns}
    yield _line(_("Shadow price"), str(board.price_unit), prices)
    steps = {column.key: _number(column.step["amount"], column.row) for column in columns if column.step}
    yield _line(_("First step"), "", steps)
    yield _line(_("value"), f"{board.value} {board.unit}")
    proven = _("proven best") if board.plan["proven"] else _("not proven best")
    yield _line(_("Proven bound"), f"{board.bound} {board.unit}, {pgettext('unlock', 'Gap')} {board.gap}, {proven}")
    yield _line(_("Linear bound, if projects could be divided"), f"{board.lp_bound} {board.unit}")
    for words, number in board.unknown:
        yield _line(_("no figure on record"), f"{words}: {number}")
    yield _line(_("assumptions"), _assumed(board), missing=address(board.facts))


def _assumed(board: Board) -> str:
    """Return the assumptions in words; the address beside them says all of them."""
    setup = Setup.kept_in(board.facts)
    counted = [_("available now"), *(str(QUOTA[name]) for name in setup.quota)]
    wishes = _("must %(must)s, must not %(out)s") % {"must": len(setup.must), "out": len(setup.out)}
    words = [
        setup.objective_label,
        " + ".join(counted),
        setup.weighting_label,
        f"{_('Keep back')} {setup.keep} %",
        wishes,
    ]
    words += [f"{_('all or none')} {letter} × {number}" for letter, number in board.letters]
    return "；".join(str(word) for word in words)


def _projects(board: Board):
    for word, lines in ((_("chosen"), board.chosen), (_("not chosen"), board.rest)):
        for line in lines:
            cells = {column.key: _number(amount, column.row) for column, amount in line.cells if amount}
            missing = "，".join(
                f"{limit.full_title} {quantity.exact(amount, limit.row['family'], limit.row['unit'])}"
                for limit, amount in line.topup
            )
            yield _line(word, line.name, cells, line=line, missing=missing or line.why)


def _columns(board: Board) -> list:
    """Return (heading, getter) pairs: what it is, the project, its class and investment, then one for each limit."""

    def of(getter):
        return lambda row: getter(row["line"]) if row.get("line") else None

    def rounded(one: Decimal | None) -> Decimal | None:
        return None if one is None else one.quantize(Decimal("0.01"))

    tce, mu = quantity.family_of("energy").unit("tce"), quantity.family_of("land").unit("mu")
    rate = _("%(figure)s for each %(unit)s (10,000 yuan)")
    fixed = [
        (_("line"), lambda row: row["kind"]),
        (_("Project"), lambda row: row["name"]),
        (_("project code"), of(lambda line: line.code)),
        (_("Enterprise"), of(lambda line: line.enterprise)),
        (pgettext("unlock", "Class"), of(lambda line: str(line.level_words))),
        (_("Investment (10,000 yuan)"), of(lambda line: line.known("wan"))),
        (_("Yearly output at full production (10,000 yuan)"), of(lambda line: line.known("output"))),
        (_("Yearly tax at full production (10,000 yuan)"), of(lambda line: line.known("tax"))),
        (rate % {"figure": board.figure_words, "unit": tce.name}, of(lambda line: rounded(line.per_tce))),
        (rate % {"figure": board.figure_words, "unit": mu.name}, of(lambda line: rounded(line.per_mu))),
        (_("all or none"), of(lambda line: line.row.get("letter"))),
    ]
    pools = [
        (f"{column.full_title}（{column.unit_words}）", lambda row, key=column.key: row["cells"].get(key))
        for column in board.columns
    ]
    return [*fixed, *pools, (_("Least top-up"), lambda row: row.get("missing"))]
