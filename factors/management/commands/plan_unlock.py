"""`manage.py plan_unlock --instance FILE`: which candidates to choose within limits, with a proven bound.

    plan_unlock --instance city.json --json --seconds 10
    plan_unlock --instance mknap1.txt --format orlib --problem 3

The file formats and the answer are described in docs/methods/unlock-planner.md. Nothing is read from or written to the
database. Exit status 1 and a sentence on the error stream when the file is wrong or what must be in does not fit.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from factors import planner, planner_files


class Command(BaseCommand):
    help = "Choose the best set of candidates within limits, from a file; docs/methods/unlock-planner.md."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--instance", required=True, metavar="FILE", help="the instance; - reads standard input")
        parser.add_argument("--format", choices=["json", "orlib"], default="json")
        parser.add_argument("--problem", type=int, default=1, metavar="N", help="which one of an orlib file, from 1")
        parser.add_argument("--seconds", type=float, default=10.0, help="the time to plan in (default 10)")
        parser.add_argument("--workers", type=int, default=1, help="threads (default 1)")
        parser.add_argument(
            "--steps", action="store_true", help="also the first step of every limit; takes its own time"
        )
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *args, **options):
        if not 0 < options["seconds"] < 10**6 or not 0 < options["workers"] <= 64:
            raise CommandError("--seconds and --workers must be above 0.")
        question = _read(options)
        instance = question.instance
        try:
            with _solver_on_the_error_stream():
                found = planner.plan(instance, options["seconds"], options["workers"])
                duals = planner.prices(instance)
                steps = planner.first_steps(instance, found, seconds=options["seconds"]) if options["steps"] else ()
        except planner.PlanError as error:
            raise CommandError(f"{options['instance']}: {planner_files.sentence(error, question)}") from error
        answer = planner_files.answer(question, found, duals, steps)
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, allow_nan=False))
        else:
            self._print(answer)

    def _print(self, answer: dict) -> None:
        gap = "proven optimal" if answer["proven"] else "not proven"
        if answer["gap"]:
            gap = f"at most {answer['gap']:.3%} below the best"
        self.stdout.write(f"value {answer['value']}, bound {answer['bound']}: {gap} ({answer['seconds']:.2f} s)")
        self.stdout.write(f"chosen ({len(answer['chosen'])}): {' '.join(answer['chosen'])}")
        for key, left in answer["left"].items():
            self.stdout.write(f"  {key}: left {left}, price {answer['duals'][key]:g}")
        for step in answer.get("first_steps", ()):
            words = "no step" if step["amount"] is None else f"+{step['amount']} gains {step['gain']}"
            self.stdout.write(f"  {step['limit']}: {words}{'' if step['proven'] else ' (not proven)'}")


@contextmanager
def _solver_on_the_error_stream() -> Iterator[None]:
    """Lead file descriptor 1 to the error stream meanwhile, so that standard output holds the answer and nothing else.

    HiGHS prints a line there now and then, past `sys.stdout`, which no option stops.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _read(options) -> planner_files.Question:
    name = options["instance"]
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
        if options["format"] == "orlib":
            return planner_files.read_orlib(text, options["problem"])
        return planner_files.read_json(text)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{name}: not UTF-8 text (byte {error.start}).") from error
    except planner_files.FileError as error:
        raise CommandError(f"{name}: {error}") from error
