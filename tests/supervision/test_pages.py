"""The pages of visits, problems and orders, and what other pages show of them."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cockpit import actions as cockpit_actions
from cockpit.models import Instruction
from people.models import AuditEntry
from supervision import order_actions
from supervision.models import Problem, SupervisionOrder, Visit
from tests.supervision.world import problem

PDF = b"%PDF-1.4\n"


def client_of(user) -> Client:
    """Return a client that is logged in as the person."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def visit_data(world, **more) -> dict:
    """A visit with two problems, as the phone posts it."""
    before = timezone.localtime() - dt.timedelta(minutes=5)
    lines = {"line-TOTAL_FORMS": "3", "line-INITIAL_FORMS": "0"}
    for n in range(3):
        lines |= {f"line-{n}-text": "", f"line-{n}-category": "approval", f"line-{n}-department": ""}
    data = {
        "project": world.project.pk,
        "visited_on": f"{before:%Y-%m-%d}",
        "visited_time": f"{before:%H:%M}",
        "minutes": "45",
        "way": "site",
        "met": "李工",
        "note": "谈用电",
    }
    return data | lines | {"line-0-text": "临时用电不足", "line-0-department": world.departments["b"].pk} | more


def test_a_visit_and_its_problems_are_logged_in_one_go(world):
    client = client_of(world.officer)
    page = client.get(reverse("visit-create"), {"project": world.project.code}).content.decode()
    assert f'<option value="{world.project.pk}" selected>' in page
    masked = {"line-1-text": "窗口口头补正", "line-1-masked": "on"}
    answer = client.post(reverse("visit-create"), visit_data(world, **masked))
    assert answer.status_code == 422 and not Visit.objects.exists(), "masking needs a unit"
    assert "窗口口头补正" in answer.content.decode(), "nothing typed is lost"
    masked |= {"line-1-department": world.departments["b"].pk}
    assert client.post(reverse("visit-create"), visit_data(world, **masked)).status_code == 302
    visit = Visit.objects.get()
    assert visit.minutes == 45 and visit.visitor == world.officer
    first, second = visit.problems.order_by("pk")
    assert first.state == second.state == "assigned" and second.masked and second.concerns == world.departments["b"]
    assert first.raised_by == "李工"
    shown = client.get(reverse("visit-page", args=[visit.pk])).content.decode()
    assert first.text in shown and second.text in shown
    assert "2</b>" in client.get(reverse("visit-list")).content.decode()
    assert client_of(world.officer2).get(reverse("visit-page", args=[visit.pk])).status_code == 404
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    late = client.post(reverse("visit-create"), visit_data(world, visited_on=tomorrow.isoformat()))
    assert late.status_code == 422


def test_the_unit_answers_on_the_page_and_somebody_else_closes(world):
    row = problem(world, now=timezone.now())
    unit, officer, manager = client_of(world.b), client_of(world.officer), client_of(world.pm)
    url = reverse("problem-page", args=[row.pk])

    def act(client, action, **data):
        return client.post(reverse("problem-act", args=[row.pk, action]), data)

    assert row.number in unit.get(reverse("problem-list"), {"mine": "unit"}).content.decode()
    assert act(unit, "claim").status_code == 302
    empty = act(unit, "ask", text="已增容")
    assert empty.status_code == 422 and "已增容" in empty.content.decode()
    forged = SimpleUploadedFile("批复.pdf", b"MZ not a pdf")
    assert act(unit, "ask", text="已增容", file=forged).status_code == 422
    assert act(unit, "ask", text="已增容", file=SimpleUploadedFile("批复.pdf", PDF)).status_code == 302
    page = officer.get(url).content.decode()
    assert 'aria-disabled="true"' in page, "who registered it sees the close-out greyed, with the reason"
    assert act(officer, "close", satisfaction="satisfied").status_code == 422
    assert act(officer, "nonsense").status_code == 404
    assert act(manager, "close", satisfaction="satisfied").status_code == 302
    row.refresh_from_db()
    assert row.state == "closed"
    file = row.events.get(kind="ask").files.get()
    sent = unit.get(reverse("problem-file", args=[file.pk]))
    assert sent["X-Content-Type-Options"] == "nosniff" and b"".join(sent.streaming_content) == PDF
    assert client_of(world.officer2).get(reverse("problem-file", args=[file.pk])).status_code == 404
    assert "1/1 100.00%" in manager.get(reverse("problem-list"), {"light": "done"}).content.decode()


