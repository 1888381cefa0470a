"""Dossiers made by hand, without a database: usual, empty, overlong and random ones. Everything in them is invented."""

import datetime as dt
from decimal import Decimal

from dossiers.content import (
    Basics,
    Chain,
    Demand,
    Dossier,
    Halt,
    KeyPoint,
    Lamp,
    Month,
    Park,
    Person,
    Phase,
    Problem,
    Quota,
    Stage,
    Stamp,
    Utility,
    Verdict,
    Visit,
)

ZONE = dt.timezone(dt.timedelta(hours=8))
NOW = dt.datetime(2026, 6, 18, 9, 5, tzinfo=ZONE)
BLOCKED, RED, AMBER = Lamp("blocked", "指标卡住"), Lamp("red", "超期"), Lamp("amber", "预警")
GREEN, DONE, IDLE, STOPPED = Lamp("green", "正常"), Lamp("done", "办结"), Lamp("idle", "未到"), Lamp("stopped", "中止")
SHORT = [
    "项目备案",
    "用地预审",
    "土地供应",
    "用地规划",
    "土地登记",
    "方案审查",
    "工程规划",
    "水保方案",
    "节能审查",
    "取水许可",
    "环评审批",
    "用电报装",
    "水气报装",
    "施工图审查",
    "消防审查",
    "人防审批",
    "施工许可",
    "联合验收",
    "首次登记",
]
PHASES = (("P1", "立项用地规划许可", 5), ("P2", "建设许可", 2), ("P3", "并行推进", 6), ("P4", "施工许可", 4))
PHASES += (("P5", "竣工验收", 2),)


def day(text: str) -> dt.date:
    """Return a date of 2026 from month and day."""
    return dt.date.fromisoformat(f"2026-{text}")


def stamp(version: int = 7) -> Stamp:
    """Return a stamp."""
    url = "https://luodi.example.gov.cn/v/3hK9dkW0qLm2Zx81aB7cPQ"
    return Stamp("2509-159902-04-01-318624", version, "7F3K-92QD", NOW, "苏晓岚", url, NOW)


