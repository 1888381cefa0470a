"""The process that opens an uploaded file: no Django, no database, limits on time and memory, JSON in and JSON out.

Run as `python -m imports.reader_child`; the request is one JSON object on standard input: path, name, sheet, known
(normal forms of the headings looked for) and limits. The answer is one JSON object: the table, or `{"refused": word}`
with a word of `reader.REFUSALS`. A file that kills this process (bomb, corrupt structure, a panic of the parser) kills
nothing else: the parent reads the exit code.
"""

import contextlib
import csv
import io
import json
import re
import sys
import zipfile
import zlib
from datetime import date, datetime, time, timedelta

from imports import headings
from people.child import limit_resources

DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError)
"""What reading a damaged archive raises; ValueError holds text that is not UTF-8."""


class Refused(Exception):
    """The file is not read; the word says why."""

    def __init__(self, word, **params):
        super().__init__(word)
        self.answer = {"refused": word, "params": params}


# --- What kind of file it is ------------------------------------------------------------------------------------

WORKBOOKS = (".xlsx", ".xls")
TEXTS = (".csv", ".txt")


def kind_of(path: str, name: str, limits: dict) -> str:
    """Return "workbook" or "text" after looking at the name and the first bytes.

    :raises Refused: for what is not read, with the word that says why.
    """
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    with open(path, "rb") as file:
        head = file.read(4096)
        file.seek(0)
        if not head:
            raise Refused("empty")
        if ending in (".xlsm", ".xltm", ".xlsb"):
            raise Refused("macro")
        if ending not in WORKBOOKS + TEXTS:
            raise Refused("ending", ending=ending or "—")
        if head[:4] == b"PK\x03\x04":
            _check_zip(file, limits)
            if ending != ".xlsx":
                raise Refused("renamed_workbook", ending=ending)
            return "workbook"
        if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            _check_ole(file.read())
            if ending != ".xls":
                raise Refused("renamed_workbook", ending=ending)
            return "workbook"
    if ending in WORKBOOKS:
        start = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
        raise Refused(
            "renamed_html" if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"mime")) else "renamed"
        )
    if head[:5] == b"%PDF-" or head[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0", b"GIF8", b"Rar!"):
        raise Refused("not_text")
    return "text"


def _check_zip(file, limits):
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except DAMAGED_ZIP as error:
        raise Refused("corrupt") from error
    if len(members) > limits["members"]:
        raise Refused("members", count=len(members), most=limits["members"])
    if sum(member.file_size for member in members) > limits["unpacked_mb"] << 20:
        raise Refused("unpacked", most=limits["unpacked_mb"])
    names = {member.filename for member in members}
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Refused("macro")
    if any(member.flag_bits & 1 for member in members):
        raise Refused("encrypted")
    if "xl/workbook.xml" not in names:
        raise Refused("other_office")


def _check_ole(content: bytes):
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Refused("encrypted")
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise Refused("macro")
    if "Workbook".encode("utf-16-le") not in content and "Book".encode("utf-16-le") not in content:
        raise Refused("other_office")


# --- Workbooks ------------------------------------------------------------------------------------


def read_workbook(path: str, known: set[str], wanted: str, limits: dict) -> dict:
    """Return the table of the sheet `wanted`, or of the visible sheet that holds most of the known headings."""
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError as error:
        raise Refused("encrypted") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Refused("corrupt") from error
    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if wanted and wanted not in book.sheet_names:
        raise Refused("no_sheet", sheet=wanted, sheets="、".join(visible))
    best = None
    for name in [wanted] if wanted else visible:
        rows = _sheet_rows(book, name, limits, headings.LOOK_AT_ROWS + 5, look_only=True)
        found = headings.find([cells for _, cells in rows["rows"]], known)
        if best is None or (found.hits if found else 0) > best[0]:
            best = (found.hits if found else 0, name)
    if best is None:
        raise Refused("no_rows")
    table = _sheet_rows(book, best[1], limits, limits["rows"] + headings.LOOK_AT_ROWS)
    _put_faults(path, best[1], table["rows"])
    return table | {
        "sheet": best[1],
        "other_sheets": [name for name in visible if name != best[1]],
        "epoch_1904": _is_1904(path),
        "encoding": "",
    }


def _sheet_rows(book, name, limits, most_rows, look_only=False):
    import python_calamine as calamine

    try:
        sheet = book.get_sheet_by_name(name)
        start = sheet.start
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Refused("corrupt") from error
    rows, empties, dropped = [], 0, 0
    if start is None:
        return {"rows": rows, "stopped_after": 0}
    _, first_column = start
    for offset, cells in enumerate(sheet.iter_rows()):
        values = [None] * first_column + [_jsonable(cell) for cell in cells]
        while values and values[-1] in (None, ""):
            values.pop()
        if not values:
            empties += 1
            if empties >= limits["empty_rows"]:
                break
            continue
        if len(values) > limits["columns"]:
            raise Refused("columns", most=limits["columns"], column=headings.letter(len(values) - 1))
        empties = 0
        rows.append([offset + 1, values])  # iter_rows begins at row 1 and at the first used column
        if len(rows) >= most_rows:
            if look_only:
                break
            raise Refused("rows", most=limits["rows"])
    else:
        empties = 0
    merged = [] if look_only else _fill_merged(sheet, rows)
    dropped = rows[-1][0] if rows and empties >= limits["empty_rows"] else 0
    return {"rows": rows, "stopped_after": dropped, "merged": merged}


def _fill_merged(sheet, rows) -> list[tuple[int, int]]:
    """Repeat the value of cells merged down a column: each row is then complete by itself. Returns what was filled.

    The (row, column) of every cell that had a value of its own only by the merge: an amount must not be counted twice.
    """
    at, filled = dict(rows), []
    for (top, left), (bottom, right) in (sheet.merged_cell_ranges or [])[:20_000]:  # None: .xls and .ods tell none
        source = at.get(top + 1)
        if left != right or bottom - top > 5_000 or not source or len(source) <= left or source[left] in (None, ""):
            continue
        for row in range(top + 2, bottom + 2):
            cells = at.get(row)
            if cells is not None:
                cells.extend([None] * (left + 1 - len(cells)))
                if cells[left] in (None, ""):
                    cells[left] = source[left]
                    filled.append((row, left))
    return filled


_FAULT_CELL = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*?\bt="e"[^>]*>.{0,2000}?<v>([^<]{2,20})</v>', re.S
)