def test_a_masked_enterprise_shows_nowhere_to_the_unit(world):
    facts = {"masked": True, "concerns": world.departments["b"], "raised_by": "李工", "text": "口头补正两次"}
    row = problem(world, "b", now=timezone.now(), **facts)
    unit = client_of(world.b)
    told = [world.enterprise.name, world.project.name, world.project.code, "李工", world.officer.display_name]
    for url in (reverse("problem-page", args=[row.pk]), reverse("problem-list"), reverse("problem-export")):
        page = unit.get(url).getvalue().decode()
        assert row.text in page and not [word for word in told if word in page], url
    for query in ({"q": world.project.name}, {"project": world.project.code}, {"q": "口头补正"}):
        assert row.number not in unit.get(reverse("problem-list"), query).content.decode(), query
    assert row.text not in unit.get(reverse("project-page", args=[world.project.code])).content.decode()
    officer = client_of(world.officer)
    assert world.enterprise.name in officer.get(reverse("problem-page", args=[row.pk])).content.decode()
    assert row.text in officer.get(reverse("project-page", args=[world.project.code])).content.decode()


def test_the_register_is_exported_as_the_list_shows_it(world):
    shown, other = problem(world, text="=1+1 电压不足"), problem(world, text="用水", category="water")
    answer = client_of(world.officer).get(reverse("problem-export"), {"category": "utility"})
    head, line = answer.getvalue().decode("utf-8-sig").splitlines()
    cells = dict(zip(head.split(","), line.split(","), strict=True))
    assert shown.number in cells.values() and "'=1+1 电压不足" in cells.values() and world.project.code in line
    assert other.number not in line and AuditEntry.objects.filter(kind="export", detail__name="problems").exists()


def test_registering_a_problem(world):
    client = client_of(world.officer)
    data = {"project": world.project.pk, "text": "铁塔未迁", "category": "clearance", "level": "task_force"}
    assert client.post(reverse("problem-create"), data | {"masked": "on"}).status_code == 422
    assert client.post(reverse("problem-create"), data).status_code == 302
    assert Problem.objects.get().state == "registered", "nobody was named: it waits to be assigned"
    chief = client_of(world.chief)  # stands by no project: types its code
    typed = data | {"project": world.project.code, "department": world.departments["c"].pk}
    assert chief.post(reverse("problem-create"), typed).status_code == 302
    assert chief.post(reverse("problem-create"), typed | {"project": "no such"}).status_code == 422
    assert client_of(world.officer2).post(reverse("problem-create"), data).status_code == 422
    assert client_of(world.officer2).get(reverse("problem-create"), {"project": world.project.code}).status_code == 404


def order_data(world, **more) -> dict:
    """A draft about the project, as the form posts it."""
    data = {
        "title": "限期办结环评",
        "level": "order",
        "urgency": "plain",
        "source": "meeting",
        "basis": "市政府常务会议",
        "lead": world.departments["b"].pk,
        "co_units": [world.departments["c"].pk],
        "due_on": (timezone.localdate() + dt.timedelta(days=9)).isoformat(),
        "requirement": "",
        "contact": "",
        "item-TOTAL_FORMS": "2",
        "item-INITIAL_FORMS": "0",
        "item-0-text": "限期办结环境影响评价",
        "item-0-project": world.project.code,
        "item-1-text": "",
        "item-1-project": "",
    }
    return data | more