def stages(lamps: dict | None = None, count: int = 19) -> tuple[Stage, ...]:
    """Return the stages of a chain: done unless `lamps` (by number) says otherwise."""
    lamps, made = lamps or {}, []
    codes = [code for code, _name, n in PHASES for _ in range(n)]
    for number in range(1, count + 1):
        lamp = lamps.get(number, DONE)
        begun = lamp.code not in ("idle", "blocked")
        made.append(
            Stage(
                no=f"{number:02}",
                name=f"{SHORT[(number - 1) % 19]}（全称）",
                short=SHORT[(number - 1) % 19],
                phase=codes[(number - 1) * len(codes) // count],
                department="市生态环境局",
                lamp=lamp,
                state="办结（通过）" if lamp.code == "done" else "已受理" if begun else "未受理",
                status={"done": "done", "idle": "idle", "blocked": "waiting"}.get(lamp.code, "running"),
                net=Decimal("18.0") if begun else None,
                limit=Decimal("15.0"),
                unit="working_day",
                statutory=Decimal("45.0"),
                statutory_unit="working_day",
                gross=Decimal("23.0") if begun else None,
                stopped=Decimal("5.0") if begun else None,
                over=Decimal("3.0") if lamp.code == "red" else Decimal(0),
                remaining=Decimal("2.0"),
                accepted_on=day("05-18") if begun else None,
                received_on=day("05-15") if begun else None,
                due_on=day("06-15") if begun else None,
                closed_on=day("06-02") if lamp.code == "done" else None,
                document_no="云审备〔2025〕418号" if lamp.code == "done" else "",
                valid_until=dt.date(2027, 9, 11) if number == 1 else None,
                holder="市生态环境局" if begun else "待申报",
                blocked="能耗缺 32,000 吨标准煤" if lamp.code == "blocked" else "",
            )
        )
    return tuple(made)


def chain(lamps: dict | None = None, count: int = 19) -> Chain:
    """Return a chain with its phases counted."""
    rows = stages(lamps, count)
    phases = []
    for code, name, _n in PHASES:
        mine = [stage for stage in rows if stage.phase == code]
        if mine:
            phases.append(Phase(code, name, sum(s.status == "done" for s in mine), len(mine), Decimal("12.0")))
    current = tuple(stage.no for stage in rows if stage.status in ("running", "waiting") and stage.lamp.code != "idle")
    return Chain(
        template="备案类工业",
        version=3,
        started_on=dt.date(2025, 9, 10),
        done=sum(stage.status == "done" for stage in rows),
        total=count,
        stages=rows,
        phases=tuple(phases),
        halts=(
            Halt("10", "取水许可（水资源论证）", "特别程序", day("05-26"), day("06-02"), Decimal(5), "论证报告评审"),
        ),
        current=current,
        net=Decimal("98.0"),
        net_promised=Decimal("97.0"),
        promised=Decimal("135.0"),
        critical=Decimal("101.0"),
        stopped_supplement=Decimal("12.0"),
        stopped_special=Decimal("23.0"),
        gross_calendar=Decimal("281.0"),
        expected_on=dt.date(2026, 11, 3),
        planned_on=dt.date(2026, 10, 9),
        late=17,
        calendar_version=2,
        provisional_years=(2027,),
    )


def demand(number: int = 0, blocked: bool = True, **more) -> Demand:
    """Return a demand."""
    names = ("能耗", "用水 · 黄河水", "新增建设用地", "氮氧化物", "电力容量", "林地定额", "用煤", "污水处理")
    facts = {
        "factor": names[number % 8],
        "unit": "吨标准煤",
        "needed": "42,600",
        "confirmed": "0",
        "reserved": "10,600",
        "secured": "10,600",
        "gap": "32,000" if blocked else "0",
        "is_short": blocked,
        "is_blocked": blocked,
        "confirmed_share": 0 if blocked else 600,
        "reserved_share": 249 if blocked else 400,
        "pool": "市级池",
        "pool_has": "9,400",
        "lamp": Lamp("blocked", "卡住") if blocked else Lamp("green", "已落实"),
        "note": "市级池不够" if blocked else "",
        "who": "市发展和改革委员会",
        "since": day("04-20") if blocked else None,
        "days": 59 - number if blocked else None,
        "stage_no": "09",
        "stage": "节能审查",
        "ways": ("从云川焦化腾退 24,000 吨标准煤", "河东区池有 9,000 吨标准煤"),
    }
    return Demand(**(facts | more))


def problem(number: int = 1, text: str = "B-07 地块蒸汽管网差 1.2 公里未接通。", days: int = -4, **more) -> Problem:
    """Return an open problem."""
    facts = {
        "number": f"〔2026〕{number}",
        "text": text,
        "category": "配套",
        "level": "专班",
        "unit": "云川经济开发区管委会",
        "due_on": day("06-12"),
        "days_left": days,
        "lamp": RED if days < 0 else GREEN,
        "state": "办理中",
        "registered_on": day("05-20"),
    }
    return Problem(**(facts | more))


def park(name: str = "云川经济开发区") -> Park:
    """Return a park with eight utilities."""
    marks = (("路", DONE, "到红线"), ("供水", DONE, "余 1.1 万吨/日"), ("排水", DONE, "余 0.6 万吨/日"))
    marks += (("电", BLOCKED, "缺 15 兆伏安"), ("讯", DONE, "2 家运营商"), ("气", DONE, "到红线"))
    marks += (("热", AMBER, "计划 2026-09-30"), ("平", DONE, "412 亩"))
    rows = tuple(Utility(mark, mark, lamp.word, lamp, note, day("06-05")) for mark, lamp, note in marks)
    return Park(name, "159902PK01", 6, 8, rows, day("06-05"), ("压覆矿区域评估 有效至 2028-01-01",))


def people(*, post: str = "市委常委、副市长", name: str = "周启明") -> tuple[Person, ...]:
    """Return the four who stand by a project."""
    return (
        Person("sponsor", "包保领导", name, post, "", "882 1021"),
        Person("task_force", "专班牵头", "梁文博", "局长", "市工业和信息化局", "882 3306"),
        Person("service_officer", "首席服务员", "苏晓岚", "项目科科长", "市行政审批局", "882 5518"),
        Person("manager", "项目经理"),
    )


def usual() -> Dossier:
    """Return the dossier of a project that is blocked, late and in hand at four offices."""
    lamps = {9: BLOCKED, 10: RED, 11: AMBER, 12: STOPPED, 13: IDLE, 17: IDLE, 18: IDLE, 19: IDLE}
    sentence = "能耗缺口 32,000 吨标准煤，节能审查不能受理，已卡 59 天。"
    advice = "解卡：市发展和改革委员会，6月30日前提出腾退调剂方案。另：取水许可超期 3 个工作日，用电报装中止。"
    return Dossier(
        city="云川市",
        language="zh-hans",
        data_at=NOW,
        basics=Basics(
            enterprise="云川宏远炭材料有限公司",
            credit_code="91159902MA7K3L2H37",
            project="年产6万吨炭材料一体化项目",
            code="2509-159902-04-01-318624",
            district="河东区",
            park="云川经济开发区",
            parcels=("B-07 地块",),
            industry="C3091 石墨及碳素制品制造",
            kind="备案类",
            level="省级重点",
            status="前期",
            content="建设年产6万吨炭材料生产线及配套。",
            investment_wan=Decimal("186000.00"),
            plan_wan=Decimal("62000.00"),
            done_wan=Decimal("21400.00"),
            done_month=day("05-01"),
            signed_on=dt.date(2025, 8, 12),
            start_on=day("07-20"),
            finish_on=dt.date(2027, 10, 31),
        ),
        verdict=Verdict(
            BLOCKED, sentence, advice, "能耗缺 32,000 吨标准煤，已卡 59 天。", "解卡：市发展和改革委员会。"
        ),
        people=people(),
        hot_line="12345",
        chain=chain(lamps),
        quota=Quota(
            (
                demand(0),
                demand(1, False, unit="万立方米/年", needed="186.0", secured="186.0"),
                demand(2, False, unit="亩", needed="412.0", secured="412.0"),
                demand(4, True, unit="兆伏安", gap="15.0", note="河东变余 8.0 兆伏安", stage_no="12", stage="用电报装"),
            ),
        ),
        park=park(),
        key_points=(
            KeyPoint("签约", dt.date(2025, 8, 12), dt.date(2025, 8, 12), 0, Lamp("done", "已完成")),
            KeyPoint("开工", day("07-20"), None, 0, Lamp("idle", "计划"), "最快 8月12日，晚 17 个工作日"),
            KeyPoint("主体封顶", day("12-15"), None, 0, Lamp("idle", "计划"), "工期有 40 日余量"),
            KeyPoint("竣工", day("05-15"), None, 34, Lamp("red", "超期")),
        ),
        months=(Month(day("05-01"), Decimal("21400.00"), 86),),
        problems=(
            problem(1, "能耗指标缺口 3.2 万吨标准煤，须向省里争取或由两家关停企业腾退调剂。", 7),
            problem(2, "河东变主变扩容未列入年度计划，15 兆伏安容量无来源。", 18),
            problem(3),
            problem(4, "厂区北侧道路未通。", 3),
            problem(5, "蒸汽价格未定。", 9),
        ),
        closed_problems=(problem(6, "围墙手续已补办。", 0, closed_on=day("04-02"), state="已销号"),),
        problem_rate="1/6 16.67%",
        visits=(Visit(day("06-10"), "苏晓岚", 55, "上门", "企业总经理", "蒸汽价格未定；提出问题 1 件"),),
    )


def empty() -> Dossier:
    """Return the dossier of a project that was signed and nothing more."""
    return Dossier(
        city="云川市",
        language="zh-hans",
        data_at=NOW,
        basics=Basics(project="智能矿用装备再制造项目", code="2606-159901-04-01-100219", district="河东区"),
        verdict=Verdict(IDLE, "审批链路尚未启动。", "下一步：首席服务员首次走访，核定链路与要素需求。"),
        people=(
            Person("sponsor", "包保领导"),
            Person("service_officer", "首席服务员", "苏晓岚", "科长", "市行政审批局"),
        ),
    )


def overlong() -> Dossier:
    """Return the dossier with everything too long and too many."""
    from dataclasses import replace

    base = usual()
    lamps = {n: (BLOCKED, RED, AMBER, STOPPED)[n % 4] for n in range(6, 24)} | {27: IDLE, 28: IDLE}
    text = (
        "能耗指标缺口十八万六千吨标准煤，须由市政府专题会议确定省级统筹、关停企业腾退、绿电置换三条路径的比例及时限，"
        * 2
    )
    return replace(
        base,
        basics=replace(
            base.basics,
            enterprise="云川市河西淼鑫铉堃（集团）高性能炭基新材料与储能装备联合研究开发制造股份有限公司南岭分公司䶮𬭎",
            project="年产12万吨超高功率石墨电极、8万吨锂离子电池负极材料前驱体及配套余热发电、循环水深度回用、"
            "危险废物自行利用处置一体化示范项目（一期、二期、三期合并申报）及园区公用工程岛与铁路专用线",
            park="南岭新材料产业园扩区片区西三路以北",
            parcels=("NL-C-15 地块", "NL-C-16 地块", "NL-C-17 地块"),
            industry="C3091 石墨及碳素制品制造；C3985 电子专用材料制造；D4419 其他电力生产",
            investment_wan=Decimal("2864000.00"),
        ),
        people=people(
            name="阿不都热合曼·买买提艾力",
            post="市委常委、常务副市长、市重点项目建设指挥部副总指挥、南岭新材料产业园党工委第一书记",
        ),
        chain=chain(lamps, 28),
        quota=Quota(
            tuple(demand(n, n < 9, note="林地定额待省级追加，预占将于 7月9日到期，须续期") for n in range(12)),
            missing=("天然气（22 市政报装 要用）", "蒸汽（22 市政报装 要用）"),
        ),
        park=park("南岭新材料产业园扩区片区西三路以北"),
        problems=tuple(problem(n, text, 3 - n) for n in range(1, 24)),
        key_points=tuple(
            KeyPoint(
                "取得省级固定资产投资项目节能审查意见", day("06-30"), None, 5, RED, "缺指标，不能受理；受环评制约" * 2
            )
            for _ in range(6)
        ),
    )
