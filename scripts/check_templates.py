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


def problems_of(text: str) -> list[str]:
    """Return 'line: what' for every forbidden thing in a template's source."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())  # noqa: E731  keeps the line numbers
    text = ALLOWED.sub(blank, COMMENT.sub(blank, text))
    return [
        f"{text.count(chr(10), 0, match.start()) + 1}: {what}"
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(text)
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
        found += [f"templates/{name}:{problem}" for problem in problems_of(path.read_text(encoding="utf-8"))]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
