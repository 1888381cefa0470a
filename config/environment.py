"""Reading settings from environment variables. Pure: no Django here, so that it is tested in milliseconds."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def flag(environ: Mapping[str, str], name: str, default: bool) -> bool:
    """Return the boolean variable `name`; ValueError for a word that is neither yes nor no."""
    word = environ.get(name)
    if word is None:
        return default
    word = word.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(f"{name}={word!r}: use 1 or 0")
    return word in TRUE


def words(environ: Mapping[str, str], name: str, default: str = "") -> list[str]:
    """Return the comma-separated variable `name` as a list, blanks dropped."""
    return [word.strip() for word in environ.get(name, default).split(",") if word.strip()]


def number(environ: Mapping[str, str], name: str, default: int) -> int:
    """Return the integer variable `name`; ValueError when it is not an integer."""
    word = environ.get(name, "").strip()
    try:
        return int(word) if word else default
    except ValueError as error:
        raise ValueError(f"{name}={word!r}: use a whole number") from error


def database(url: str, base: Path, wait: int = 30) -> dict:
    """Translate a database URL into Django's dict.

    `sqlite:///var/x.sqlite3` is relative to `base`, `sqlite:////var/x.sqlite3` is absolute, `sqlite:///:memory:` is
    gone with the process,
    `postgres://user:password@host:5432/name?sslmode=require` passes its query on as OPTIONS; `prepare_threshold=off` in
    it is for a pooler that cannot keep prepared statements.
    `wait` is how many seconds a writer waits for its turn on SQLite.
    ValueError for any other scheme. Only these two engines are tested, so only they are accepted.
    """
    parts = urlsplit(url)
    path = unquote(parts.path[1:])
    if parts.scheme == "sqlite":
        name = path if path == ":memory:" else str(base / path)
        return {"ENGINE": "config.sqlite", "NAME": name, "OPTIONS": {**SQLITE_OPTIONS, "queue_seconds": wait}}
    if parts.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": path,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": {**POSTGRESQL_OPTIONS, **_options(parts.query)},
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ValueError(f"DATABASE_URL: {parts.scheme or url!r} is neither sqlite nor postgres")


def _options(query: str) -> dict:
    options = dict(parse_qsl(query))
    if "prepare_threshold" in options:
        word = options["prepare_threshold"]
        if word != "off" and not word.isdecimal():
            raise ValueError(f"DATABASE_URL: prepare_threshold={word}: use a whole number, or off")
        options["prepare_threshold"] = None if word == "off" else int(word)
    return options


# Conditions of rights are long statements over few rows: compiling them takes seconds, running them milliseconds.
# What binds its values (factors.engines.postgresql; the ORM does not) is read and planned once a connection, from the
# fifth time on: a tenth of a posting. Behind a pooler of transactions: PgBouncer ≥ 1.21.
POSTGRESQL_OPTIONS = {"options": "-c jit=off", "prepare_threshold": 5}

# One writer at a time, taken at BEGIN (ADR 0002): a read that later writes would otherwise fail as "locked". Writers
# wait in a queue of our own (ADR 0011); `timeout` is for programs that do not, such as the sqlite3 shell.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
}
