"""What is looked at after a run: every invariant, every id a writer was told, and whether the risk was exercised."""

import glob
import json

from factors import invariants
from factors.models import Account, Posting, Reservation, Transfer


def check(job: dict) -> dict:
    """Return the faults found and what the journal says about the run."""
    told = list(acknowledged(job["folder"]))
    faults = [*invariants.faults(), *invariants.lost(told)]
    faults += invariants.refuses_changes()
    return {
        "faults": [str(fault) for fault in faults[:50]],
        "number_of_faults": len(faults),
        "acknowledged": len(told),
        "postings": Posting.objects.count(),
        "transfers": Transfer.objects.count(),
        "reservations": Reservation.objects.count(),
        "at_zero": at_zero(),
    }


def acknowledged(folder: str):
    """Yield (id, key) of every line that says so, of all writers of the run."""
    for path in glob.glob(f"{folder}/writer*"):
        with open(path, errors="replace") as file:
            for line in file:
                if line.startswith('{"id"') and line.endswith("}\n"):
                    what = json.loads(line)
                    yield what["id"], what["key"]


def at_zero() -> int:
    """Return how many entries left a pool or cap with exactly nothing."""
    roles = dict(Account.objects.values_list("pk", "role"))
    left = dict.fromkeys(roles, 0)
    count, current, touched = 0, None, set()
    rows = Transfer.objects.order_by("posting_id", "line")
    for posting, phase, debit, credit, amount, held in rows.values_list(
        "posting", "phase", "debit", "credit", "amount", "resolves__amount"
    ).iterator(chunk_size=2000):
        if posting != current:
            count += any(left[pk] == 0 and roles[pk] in ("pool", "cap") for pk in touched)
            current, touched = posting, set()
        taken = amount if phase in ("posted", "pending") else (amount if phase == "post" else 0) - held
        left[debit] -= taken
        left[credit] += amount if phase in ("posted", "post") else 0
        if taken > 0:
            touched.add(debit)
    return count + any(left[pk] == 0 and roles[pk] in ("pool", "cap") for pk in touched)
