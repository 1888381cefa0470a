"""The look: tags render what they promise, nothing breaks the strict policy, menus hold only what one may use."""

import hashlib
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from people import actions, context, roles
from people.icons import ICONS, SHAPES
from people.models import User
from people.templatetags import luodi

ROOT = Path(__file__).resolve().parent.parent.parent
INLINE = re.compile(r"\sstyle=|\son[a-z]+=|<style|javascript:", re.I)


def render(source: str, **values) -> str:
    return Template("{% load luodi %}" + source).render(Context(values))


@pytest.mark.parametrize("code", list(SHAPES))
def test_a_light_is_colour_shape_and_word(code):
    html = render("{% light code %}", code=code)
    assert f"light-{code}" in html
    assert re.search(r'<(path|circle)[^>]*(fill|stroke)="#[0-9a-f]{6}"', html)
    assert str(luodi.WORDS[code]) in html
    assert not INLINE.search(html)


def test_every_light_has_its_own_shape_and_word():
    assert set(luodi.WORDS) == set(SHAPES)
    bare = [re.sub(r'"#[0-9a-f]{6}"', "", drawing) for drawing, _ in SHAPES.values()]
    assert len(set(bare)) == len(bare)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert len({str(word) for word in luodi.WORDS.values()}) == len(SHAPES)


def test_a_light_takes_other_words_and_escapes_them():
    assert "超期 3.0 日" in render("{% light 'red' text='超期 3.0 日' %}")
    assert "&lt;b&gt;" in render("{% light 'red' text=bad %}", bad="<b>")
    assert "light-idle" in render("{% light None %}")
    assert "light-idle" in render("{% light 'no-such-light' %}")


@pytest.mark.parametrize(
    ("used", "limit", "text", "over"),
    [
        (Decimal("8"), Decimal("5"), "8.0/5", 33.6),
        ("4.5", "10", "4.5/10", 0),
        (5, 5, "5.0/5", 0),
        (Decimal("5.5"), 5, "5.5/5", 5.6),
        (40, 15, "40.0/15", 56.0),
        (0, "49.5", "0.0/49.5", 0),
    ],
)
def test_a_bar_is_twice_the_limit_wide(used, limit, text, over):
    html = render("{% netbar used limit 'red' %}", used=used, limit=limit)
    assert text in html
    assert "M55.25 1h1.5v9" in html  # the tick stands in the middle of every bar
    solid = re.search(r"M56 3h([\d.]+)v5", html)
    assert float(solid[1] if solid else 0) == over
    assert not INLINE.search(html)


@pytest.mark.parametrize(
    ("used", "limit", "text"), [(None, 5, "—/5"), (3, None, "3.0"), (None, None, "—"), (1, 0, "1.0/0")]
)
def test_a_bar_without_a_limit_is_a_number(used, limit, text):
    html = render("{% netbar used limit %}", used=used, limit=limit)
    assert html == f'<span class="netbar">{text}</span>'


def test_numbers_and_dates():
    assert render("{% days 7 %} {% days x %} {{ y|days }}", x=None, y=Decimal("2.5")) == "7.0 — 2.5"
    assert luodi.moneyyi(18426000) == "1,842.60"
    assert luodi.moneyyi("0") == "0.00"
    assert (luodi.thousands("2680.40"), luodi.thousands(None)) == ("2,680.40", "—")
    assert luodi.moneyyi(None) == luodi.moneyyi("n/a") == "—"
    day = date(2026, 11, 20)
    assert luodi.mmdd(day, date(2026, 1, 1)) == luodi.mmdd(day, 2026) == "11-20"
    assert luodi.mmdd(day, 2027) == luodi.mmdd(day) == "2026-11-20"
    assert luodi.mmdd(None) == "—"
    assert luodi.mmdd(datetime(2026, 12, 31, 17, tzinfo=UTC), 2026) == "2027-01-01"  # already January in Shanghai


def test_query_with_changes_the_current_query():
    request = RequestFactory().get("/", {"park": ["a", "b"], "cursor": "x", "q": "石墨"})
    tag = luodi.query_with({"request": request}, cursor=None, light="red")
    assert tag == "?park=a&park=b&q=%E7%9F%B3%E5%A2%A8&light=red"
    assert luodi.query_with({"request": request}, park=["c", "d"], q="", cursor=None) == "?park=c&park=d"
    assert luodi.query_with({}, cursor=None) == "?"


