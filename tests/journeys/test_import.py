"""A project manager imports a table: the template, a mistake, the receipt, the right rows first, and the way back."""

import openpyxl
import pytest
from playwright.sync_api import expect

from imports.models import ImportBatch
from people.models import District
from projects.models import Park, Project
from tests.browser import shot
from tests.journeys.steps import DESK, PHONE, at_each_width, follow, log_in, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CODES = [f"2611-{{}}-04-01-90000{n}" for n in range(1, 4)]


def download(page, selector: str, to):
    """Click a link that downloads and return the file."""
    with page.expect_download() as started:
        page.locator(selector).first.click()
    started.value.save_as(to)
    return to


def upload(page, path) -> ImportBatch:
    """Upload a file and return its batch, whose page is shown then."""
    page.goto("/imports/?kind=projects")
    page.set_input_files("input[name=file]", str(path))
    follow(page.locator("form[enctype] .btn-primary"))
    page.wait_for_selector("#grid-title")
    return ImportBatch.objects.latest("pk")


def fill(path, district: District) -> list[str]:
    """Write three projects below the headings of the blank template; the district of the second is misspelt."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    at = {str(cell.value).rstrip("*"): cell.column for cell in sheet[1] if cell.value}
    codes = [code.format(district.code) for code in CODES]
    for row, code in enumerate(codes, start=3):
        name = district.name if row != 4 else f"{district.name}去"
        for heading, value in (("项目代码", code), ("项目名称", f"导入项目{row}"), ("区县", name)):
            sheet.cell(row, at[heading], value)
        sheet.cell(row, next(column for text, column in at.items() if text.startswith("总投资")), "1.2亿")
    book.save(path)
    return codes


def test_from_the_blank_template_to_nothing_left_to_change(demo_city, browser_page, tmp_path):
    page, district = browser_page, Park.objects.order_by("code").first().district
    log_in(page, "pm")
    page.goto("/imports/?kind=projects")
    path = download(page, "a[href*='/imports/templates/projects/']", tmp_path / "项目.xlsx")
    codes = fill(path, district)

    batch = upload(page, path)
    assert (batch.total, batch.new, batch.wrong, batch.wrong_cells) == (3, 2, 1, 1)
    expect(page.locator("#grid-title")).to_have_count(1)
    expect(page.locator(".mistakes li")).to_have_count(1)
    at_each_width(page, "import-preview", (DESK, PHONE))
    receipt = download(page, "a[href$='/receipt/']", tmp_path / "回执.xlsx")
    cells = [cell for row in openpyxl.load_workbook(receipt).worksheets[0].iter_rows() for cell in row]
    (bad,) = [cell for cell in cells if cell.value == f"{district.name}去"]
    assert bad.fill.fgColor.rgb == "FFFBE3E3" and district.name in bad.comment.text.replace(bad.value, "")

    saved(page.locator("button[name=do][value=confirm]"))  # the right rows first is chosen already
    assert set(Project.objects.filter(code__in=codes).values_list("code", flat=True)) == {codes[0], codes[2]}
    shot(page, "journey-import-receipt-1440")

    book = openpyxl.load_workbook(receipt)
    book.worksheets[0][bad.coordinate].value = district.name
    book.save(receipt)
    batch = upload(page, receipt)
    assert (batch.total, batch.new, batch.unchanged, batch.wrong) == (3, 1, 2, 0)
    saved(page.locator("button[name=do][value=confirm]"))
    assert Project.objects.get(code=codes[1]).investment_wan == 12_000

    again = upload(page, receipt)
    assert again.writes == 0 and f"#{batch.pk}" in page.locator(".import-facts").inner_text()
    expect(page.locator("button[name=do][value=confirm]")).to_have_count(0)

    page.goto("/imports/?kind=projects")
    whole = download(page, "a[href$='/exports/projects/']", tmp_path / "导出.xlsx")
    batch = upload(page, whole)
    assert batch.total == batch.unchanged == Project.objects.count()
    expect(page.locator("button[name=do][value=confirm]")).to_have_count(0)
    shot(page, "journey-import-nothing-left-1440")
