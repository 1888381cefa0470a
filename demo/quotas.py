"""The quota ledgers of the sample city: pools, a year of journal, demands, and twelve projects that wait for quota.

All is posted through the product's own functions, in the order of the days on which it happened; days are shares of the
time from 1 January to today, so that the city looks lived-in on any day. Who is blocked follows from the chains: a
project whose gate lies behind it has its quota confirmed.
"""

import datetime as dt

from django.utils import timezone

from demo import quota_data as q
from demo.quota_city import City, confirm_later, holding_of, pool_balance, reserved
from demo.quota_demands import plan_demands, register_late
from factors import actions, blocks, entries, kinds, pools, requests
from factors.actions import LineDraft
from factors.models import Account, Book, Demand, Parcel, Reservation, StockAmount, StockAsset
from people.models import District, User
from projects.models import Enterprise, Park, Project

FULL = 0.66
"""Share of the year so far at which the pools have given out what they had."""


def build(now: dt.datetime, people: dict[str, User]) -> None:
    """Open the books of the year and fill them; `now` is today."""
    now = timezone.localtime(now)
    kinds.load(now=now)
    city = City(now, people, {book.code: book for book in Book.objects.select_related("kind", "source")})
    _open(city)
    _stock_of_enterprises(city)
    waiting = plan_demands(city)
    _give_out_the_rest(city)
    _since_then(city)
    register_late(city, waiting)
    city.live()
    _on_the_desk(city)
    _assets(city)


def _open(city: City) -> None:
    """Open caps and pools and post what came down in January; the second batch comes in its time."""
    opener = city.people["factor"]
    year = city.now.year
    places = {d.code: d for d in District.objects.all()}
    parks = {p.code: p for p in Park.objects.all()}
    book, place, name, amount = q.CAP
    cap = pools.open_pool(
        by=opener, now=city.at(0), book=city.books[book], period="", district=places[place], name=name
    )
    issuer = pools.standing_account("issuer", city.books[book], "")
    city.post(
        lambda **facts: entries.move("grant", issuer, cap, city.amount(book, amount), **facts), 0, cap, issued=True,
        summary="流域下达用水总量",
    )  # fmt: skip
    for book, place, name, incomes, _left in q.POOLS:
        row = city.books[book]
        pool = pools.open_pool(
            by=opener,
            now=city.at(0),
            book=row,
            period=pools.period_of(row.kind, year),
            district=places.get(place),
            park=parks.get(place),
            name=name,
        )
        city.pools[book, place] = pool = Account.objects.select_related("cap", "department", "book__kind").get(
            pk=pool.pk
        )
        for kind, summary, text in incomes:
            if kind == "late":
                continue
            if kind == "carry":
                source = pools.make_account(
                    row, str(year - 1), pool.code, role=Account.Role.POOL, name=pool.name, department=pool.department,
                    closed_on=None,
                )  # fmt: skip
                last = pools.standing_account("issuer", row, str(year - 1))
                _income(city, "opening", last, source, book, text, f"{year - 1} 年末余额", keeper=pool)
                _income(city, "carry_over", source, pool, book, text, f"{year - 1} 年结转", keeper=pool)
                Account.objects.filter(pk=source.pk).update(closed_on=dt.date(year, 1, 1))
            else:
                issuer = pools.standing_account("issuer", row, pool.period)
                _income(city, "grant", issuer, pool, book, text, summary, issued=True, keeper=pool)


def _income(city, kind, debit, credit, book, text, summary, *, keeper, issued=False, share=0.01) -> None:
    city.post(
        lambda **facts: entries.move(kind, debit, credit, city.amount(book, text), **facts),
        share,
        keeper,
        issued=issued,
        summary=summary,
    )


