"""The monthly report of a park: copied from the last, verified by the city, returned and corrected; boards derived."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gis import actions, standing, utilities, verify
from gis.models import AreaAssessment, Expansion, ParkUtility, UtilityDemand, UtilityItem, UtilityReport
from people.models import AuditEntry
from projects.actions import Forbidden, Refused

ZONE = ZoneInfo("Asia/Shanghai")
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
IN_DECEMBER = datetime(2026, 12, 10, 9, 0, tzinfo=ZONE)


@pytest.fixture
def park(world):
    return world.parks["east"]


@pytest.fixture
def officer(world):
    return world.people["park", "own"]


@pytest.fixture
def supervisor(world):
    return world.people["supervisor", "own"]


def item(code):
    return UtilityItem.objects.get(code=code)


def line(report, code):
    return report.lines.get(item__code=code)


def begin(park, by, month=DECEMBER, now=IN_DECEMBER):
    return actions.begin_report(by=by, park=park, month=month, now=now)


def submit(report, by, now=IN_DECEMBER, **changes):
    facts = {item(code).pk: told for code, told in changes.items()}
    return actions.save_report(by=by, report=report, facts=facts, now=now, submit=True)


def verify_all(report, by, now=IN_DECEMBER):
    ids = list(report.lines.values_list("pk", flat=True))
    return actions.verify_lines(by=by, lines=ids, now=now)


# --- writing ----------------------------------------------------------------------------------------------------


def test_it_begins_as_a_copy_of_the_last(park, officer):
    report = begin(park, officer)
    water = line(report, "water_supply")
    assert (water.status, water.capacity, water.used) == ("in_service", Decimal(100), Decimal(100))
    assert report.lines.count() == 8
    assert begin(park, officer) == report  # a draft is gone on with, not begun twice


def test_an_unchanged_month_keeps_the_citys_word(park, officer, supervisor):
    november = UtilityReport.objects.get(park=park, month=NOVEMBER)
    verify_all(november, supervisor, now=datetime(2026, 11, 25, 9, 0, tzinfo=ZONE))
    report = submit(begin(park, officer), officer)
    report.refresh_from_db()
    assert report.state == "verified" and not report.lines.filter(changed=True).exists()
    assert line(report, "water_supply").verified_on == date(2026, 11, 25)
    assert ParkUtility.objects.get(park=park, item__code="water_supply").verified_on == date(2026, 11, 25)


def test_a_changed_line_waits_for_the_city_the_others_do_not(park, officer, supervisor):
    november = UtilityReport.objects.get(park=park, month=NOVEMBER)
    verify_all(november, supervisor, now=datetime(2026, 11, 25, 9, 0, tzinfo=ZONE))
    report = submit(begin(park, officer), officer, water_supply={"used": Decimal(90)})
    report.refresh_from_db()
    assert report.state == "submitted"
    assert [row.item.code for row in report.lines.filter(changed=True)] == ["water_supply"]
    assert [row.item.code for row in actions.to_verify(supervisor, IN_DECEMBER.date())] == ["water_supply"]
    board = ParkUtility.objects.get(park=park, item__code="water_supply")
    assert (board.used, board.verified_on) == (Decimal(90), None)
    entry = AuditEntry.objects.filter(kind="park.report").latest("sequence")
    assert entry.detail["changed"] == {"water_supply": ["used"]}


def test_a_draft_changes_no_board(park, officer):
    report = begin(park, officer)
    actions.save_report(
        by=officer, report=report, facts={item("water_supply").pk: {"used": Decimal(1)}}, now=IN_DECEMBER
    )
    assert ParkUtility.objects.get(park=park, item__code="water_supply").used == Decimal(100)
    assert line(begin(park, officer), "water_supply").used == Decimal(1)


@pytest.mark.parametrize("month", [date(2026, 10, 1), date(2027, 1, 1)])
def test_only_this_month_and_the_last(park, officer, month):
    with pytest.raises(Refused):
        begin(park, officer, month=month)


def test_last_month_can_still_be_told_until_a_later_one_was(world, park, officer):
    UtilityReport.objects.filter(park=park).delete()
    assert actions.months_open(park, IN_DECEMBER.date()) == [NOVEMBER, DECEMBER]
    submit(begin(park, officer), officer)
    assert actions.months_open(park, IN_DECEMBER.date()) == []
    with pytest.raises(Refused):
        begin(park, officer, month=NOVEMBER)


def test_who_does_not_manage_the_park_cannot_report(world, park):
    for role in ("pm", "leader", "supervisor"):
        with pytest.raises(Forbidden):
            begin(park, world.people[role, "own"])
    with pytest.raises(Forbidden):
        begin(park, world.people["park", "stranger"])


def test_without_a_set_of_utilities_there_is_nothing_to_report(park, officer):
    from gis.models import UtilitySet

    UtilitySet.objects.update(in_use=False)
    with pytest.raises(Refused):
        begin(park, officer)


# --- verification -----------------------------------------------------------------------------------------------


def test_a_report_is_verified_when_its_last_line_is(park, officer, supervisor):
    report = UtilityReport.objects.get(park=park, month=NOVEMBER)
    ids = list(report.lines.values_list("pk", flat=True))
    actions.verify_lines(by=supervisor, lines=ids[:-1], now=IN_DECEMBER)
    report.refresh_from_db()
    assert report.state == "submitted"
    actions.verify_lines(by=supervisor, lines=ids[-1:], now=IN_DECEMBER)
    report.refresh_from_db()
    assert report.state == "verified"
    assert not verify.of_boards()


def test_a_returned_line_is_corrected_and_waits_again(park, officer, supervisor):
    report = UtilityReport.objects.get(park=park, month=NOVEMBER)
    verify_all(report, supervisor)
    water = line(report, "water_supply")
    with pytest.raises(Refused):
        actions.refuse_line(by=supervisor, line=water.pk, reason=" ", now=IN_DECEMBER)
    actions.refuse_line(by=supervisor, line=water.pk, reason="与抄表数不符", now=IN_DECEMBER)
    report.refresh_from_db()
    assert report.state == "returned" and "与抄表数不符" in report.returned_reason
    assert ParkUtility.objects.get(park=park, item__code="water_supply").verified_on is None
    assert not actions.to_verify(supervisor, IN_DECEMBER.date()).exists()  # it is the park's turn
    again = begin(park, officer, month=NOVEMBER)
    assert again == report
    submit(again, officer, water_supply={"used": Decimal(95)}, power={"used": Decimal(7)})
    report.refresh_from_db()
    assert report.state == "submitted"
    assert line(report, "power").used is None, "what the city verified in it stays as it is"
    assert [row.item.code for row in actions.to_verify(supervisor, IN_DECEMBER.date())] == ["water_supply"]
    assert not verify.of_boards()


def test_each_department_verifies_its_own_utilities(world, park):
    report = UtilityReport.objects.get(park=park, month=NOVEMBER)
    approver = world.people["approver", "own"]
    UtilityItem.objects.exclude(code="water_supply").update(department=world.departments["culture"])
    UtilityItem.objects.filter(code="water_supply").update(department=approver.department)
    assert [row.item.code for row in actions.to_verify(approver, IN_DECEMBER.date())] == ["water_supply"]
    actions.verify_lines(by=approver, lines=[line(report, "water_supply").pk], now=IN_DECEMBER)
    with pytest.raises(Forbidden):
        actions.verify_lines(by=approver, lines=[line(report, "power").pk], now=IN_DECEMBER)
    with pytest.raises(Forbidden):
        actions.verify_lines(by=world.people["pm", "own"], lines=[line(report, "power").pk], now=IN_DECEMBER)


def test_what_a_later_report_overtook_cannot_be_verified(park, officer, supervisor):
    old = line(UtilityReport.objects.get(park=park, month=NOVEMBER), "water_supply")
    submit(begin(park, officer), officer)
    with pytest.raises(Refused):
        actions.verify_lines(by=supervisor, lines=[old.pk], now=IN_DECEMBER)


def test_old_verifications_come_up_again_before_they_grow_stale(park, officer, supervisor):
    report = UtilityReport.objects.get(park=park, month=NOVEMBER)
    verify_all(report, supervisor, now=datetime(2026, 11, 25, 9, 0, tzinfo=ZONE))
    day = date(2026, 11, 25)
    assert not actions.to_verify(supervisor, day + timedelta(days=59)).exists()
    assert actions.to_verify(supervisor, day + timedelta(days=60)).count() == 8
    board = standing.boards([park], day + timedelta(days=91))[park.pk]
    assert board.completion.stale == tuple(row.item.code for row in board.rows)
    assert str(board.completion) == "1/8"  # stale still counts


# --- the board and the needs ------------------------------------------------------------------------------------


def test_a_board_that_was_tampered_with_is_found(park):
    assert not verify.of_boards()
    ParkUtility.objects.filter(park=park, item__code="water_supply").update(used=Decimal(1))
    (found,) = verify.of_boards()
    assert (found.column, found.stored, found.derived) == ("used", Decimal(1), Decimal(100))
    ParkUtility.objects.filter(park=park, item__code="power").delete()
    assert len(verify.of_boards()) == 2
    with pytest.raises(SystemExit):
        call_command("verify", stdout=StringIO())


def test_everybody_sees_the_same_figures_of_what_he_may_see(world, park):
    today = date(2026, 11, 22)
    (need,) = standing.shortfalls(today, parks=[park.pk])
    assert (need.project, need.gap.short, need.gap.ready_on, need.expansion) == (
        world.target,
        Decimal(10),
        None,
        world.expansion,
    )
    assert standing.shortfalls(today, user=world.people["leader", "own"]) == [need]
    assert standing.shortfalls(today, user=world.people["leader", "stranger"]) == []
    assert standing.shortfalls(today, projects=[world.projects["west"].pk]) == []
    Expansion.objects.update(planned_on=date(2027, 2, 1))
    assert standing.shortfalls(today) == []


def test_signed_demands_and_dropped_projects(world, park):
    today = date(2026, 11, 22)
    ParkUtility.objects.filter(park=park, item__code="water_supply").update(used=Decimal(90), committed=Decimal(10))
    UtilityDemand.objects.update(signed=True)
    assert standing.shortfalls(today) == []  # promised, and there
    UtilityDemand.objects.update(signed=False)
    assert [need.gap.short for need in standing.shortfalls(today)] == [Decimal(10)]
    type(world.target).objects.filter(pk=world.target.pk).update(status="cancelled")
    assert standing.shortfalls(today) == []
    assert standing.asked_for(park) == {}


def test_the_whole_city_costs_a_handful_of_queries(world):
    today = date(2026, 11, 22)
    with CaptureQueriesContext(connection) as queries:
        standing.boards(world.parks.values(), today)
    assert len(queries) == 2
    with CaptureQueriesContext(connection) as queries:
        standing.shortfalls(today)
    assert len(queries) == 7
    assert standing.lacking_counts(today)["power"] == 2
    assert standing.lacking_counts(today)["water_supply"] == 1


def test_one_open_demand_per_utility(world):
    facts = {"project": world.target, "item": item("water_supply"), "amount": Decimal(1), "needed_on": date(2027, 1, 1)}
    with pytest.raises(Refused):
        actions.save_demand(by=world.people["pm", "own"], demand=UtilityDemand(**facts), now=IN_DECEMBER)
    with pytest.raises(Forbidden):
        actions.save_demand(by=world.people["leader", "own"], demand=UtilityDemand(**facts), now=IN_DECEMBER)
    world.demand.closed_on = date(2026, 12, 1)
    actions.save_demand(by=world.people["pm", "own"], demand=world.demand, now=IN_DECEMBER)
    actions.save_demand(by=world.people["pm", "own"], demand=UtilityDemand(**facts), now=IN_DECEMBER)


def test_assessments_save_stages_while_they_are_valid(world):
    from approvals import derive
    from calendars import store
    from gis import panels

    stage = world.stage
    AreaAssessment.objects.update(saves=[f"{world.chain.template.code}:{stage.code}", "OTHER:1"])
    view = derive.load(world.chain, IN_DECEMBER, store.current())
    (row,) = panels.assessments(world.target, view, IN_DECEMBER.date())
    assert row["valid"] and [saved["stage"] for saved in row["stages"]] == [stage]
    AreaAssessment.objects.update(valid_until=date(2026, 12, 9))
    (row,) = panels.assessments(world.target, view, IN_DECEMBER.date())
    assert not row["valid"] and row["stages"][0]["days"] is None


# --- sets from files --------------------------------------------------------------------------------------------


def test_loading_twice_changes_nothing_and_another_set_can_be_used(world, capsys):
    done = utilities.load(now=IN_DECEMBER)
    assert not done.made and not done.changed
    call_command("utilities", "load", "--use", "three")
    assert "three (in use)" in capsys.readouterr().out
    board = standing.boards([world.parks["east"]], date(2026, 11, 22))[world.parks["east"].pk]
    assert str(board.completion) == "1/4"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("items: [{code: a}]", "an entry has"),
        ("items: []\nsets: [{code: s, name: 甲, items: [x]}]", "no such utilities"),
        ("items: [{code: a, name: 甲, unit: m}, {code: a, name: 乙, unit: m}]", "stands twice"),
        ("[1]", "needs the lists"),
        ("items: {", "while parsing"),
    ],
)
def test_a_wrong_file_is_refused_by_name(db, tmp_path, text, says):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(utilities.UtilitiesError, match=says):
        utilities.load(path, now=IN_DECEMBER)
    assert not UtilityItem.objects.filter(code="a").exists()
