"""The chain of the mock-up: 云川宏远炭材料 on T19-101, Friday 2026-11-20, after the 2026 holidays. Invented."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from approvals.timeline import Due, TimelineInput, TimelinePause, TimelinePhase, TimelineStage
from approvals.timeline_layout import SPECIAL, SUPPLEMENT, working_days
from approvals.timeline_scale import close, half_end
from calendars.workdays import Day, build

NOW = datetime(2026, 11, 20, 14, 30)
PHASES = ("立项用地规划许可", "工程建设许可", "施工许可", "竣工验收", "并行推进")
PATH = ("01", "03", "04", "05", "09", "10", "12", "13", "14", "15", "16", "19")


@cache
def calendar_2026():
    """2026 as announced (the part that matters here); every later year is provisional."""
    off = [*((9, d) for d in (25, 26, 27)), *((10, d) for d in range(1, 8))]
    days = {date(2026, m, d): Day(False, "中秋节" if m == 9 else "国庆节") for m, d in off}
    days |= {date(2026, 9, 20): Day(True, "国庆节"), date(2026, 10, 10): Day(True, "国庆节")}
    return build(days, version=3, known_years={2025, 2026})


def d(text):
    """``11-20`` is a day of 2026, ``2027-06-09`` any day."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def at(text, hour=17, minute=30):
    day = d(text)
    return datetime(day.year, day.month, day.day, hour, minute)


def span(after, last):
    """(first day, last day) of work that follows the day ``after``, as read off the picture."""
    return d(after) + timedelta(days=1), d(last)


def stage(no, name, department, phase, before="", *, plan=None, done=None, run=None, pauses=(), **more):
    """A stage from short words; ``done`` and ``run`` are (accepted, closed) and (accepted, None)."""
    accepted, closed = (done or (run, None)) if done or run else (None, None)
    more.setdefault("status", "done" if done else "running" if run else "idle")
    more.setdefault("light", "done" if done else "idle")
    more.setdefault("word", {"done": "办结", "idle": "未开始"}.get(more["status"], ""))
    stops = tuple(
        TimelinePause({"补": SUPPLEMENT, "特": SPECIAL}[kind], at(start), at(end) if end else None)
        for kind, start, end in pauses
    )
    net = Decimal(0)
    if accepted:
        end = half_end(at(closed) if closed else NOW)
        net = working_days(calendar_2026(), close(d(accepted)), end)
        for stop in stops:
            net -= working_days(
                calendar_2026(), half_end(stop.start), min(half_end(stop.end) if stop.end else end, end)
            )
    limit = Decimal(str(more["limit"])) if "limit" in more else None
    more["limit"] = limit
    if accepted and limit is not None:
        more.setdefault("over", max(net - limit, Decimal(0)))
        more.setdefault("remaining", limit - net if net <= limit else None)
    due, law = more.pop("due", None), more.pop("law", None)
    return TimelineStage(
        code=no,
        no=no,
        name=name,
        department=department,
        phase=PHASES[phase - 1],
        prerequisites=tuple(before.split()),
        plan=span(*plan) if plan else None,
        accepted_at=at(accepted) if accepted else None,
        closed_at=at(closed) if closed else None,
        pauses=stops,
        net=net,
        ready_on=d(more.pop("ready")) if "ready" in more else None,
        committed_due=Due(d(due)) if due else None,
        statutory_due=Due(d(law), provisional=d(law).year > 2026) if law else None,
        critical=no in PATH,
        expected=span(*more.pop("expected")) if "expected" in more else None,
        url=f"/projects/x/stages/{no}/",
        **more,
    )


