"""The posting function of PostgreSQL (`post.sql`): one round trip does the work, a hot pool is locked briefly."""

import json
from datetime import datetime
from pathlib import Path

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError

from factors.engines import Outcome, Posted, Sealed
from factors.refusals import BY_CODE
from factors.rules import LEGAL

REFUSED = "LD001"
_dump = DjangoJSONEncoder(ensure_ascii=False).encode


def install(connection) -> None:
    """Make the function; the table of legal moves goes into its text."""
    legal = sorted(f"{kind}:{':'.join(move)}" for kind, moves in LEGAL.items() for move in moves)
    backwards = sorted(
        {f"reverse:posted:{c}:{d}" for moves in LEGAL.values() for p, d, c in moves if p in ("posted", "post")}
        | {f"reverse:{p}:{pair}" for p in ("pending", "void") for pair in ("pool:holding", "cap:used")}
    )
    text = (Path(__file__).parent / "post.sql").read_text()
    array = "ARRAY[" + ",".join(f"'{word}'" for word in legal + backwards) + "]"
    with connection.cursor() as cursor:
        cursor.execute(text.replace("/*LEGAL*/", array))


def write(
    connection, sealed: list[Sealed], *, now: datetime, by_id: int | None, by_name: str, ip: str | None, seal: bool
) -> Outcome:
    """Post entries, all or none. One query.

    :raises LedgerRefused: nothing is written; the transaction must be rolled back.
    """
    lines = [
        {
            "e": n,
            "n": number,
            "kind": s.entry.kind,
            "day": s.entry.occurred_on.isoformat(),
            "phase": line.phase,
            "debit": line.debit,
            "credit": line.credit,
            "amount": line.amount,
            "reservation": line.reservation,
            "held": line.held,
            "expires_on": line.expires_on,
            "renewed": line.renewed,
            "twin": line.twin,
        }
        for n, s in enumerate(sealed)
        for number, line in enumerate(s.entry.lines, start=1)
    ]
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT factors_post(%s::jsonb, %s::jsonb, %s, %s, %s, %s, %s)",
                [_dump(_entries(sealed)), _dump(lines), now, by_id, by_name, ip, seal],
            )
            (answer,) = cursor.fetchone()
    except DatabaseError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.sqlstate != REFUSED:
            raise
        facts = json.loads(diagnosis.message_detail)
        raise BY_CODE[facts.pop("code")](**facts) from error
    answer = answer if isinstance(answer, dict) else json.loads(answer)
    return Outcome(
        tuple(Posted(p["id"], p["year"], p["number"], p["key"], p["replayed"]) for p in answer["posted"]),
        answer["flips"],
        answer["sealed"],
    )


def seal(
    connection, sealed: list[Sealed], posted, *, now: datetime, by_id: int | None, by_name: str, ip: str | None
) -> None:
    """Write the audit entries of what was posted unsealed. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT factors_seal(%s::jsonb, %s, %s, %s, %s)", [_dump(_entries(sealed)), now, by_id, by_name, ip]
        )


def _entries(sealed: list[Sealed]) -> list[dict]:
    return [
        {
            "e": n,
            "key": s.entry.key,
            "kind": s.entry.kind,
            "day": s.entry.occurred_on.isoformat(),
            "document_no": s.entry.document_no,
            "summary": s.entry.summary,
            "maker": s.entry.maker,
            "checker": s.entry.checker,
            "voucher": s.entry.voucher,
            "reverses": s.entry.reverses,
            "renews": s.entry.renews,
            "renewed_until": s.entry.renewed_until,
            "head": s.head,
            "tail": s.tail,
            "target": s.summary,
            "detail": s.detail,
        }
        for n, s in enumerate(sealed)
    ]
