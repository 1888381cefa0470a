"""Every template parses, and none carries what the content security policy or an offline machine forbids."""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "inline style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.S),
    "inline event handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.S),
    "htmx inline handler": re.compile(r"\shx-on[:-]"),
    "javascript: address": re.compile(r"javascript:", re.I),
    "script without nonce": re.compile(r"<script(?![^>]*\b(?:src|nonce)=)(?![^>]*application/json)[^>]*>", re.S),
    "style without nonce": re.compile(r"<style(?![^>]*\bnonce=)[^>]*>", re.S),
    "foreign host": re.compile(r"(?:src|href|action|url\()\s*=?\s*[\"']?(?:https?:)?//(?!127\.0\.0\.1)[\w.-]+", re.I),
}
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", re.S)
# Links that a person follows on purpose are not requests of the page.
ALLOWED = re.compile(r"<a\s[^>]*rel=\"[^\"]*external[^\"]*\"[^>]*>", re.S)

# What is left of a template without translated blocks, tags, scripts and names of languages must hold no words.
# Names of standards, formats and units are the same in every language; blocks for a class hold class names.
TRANSLATED = re.compile(
    r"CGCS2000|GeoJSON|sha256|\b(?:tce|kgce|kWh)\b"
    r"|\{%\s*block (?:page_head_class|body_class)\s*%\}.*?\{%\s*endblock\s*%\}"
    r"|\{%\s*blocktrans.*?endblocktrans(?:late)?\s*%\}|\{%.*?%\}|\{\{.*?\}\}|<(script|style|kbd|code|pre)\b.*?</\1>|&\w+;|中文|English",
    re.S,
)
SAMPLES = {"styleguide.html"}  # names of classes, and made-up data
TAG = re.compile(r"<(?:\"[^\"]*\"|'[^']*'|[^'\">])*>", re.S)
WORDS = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]+")
# A form that people write into is kept in the browser (static/js/draft.js): nothing typed is lost.
FORM = re.compile(r"<form\b[^>]*?\bmethod=\"post\".*?>(?P<body>.*?)</form>", re.S)
TYPED = re.compile(
    r"\{%\s*field\b|<textarea\b|<input(?![^>]*\btype=\"(?:hidden|checkbox|radio|submit|file|search|password|date)\")\b"
)
NOT_KEPT = {
    "people/login.html",  # secrets
    "people/password.html",
    "cockpit/screen_enter.html",
    "people/user_form.html",  # the second form: a password; the first names its draft
    "imports/start.html",  # a file cannot be kept; the rest is chosen from lists
    "imports/_shapes.html",
    "approvals/project_list.html",  # the rows that are ticked; the name of a view is kept
    "approvals/template_create.html",  # the first form: a file
}
READ_ALOUD = re.compile(r"\s(?:title|alt|placeholder|aria-label)=\"([^\"]*)\"")


def untranslated(text: str) -> list[str]:
    """Return 'line: words' for text that people read and that no catalogue knows."""
    text = TRANSLATED.sub(blank, COMMENT.sub(blank, text))
    found = [
        (match.start(1) + word.start(), word)
        for match in READ_ALOUD.finditer(text)
        for word in WORDS.finditer(match[1])
    ]
    found += [(word.start(), word) for word in WORDS.finditer(TAG.sub(blank, text))]
    return [
        f"{text.count(chr(10), 0, start) + 1}: not translated: {word.group()}"
        for start, word in sorted(found, key=lambda pair: pair[0])
    ]


def blank(match: re.Match) -> str:
    """Return as many spaces as the match has characters: places and line numbers stay right."""
    return re.sub(r"[^\n]", " ", match.group())


def problems_of(text: str) -> list[str]:
    """Return 'line: what' for every forbidden thing in a template's source."""
    text = ALLOWED.sub(blank, COMMENT.sub(blank, text))
    return [
        f"{text.count(chr(10), 0, match.start()) + 1}: {what}"
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(text)
    ]


def forgetful(text: str) -> list[str]:
    """Return 'line: what' for every form of a template's source that people write into and that keeps no draft."""
    text = COMMENT.sub(blank, text)
    return [
        f"{text.count(chr(10), 0, match.start()) + 1}: what is typed is not kept: give the form a data-draft"
        for match in FORM.finditer(text)
        if TYPED.search(match["body"]) and "data-draft=" not in match.group()[: match.start("body") - match.start()]
    ]


def main() -> int:
    """Return 1 when a template does not parse or breaks a rule."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.template import TemplateSyntaxError, engines

    django.setup()
    found = []
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix not in {".html", ".svg", ".txt"}:
            continue
        name = path.relative_to(ROOT / "templates").as_posix()
        try:
            engines["django"].get_template(name)
        except TemplateSyntaxError as error:
            found.append(f"templates/{name}: {error}")
        text = path.read_text(encoding="utf-8")
        words = untranslated(text) if path.suffix == ".html" and name not in SAMPLES else []
        forgotten = forgetful(text) if name not in NOT_KEPT else []
        found += [f"templates/{name}:{problem}" for problem in [*problems_of(text), *words, *forgotten]]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
