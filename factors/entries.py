"""What each kind of voucher makes of accounts and amounts: journal entries, with the twin lines of total caps. Pure.

Functions take `Account` and `Reservation` rows (`select_related("cap")`, for reservations also their twin) and ask
nothing of the database. Amounts are in the smallest unit of the book.
"""

from datetime import date

from factors.rules import Entry, Line


def _twins(pool, holding_side: str, phase: str, amount: int, **more) -> tuple[Line, ...]:
    """Return the line under the pool's total cap, if there is one: from the cap to what is used, or back."""
    if pool.cap_id is None:
        return ()
    cap, used = pool.cap_id, pool.cap.cap_id
    debit, credit = (cap, used) if holding_side == "credit" else (used, cap)
    return (Line(phase, debit, credit, amount, twin=True, **more),)


def move(kind: str, debit, credit, amount: int, *, key: str, on: date, **facts) -> Entry:
    """Return an entry that moves quota at once: grant, reallocation, recovery, trade, reduction, year end.

    What enters or leaves a holding from or to a pool counts under the pool's cap, too, and so does what a holding had
    in the beginning; a trade between holdings of different caps counts on both sides.
    """
    lines = [Line("posted", debit.pk, credit.pk, amount)]
    if credit.role != "holding" and debit.role == "holding" and debit.cap_id:
        lines += _twins(debit, "debit", "posted", amount)
    elif kind == "opening" and credit.role == "holding":
        lines += _twins(credit, "credit", "posted", amount)
    elif debit.role == "holding" and credit.role == "holding" and debit.cap_id != credit.cap_id:
        lines += _twins(debit, "debit", "posted", amount)
        lines += _twins(credit, "credit", "posted", amount)
    return Entry(key=key, kind=kind, occurred_on=on, lines=tuple(lines), **facts)


def reserve(pool, holding, amount: int, expires_on: date, *, key: str, on: date, **facts) -> Entry:
    """Return a reservation (预占): pending from pool to holding until `expires_on` (inclusive)."""
    lines = (Line("pending", pool.pk, holding.pk, amount, expires_on=expires_on),)
    lines += _twins(pool, "credit", "pending", amount, expires_on=expires_on)
    return Entry(key=key, kind="reserve", occurred_on=on, lines=lines, **facts)


def confirm(reservation, amount: int, *, key: str, on: date, keep_rest: bool = True, **facts) -> Entry:
    """Return a confirmation (确认) of all or part of a reservation; the rest stays reserved unless `keep_rest` is off.

    :raises ValueError: more than was reserved, or nothing.
    """
    if not 0 < amount <= reservation.amount:
        raise ValueError(f"{amount} of {reservation.amount}")
    lines = []
    for row, twin in _with_twin(reservation):
        lines.append(Line("post", row.pool_id, row.holding_id, amount, reservation=row.pk, held=row.amount, twin=twin))
    rest = reservation.amount - amount
    if rest and keep_rest:
        for row, twin in _with_twin(reservation):
            lines.append(
                Line(
                    "pending",
                    row.pool_id,
                    row.holding_id,
                    rest,
                    expires_on=reservation.expires_on,
                    renewed=reservation.renewed,
                    twin=twin,
                )
            )
    return Entry(key=key, kind="confirm", occurred_on=on, lines=tuple(lines), **facts)


def release(reservation, *, key: str, on: date, kind: str = "release", **facts) -> Entry:
    """Return a release (释放), or with kind "expire" an expiry (到期), of a whole reservation."""
    phase = "void" if kind == "release" else "expire"
    lines = tuple(
        Line(phase, row.pool_id, row.holding_id, row.amount, reservation=row.pk, held=row.amount, twin=twin)
        for row, twin in _with_twin(reservation)
    )
    return Entry(key=key, kind=kind, occurred_on=on, lines=lines, **facts)


def renew(reservation, until: date, *, key: str, on: date, **facts) -> Entry:
    """Return a renewal (展期): nothing moves, the reservation holds until `until` (inclusive)."""
    return Entry(key=key, kind="renew", occurred_on=on, lines=(), renews=reservation.pk, renewed_until=until, **facts)


def _with_twin(reservation):
    twin = getattr(reservation, "twin", None)
    return [(reservation, False), *([(twin, True)] if twin is not None else [])]


def reverse(posting, transfers, *, key: str, on: date, **facts) -> Entry:
    """Return the reversal (冲销) of a posting: every transfer backwards, the last first.

    A reservation that is still open is voided; what was voided or expired is reserved again until its old day; what was
    posted or confirmed goes back. `transfers` are the posting's, with `resolves__reservation` and `reservation`.

    :raises ValueError: a reservation of the posting was resolved since: reverse that entry first.
    """
    lines = tuple(
        _backwards(transfer, number > 0, on)
        for group in reversed(_groups(transfers))
        for number, transfer in enumerate(group)
    )
    return Entry(key=key, kind="reverse", occurred_on=on, lines=lines, reverses=posting.pk, **facts)


def _groups(transfers) -> list[list]:
    """Return transfers in their order, each with the lines under total caps that go with it."""
    groups, caps = [], {"cap", "used"}
    for transfer in transfers:
        under_cap = {transfer.debit.role, transfer.credit.role} <= caps
        first = groups[-1][0] if groups else None
        if under_cap and first and (first.debit.role not in caps | {"issuer"} or first.credit.role == "holding"):
            groups[-1].append(transfer)
        else:
            groups.append([transfer])
    return groups


def _backwards(transfer, twin: bool, on: date) -> Line:
    pair = (transfer.debit_id, transfer.credit_id, transfer.amount)
    if transfer.phase == "pending":
        reservation = transfer.reservation
        if reservation.resolved_by_id is not None:
            raise ValueError(f"reservation {reservation.pk} is resolved")
        return Line("void", *pair, reservation=reservation.pk, held=reservation.amount, twin=twin)
    if transfer.phase in ("void", "expire"):
        old = transfer.resolves.reservation
        return Line("pending", *pair, expires_on=max(old.expires_on, on), renewed=old.renewed, twin=twin)
    return Line("posted", transfer.credit_id, transfer.debit_id, transfer.amount, twin=twin)
