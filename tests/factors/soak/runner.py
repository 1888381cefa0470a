"""Runs a crowd against a database, kills some of it if asked, has the result checked, and says whether it counts.

    with Crowd(url) as crowd:
        report = crowd.run(writers=16, readers=4, attempts=20_000, seed=1)

`url` is the DATABASE_URL of a migrated, empty database. Nothing here opens a connection to it, except to terminate
backends of PostgreSQL.
"""

import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Report:
    """What a run did, what it found wrong (`faults`, `errors`), and why it may prove nothing (`void`)."""

    title: str
    seed: int
    seconds: float
    counts: Counter
    errors: list[str]
    faults: list[str]
    checked: dict
    reads: int
    waits: int
    kills: int
    p50: float
    p99: float
    void: list[str] = field(default_factory=list)

    @property
    def caught(self) -> list[str]:
        """Everything that is wrong."""
        return self.errors + self.faults

    def text(self) -> str:
        """Return the lines that a run prints."""
        counts = ", ".join(f"{name} {number}" for name, number in sorted(self.counts.items()))
        attempts = self.counts["attempts"]
        lines = [
            f"{self.title}: seed {self.seed}, commit {commit()}, {hardware()}",
            f"  {attempts} attempts in {self.seconds:.0f} s ({attempts / max(self.seconds, 0.001):.0f}/s), "
            f"p50 {self.p50 * 1000:.0f} ms, p99 {self.p99 * 1000:.0f} ms of what was posted; "
            f"{self.kills} kills, {self.waits} lock waits, {self.reads} reads",
            f"  {counts}",
            f"  journal: {self.checked}",
        ]
        lines += [f"  VOID: {reason}" for reason in self.void]
        lines += [f"  FAULT: {fault}" for fault in self.caught[:20]]
        return "\n".join(lines)


def commit() -> str:
    """Return the commit of the tree, or "unknown"."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def hardware() -> str:
    """Return processors and memory in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {platform.machine()}, {memory:.0f} GB"


