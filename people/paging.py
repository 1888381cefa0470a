"""Keyset pages over one unique column: a page costs the same wherever it lies; no row is skipped or shown twice."""

from dataclasses import dataclass

from django.db.models import QuerySet


@dataclass(frozen=True)
class Page:
    """Rows of one page, and the query strings of its neighbours ("" where there is none)."""

    rows: list
    total: int
    previous_url: str
    next_url: str


def page_of(queryset: QuerySet, request, key: str, *, size: int = 50, descending: bool = False) -> Page:
    """Cut one page out of `queryset`, ordered by `key`; `?after=` and `?before=` name the last and first row seen.

    Two queries: the count and the rows. A mark that is no value of the column counts as none.
    """
    after, before = request.GET.get("after"), request.GET.get("before")
    field = queryset.model._meta.get_field(key)
    try:
        mark = field.to_python(after or before) if after or before else None
    except Exception:  # a mangled address shows the first page
        mark = None
    total = queryset.count()
    backwards = mark is not None and not after
    ascending = descending == backwards
    rows = queryset.order_by(key if ascending else f"-{key}")
    if mark is not None:
        rows = rows.filter(**{f"{key}__{'gt' if ascending else 'lt'}": mark})
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next = backwards or more
    has_previous = more if backwards else mark is not None

    def neighbour(name: str, row) -> str:
        query = request.GET.copy()
        query.pop("after", None)
        query.pop("before", None)
        query[name] = getattr(row, key)
        return f"?{query.urlencode()}"

    return Page(
        rows=found,
        total=total,
        previous_url=neighbour("before", found[0]) if found and has_previous else "",
        next_url=neighbour("after", found[-1]) if found and has_next else "",
    )
