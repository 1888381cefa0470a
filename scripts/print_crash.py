"""Print jobs against what kills them, with real cards:  scripts/print_crash.py [kills|disk|memory …]   (minutes)

kills   printer processes and their supervisor are killed (SIGKILL) again and again while cards are printed
disk    the folder of printed files is a small tmpfs that fills up, then gets room (needs root, else skipped)
memory  printer processes may not have enough address space (RLIMIT_AS); then they may

After each: every card is printed once, everything listed is whole, nothing half is left, no task runs for ever.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CARDS = int(os.environ.get("CARDS", "30"))


def main(wanted: list[str]) -> int:
    """Run the trials on a database of their own; returns 0 when all hold."""
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="luodi-print-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": f"{folder}/media",
            "DEMO": "1",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        from tests.dossiers.office import Office

        office = Office(*(f"年产{n}万吨炭材料一体化项目" for n in range(CARDS)))
        for name in wanted or ["kills", "disk", "memory"]:
            TRIALS[name](office, Path(folder))
    return 0


def start(**environ) -> subprocess.Popen:
    """Start the supervisor with two processes, in a session of its own."""
    command = [sys.executable, "manage.py", "print_worker", "--processes", "2"]
    return subprocess.Popen(command, env={**os.environ, **environ}, start_new_session=True, stderr=subprocess.DEVNULL)


def wait(job, seconds: float, until=lambda job: not job.is_open):
    """Wait until something holds for the job; returns it as it is then."""
    end = time.monotonic() + seconds
    while True:
        job.refresh_from_db()
        if until(job):
            return job
        if time.monotonic() > end:
            raise SystemExit(f"job {job.pk} is {job.status}, which was not waited for ({seconds} s)")
        time.sleep(0.2)


def check(office, job, what: str) -> None:
    """Check the promises; raises AssertionError."""
    from django_tasks_db.models import DBTaskResult

    from dossiers import files
    from dossiers.models import Print, PrintJob

    prints = office.prints(job)
    assert job.status == "done" and len(prints) == CARDS, (job.status, len(prints))
    assert job.items.filter(attempts__gt=3).count() == 0
    for row in prints:
        assert files.digest(row.file) == row.file_sha256
        assert files.path_of(row.file).read_bytes().rstrip().endswith(b"%%EOF")
    assert not Print.objects.filter(finished_at=None).exists(), "a paper is frozen and never printed"
    named = {name for model in (Print, PrintJob) for name in model.objects.values_list("file", flat=True)}
    lying = {str(path.relative_to(files.root().parent)) for path in files.root().rglob("*") if path.is_file()}
    assert not DBTaskResult.objects.filter(status="RUNNING").exists()
    stray = sorted(lying - named)
    print(f"{what}: {CARDS} cards whole, each once; {len(stray)} unlisted left over for print_clean", flush=True)


def stop(process: subprocess.Popen) -> None:
    """End the supervisor in good order."""
    process.terminate()
    process.wait(90)


def kills(office, folder) -> None:
    """Kill children, and the supervisor every third time."""
    from dossiers.models import PrintWorker
    from tests.dossiers.office import now_real

    rng, job, process, killed = random.Random(5), office.order(now=now_real()), start(), 0
    end = time.monotonic() + 600
    while job.is_open and time.monotonic() < end:
        time.sleep(rng.uniform(2, 6))
        pids = list(PrintWorker.objects.values_list("pid", flat=True))
        if killed % 3 == 2:
            process.kill()
            process.wait()
            process = start()
        elif pids:
            os.kill(rng.choice(pids), signal.SIGKILL) if killed < 12 else None
        killed += 1
        job.refresh_from_db()
    stop(process)
    job.refresh_from_db()
    check(office, job, f"kill -9, {killed} times")


def disk(office, folder) -> None:
    """Print onto too small a disk, see the job wait, give it room, see it end."""
    from dossiers import files
    from tests.dossiers.office import now_real

    place = files.root()
    place.mkdir(parents=True, exist_ok=True)
    if os.getuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={CARDS * 60}k", "none", place]).returncode:
        print("disk: skipped, no tmpfs may be mounted here", flush=True)
        return
    process = start()
    try:
        job = office.order(now=now_real())
        wait(job, 120, lambda job: job.held_up == "disk_full")
        parts = [path for path in place.rglob("*.part")]
        assert not parts, parts
        subprocess.run(["mount", "-o", "remount,size=200m", place], check=True)
        wait(job, 300)
        check(office, job, "full disk")
    finally:
        stop(process)
        subprocess.run(["umount", place], check=True)


def memory(office, folder) -> None:
    """Give the processes too little memory, see the cards fail and say why, then enough, and print what is missing."""
    from dossiers import actions
    from tests.dossiers.office import now_real

    job = office.order(now=now_real(), projects=office.projects[:3])
    process = start(PRINT_MEMORY_MB="140")
    wait(job, 300)
    stop(process)
    reasons = set(job.items.values_list("status", "reason"))
    assert reasons == {("failed", "crashed")}, reasons
    actions.retry(by=office.officer, job=job)
    process = start()
    wait(job, 120)
    stop(process)
    assert set(job.items.values_list("status", flat=True)) == {"done"}
    print("memory: what could not be printed in 140 MB failed and said so, and was printed with more", flush=True)


TRIALS = {"kills": kills, "disk": disk, "memory": memory}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
