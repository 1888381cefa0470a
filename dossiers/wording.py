"""What a city may word itself: names of card and booklet, order and titles of the chapters, footers, logo.

`templates/dossiers/paper.yaml` holds what ships; a copy in the folder of the setting PAPER_TEMPLATES goes first.
"""

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from people.loading import yaml_of

SHIPPED = Path(__file__).resolve().parent.parent / "templates" / "dossiers"
KEYS = (
    *("basics", "promises", "chain", "quota", "park", "points", "problems", "visits", "policies", "orders"),
    *("appeals", "attachments"),
)


class WordingError(ValueError):
    """The file cannot be used; the text says what is wrong with it."""


@dataclass(frozen=True)
class Chapter:
    """A chapter of the booklet: what it holds, what it is called, its number."""

    key: str
    title: str
    number: int

    @property
    def template(self) -> str:
        """The template of its content."""
        return f"dossiers/book_{self.key}.html"


@dataclass(frozen=True)
class Wording:
    """The words of a city's papers."""

    card: str = ""
    booklet: str = ""
    head: str = ""
    office: str = ""
    confidential: str = ""
    footer: str = ""
    not_secret: str = ""
    logo: str = ""
    signatures: tuple[str, ...] = ()
    chapters: tuple[Chapter, ...] = ()

    @property
    def numbers(self) -> dict[str, int | str]:
        """The number of each chapter by its key; "" for one that the city leaves out."""
        found = dict.fromkeys(KEYS, "")
        return found | {chapter.key: chapter.number for chapter in self.chapters}


def load() -> Wording:
    """Return the wording in force. Read again only when a file changed. :raises WordingError: a file is wrong."""
    return _read(in_force("paper.yaml"))


def in_force(name: str) -> tuple[tuple[str, int], ...]:
    """Return (path, when it was changed) of the shipped file of words and of the city's own, if it has one."""
    own = getattr(settings, "PAPER_TEMPLATES", "")
    paths = [SHIPPED / name, *([Path(own) / name] if own else [])]
    return tuple((str(path), path.stat().st_mtime_ns) for path in paths if path.is_file())


def content_of(path: str):
    """Return what a file of words holds. :raises WordingError: it is no YAML in UTF-8."""
    return yaml_of(Path(path), WordingError) or {}


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[str, int], ...]) -> Wording:
    found = Wording()
    for path, _changed in files:
        found = replace(found, **_checked(path))
    return found


def _checked(path: str) -> dict:
    content = content_of(path)
    if not isinstance(content, dict):
        raise WordingError(f"{path}: needs names with their texts")
    strange = set(content) - {field.name for field in fields(Wording)}
    if strange:
        raise WordingError(f"{path}: unknown: {', '.join(sorted(strange))}")
    if "signatures" in content:
        content["signatures"] = tuple(str(name) for name in content["signatures"])
    if "chapters" in content:
        content["chapters"] = _chapters(path, content["chapters"])
    return {name: value if isinstance(value, tuple) else str(value or "") for name, value in content.items()}


def _chapters(path: str, entries) -> tuple[Chapter, ...]:
    found, seen = [], set()
    for entry in entries:
        key = entry.get("key") if isinstance(entry, dict) else None
        if key not in KEYS or key in seen or not str(entry.get("title") or "").strip():
            raise WordingError(f"{path}: a chapter needs a key of {', '.join(KEYS)} (each once) and a title: {entry}")
        seen.add(key)
        found.append(Chapter(key, str(entry["title"]).strip(), len(found) + 1))
    return tuple(found)
