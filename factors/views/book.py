"""The ledger book of an account: on screen with the voucher panel beside it, and as a printed register."""

from datetime import timedelta

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from factors import book, book_reading, overview, quantity, reservations, rights
from factors.models import Account, Posting, Voucher
from factors.views import panel
from factors.views.common import account_for, as_of, crumbs, day, number
from people.access import needs
from people.models import User
from projects.models import Project

PAGE, SHEET = 20, 22
CHECKED_ALONE, COUNTED_ALONE = 3_000, 100_000
PRINTED_AT_MOST = 5_000
VIEWS = ("page", "project", "month")
FLOWS = {"in", "out", "hold", "granted", *overview.ORIGIN.values()}


@require_GET
@needs("factor.view")
def account_book(request, pk):
    """Show a page of the book. About thirty queries; they do not grow with the number of entries."""
    reservations.sweep(timezone.now())
    account = account_for(request.user, pk)
    context = book_context(request, account)
    context["panel"] = panel.opened(request, account)
    return render(request, "factors/book.html", context)


def filters_of(request) -> book_reading.Filters:
    """Return the filters of the query string; what is none is left out."""
    query = request.GET
    flow = query.get("flow", "")
    since, until, past = day(query.get("since", "")), day(query.get("until", "")), as_of(query.get("as_of", ""))
    return book_reading.Filters(
        since=since,
        until=min(filter(None, [until, past]), default=None),
        kind=query.get("kind", "") if query.get("kind") in Posting.Kind.values else "",
        flow=flow if flow in FLOWS else "",
        project=query.get("project", "")[:40],
        maker=query.get("maker", "")[:150],
        text=query.get("q", "").strip()[:60],
    )


def book_context(request, account) -> dict:
    """Return what the page of an account's book shows."""
    user, filters = request.user, filters_of(request)
    past = as_of(request.GET.get("as_of", ""))
    view = request.GET.get("view") if request.GET.get("view") in VIEWS else "page"
    totals = (
        book_reading.totals_through(account.pk, book_reading.last_through(account.pk, past))
        if past
        else book_reading.live(account.pk)
    )
    context = {
        "account": account,
        "filters": filters,
        "view": view,
        "past": past,
        "totals": totals,
        "is_holding": account.role in ("holding", "used"),
        "siblings": _siblings(account),
        "choices": _choices(user, account),
        "may_make": rights.may_make(user, account) and panel.has_kinds(account),
        "has_permit": account.role == Account.Role.HOLDING and account.book.kind.family == "water",
        "check": _check(request, account),
        "breadcrumbs": crumbs((account.book.kind.name, f"{crumbs()[0][1]}?group={account.book.kind.group}"),
                              (account.name, "")),
    }  # fmt: skip
    if view == "month":
        context["months"] = book_reading.by_month(account, past)
    elif view == "project":
        context |= _projects(user, account, past)
    else:
        context |= _page(request, user, account, filters, past)
    _align(account, context)
    return context


def _align(account, shown: dict) -> None:
    """Give all figures of the book as many decimals as the finest of them needs: columns add up as they stand."""
    moved = [shown.get("totals"), shown.get("filtered")]
    for page in [shown.get("page"), *shown.get("sheets", ())]:
        if page is not None:
            moved += [page.opening, page.closing, *(row.movement for row in page.rows)]
    moved += [line.movement for line in shown.get("waiting", ())]
    moved += [movement for _month, *movements in shown.get("months", ()) for movement in movements]
    amounts = {amount for one in moved if one is not None for amount in (one.income, one.outgo, one.held, one.coming)}
    amounts |= {amount for _holding, *parts in shown.get("holdings", ()) for amount in parts}
    amounts |= set((shown.get("hidden") or (0, 0, 0))[1:]) | set(shown.get("holdings_total", ()))
    kind = account.book.kind
    account.digits = quantity.digits(amounts, kind.family, kind.unit)


def _page(request, user, account, filters, past) -> dict:
    page = book_reading.page(
        account,
        filters,
        after=number(request.GET.get("after", "")),
        before=number(request.GET.get("before", "")),
        size=PAGE,
    )
    name_rows(user, page.rows)
    waiting = []
    if page.is_last and not past and request.GET.get("pending") != "no":
        waiting = _waiting(user, account, filters)
    shown = {"page": page, "waiting": waiting, "with_pending": request.GET.get("pending") != "no"}
    if book_reading.is_longer(account.pk, COUNTED_ALONE):
        return shown
    if filters.is_consecutive:
        return shown | {"entries": book_reading.entry_count(account.pk)}
    entries, moved = book_reading.filtered_total(account, filters)
    return shown | {"entries": entries, "filtered": moved}


