"""Files as they come: each refusal is one fixed sentence, and what is read says how."""

import random
import time
import zipfile
from dataclasses import asdict
from datetime import date, datetime

import openpyxl
import pytest

from imports import headings, reader, reader_child
from imports.reader import Limits, Unreadable
from people import child as isolated

KNOWN = {headings.normal(text) for text in ("项目代码", "项目名称", "总投资", "年度计划", "code", "name")}


def read(path, **more):
    return reader.read(path, known=KNOWN, **more)


def refused(path, **more):
    with pytest.raises(Unreadable) as caught:
        read(path, **more)
    assert caught.value.problem.words()
    return caught.value.word


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def changed(path, target, edit):
    """Copy a workbook, passing each member through `edit(name, content)`; None drops it."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            content = edit(name, source.read(name))
            if content is not None:
                out.writestr(name, content)
    return target


def test_titles_above_merged_heads_and_excels_numbers(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"] = "云川市重点项目表"
    sheet.merge_cells("B2:E2")
    sheet["B4"], sheet["C4"], sheet["D4"] = "项目代码", "项目名称 ", "投资"
    sheet.merge_cells("B4:B5")
    sheet.merge_cells("C4:C5")
    sheet.merge_cells("D4:E4")
    sheet["D5"], sheet["E5"] = "总投资（亿元）", "年度计划"
    sheet["B6"], sheet["C6"], sheet["D6"] = "a", "一", 1.5
    sheet["B9"], sheet["C9"], sheet["E9"] = "b", "二", datetime(2023, 5, 1)
    sheet.merge_cells("C11:C12")
    sheet["B11"], sheet["B12"], sheet["C11"] = "c", "d", "三"
    book.save(tmp_path / "a.xlsx")
    table = read(tmp_path / "a.xlsx")
    assert table.heading_row == 5
    assert table.headings[1:5] == ("项目代码", "项目名称", "总投资（亿元）", "年度计划")
    assert [number for number, _cells in table.rows] == [6, 9, 11, 12]
    assert table.rows[1][1][4] == datetime(2023, 5, 1) or table.rows[1][1][4] == date(2023, 5, 1)
    assert table.rows[3][1][2] == "三"
    assert headings.unit(table.headings[3]) == "亿元"


def test_the_sheet_that_fits_is_read_and_hidden_ones_are_not(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["说明", "请先阅读"])
    hidden = book.create_sheet("旧表")
    hidden.append(["项目代码", "项目名称", "总投资"])
    hidden.append(["x", "y", 1])
    hidden.sheet_state = "hidden"
    good = book.create_sheet("办理进度")
    good.append(["项目代码", "项目名称"])
    good.append(["a", "b"])
    book.save(tmp_path / "a.xlsx")
    table = read(tmp_path / "a.xlsx")
    assert (table.sheet, table.other_sheets) == ("办理进度", ["Sheet"])
    assert read(tmp_path / "a.xlsx", sheet="旧表").rows[0][1] == ["x", "y", 1]
    assert refused(tmp_path / "a.xlsx", sheet="没有") == "no_sheet"


def test_a_stray_cell_a_million_rows_down_does_no_harm(tmp_path, sheet):
    path = sheet(["项目代码", "项目名称"], ["a", "b"])
    book = openpyxl.load_workbook(path)
    book.active["A1048576"] = "x"
    book.save(path)
    table = read(path)
    assert (len(table.rows), table.stopped_after) == (1, 2)


def test_a_million_cells_in_every_direction_is_refused_quickly(sheet):
    path = sheet(["项目代码", "项目名称"], ["a", "b"])
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = "x"
    book.save(path)
    started = time.monotonic()
    assert refused(path) == "too_heavy"
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(text_file, encoding):
    table = read(text_file("项目代码,项目名称\r\n1,云川宏远炭材料有限公司\r\n", encoding))
    assert table.rows == [(2, ["1", "云川宏远炭材料有限公司"])]
    assert (
        table.encoding == {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}[encoding]
    )


def test_real_gbk_and_big5(shared_data):
    known = {headings.normal(text) for text in ("code", "name", "areaCode")}
    table = reader.read(shared_data / "messy/derived_gbk/streets_gbk_crlf.csv", known=known)
    assert (len(table.rows), table.encoding, table.rows[0][1][1]) == (416, "GB18030", "凤凰岭街道")
    with pytest.raises(Unreadable) as caught:
        reader.read(shared_data / "messy/text_encodings/sample-chinese.txt", known=known)
    assert caught.value.word == "big5"


def test_delimiters_and_quotes(text_file):
    assert read(text_file("项目代码\t项目名称\na\t甲\n", name="a.txt")).rows == [(2, ["a", "甲"])]
    assert read(text_file("项目代码;项目名称\na;甲\n")).rows == [(2, ["a", "甲"])]
    assert read(text_file('项目代码,项目名称\na,"甲\n乙"\n\nb,丙\n')).rows == [(2, ["a", "甲\n乙"]), (4, ["b", "丙"])]


def test_what_is_refused_by_its_look(tmp_path, sheet, text_file):
    good = sheet(["项目代码", "项目名称"], ["a", "b"])
    assert refused(text_file(b"", name="a.xlsx")) == "empty"
    assert refused(text_file("项目代码", name="a.docx")) == "ending"
    assert refused(text_file("项目代码,项目名称\n", name="a.xlsx")) == "renamed"
    assert refused(text_file("<html><table><tr><td>项目代码</td></tr></table>", name="a.xls")) == "renamed_html"
    assert refused(text_file(good.read_bytes(), name="b.csv")) == "renamed_workbook"
    assert refused(text_file(good.read_bytes(), name="b.xls")) == "renamed_workbook"
    assert refused(text_file(good.read_bytes()[:-400], name="c.xlsx")) == "corrupt"
    assert refused(text_file(b"PK\x03\x04" + b"\x00" * 200, name="d.xlsx")) == "corrupt"
    assert refused(text_file(b"%PDF-1.7 x")) == "not_text"
    assert refused(text_file(b"a,b\x00\x01")) == "not_text"
    assert refused(text_file(b"\xff\xfeabc")) == "encoding"
    assert refused(text_file(b"\xff\xff\xff\x80")) == "encoding"
    assert refused(text_file("项目代码,项目名称\n", name="e.csv"), limits=Limits(size_mb=0)) == "size"
    assert refused(text_file("甲,乙\n1,2\n", name="f.csv")) == "no_headings"
    assert refused(text_file(" , \n,\n", name="g.csv")) == "no_rows"
    encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert refused(text_file(encrypted, name="h.xlsx")) == "encrypted"
    macro = changed(good, tmp_path / "m.xlsx", lambda name, content: content)
    with zipfile.ZipFile(macro, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    assert refused(macro) == "macro"
    assert refused(text_file(good.read_bytes(), name="m.xlsm")) == "macro"
    assert (
        refused(zipped(tmp_path / "w.xlsx", {"word/document.xml": "<a/>", "[Content_Types].xml": "<a/>"}))
        == "other_office"
    )
    broken = changed(good, tmp_path / "k.xlsx", lambda name, content: b"<x" if name.endswith("sheet1.xml") else content)
    assert refused(broken) in ("corrupt", "no_rows")


def test_bombs(tmp_path, sheet):
    good = sheet(["项目代码", "项目名称"], ["a", "b"])
    big = changed(good, tmp_path / "big.xlsx", lambda name, content: content)
    with zipfile.ZipFile(big, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zero.bin", b"\x00" * (101 << 20))
    assert big.stat().st_size < 1 << 20
    assert refused(big) == "unpacked"
    many = zipped(tmp_path / "many.xlsx", {f"xl/{n}.xml": "" for n in range(1001)})
    assert refused(many) == "members"
    entity = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    laughs = changed(
        good,
        tmp_path / "laughs.xlsx",
        lambda name, content: entity + b"]><worksheet>&j;</worksheet>" if name.endswith("sheet1.xml") else content,
    )
    started = time.monotonic()
    assert refused(laughs) in ("corrupt", "no_rows", "too_heavy")
    assert time.monotonic() - started < 30


def test_row_and_column_limits(sheet):
    rows = [["项目代码", "项目名称"], *([f"{n}", "x"] for n in range(30))]
    assert refused(sheet(*rows), limits=Limits(rows=5)) == "rows"
    assert len(read(sheet(*rows), limits=Limits(rows=30)).rows) == 30
    assert refused(sheet(["项目代码", "项目名称", *map(str, range(120))])) == "columns"


def test_formula_errors_and_text_numbers(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["项目代码", "项目名称"])
    book.active.append(["a", "#REF!"])
    book.active["B2"].data_type = "e"
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx").rows[0][1][1].code == "#REF!"


def test_the_1904_date_system_is_seen(tmp_path):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["项目代码", "项目名称"])
    book.active.append([date(2023, 5, 1), "x"])
    book.save(tmp_path / "a.xlsx")
    table = read(tmp_path / "a.xlsx")
    assert table.epoch_1904
    assert str(table.rows[0][1][0])[:10] == "2023-05-01"


@pytest.mark.parametrize(
    ("does", "word"),
    [
        ("exec sleep 30", "too_heavy"),
        ("exit 1", "corrupt"),
        ("kill -ABRT $$", "too_heavy"),
        ("kill -KILL $$", "too_heavy"),
    ],
)
def test_a_child_that_hangs_dies_or_is_killed(sheet, monkeypatch, tmp_path, does, word):
    child = tmp_path / "child"
    child.write_text(f"#!/bin/sh\ncat > /dev/null\n{does}\n")
    child.chmod(0o755)
    monkeypatch.setattr(isolated.sys, "executable", str(child))
    assert refused(sheet(["项目代码", "项目名称"]), limits=Limits(wall_seconds=2)) == word


@pytest.mark.parametrize(
    "part", ["workbook.xml", "sheet1.xml", "styles.xml", "workbook.xml.rels", "[Content_Types].xml"]
)
def test_a_damaged_part_is_refused_or_read_and_never_unforeseen(tmp_path, sheet, part):
    good = sheet(["项目代码", "项目名称"], ["a", "b"], ["c", "d"])
    chance = random.Random(part)
    limits = asdict(reader.UPLOAD)
    for _round in range(25):

        def damage(name, content):
            if not name.endswith(part):
                return content
            at = chance.randrange(len(content))
            filler = chance.choice([b"", b"\xff\xfe", b"<", b"&x;", b"9" * 30, b'"'])
            return content[:at] + filler + content[at + chance.randrange(12) :]

        path = changed(good, tmp_path / "damaged.xlsx", damage)
        try:
            reader_child.read_workbook(str(path), {"项目代码"}, "", limits)
        except reader_child.Refused as found:
            assert found.answer["refused"] in reader.REFUSALS


def test_letters():
    assert [headings.letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(headings.column_index(headings.letter(n)) == n for n in range(1000))
