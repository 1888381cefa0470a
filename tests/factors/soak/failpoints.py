"""Named places at which a worker kills itself with SIGKILL. Test code only: it wraps what the product calls.

On PostgreSQL the legs and the audit entry are written inside one function of the database; there the places inside are
"statement" (the client dies while it runs: the server notices or finishes) and killing the backend itself (`runner`).
"""

import os
import signal

from django.db import connection, connections

POSTS = ("SELECT factors_post(", "SELECT * FROM factors_post_one(", "CALL factors_post_alone(")
SQL = {  # place -> (what the statement begins with or contains, before it runs or after)
    "after-posting": ("INSERT INTO factors_posting", "after"),
    "after-leg": ("INSERT INTO factors_transfer", "after"),
    "after-move": ("UPDATE factors_account", "after"),
    "before-audit": ("INSERT INTO people_auditentry", "before"),
    "before-statement": (POSTS, "before"),
    "after-statement": (POSTS, "after"),
    "before-disk": ("SELECT pg_logical_emit_message", "before"),
    "before-seal": ("SELECT factors_seal", "before"),
}
EVERYWHERE = ("after-begin", "before-commit", "after-commit", "before-hook")
OF = {
    "sqlite": (*EVERYWHERE, "after-posting", "after-leg", "after-move", "before-audit"),
    "postgresql": (*EVERYWHERE, "before-statement", "after-statement", "before-seal", "before-disk"),
}


def arm(place: str, hit: int) -> None:
    """Die at the `hit`-th time that the worker comes to `place`."""
    left = [hit]

    def reached():
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if place == "before-hook":
        from factors import blocks

        blocks.after_flips.insert(0, lambda projects, now: reached())
    elif place in SQL:
        _around_statements(*SQL[place], reached)
    else:
        _around_transactions(place, reached)


def _around_statements(begins, when, reached):
    def wrapper(execute, sql, params, many, context):
        mine = sql.lstrip().startswith(begins)
        if mine and when == "before":
            reached()
        result = execute(sql, params, many, context)
        if mine and when == "after":
            reached()
        return result

    connection.execute_wrappers.append(wrapper)


def _around_transactions(place, reached):
    owner = type(connections["default"])
    original, begin = owner._commit, owner._set_autocommit

    def commit(self):
        if place == "before-commit":
            reached()
        original(self)
        if place == "after-commit":
            reached()

    def set_autocommit(self, autocommit):
        begin(self, autocommit)
        if place == "after-begin" and not autocommit:
            reached()

    def start(self):
        original_start(self)
        if place == "after-begin":
            reached()

    owner._commit = commit
    if connection.vendor == "sqlite":
        original_start = owner._start_transaction_under_autocommit
        owner._start_transaction_under_autocommit = start
    else:
        owner._set_autocommit = set_autocommit