class Crowd:
    """The processes of a run. Leaving the block ends them all."""

    def __init__(self, url: str, mutant: str = ""):
        self.url, self.mutant, self.started = url, mutant, 0.0
        self.ended = False  # the process that they are forked from
        self.born: list[int] = []
        self.gone: dict[int, int] = {}
        self.news = threading.Condition()

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="luodi-soak-")
        environ = {**os.environ, "DATABASE_URL": self.url, "DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        self.log = open(f"{self.home.name}/log", "wb")  # noqa: SIM115 - closed with the block
        self.source = subprocess.Popen(
            [sys.executable, "-m", "tests.factors.soak.child"],
            cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip
        if self.source.stdout.readline().strip() != "ready":
            raise RuntimeError(Path(f"{self.home.name}/log").read_text())
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *error):
        for pid in self.living():
            self._kill(pid)
        self.source.stdin.close()
        self.source.wait(30)
        self.log.close()
        self.home.cleanup()

    def _listen(self):
        for line in self.source.stdout:
            word, pid, *status = line.split()
            with self.news:
                if word == "born":
                    self.born.append(int(pid))
                else:
                    self.gone[int(pid)] = int(status[0])
                self.news.notify_all()
        with self.news:
            self.ended = True
            self.news.notify_all()

    def living(self) -> list[int]:
        """Return the ids of the processes that have not ended."""
        return [pid for pid in self.born if pid not in self.gone]

    def _kill(self, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def start(self, **job) -> int:
        """Start one process; returns its id."""
        with self.news:
            before = len(self.born)
            self.source.stdin.write(json.dumps({"mutant": self.mutant, **job}) + "\n")
            self.source.stdin.flush()
            self.news.wait_for(lambda: len(self.born) > before or self.ended, 60)
            if len(self.born) == before:
                raise RuntimeError("no process was born")
            return self.born[-1]

    def wait(self, pid: int, seconds: float = 600) -> None:
        """Wait until a process has ended."""
        with self.news:
            self.news.wait_for(lambda: pid in self.gone or self.ended, seconds)
            if pid not in self.gone:
                raise RuntimeError(f"process {pid} does not end" if not self.ended else "somebody ended the source")

    def once(self, what: str, **job) -> dict:
        """Run one job to its end and return its result."""
        result = f"{self.home.name}/{what}-{time.monotonic_ns()}.json"
        self.wait(self.start(what=what, result=result, **job), 3600)
        return json.loads(Path(result).read_text())

    # --- runs --------------------------------------------------------------------------------------------------------
    def build(self) -> None:
        """Make the city of accounts; once for a database."""
        answer = self.once("build")
        if answer.get("errors"):
            raise RuntimeError(answer["errors"][0])

    def run(self, *, title: str, seed: int, writers: int, readers: int = 0, attempts: int = 0, kills: int = 0,
            every: float = 0.1, place: str = "", server: str = "") -> Report:  # fmt: skip
        """Let writers make `attempts` together, or until there were so many kills; then check everything.

        `place`: each kill is of a writer that carries this fail-point. `server`: not writers but PostgreSQL's processes
        are ended ("terminate": one connection is) or killed ("kill": the server loses its memory and recovers).
        """
        folder = tempfile.mkdtemp(dir=self.home.name)
        rng, began = random.Random(seed), time.time()
        self.started = self.started or began  # days go on from run to run
        job = {"folder": folder, "seed": seed, "started": self.started}
        share = -(-attempts // writers) if attempts else 10**9
        crew, results = {}, []

        def hire(number, generation, **more):
            result = f"{folder}/result{number}.{generation}.json"
            results.append(result)
            pid = self.start(
                what="writer", number=number, generation=generation, attempts=share, result=result, **job, **more
            )
            crew[number] = (pid, generation)

        for number in range(writers):
            hire(number, 0)
        watching = [f"{folder}/reader{n}.json" for n in range(readers)]
        pids = [self.start(what="reader", result=result, **job) for result in watching]
        if place:
            done = self._die_at(place, kills, hire, crew, rng)
        elif kills:
            done = self._kill_some(kills, every, hire, crew, rng, server, folder)
        else:
            done = 0
            for pid, _generation in list(crew.values()):
                self.wait(pid, 36000)
        seconds = time.time() - began
        Path(f"{folder}/stop").touch()
        for pid in [*pids, *(pid for pid, _generation in crew.values())]:
            self.wait(pid)
        if kills:  # who comes after them asks for what nobody knows the outcome of
            share = 1
            for number, (_pid, generation) in list(crew.items()):
                hire(number, generation + 1)
            for pid, _generation in crew.values():
                self.wait(pid)
        checked = self.once("check", folder=folder)
        return self._report(title, seed, seconds, results, watching, checked, done, full=not kills)

    def _kill_some(self, kills, every, hire, crew, rng, server, folder) -> int:
        for _kill in range(kills):
            number = rng.choice(sorted(crew))
            pid, generation = crew[number]
            self._let_it_work(folder, number, generation)
            time.sleep(rng.uniform(0, 2 * every))
            if server:
                end_a_backend(self.url, rng, server)
                if pid not in self.gone:
                    continue
            self._kill(pid)
            self.wait(pid)
            hire(number, generation + 1)
        return kills

    def _let_it_work(self, folder, number, generation) -> None:
        """Wait until a writer has noted a request of its own; on a busy machine it would die before it began."""
        mark, path = f".{number}.{generation}.", Path(f"{folder}/writer{number}")  # as in the keys
        for _look in range(200):
            if path.exists() and mark in path.read_text(errors="replace"):
                return
            time.sleep(0.05)

    def _die_at(self, place, kills, hire, crew, rng) -> int:
        """Arm writer 0 again and again, until it has died so many times."""
        died = 0
        pid, generation = crew[0]
        self._kill(pid)
        for _kill in range(kills):
            self.wait(crew[0][0], 60)
            generation += 1
            hire(0, generation, place=place, hit=rng.randint(1, 6))
            self.wait(crew[0][0], 60)
            died += os.WIFSIGNALED(self.gone[crew[0][0]])
        return died

    def _report(self, title, seed, seconds, results, watching, checked, kills, full) -> Report:
        counts, errors, p50, p99, waits, reads, faults = Counter(), [], [], [], 0, 0, list(checked.pop("faults", []))
        errors += checked.pop("errors", [])
        seen = set()
        for path in [path for path in results if os.path.exists(path)]:
            result = json.loads(Path(path).read_text())
            counts.update(result["counts"])
            errors += result["errors"]
            waits += result.get("queue_waits", 0)
            p50.append(result.get("p50", 0))
            p99.append(result.get("p99", 0))
        for path in watching:
            result = json.loads(Path(path).read_text())
            reads += result.get("reads", 0)
            faults += result.get("faults", [])
            errors += result.get("errors", [])
            seen |= {tuple(wait) for wait in result.get("waits", [])}
        report = Report(title, seed, seconds, counts, errors, faults, checked, reads, waits + len(seen), kills,
                        sorted(p50)[len(p50) // 2] if p50 else 0, max(p99, default=0))  # fmt: skip
        if full:
            report.void = why_void(report)
        return report


def why_void(report: Report) -> list[str]:
    """Return why a run did not exercise the risk (reliability.md A3(1)); empty when it did."""
    attempts = report.counts["attempts"] or 1
    needed = (
        ("refused for quota", report.counts["refused: insufficient"] / attempts, 0.25),
        ("entries that left exactly nothing", report.checked.get("at_zero", 0) / attempts, 0.01),
        ("repeats of an earlier request", report.counts["replayed"] / attempts, 0.05),
        ("waits for a lock", report.waits, 100),
    )
    return [f"{what}: {value:.3g}, needs {least}" for what, value, least in needed if value < least]


def end_a_backend(url: str, rng: random.Random, how: str) -> None:
    """End ("terminate") or kill ("kill") one of the server's processes that serve the writers.

    When one is killed the server ends all others, forgets what only its memory held, and recovers from its log.
    """
    with patient(url) as own:
        rows = own.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        ).fetchall()
        if rows and how == "terminate":
            own.execute("SELECT pg_terminate_backend(%s)", [rng.choice(rows)[0]])
    if rows and how == "kill":
        os.kill(rng.choice(rows)[0], signal.SIGKILL)
        time.sleep(0.05)  # until the server has noticed
        patient(url).close()


def patient(url: str):
    """Connect by psycopg, autocommit; wait up to 30 seconds while the server recovers."""
    import psycopg

    for _attempt in range(600):
        try:
            return psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.05)
    return psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True)
