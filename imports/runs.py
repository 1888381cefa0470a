"""A command's import: the whole file in one go, without a preview that a person looks at."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from imports import engine, mapping, reader, running
from imports.importers import make
from imports.models import ImportBatch


@dataclass
class Run:
    """What a command's import came to. `batch` is None when nothing was written.

    `earlier` is the last import of the same file, `interrupted` the last one that died.
    """

    plan: engine.Plan
    batch: ImportBatch | None
    earlier: ImportBatch | None
    interrupted: ImportBatch | None = None


def run(
    *, kind, path, by, now, mode="all", dry_run=False, rules=None, sheet="", limits=reader.UPLOAD, options=None
) -> Run:
    """Import a file: read and judge it, keep the batch, then write all of it in one transaction.

    With `dry_run`, or with wrong rows in mode "all", nothing at all is written and `batch` is None. Otherwise the batch
    is there before the writing begins, so that an import that dies is seen. `by` may be a function that finds or makes
    the account, called inside the transaction.

    :raises reader.Unreadable, engine.Unbound: the file cannot be read.
    """
    path = Path(path)
    with ExitStack() as stack:
        with transaction.atomic():
            running.settle()
            by = by() if callable(by) else by
            plan = _judged(kind, path, by, now, rules, sheet, limits, rehearsal=True, options=options)
            result = Run(plan, None, *_of_the_same_file(kind, path))
            if dry_run or (plan.counts["wrong"] and mode != ImportBatch.Mode.GOOD):
                transaction.set_rollback(True)
                return result
            batch = engine._new_batch(
                plan, kind=kind, path=path, name=path.name, by=by, now=now, rules=rules, options=options
            )
            batch.mode, batch.status, batch.started_at = mode, ImportBatch.Status.RUNNING, now
            engine._keep(batch, plan, path)
            stack.enter_context(running.held(batch.pk))

        def write():
            with transaction.atomic():
                judged = _judged(kind, path, by, now, rules, sheet, limits, table=plan.table, options=options)
                if judged.fingerprint() != batch.fingerprint:  # changed within the second since
                    engine._judge_again(batch, judged)
                engine._write(batch, judged, mode, now)
                return judged

        try:
            result.plan = running.taking_turns(write)
        except BaseException:
            batch.upload.delete(save=False)
            batch.delete()
            raise
    result.batch = batch
    return result


def _judged(kind, path, by, now, rules, sheet, limits, *, table=None, rehearsal=False, options=None) -> engine.Plan:
    """Return the judgement of the file. A rehearsal leaves nothing of what the mapping creates for it."""
    with transaction.atomic():
        if rules:
            mapping.make_districts(rules)
        importer = make(kind, by=by, now=now, rules=rules, options=options)
        table = table or engine.read(importer, path, sheet=sheet, limits=limits, rules=rules)
        plan = engine.check(importer, table, rules)
        transaction.set_rollback(rehearsal)
    return plan


def _of_the_same_file(kind, path) -> list[ImportBatch | None]:
    """Return the last import of the same file, and the last one of it that was interrupted. Two queries."""
    same = ImportBatch.objects.filter(sha256=engine.sha256_of(path), kind=kind).order_by("id")
    return [same.filter(status=s).last() for s in (ImportBatch.Status.DONE, ImportBatch.Status.INTERRUPTED)]
