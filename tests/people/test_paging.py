"""Keyset pages: every row once, both ways, in any order; a cursor that is not ours shows the first page."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people import paging
from people.models import User

pytestmark = pytest.mark.django_db
ORDERS = (("username",), ("-id",), ("display_name", "id"), ("-date_joined", "username"))


@pytest.fixture
def people(db):
    """Eleven people who share three names."""
    for number in range(11):
        User.objects.create(username=f"u{number:02d}", display_name=f"张{number % 3}", role="pm")
    return User.objects.all()


def names(page) -> list[str]:
    return [user.username for user in page.rows]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_every_row_comes_once_and_the_way_back_is_the_same(people, order):
    wanted = list(people.order_by(*order).values_list("username", flat=True))
    pages, cursor = [], ""
    while cursor is not None:
        page = paging.page(people, order, cursor, 4)
        pages.append(names(page))
        cursor = page.after
    assert [name for rows in pages for name in rows] == wanted
    for expected in reversed(pages[:-1]):
        page = paging.page(people, order, page.before, 4)
        assert names(page) == expected
    assert page.before is None


def test_rows_do_not_slip_when_others_come_and_go(people):
    first = paging.page(people, ("username",), "", 4)
    User.objects.create(username="a", role="pm")
    User.objects.filter(username__in=["u03", "u04"]).delete()
    second = paging.page(people, ("username",), first.after, 4)
    assert names(second) == ["u05", "u06", "u07", "u08"]
    assert names(paging.page(people, ("username",), second.before, 4)) == ["a", "u00", "u01", "u02"]


def test_a_page_is_one_query_and_an_empty_list_has_no_neighbours(people, django_assert_num_queries):
    with django_assert_num_queries(1):
        page = paging.page(people, ("username",), "", 50)
    assert (len(page.rows), page.before, page.after) == (11, None, None)
    past_the_end = paging.encode("a", ["zzz"])
    assert paging.page(people, ("username",), past_the_end, 4) == paging.Page([], None, None)


def cursor_of(text: str | bytes) -> str:
    return base64.urlsafe_b64encode(text.encode() if isinstance(text, str) else text).decode()


MANGLED = (
    "rubbish",
    "ä",
    "a" * 3_000,
    cursor_of("[" * 1_400),
    cursor_of(b"\xff\xfe"),
    *(
        cursor_of(json.dumps(raw))
        for raw in (
            None,
            7,
            {"a": 1},
            [],
            ["a"],
            ["a", 1, 2],
            ["c", 1],
            [["a"], 1],
            ["a", None],
            ["a", [1]],
            ["a", "one"],
            ["a", "1\x00"],
            ["a", "\ud800"],
        )
    ),
    cursor_of('["a",1e999]'),
    cursor_of('["a",NaN]'),
)


@pytest.mark.parametrize("cursor", MANGLED)
@pytest.mark.parametrize("order", [("-id",), ("-date_joined",)])
def test_a_mangled_cursor_shows_the_first_page(people, order, cursor):
    assert paging.page(people, order, cursor, 4) == paging.page(people, order, "", 4)


def test_a_number_beyond_the_column_is_past_the_end_and_not_an_error(people):
    assert paging.page(people, ("id",), paging.encode("a", [10**30]), 4).rows == []


@given(st.text(max_size=30) | st.integers() | st.floats() | st.booleans())
def test_no_value_of_a_cursor_raises(value):
    cursor = cursor_of(json.dumps(["a", value]))
    for name in ("id", "username", "date_joined"):
        paging.decode(cursor, [User._meta.get_field(name)])