def _put_faults(path: str, name: str, rows) -> None:
    """Put error values (#REF! …) into the rows: the parser gives empty cells for them, which would hide them.

    Only .xlsx; in the old binary format they stay empty.
    """
    from xml.sax.saxutils import unescape

    with contextlib.suppress(KeyError, IndexError, StopIteration, *DAMAGED_ZIP), zipfile.ZipFile(path) as archive:
        book, links = (archive.read(f"xl/{part}").decode() for part in ("workbook.xml", "_rels/workbook.xml.rels"))
        tags = [
            tag for tag in re.findall(r"<sheet\b[^>]*>", book) if unescape(_attribute(tag, "name"), _QUOTES) == name
        ]
        link = next(
            t for t in re.findall(r"<Relationship\b[^>]*>", links) if _attribute(t, "Id") == _attribute(tags[0], "r:id")
        )
        target = _attribute(link, "Target")
        content = archive.read(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
        at = dict(rows)
        for letters, number, code in _FAULT_CELL.findall(content) if b't="e"' in content else ():
            cells, index = at.get(int(number)), headings.column_index(letters.decode())
            if cells is not None and index < 1_000:
                cells.extend([None] * (index + 1 - len(cells)))
                cells[index] = {"e": code.decode()}


_QUOTES = {"&quot;": '"', "&apos;": "'"}


def _attribute(tag: str, name: str) -> str:
    return (re.search(rf'\s{name}="([^"]*)"', tag) or ["", ""])[1]


def _is_1904(path: str) -> bool:
    with (
        contextlib.suppress(KeyError, *DAMAGED_ZIP),
        zipfile.ZipFile(path) as archive,
        archive.open("xl/workbook.xml") as part,
    ):
        return bool(re.search(rb'date1904\s*=\s*"(?:1|true)"', part.read(200_000)))
    return False


FAULTS = re.compile(r"#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|GETTING_DATA|SPILL!|CALC!)")


def _jsonable(cell):
    if isinstance(cell, datetime):
        return {"t": cell.isoformat()}
    if isinstance(cell, date):
        return {"d": cell.isoformat()}
    if isinstance(cell, time | timedelta):
        return str(cell)
    if isinstance(cell, float):
        return int(cell) if cell == cell and abs(cell) < 1e15 and cell == int(cell) else cell
    if isinstance(cell, str):
        return {"e": cell} if FAULTS.fullmatch(cell) else cell[:32_767]
    return cell


# --- Text ------------------------------------------------------------------------------------


def read_text(path: str, limits: dict) -> dict:
    """Return the table of a CSV or tab-separated file, with the encoding it was read in."""
    with open(path, "rb") as file:
        content = file.read()
    text, encoding, doubt = decode(content)
    csv.field_size_limit(1 << 20)
    rows, empties = [], 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), 1):
            while cells and not cells[-1].strip():
                cells.pop()
            if not cells:
                empties += 1
                if empties >= limits["empty_rows"]:
                    break
                continue
            if len(cells) > limits["columns"]:
                raise Refused("columns", most=limits["columns"], column=headings.letter(len(cells) - 1))
            empties = 0
            rows.append([number, cells])
            if len(rows) >= limits["rows"] + headings.LOOK_AT_ROWS:
                raise Refused("rows", most=limits["rows"])
    except csv.Error as error:
        raise Refused("corrupt") from error
    return {
        "rows": rows,
        "sheet": "",
        "other_sheets": [],
        "epoch_1904": False,
        "encoding": encoding,
        "doubt": doubt,
        "stopped_after": rows[-1][0] if rows and empties >= limits["empty_rows"] else 0,
    }


