"""Rows of the list as they are drawn: what each says, in which columns, and that nothing gets in unescaped."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import timezone, translation

from approvals.project_rows import Lack, Row, StageLine
from approvals.templatetags import project_rows as tags
from people.models import District
from projects.models import Enterprise, Project

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=timezone.get_fixed_timezone(480))


@pytest.fixture(autouse=True)
def chinese():
    with translation.override("zh-hans"):
        yield


def a_row(light="red", **changes):
    project = Project(
        code="2601-150100-04-01-000001", name="<b>风电</b>", light=light, due_on=dt.date(2026, 11, 18),
        enterprise=Enterprise(name="云川“新材”&公司"), district=District(name="河东区"), stages_done=2, stages_total=19,
        chain_started_on=dt.date(2026, 1, 5), investment_wan=Decimal(184260000),
        output_wan=Decimal(350000), tax_wan=Decimal(12000),
    )  # fmt: skip
    line = StageLine("7", "环评", "生态局", light, Decimal(8), Decimal(5), dt.date(2026, 11, 18), False, 5, "慢 <3>")
    usual = {"stages": (line,), "over_days": Decimal("1.5"), "gross_days": 40, "sponsor": "", "silent_days": 3}
    return Row(project=project, **(usual | changes))


def test_a_row_says_what_the_columns_ask_for_and_escapes_names():
    html = tags.wide_rows([a_row()], ["enterprise", "park", "stages"], False, NOW)
    assert (
        "<b>风电" not in html
        and "&lt;b&gt;风电" in html
        and "“新材”&amp;公司" in html
        and 'title="慢 &lt;3&gt;"' in html
    )
    assert '<td class="muted cell-park">河东区</td>' in html and "2/19" in html and "18,426.00" not in html
    assert ">1.5</td>" in html and ">11-18</td>" in html and "慢于八成" in html and "07 环评" in html
    assert 'type="checkbox"' not in html and 'type="checkbox"' in tags.wide_rows([a_row()], [], True, NOW)
    assert "18,426.00" in tags.wide_rows([a_row()], ["investment"], False, NOW)
    both = tags.wide_rows([a_row()], ["output", "tax"], False, NOW)
    assert both.index("35.00") < both.index("1.20") < both.index("环评")
    assert html.count("<td") == tags.wide_rows([a_row()], [], False, NOW).count("<td") + 3


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (a_row("stopped", over_days=None), ["停计", "07 环评"]),
        (a_row("stale", over_days=None), ["3"]),
        (a_row("idle", stages=(), over_days=None), ["—"]),
    ],
)
def test_rows_without_a_due_date_say_why(row, words):
    html = tags.wide_rows([row], [], False, NOW)
    assert all(word in html for word in words), html


def test_a_phone_reads_the_same():
    html = tags.narrow_rows([a_row(), a_row("idle", stages=(), over_days=None, gross_days=None)], NOW)
    assert html.count("<li") == 2 and "超期 1.5 日" in html and "&lt;b&gt;" in html and "<b>" not in html


def test_what_is_lacking_shows_two_and_counts_the_rest():
    short = Lack("能耗缺 8,600 tce", "市级池 <0>", True, 12)
    waits = Lack("用水待市水务局", "", False, None)
    html = tags.lacks(SimpleNamespace(lacks=(short, waits, waits)))
    assert "lack-blocked" in html and "12" in html and "+1<" in html and "&lt;0&gt;" in html
    assert tags.lacks(SimpleNamespace(lacks=())) == tags.NOTHING and tags.slow("") == ""