def test_an_order_from_draft_to_close_on_the_pages(world):
    chief, unit = client_of(world.chief), client_of(world.b)
    form = chief.get(reverse("order-create"), {"project": world.project.code}).content.decode()
    assert world.project.code in form
    assert chief.get(reverse("order-create"), {"project": "2601-000000-04-01-000000"}).status_code == 404
    listed = chief.post(reverse("order-create"), {"from_list": "1", "project": [world.project.code]})
    assert listed.status_code == 200 and not SupervisionOrder.objects.exists(), "it only fills the form in"
    past = order_data(world, due_on="2020-01-01")
    assert chief.post(reverse("order-create"), past).status_code == 422
    assert chief.post(reverse("order-create"), order_data(world)).status_code == 302
    order = SupervisionOrder.objects.get()
    edit = reverse("order-edit", args=[order.pk])
    assert "限期办结环境影响评价" in chief.get(edit).content.decode()
    assert chief.post(edit, order_data(world, title="加快办理环评")).status_code == 302
    assert unit.get(reverse("order-page", args=[order.pk])).status_code == 404, "a draft went to nobody"

    def act(client, action, **data):
        return client.post(reverse("order-act", args=[order.pk, action]), data).status_code

    assert act(chief, "sign") == 302
    assert chief.get(edit).status_code == 302, "it no longer changes"
    assert "加快办理环评" in unit.get(reverse("order-list"), {"mine": "unit"}).content.decode()
    assert act(unit, "receive") == 302 and act(unit, "answer", text="") == 422
    assert act(unit, "answer", text="已办结", file=SimpleUploadedFile("反馈.pdf", PDF)) == 302
    assert act(unit, "accept", grade="good") == 403
    assert act(chief, "accept", grade="good") == 302 and act(chief, "close") == 302
    page = unit.get(reverse("order-page", args=[order.pk])).content.decode()
    assert "反馈.pdf" in page and f"〔{timezone.localdate().year}〕1号" in page
    assert unit.get(reverse("order-file", args=[order.events.get(kind="answer").files.get().pk])).status_code == 200


def test_an_instruction_becomes_one_draft(world):
    due = timezone.localdate() + dt.timedelta(days=5)
    row = Instruction(
        project=world.project, subject="环评超期", text="抓紧办", target="月底前办结",
        department=world.departments["b"], leader=world.chief, due_on=due,
    )  # fmt: skip
    cockpit_actions.instruct(by=world.leader, now=timezone.now(), instruction=row)
    client = client_of(world.leader)
    assert (
        reverse("instruction-order", args=[row.pk])
        in client.get(reverse("instruction-page", args=[row.pk])).content.decode()
    )
    for _twice in range(2):
        assert client.post(reverse("instruction-order", args=[row.pk])).status_code == 302
    order = SupervisionOrder.objects.get()
    assert order.source == "instruction" and "抓紧办" in order.basis and order.items.get().project == world.project
    shown = client.get(reverse("instruction-page", args=[row.pk])).content.decode()
    assert reverse("order-page", args=[order.pk]) in shown


def test_workbenches_say_what_waits(world):
    row = problem(world, now=timezone.now())
    order = order_actions.draft_order(
        by=world.chief, now=timezone.now(), source="alert", basis="超期", lead=world.departments["b"],
        due_on=timezone.localdate() + dt.timedelta(days=9), project=world.project,
    )  # fmt: skip
    order_actions.sign(by=world.chief, now=timezone.now(), order=order)
    officer = client_of(world.officer).get(reverse("workbench")).content.decode()
    assert row.text in officer and reverse("visit-create") in officer
    unit = client_of(world.b).get(reverse("workbench")).content.decode()
    assert reverse("order-list") + "?mine=unit" in unit and "?mine=unit&amp;state=assigned" in unit
    page = client_of(world.b).get(reverse("project-page", args=[world.project.code])).content.decode()
    order.refresh_from_db()
    assert row.text in page and order.number in page