def decode(content: bytes) -> tuple[str, str, str]:
    """Return (text, encoding read, other encoding that would also fit or "").

    A byte order mark decides; then strict UTF-8; then strict GB18030 (GBK). Nothing is replaced.

    :raises Refused: "big5" and "encoding" when the text is neither; "not_text" for binary content.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding.replace("-sig", "").upper(), ""
            except UnicodeDecodeError as error:
                raise Refused("encoding") from error
    if b"\x00" in content:
        raise Refused("not_text")
    utf8, gb = _strict(content, "utf-8"), _strict(content, "gb18030")
    if utf8 is not None:
        doubtful = gb is not None and not utf8.isascii() and _share(gb, "gb2312") >= 0.95 > _share(utf8, "gb2312")
        return utf8, "UTF-8", "GB18030" if doubtful else ""
    if gb is None:
        raise Refused("big5" if _strict(content, "big5") is not None else "encoding")
    if _share(gb, "gb2312") < 0.8 and _strict(content, "big5") is not None:
        raise Refused("big5")
    big5 = _strict(content, "big5")
    return gb, "GB18030", "Big5" if big5 is not None and _share(gb, "gb2312") < 0.95 else ""


def _strict(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _share(text: str, encoding: str) -> float:
    """Return the share of non-ASCII characters that belong to `encoding`: everyday Chinese is nearly all GB 2312."""
    rare = "".join(c for c in text[:200_000] if ord(c) > 127)
    if not rare:
        return 1.0
    return len(rare.encode(encoding, "ignore").decode(encoding)) / len(rare)


def _delimiter(text: str) -> str:
    lines = [line for line in text[:20_000].splitlines()[:10] if line.strip()]
    return max(",\t;", key=lambda mark: (sum(min(line.count(mark), 50) for line in lines), mark == ","))


def main():
    """Answer one request."""
    request = json.load(sys.stdin)
    limits = request["limits"]
    limit_resources(cpu_seconds=limits["cpu_seconds"], memory_mb=limits["memory_mb"])
    try:
        if kind_of(request["path"], request["name"], limits) == "workbook":
            answer = read_workbook(request["path"], set(request["known"]), request["sheet"], limits)
        else:
            answer = read_text(request["path"], limits)
        if not answer["rows"]:
            raise Refused("no_rows")
    except Refused as refused:
        answer = refused.answer
    except MemoryError:
        answer = {"refused": "too_heavy", "params": {}}
    json.dump(answer, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