def mockup(**changes):
    """The 19 stages of the mock-up as `TimelineInput`."""
    later = {"expected_provisional": True}
    stages = (
        stage(
            "01",
            "企业投资项目备案",
            "发改委",
            1,
            plan=("07-20", "07-21"),
            done=("07-20", "07-21"),
            limit=1,
            due="07-21",
        ),
        stage(
            "03",
            "设计方案审查",
            "自然资源局",
            2,
            "01",
            plan=("07-22", "08-13"),
            done=("07-23", "08-11"),
            limit=10,
            due="08-14",
            pauses=(("特", "07-30", "08-07"),),
        ),
        stage(
            "04",
            "建设工程规划许可证",
            "自然资源局",
            2,
            "03",
            plan=("08-13", "08-24"),
            done=("08-13", "09-03"),
            limit=7,
            due="09-04",
            law="09-22",
            pauses=(("补", "08-17", "08-21"), ("特", "08-24", "08-31")),
        ),
        stage(
            "05",
            "施工图审查",
            "审图机构・住建局",
            3,
            "02 04",
            plan=("09-07", "09-28"),
            done=("09-10", "11-09"),
            limit=15,
            due="11-10",
            ready="09-03",
            pauses=(("补", "09-21", "10-23"), ("特", "10-27", "11-03")),
        ),
        stage(
            "08",
            "人防审批 / 易地建设费",
            "人防办",
            3,
            "04",
            plan=("08-25", "08-28"),
            done=("09-07", "09-09"),
            limit=3,
            due="09-10",
            law="10-10",
            ready="09-03",
        ),
        stage(
            "09",
            "合同与质量安全监督手续",
            "住建局",
            3,
            "05",
            plan=("10-08", "10-10"),
            run="11-18",
            limit=3,
            due="11-23",
            ready="11-09",
            light="amber",
            word="预警",
        ),
        stage(
            "10",
            "建筑工程施工许可证",
            "住建局",
            3,
            "04 05 07 08 09",
            plan=("10-14", "10-16"),
            limit=3,
            expected=("12-07", "12-10"),
            blocked=True,
            held_by="07",
            light="blocked",
            word="卡住",
            reason="卡住：能耗缺口 8,600 吨标准煤，自 10-12 起",
        ),
        stage(
            "12",
            "质量安全首次监督检查",
            "质安站",
            4,
            "10",
            plan=("10-20", "10-21"),
            limit=1,
            expected=("12-17", "12-18"),
        ),
        stage(
            "13",
            "主体结构监督检查",
            "质安站",
            4,
            "12",
            plan=("2027-06-01", "2027-06-02"),
            limit=1,
            expected=("2027-06-08", "2027-06-09"),
            **later,
        ),
        stage(
            "14",
            "竣工联合测绘",
            "测绘机构",
            4,
            "13",
            plan=("2027-11-01", "2027-11-05"),
            limit=5,
            expected=("2027-11-04", "2027-11-11"),
            **later,
        ),
        stage(
            "15",
            "竣工联合验收",
            "住建局牵头",
            4,
            "14",
            plan=("2027-11-05", "2027-11-19"),
            limit=10,
            expected=("2027-11-11", "2027-11-25"),
            **later,
        ),
        stage(
            "16",
            "竣工验收备案",
            "住建局",
            4,
            "15",
            plan=("2027-11-19", "2027-11-24"),
            limit=3,
            expected=("2027-11-25", "2027-11-30"),
            **later,
        ),
        stage(
            "17",
            "城建档案移交",
            "城建档案馆",
            4,
            "15",
            plan=("2027-11-19", "2027-11-24"),
            limit=3,
            expected=("2027-11-25", "2027-11-30"),
            **later,
        ),
        stage(
            "19",
            "不动产首次登记",
            "不动产中心",
            4,
            "16",
            plan=("2027-11-24", "2027-12-01"),
            limit=5,
            expected=("2027-11-30", "2027-12-07"),
            **later,
        ),
        stage(
            "02", "岩土工程勘察", "勘察单位", 5, plan=("07-23", "08-06"), done=("07-23", "08-07"), limit=10, due="08-06"
        ),
        stage(
            "06",
            "水土保持方案",
            "水务局",
            5,
            "01",
            plan=("07-27", "08-03"),
            done=("07-27", "07-30"),
            limit=5,
            due="08-03",
            law="08-24",
            ready="07-21",
        ),
        stage(
            "07",
            "环境影响评价",
            "生态环境局",
            5,
            "01",
            plan=("09-13", "09-18"),
            run="09-28",
            limit=5,
            due="11-17",
            law="2027-01-04",
            ready="07-21",
            pauses=(("特", "09-30", "11-09"), ("补", "11-10", "11-13")),
            light="red",
            word="超期",
        ),
        stage(
            "11",
            "供排水报装受理与踏勘",
            "供排水公司",
            5,
            "04",
            plan=("09-03", "09-04"),
            done=("09-08", "09-09"),
            limit=1,
            due="09-09",
            ready="09-03",
        ),
        stage(
            "18",
            "供水排水接入",
            "供排水公司",
            5,
            "11 13",
            plan=("2027-06-02", "2027-06-16"),
            limit=10,
            expected=("2027-06-09", "2027-06-23"),
            **later,
        ),
    )
    nets = (1, 13, 18, None, 20)
    phases = tuple(
        TimelinePhase(n, n, Decimal(net) if net else None, builds=n == "竣工验收")
        for n, net in zip(PHASES, nets, strict=True)
    )
    facts = {
        "stages": stages,
        "phases": phases,
        "now": NOW,
        "calendar": calendar_2026(),
        "critical_path": PATH,
        "selected": "07",
        "title": "年产 10 万吨石墨负极材料一体化项目",
    }
    return TimelineInput(**(facts | changes))
