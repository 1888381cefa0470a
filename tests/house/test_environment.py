"""config/environment.py: what operators type."""

from pathlib import Path

import pytest

from config.environment import database, flag, number, words

BASE = Path("/srv/luodi")


def test_sqlite_paths():
    assert database("sqlite:///var/a.sqlite3", BASE)["NAME"] == "/srv/luodi/var/a.sqlite3"
    assert database("sqlite:////data/a.sqlite3", BASE)["NAME"] == "/data/a.sqlite3"
    assert database("sqlite:///:memory:", BASE)["NAME"] == ":memory:"


def test_sqlite_takes_the_write_lock_at_begin_and_survives_a_power_cut():
    options = database("sqlite:///a", BASE)["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]
    assert options["timeout"] >= 10


def test_postgres_with_escaped_password_and_query():
    found = database("postgres://luodi:p%40ss%2Fword@db.intern:5433/city?sslmode=require", BASE)
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("luodi", "p@ss/word", "db.intern")
    assert (found["PORT"], found["NAME"]) == ("5433", "city")
    assert found["OPTIONS"] == {"options": "-c jit=off", "prepare_threshold": 5, "sslmode": "require"}


@pytest.mark.parametrize(("word", "expected"), [("off", None), ("0", 0), ("12", 12)])
def test_prepared_statements_can_be_off_for_a_pooler(word, expected):
    assert database(f"postgres://db/city?prepare_threshold={word}", BASE)["OPTIONS"]["prepare_threshold"] == expected


@pytest.mark.parametrize("url", ["mysql://a/b", "nonsense", "", "postgres://db/city?prepare_threshold=never"])
def test_other_databases_are_refused(url):
    with pytest.raises(ValueError, match="DATABASE_URL"):
        database(url, BASE)


def test_flags():
    assert flag({"A": "1"}, "A", False) and flag({"A": "Yes"}, "A", False) and flag({}, "A", True)
    assert not flag({"A": "0"}, "A", True) and not flag({"A": ""}, "A", True)
    with pytest.raises(ValueError, match="A="):
        flag({"A": "maybe"}, "A", False)


def test_words_and_numbers():
    assert words({"A": " a, b ,,"}, "A") == ["a", "b"]
    assert number({"A": ""}, "A", 14) == 14
    with pytest.raises(ValueError, match="A="):
        number({"A": "two"}, "A", 1)
