"""A small city for the import tests, and files made on the spot."""

import datetime as dt
import io

import openpyxl
import pytest
from django.utils import timezone


@pytest.fixture
def now():
    """A moment that never moves: Monday 2026-11-16, 10:00 in Shanghai."""
    return timezone.make_aware(dt.datetime(2026, 11, 16, 10, 0))


@pytest.fixture
def city(db):
    """Two districts of a city, one park in each, an enterprise, and the districts by name."""
    from people.models import District
    from projects.models import Enterprise, Park

    root = District.objects.create(code="159900", name="云川市")
    east = District.objects.create(code="159901", name="河东区", parent=root)
    west = District.objects.create(code="159902", name="河西区", parent=root)
    Park.objects.create(code="159901PK01", name="云川经济开发区", short_name="云川经开区", district=east)
    Park.objects.create(code="159902PK01", name="河西化工园区", district=west)
    Enterprise.objects.create(credit_code="91350100M000100Y43", name="云川宏远炭材料有限公司", district=east)
    return {"root": root, "east": east, "west": west}


@pytest.fixture
def pm(city):
    """A project manager of the whole city."""
    return person("pm", "pm", city["root"])


@pytest.fixture
def park_officer(city):
    """A park officer of the whole city: parks are his to import."""
    return person("parkofficer", "park", city["root"])


def person(username, role, district=None):
    """Return a user of `role` who manages the projects of `district`."""
    from django.contrib.auth import get_user_model
    from guardian.shortcuts import assign_perm

    user = get_user_model().objects.create_user(username, role=role, display_name=username)
    if district is not None:
        assign_perm("manage_projects", user, district)
    return user


@pytest.fixture
def template(city):
    """A published chain of three stages: 01, 02 after it, 07A beside."""
    from approvals.models import ChainTemplate, Phase, StageTemplate
    from people.models import Department

    Department.objects.create(code="fgw", name="发展和改革委员会", short_name="发改委")
    Department.objects.create(code="sthj", name="生态环境局", aliases="环境保护局\n市生态环境局")
    chain = ChainTemplate.objects.create(code="T3", name="三环节", status="published", stage_count=3)
    phase = Phase.objects.create(template=chain, no=1, code="P1", name="立项")
    stages = {}
    for place, (code, name, department) in enumerate(
        [("01", "项目备案", "发展和改革委员会"), ("02", "环境影响评价", "生态环境局"), ("07A", "取水许可", "")], 1
    ):
        stages[code] = StageTemplate.objects.create(
            template=chain,
            phase=phase,
            position=place,
            code=code,
            name=name,
            department_name=department,
            committed_amount=5,
            committed_unit="working_day",
        )
    stages["02"].prerequisites.add(stages["01"])
    return chain


@pytest.fixture
def project(city, pm, template, now):
    """A project with the chain, managed by `pm` through his district."""
    from approvals import actions
    from projects import actions as project_actions
    from projects.models import Project

    row = project_actions.register(
        by=pm, project=Project(code="2607-159901-04-01-381725", name="年产 10 万吨石墨负极材料", district=city["east"])
    )
    actions.start_chain(by=pm, project=row, template=template, started_on=dt.date(2026, 9, 1), now=now)
    return row


@pytest.fixture
def sheet(tmp_path):
    """Write rows to an .xlsx in a scratch folder and return its path."""

    def write(*rows, name="table.xlsx", title="Sheet1"):
        book = openpyxl.Workbook()
        book.active.title = title
        for row in rows:
            book.active.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def text_file(tmp_path):
    """Write text to a .csv in a scratch folder in an encoding and return its path."""

    def write(text, encoding="utf-8", name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def opened(content: bytes):
    """Return the first sheet of a workbook given as bytes."""
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def values(content: bytes) -> list[tuple]:
    """Return the cell values of the first sheet."""
    return list(opened(content).iter_rows(values_only=True))
