"""Reading the State Council's holiday notice, as pasted from its web page. Pure: no Django.

Two forms are understood, and may be mixed:
- the notice's own sentences, a festival at a time:
  「元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。」
- plain lines, a day each: `2027-01-01 休 元旦`, `2027-02-06 班`.

What the text says twice is compared: the weekday in brackets with the date, 共n天 with the days counted. A
contradiction is a problem and nothing is guessed; sentences without 放假, 补休, 上班 or 调至 carry no day and are
passed over.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple

from calendars.workdays import Day

WEEKDAYS = "一二三四五六日"
DATE = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:\(([^)]*)\))?")
RANGE = re.compile(rf"({DATE.pattern})(?:至({DATE.pattern}))?")
PLAIN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?\s*(?:\([^)]*\))?\s*(放假|休息|休|上班|班)\s*(.*)")
NUMBERING = r"(?:[一二三四五六七八九十]+、|\([一二三四五六七八九十]+\)|\d+[.、])?\s*"
HEAD = re.compile(NUMBERING + r"([^\d\s，。；：:月日][^，。；：:月]{1,40})[：:]\s*")
VERB = re.compile(r"放假|补休|上班")
TITLE_YEAR = re.compile(r"(\d{4})年[^。\d\n]{0,60}(?:节假日|放假)")
STATED_DAYS = re.compile(r"共(\d{1,3})天")
NAME_LENGTH = 60

ProblemKind = Literal["bad_date", "weekday", "count", "conflict", "other_year", "backwards", "nothing"]


class Problem(NamedTuple):
    """What is wrong, where (line number from 1, 0 for the whole text), the words it is about, and what was expected."""

    kind: ProblemKind
    line: int
    excerpt: str
    detail: str = ""


@dataclass
class Notice:
    """What was read: the days that differ from the weekend rule or bear a name, and everything that did not fit."""

    days: dict[date, Day] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def put(self, day: date, rule: Day, line: int) -> None:
        """Enter a day; saying both rest and work of one day is a problem."""
        known = self.days.setdefault(day, rule)
        if known.is_workday != rule.is_workday:
            self.problems.append(Problem("conflict", line, day.isoformat()))


class _BadDate(Exception):
    pass


def parse(text: str, year: int) -> Notice:
    """Read a notice for `year`. Never raises; what could not be read is in `problems`."""
    notice = Notice()
    text = _plain(text)
    title = TITLE_YEAR.search(text)
    if title and int(title[1]) != year:
        notice.problems.append(Problem("other_year", 0, title[0], title[1]))
    for line, name, body in _festivals(text, notice):
        _read_festival(notice, line, name, body, year)
    far = [day for day in sorted(notice.days) if abs(day.year - year) > 1]
    notice.problems += [Problem("other_year", 0, day.isoformat(), str(day.year)) for day in far]
    if not notice.days and not notice.problems:
        notice.problems.append(Problem("nothing", 0, ""))
    return notice


def _plain(text: str) -> str:
    """Return the text with half-width digits and brackets and one sort of dash; Chinese stops stay."""
    text = re.sub(r"[０-９（）]", lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = re.sub(r"[，,]", "，", text).replace(";", "；").replace("\u3000", " ").replace("\xa0", " ")
    return re.sub(r"(?<=[日)])\s*(?:—+|－|–|-|~|～|到)\s*(?=\d)", "至", text)


def _festivals(text: str, notice: Notice) -> list[tuple[int, str, str]]:
    """Return (line number, festival, its sentences); plain lines go straight into `notice`."""
    found: list[list] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        plain = PLAIN.fullmatch(line)
        head = None if plain else HEAD.match(line)
        if plain:
            _read_plain(notice, number, plain)
        elif head:
            found.append([number, head[1].strip()[:NAME_LENGTH], line[head.end() :]])
        elif found and found[-1][1] and not line.startswith(("节假日", "国务院")):
            found[-1][2] += line
        elif line:
            found.append([number, "", line])
    return [tuple(entry) for entry in found]


def _read_plain(notice: Notice, line: int, match: re.Match) -> None:
    try:
        day = date(*(int(part) for part in match.group(1, 2, 3)))
    except ValueError:
        notice.problems.append(Problem("bad_date", line, match[0]))
    else:
        notice.put(day, Day("班" in match[4], match[5].strip()[:NAME_LENGTH]), line)


def _read_festival(notice: Notice, line: int, name: str, body: str, year: int) -> None:
    """Read the sentences of one festival. A clause ends with its verb; dates before another verb carry no day."""
    reader = _Dates(year)
    first_rest: list[date] = []
    for clause in re.split(r"[，。；]", re.sub(r"\s+", "", body)):
        try:
            spans = [(match, reader.span(match)) for match in RANGE.finditer(clause)]
        except _BadDate as error:
            notice.problems.append(Problem("bad_date", line, clause, str(error)))
            continue
        except OverflowError:
            notice.problems.append(Problem("backwards", line, clause))
            continue
        notice.problems += [Problem("weekday", line, *wrong) for wrong in reader.wrong_weekdays()]
        verb = VERB.search(clause, spans[-1][0].end()) if spans else None
        if "调至" in clause:  # until 2008: rest days moved, 「9月27日、28日两个公休日调至9月29日、30日」
            moved = [day for match, span in spans if match.start() < clause.index("调至") for day in span]
            for day in moved:
                notice.days.setdefault(day, Day(True, name))
        elif verb:
            days = [day for _, span in spans for day in span]
            for day in days:
                notice.put(day, Day(verb[0] == "上班", name), line)
            if verb[0] == "放假" and not first_rest:
                first_rest = days
        stated = STATED_DAYS.search(clause)
        if stated and first_rest and int(stated[1]) != len(first_rest):
            notice.problems.append(Problem("count", line, stated[0], str(len(first_rest))))


class _Dates:
    """Reads dates in order, filling in the month or year that the text leaves out."""

    def __init__(self, year: int):
        self.year = year
        self.first: date | None = None
        self.last: date | None = None
        self.suspects: list[tuple[str, str]] = []

    def span(self, match: re.Match) -> list[date]:
        """Return the days of a date or a range, both ends included. OverflowError when backwards or too long."""
        start = self._read(match.group(2, 3, 4, 5), match[1])
        end = self._read(match.group(7, 8, 9, 10), match[6]) if match[6] else start
        length = (end - start).days + 1
        if not 1 <= length <= 60:
            raise OverflowError
        return [start + timedelta(days=offset) for offset in range(length)]

    def wrong_weekdays(self) -> list[tuple[str, str]]:
        """Return (words, the date as ISO) for weekdays that contradict their date, once each."""
        suspects, self.suspects = self.suspects, []
        return suspects

    def _read(self, parts: tuple[str | None, ...], words: str) -> date:
        year, month, day, remark = parts
        try:
            found = self._date(year and int(year), month and int(month), int(day))
        except ValueError as error:
            raise _BadDate(words) from error
        self.first = self.first or found
        self.last = found
        said = re.search(r"(?:周|星期|礼拜)([一二三四五六日天])", remark or "")
        if said and WEEKDAYS.index(said[1].replace("天", "日")) != found.weekday():
            self.suspects.append((words, found.isoformat()))
        return found

    def _date(self, year: int | None, month: int | None, day: int) -> date:
        """A date without year is the one nearest to the festival; without month it is in that of the date before."""
        if month is None:
            if self.last is None:
                raise ValueError("no month")
            return self.last.replace(year=year or self.last.year, day=day)
        if year is None and self.first is not None:
            near = [date(self.first.year + shift, month, day) for shift in (0, -1, 1) if (month, day) != (2, 29)]
            near = near or [date(self.first.year, month, day)]
            return min(near, key=lambda candidate: abs(candidate - self.first))
        return date(year or self.year, month, day)
