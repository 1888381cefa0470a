"""Our filling of patterns says what Django's says, for whatever comes."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from people import markup


class Drawn:
    """What draws itself."""

    def __html__(self):
        return "<b>&</b>"


class Named:
    """What is escaped by its name."""

    def __str__(self):
        return "<i>'\"&"


VALUES = ["", "<script>alert('1')</script>", 'a"b', "一＆<二>", "&amp;", mark_safe("<b>safe</b>"), 5, 0.5, None, True,
          Decimal("3.50"), dt.date(2026, 11, 23), gettext_lazy("Overdue"), Drawn(), Named(), ["<", ">"]]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_escaped_as_django_does(value):
    for pattern in ("{}", '<p title="{}">{{}}</p>', "{0}{0}"):
        ours = markup.format_html(pattern, value)
        assert ours == html.format_html(pattern, value)
        assert type(ours) is SafeString


def test_rows_are_joined_as_django_does():
    rows = [(value, value) for value in VALUES]
    for separator in (", ", "<>", mark_safe("<br>")):
        ours = markup.format_html_join(separator, "<i>{}</i>{}", iter(rows))
        assert ours == html.format_html_join(separator, "<i>{}</i>{}", rows)
        assert type(ours) is SafeString
    assert markup.format_html_join("", "{}", ()) == ""
