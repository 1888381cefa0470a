"""What browsers get: nothing from a foreign host, and vendored files exactly as listed with their licences."""

import hashlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
sys.path.insert(0, str(ROOT / "scripts"))

from check_templates import forgetful, problems_of, untranslated  # noqa: E402

ADDRESS = re.compile(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.I)
NOT_FETCHED = ("http://www.w3.org/", "https://www.w3.org/")  # names of XML vocabularies


def own_files() -> list[Path]:
    """Return styles, scripts and pictures of ours."""
    found = [path for path in (ROOT / "static").rglob("*") if path.suffix in {".css", ".js", ".svg"}]
    return [path for path in found if VENDOR not in path.parents]


def test_own_styles_and_scripts_name_no_foreign_host():
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in own_files()
        for match in ADDRESS.finditer(path.read_text(encoding="utf-8"))
        if not path.read_text(encoding="utf-8").startswith(NOT_FETCHED, match.start())
    ]
    assert not found, "\n".join(found)


def test_styles_load_only_what_is_there():
    for path in own_files():
        for name in re.findall(r"url\(\s*[\"']?([^\"')#?]+)", path.read_text(encoding="utf-8")):
            assert name.startswith("data:") or (path.parent / name).exists(), f"{path.name}: {name}"


def test_vendored_files_are_listed_with_their_hash():
    listed = (VENDOR / "VENDOR.md").read_text(encoding="utf-8")
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.name != "VENDOR.md"]
    assert files
    for path in files:
        if "LICENSE" in path.name:
            assert path.name in listed, path.name
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines = [line for line in listed.splitlines() if path.relative_to(VENDOR).as_posix() in line]
        assert any(digest in line for line in lines), f"{path.name} {digest} is not in VENDOR.md"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('<p style="color:red">', "inline style"),
        ('<a onclick="x()">', "event handler"),
        ("<script>x()</script>", "script without nonce"),
        ("<style>p{}</style>", "style without nonce"),
        ('<img src="https://tiles.example.org/1.png">', "foreign host"),
        ('<link href="//cdn.example.org/a.css">', "foreign host"),
        ('<a href="javascript:x()">', "javascript:"),
    ],
)
def test_the_template_check_finds(source, what):
    assert any(what in problem for problem in problems_of(source))


@pytest.mark.parametrize(
    "source",
    [
        '<script nonce="{{ request.csp_nonce }}">x()</script>',
        '<script src="{% static "js/a.js" %}"></script>',
        '<rect fill="red" width="3"/>',
        '{# <p style="x"> #}',
        '<svg xmlns="http://www.w3.org/2000/svg">',
        "{% comment %}<a onclick='x'>{% endcomment %}",
    ],
)
def test_the_template_check_leaves_alone(source):
    assert problems_of(source) == []


def test_the_template_check_finds_forms_that_forget_what_was_typed():
    typed = '<form class="card" method="post" action="{% url "x" %}">\n{% field form.reason %}</form>'
    assert forgetful("\n" + typed) == ["2: what is typed is not kept: give the form a data-draft"]
    assert forgetful('<form method="post"><p><textarea name="note"></textarea></form>')
    assert forgetful(typed.replace(' method="post"', ' method="post" data-draft="x"')) == []
    assert forgetful(typed.replace("post", "get")) == []
    assert forgetful('<form method="post"><input type="hidden" name="a"><button name="do">×</button></form>') == []


def test_the_template_check_finds_words_that_no_catalogue_knows():
    assert untranslated("<p>办结</p>") == ["1: not translated: 办结"]
    assert untranslated('<p>\n{{ x }}</p><a title="Close">') == ["2: not translated: Close"]
    assert (
        untranslated('<p class="words">{% translate "Closed" %} {# Note #}<kbd>Ctrl</kbd> · {{ name }}&nbsp;</p>') == []
    )
    assert untranslated("{% blocktranslate trimmed %}Some words{% endblocktranslate %}") == []