@pytest.mark.parametrize("name", sorted(ICONS))
def test_icons_are_inline_and_hidden_from_readers(name):
    html = render("{% icon name %}", name=name)
    assert 'aria-hidden="true"' in html and "currentColor" in html
    assert not INLINE.search(html)


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="As on paper.")
    way = forms.ChoiceField(label="Way", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, required=False)
    yes = forms.BooleanField(label="Yes")


def test_a_field_has_label_mark_help_and_error():
    form = Sample({"name": ""})
    html = render("{% field form.name unit='万元' %}", form=form)
    assert '<label for="id_name">' in html and 'class="required"' in html and "万元" in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html and 'aria-invalid="true"' in html
    assert 'id="id_name_helptext"' in html and 'id="id_name_error"' in html
    assert "<fieldset" in render("{% field form.way %}", form=form)
    assert "field-check" in render("{% field form.yes %}", form=form)
    summary = render_to_string("_parts/errors.html", {"form": form})
    assert 'href="#id_name"' in summary and 'role="alert"' in summary
    assert render_to_string("_parts/errors.html", {"form": Sample()}).strip() == ""


def request_of(user, path="/", name=""):
    request = RequestFactory().get(path)
    request.user = user
    request.resolver_match = type("Match", (), {"url_name": name})()
    return request


@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_the_menu_holds_only_what_one_may_use(role):
    menu = context.nav(request_of(User(pk=1, username="a", role=role)))["nav"]
    mine = roles.get(role).permissions  # an entry may name several permissions; any one will do
    allowed = {entry.name for entry in context.MENU if mine & set(entry.permission.split())}
    assert {entry["name"] for entry in menu} <= allowed


def test_the_current_entry_is_marked_and_visitors_have_no_menu():
    menu = context.nav(request_of(User(pk=1, username="a", role="sysadmin"), name="user-edit"))["nav"]
    assert [entry["name"] for entry in menu if entry["current"]] == ["user-list"]
    assert context.nav(request_of(AnonymousUser()))["nav"] == []


@pytest.mark.parametrize("name", ["400.html", "500.html", "403_csrf.html"])
def test_error_pages_need_no_request(name):
    html = render_to_string(name)
    assert "<h1>" in html and not INLINE.search(html)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_style_guide_has_no_inline_style_and_keeps_the_policy(clients, language):
    client = clients["sysadmin"]
    client.cookies["luodi_language"] = language
    answer = client.get("/styleguide/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert not INLINE.search(html)
    assert re.findall(r"<script(?![^>]* src=)", html) == []
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    assert clients["pm"].get("/styleguide/").status_code == 403


def test_the_log_in_page_shows_demo_accounts_only_in_demo_mode(client, db, settings):
    settings.DEMO = False
    actions.ensure_user("pm", display_name="pm", role="pm", password="luodi-demo", is_demo=True)
    assert "data-fill-login" not in client.get("/login/").content.decode()
    settings.DEMO = True
    assert 'data-fill-login="pm"' in client.get("/login/").content.decode()


def test_vendored_files_are_what_the_list_says():
    folder = ROOT / "static/vendor"
    listed = dict(re.findall(r"`([\w.-]+)` \|.*`([0-9a-f]{64})`", (folder / "VENDOR.md").read_text()))
    assert {path.name for path in folder.glob("*.js")} <= listed.keys()
    assert listed == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in listed}


def test_style_sheets_suit_old_browsers():
    for path in (ROOT / "static/css").glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        for word in (":has(", "@container", "@import", "http:", "https:", "@layer"):
            assert word not in text, (path.name, word)
        assert text.count("{") == text.count("}"), path.name


def test_dates_and_numbers_with_their_units_stay_on_one_line_and_nothing_else_changes():
    def keep(text):
        return f'<span class="nowrap">{text}</span>'

    assert luodi.unbroken("净用 13.0 日，自 11-13 起") == f"净用 {keep('13.0 日')}，自 {keep('11-13')} 起"
    assert luodi.unbroken("2027-08-26 09:30 晚 19 个工作日") == f"{keep('2027-08-26 09:30')} 晚 {keep('19 个工作日')}"
    assert luodi.unbroken("<b>&3.0/5 天") == f"&lt;b&gt;&amp;{keep('3.0/5 天')}"
    assert luodi.unbroken("") == "" and luodi.unbroken("云环审〔2026〕88号") == "云环审〔2026〕88号"