def _stock_of_enterprises(city: City) -> None:
    """Give the enterprises of the stock most of what was confirmed long ago: some tenths of each pool."""
    from demo.city import credit_code

    for number, short, full, park_code in q.LEGACY:
        park = Park.objects.select_related("district").get(code=park_code)
        city.legacy[short] = Enterprise.objects.create(
            credit_code=credit_code(park.district.code, 59000000 + number * 137),
            name=full,
            short_name=short,
            district=park.district,
            address=park.name,
            note="样例数据，企业为虚构。",
        )
    for place, pool in enumerate(city.pools.values()):
        for turn, short in enumerate(list(city.legacy)[:5]):
            confirm_later(city, pool, city.legacy[short], lambda left: left // 9, 0.03 + turn * 0.06 + place * 0.003)


# --- the rest of the year ------------------------------------------------------------------------------------------


def _give_out_the_rest(city: City) -> None:
    """Plan the second batch, and give out what is left of every pool, but for what the data say."""
    pool, park = city.pools["energy-calorific", "159900"], city.pools["energy-calorific", "159901PK02"]
    for book, place, _name, incomes, _left in q.POOLS:
        for kind, summary, text in incomes:
            if kind == "late":
                _income_later(city, city.pools[book, place], book, text, summary, 0.63)
    giver = holding_of(city, pool, city.legacy["旭丰焦化"])

    def recover():
        back = min(city.amount("energy-calorific", "14500tce"), pool_balance(giver))
        city.post(
            lambda **facts: entries.move("recover", giver, pool, back, **facts), 0.635, pool,
            summary="旭丰焦化 4.3 米焦炉一期关停腾退",
        )  # fmt: skip

    def reallocate():
        amount = city.amount("energy-calorific", "5000tce")
        city.post(
            lambda **facts: entries.move("reallocate", pool, park, amount, **facts), 0.64, pool,
            summary="调剂至河东装备制造园", document_no=f"云政办纪要〔{city.now.year}〕44号",
        )  # fmt: skip

    def expire_soon(book, place, who, text, days):
        into, until = city.pools[book, place], city.now.date() + dt.timedelta(days=days)
        holding = holding_of(city, into, city.legacy[who])
        city.expiring[who] = reserved(city, into, holding, city.amount(book, text), 0.65, until=until, who=f"!{who}")

    city.later(0.635, recover)
    city.later(0.64, reallocate)
    for row in q.EXPIRING:
        city.later(0.65, lambda row=row: expire_soon(*row))
    for (book, place), into in city.pools.items():
        left = city.amount(book, next(text for b, p, *_rest, text in q.POOLS if (b, p) == (book, place)))
        confirm_later(city, into, city.legacy["泓泰铸造"], lambda have, left=left: have - left, FULL)


def _income_later(city, pool, book, text, summary, share) -> None:
    issuer = pools.standing_account("issuer", pool.book, pool.period)
    city.later(
        share, lambda: _income(city, "grant", issuer, pool, book, text, summary, issued=True, keeper=pool, share=share)
    )


def _since_then(city: City) -> None:
    """Plan a clerk's autumn on the city's energy pool: a release, a partial confirmation, a slip and its reversal."""
    pool = city.pools["energy-calorific", "159900"]

    def tce(text):
        return city.amount("energy-calorific", text)

    def holding():
        return holding_of(city, pool, city.legacy["昱衡电子"])

    def release():
        row = city.expiring["启澜助剂"]
        city.post(lambda **facts: entries.release(row, **facts), 0.70, pool, summary="启澜助剂 撤项")

    def confirm_part():
        row = Reservation.objects.select_related("twin").get(pk=city.expiring["嘉珩硅业"].pk)
        city.post(
            lambda **facts: entries.confirm(row, tce("15000tce"), **facts), 0.74, pool,
            summary="嘉珩硅业 部分，余 4,000",
        )  # fmt: skip

    def slip():
        row = reserved(city, pool, holding(), tce("6300tce"), 0.76, who="昱衡电子 靶材")
        city.later(0.77, lambda: mend(row.transfer.posting))

    def mend(wrong):
        transfers = wrong.transfers.select_related("debit", "credit", "reservation")
        city.post(
            lambda **facts: entries.reverse(wrong, transfers, **facts), 0.77, pool,
            summary=f"冲销 {wrong.label}，数量录反", document_no=wrong.document_no,
        )  # fmt: skip
        kept = reserved(city, pool, holding(), tce("3400tce"), 0.77, who="昱衡电子 靶材")
        until = city.now.date() + dt.timedelta(days=180)
        city.later(
            0.79,
            lambda: city.post(
                lambda **facts: entries.renew(kept, until, **facts), 0.79, pool, summary=f"昱衡电子 至 {until}"
            ),
        )

    for share, act in ((0.70, release), (0.74, confirm_part), (0.76, slip)):
        city.later(share, act)


def _on_the_desk(city: City) -> None:
    """Leave work for today: a voucher that waits for its checker, and projects that asked for quota."""
    midnight = timezone.localtime(city.now).replace(hour=0, minute=0, second=0, microsecond=0)
    moment = max(city.now - dt.timedelta(minutes=6), midnight)  # yesterday's date may be before today's grants
    obtainable = Demand.objects.filter(closed_on=None, gap__gt=0, blocked=False, pool__isnull=False).select_related(
        "pool", "holding", "project"
    )
    for demand in obtainable.filter(book__code="energy-calorific").order_by("pk")[:1]:
        voucher = actions.draft_voucher(
            by=city.people["luming"],
            now=moment,
            kind="reserve",
            lines=[LineDraft(demand=demand, amount=demand.gap)],
            document_no=city.document("fgw"),
            summary=demand.project.name,
            seen_available=demand.pool.available,
            seen_at=moment,
        )
        actions.submit_voucher(
            by=city.people["luming"], voucher=voucher, now=moment, asked_checker=city.people["checker"]
        )
    short = Demand.objects.filter(blocked=True, book__code="energy-calorific").select_related("project").order_by("pk")
    for place, demand in enumerate(short[:3]):
        requests.ask(
            by=city.people["pm"],
            demand=demand,
            amount=demand.gap,
            now=city.now - dt.timedelta(days=9 - 3 * place),
            note="设备已订货，节能审查须落实指标。",
        )
    blocks.turn(Demand.objects.all(), now=city.now, cause="posting")


def _assets(city: City) -> None:
    """Register what could be recovered, and parcels in every state of 批 → 供 → 用."""
    today = city.now.date()
    districts = {d.code: d for d in District.objects.all()}
    for code, name, kind, district, book, text, status, months in q.STOCK:
        near = [pool for (b, place), pool in city.pools.items() if b == book and place in (district, "159900")]
        pool = next((p for p in near if p.district_id == districts[district].pk), near[0] if near else None)
        asset = StockAsset.objects.create(
            code=code,
            name=name,
            kind=kind,
            district=districts[district],
            department=city.books[book].kind.department,
            plan="按市级盘活方案推进",
            plan_on=today + dt.timedelta(days=30 * months),
            status=status,
            verified_by=city.people["checker"] if status == "verified" else None,
            verified_on=today - dt.timedelta(days=20) if status == "verified" else None,
            verification_no=city.document("fgw") if status == "verified" else "",
            note="样例数据，虚构。",
        )
        StockAmount.objects.create(asset=asset, book=city.books[book], pool=pool, recoverable=city.amount(book, text))
    enterprises = {e.short_name: e for e in Enterprise.objects.all()}
    for row in q.PARCELS:
        _parcel(city, row, enterprises, today)


def _parcel(city, row, enterprises, today) -> None:
    code, name, park_code, area, state, approved, supplied, who = row
    park = Park.objects.select_related("district").get(code=park_code)

    def ago(months):
        return today - dt.timedelta(days=int(months * 30.44)) if months else None

    facts = {"reported_on": ago(approved + 4), "approved_on": ago(approved)}
    if approved:
        facts["approval_no"] = f"省政土〔{ago(approved).year}〕{approved * 7}号"
    if state in ("cleared",) or supplied:
        facts["cleared_on"] = ago(max(approved - 3, supplied))
    if supplied:
        facts |= {
            "supplied_on": ago(supplied),
            "contract_no": f"电子监管号 1599{supplied:02d}2026",
            "price_fen": 2_400_000_00,
            "agreed_start_on": ago(supplied - 6),
            "project": Project.objects.filter(enterprise=enterprises.get(who)).first() if who else None,
        }
    if state in ("started", "stopped", "completed"):
        share = {"started": 45, "stopped": 22, "completed": 100}[state]
        facts |= {"started_on": ago(supplied - 6), "started_share": share, "invested_share": min(share, 96)}
    if state == "stopped":
        facts["stopped_on"] = ago(14)
    if state == "completed":
        facts["completed_on"] = ago(3)
    if state == "idle":
        facts["fault"] = "enterprise"
    Parcel.objects.create(
        code=code, name=name, district=park.district, park=park, area=city.amount("land", area), **facts
    )
