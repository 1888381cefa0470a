"""The message catalogue. `update` collects, merges and compiles; `compile` only compiles; `check` finds open ends.

Each area keeps its Chinese in locale/parts/<area>.po; here they flow into the one catalogue that is loaded. Compiling
needs no gettext binaries (polib does it), so a machine that only runs the product does not need them either.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
CATALOGUE = ROOT / "locale" / LOCALE / "LC_MESSAGES" / "django.po"
PARTS = ROOT / "locale" / "parts"
SOURCES = [
    "config",
    "demo",
    "imports",
    "cockpit",
    "dossiers",
    "supervision",
    "gis",
    "approvals",
    "factors",
    "projects",
    "calendars",
    "people",
    "templates",
]
KEYWORDS = [
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "npgettext:1c,2,3",
    "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3",
]
HEADER = {
    "Project-Id-Version": "luodi",
    "Language": LOCALE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


def collect() -> polib.POFile:
    """Return every message in the code and templates, sorted, without places: moving a line changes no catalogue.

    The same steps as Django's makemessages (its template conversion, then xgettext), in one xgettext run. RuntimeError
    when xgettext is missing or complains.
    """
    from django.conf import settings

    if not settings.configured:
        settings.configure()  # the template conversion reads a setting
    from django.utils.translation.template import templatize

    with tempfile.TemporaryDirectory() as folder:
        names = []
        for source in SOURCES:
            for path in sorted((ROOT / source).rglob("*")):
                if path.suffix not in {".py", ".html", ".txt", ".svg"} or "migrations" in path.parts or path.is_dir():
                    continue
                relative = path.relative_to(ROOT).as_posix()
                text = path.read_text(encoding="utf-8")
                copy = Path(folder) / (relative if path.suffix == ".py" else relative + ".py")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text if path.suffix == ".py" else templatize(text, origin=relative), encoding="utf-8")
                names.append(copy.relative_to(folder).as_posix())
        command = ["xgettext", "--language=Python", "--from-code=UTF-8", "--no-location", "--no-wrap", "--sort-output"]
        command += [f"--keyword={word}" for word in KEYWORDS] + ["--output=-", "--files-from=-"]
        try:
            done = subprocess.run(command, input="\n".join(names), capture_output=True, text=True, cwd=folder)
        except FileNotFoundError as error:
            raise RuntimeError("xgettext is missing: apt-get install gettext") from error
        if done.returncode or not done.stdout:
            raise RuntimeError(done.stderr)
        return polib.pofile(done.stdout.replace("charset=CHARSET", "charset=UTF-8"), wrapwidth=0)


def key(entry: polib.POEntry) -> tuple:
    """Return what makes a message the same message."""
    return entry.msgctxt, entry.msgid, entry.msgid_plural or ""


def translated_parts() -> tuple[dict, list[str]]:
    """Return the translations of all parts by key, and a line for each message that two parts translate differently."""
    found: dict[tuple, polib.POEntry] = {}
    conflicts = []
    for path in sorted(PARTS.glob("*.po")):
        for entry in polib.pofile(str(path), encoding="utf-8"):
            if entry.obsolete or not translated(entry):
                continue
            other = found.setdefault(key(entry), entry)
            if other is not entry and words(other) != words(entry):
                conflicts.append(f"{path.name}: {entry.msgid!r}: {words(entry)} differs from {words(other)} (kept)")
    return found, conflicts


def words(entry: polib.POEntry) -> list[str]:
    """Return the translation as a list; Chinese has one plural form, so it has one element."""
    return [entry.msgstr_plural.get(0) or entry.msgstr] if entry.msgid_plural else [entry.msgstr]


def translated(entry: polib.POEntry) -> bool:
    """Return whether the entry has a translation that nobody doubts."""
    return bool(words(entry)[0]) and "fuzzy" not in entry.flags


def merged() -> tuple[polib.POFile, list[str]]:
    """Return the catalogue as it should be: every collected message, translated by the parts, else as it was."""
    parts, conflicts = translated_parts()
    old = {key(entry): entry for entry in (polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else [])}
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.metadata = dict(HEADER)
    for entry in collect():
        source = parts.get(key(entry)) or old.get(key(entry))
        fresh = polib.POEntry(msgctxt=entry.msgctxt, msgid=entry.msgid, msgid_plural=entry.msgid_plural)
        fresh.flags = [flag for flag in entry.flags if flag.endswith("-format")]
        text = words(source)[0] if source is not None and translated(source) else ""
        if entry.msgid_plural:
            fresh.msgstr_plural = {0: text}
        else:
            fresh.msgstr = text
        catalogue.append(fresh)
    return catalogue, conflicts


def compile_catalogue() -> None:
    """Write the .mo when it is older than its .po or than a part. The .mo is not in git."""
    target = CATALOGUE.with_suffix(".mo")
    sources = [path for path in [CATALOGUE, *PARTS.glob("*.po")] if path.exists()]
    if not sources or (target.exists() and target.stat().st_mtime >= max(path.stat().st_mtime for path in sources)):
        return
    catalogue = polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else polib.POFile()
    catalogue.metadata = catalogue.metadata or dict(HEADER)
    known = {key(entry): entry for entry in catalogue}
    for place, entry in translated_parts()[0].items():  # parts are newer than the catalogue while work goes on
        if place not in known:
            catalogue.append(entry)
        elif not entry.msgid_plural:
            known[place].msgstr = entry.msgstr
    target.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save_as_mofile(str(target))


def update() -> int:
    """Rewrite the catalogue and compile it; return 1 when messages lack a translation, after listing them."""
    catalogue, conflicts = merged()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))
    compile_catalogue()
    untranslated = [entry.msgid for entry in catalogue if not translated(entry)]
    print("\n".join([*conflicts, *(f"not translated: {msgid!r}" for msgid in untranslated)]))
    print(f"{len(catalogue)} messages, {len(untranslated)} not translated")
    return 1 if untranslated else 0


def check() -> int:
    """Return 1 when the catalogue is not what `update` would write, or a message is missing or fuzzy."""
    catalogue, conflicts = merged()
    problems = [*conflicts, *(f"not translated: {entry.msgid!r}" for entry in catalogue if not translated(entry))]
    written = polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else polib.POFile()
    problems += [f"fuzzy: {entry.msgid!r}" for entry in written if "fuzzy" in entry.flags]
    if {key(entry): words(entry) for entry in written} != {key(entry): words(entry) for entry in catalogue}:
        problems.append("the catalogue is not up to date: run `make messages`")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    ACTIONS = {"update": update, "compile": compile_catalogue, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in ACTIONS:
        sys.exit(f"usage: messages.py {'|'.join(ACTIONS)}")
    sys.exit(ACTIONS[sys.argv[1]]() or 0)