def name_rows(user, rows) -> None:
    """Say whom each row is about, as far as the reader may see him. One query."""
    others = {other.pk for row in rows for other in row.others if other.role == "holding"}
    seen = set(rights.visible_accounts(user, Account.objects.filter(pk__in=others)).values_list("pk", flat=True))
    for row in rows:
        hidden = [other for other in row.others if other.role == "holding" and other.pk not in seen]
        row.projects = [other.project_id for other in row.others]
        row.text = _("a project outside your reach") if hidden else row.posting.summary
        taken_back = row.posting.reverses.label if row.is_reversal else ""
        row.taken_back = taken_back if taken_back not in row.text else ""
        if not row.text and row.others:
            row.text = "、".join(other.name for other in row.others)


def _waiting(user, account, filters) -> list:
    """Return lines of waiting vouchers with what each would move. Two queries."""
    lines = list(book_reading.waiting(account, filters)[:PAGE])
    sides = {side for line in lines for side in (line.debit_id, line.credit_id) if side}
    seen = set(rights.visible_accounts(user, Account.objects.filter(pk__in=sides)).values_list("pk", flat=True))
    for line in lines:
        side = "debit" if line.debit_id == account.pk or line.debit_id is None else "credit"
        phase = {"reserve": "pending", "confirm": "post", "release": "void"}.get(line.voucher.kind, "posted")
        amount = line.amount or 0
        line.movement = book.NOTHING if line.voucher.kind == "renew" else book.movement(side, phase, amount, amount)
        line.is_seen = {side for side in (line.debit_id, line.credit_id) if side} <= seen
    return lines


def _projects(user, account, past) -> dict:
    """Return the quota of the account by project; what the reader may not see is one line. Four queries."""
    found = book_reading.by_holding(account, past)
    holdings = rights.visible_accounts(user, Account.objects.filter(pk__in=[pk for pk, _r, _c in found]))
    seen = holdings.select_related("project__enterprise", "enterprise").in_bulk()
    rows = [(seen[pk], reserved, confirmed) for pk, reserved, confirmed in found if pk in seen]
    rows.sort(key=lambda row: -(row[1] + row[2]))
    hidden = [(reserved, confirmed) for pk, reserved, confirmed in found if pk not in seen]
    return {
        "holdings": rows,
        "hidden": (len(hidden), sum(r for r, _c in hidden), sum(c for _r, c in hidden)) if hidden else None,
        "holdings_total": (sum(r for _pk, r, _c in found), sum(c for _pk, _r, c in found)),
    }


def _siblings(account) -> list[Account]:
    """Return the other accounts of the factor and period, to go to. One query."""
    rows = Account.objects.filter(
        book__kind=account.book.kind_id, book__basis=account.book.basis, role__in=["pool", "cap"],
        period=account.period,
    )  # fmt: skip
    return list(rows.select_related("book__kind", "book__source").order_by("book__source__position", "code")[:60])


def _choices(user, account) -> dict:
    """Return what the filters offer: kinds, projects with an account here that the reader may see, makers."""
    mine = rights.visible_accounts(user, Account.objects.filter(book=account.book_id, period=account.period))
    projects = Project.objects.filter(pk__in=mine.filter(project__isnull=False).order_by().values("project"))
    return {
        "kinds": Posting.Kind.choices,
        "projects": list(projects.order_by("name").values_list("code", "name")[:400]),
        "makers": list(
            User.objects.filter(pk__in=Voucher.objects.order_by().values("maker").distinct())
            .order_by("display_name")
            .values_list("username", "display_name")[:100]
        ),
    }


def _check(request, account):
    """Return the replay of the account: at once for a book of ordinary size, else when asked for (`check=1`)."""
    asked = request.GET.get("check") == "1"
    if account.last_on is None or (not asked and book_reading.is_longer(account.pk, CHECKED_ALONE)):
        return None
    return book_reading.replay(account)


@require_GET
@needs("factor.view")
def account_book_print(request, pk):
    """Print the book as a register: A4 across, each sheet with what came before, its own and the running totals."""
    account = account_for(request.user, pk)
    filters = filters_of(request)
    span = book_reading.Filters(since=filters.since, until=filters.until)
    rows = list(book_reading.all_rows(account, span, at_most=PRINTED_AT_MOST + 1))
    name_rows(request.user, rows)
    before = span.since - timedelta(days=1) if span.since else None
    opening = (
        book_reading.totals_through(account.pk, book_reading.last_through(account.pk, before))
        if before
        else book.NOTHING
    )
    context = {
        "account": account,
        "filters": span,
        "sheets": book.sheets(rows[:PRINTED_AT_MOST], opening, SHEET),
        "too_many": len(rows) > PRINTED_AT_MOST,
        "most": PRINTED_AT_MOST,
    }
    _align(account, context)
    return render(request, "factors/book_print.html", context)
