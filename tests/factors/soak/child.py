"""The process from which the crowd is forked:  python -m tests.factors.soak.child

It loads Django once and never opens a connection, so that a worker that was killed is replaced within milliseconds.
Commands come as lines of JSON on standard input ({"what": …, "result": path, …}); it answers "born PID" and, when a
child ended, "gone PID STATUS". Each child opens its own connection, writes its result file and ends.
"""

import json
import os
import select
import signal
import sys
import traceback


def run(job: dict) -> dict:
    """Do one job in the forked child."""
    from tests.factors.soak import city, mutants

    if job.get("mutant") and job["what"] in ("build", "writer"):
        mutants.infect(job["mutant"], build=job["what"] == "build")
    if job["what"] == "build":
        city.build()
        return {}
    if job["what"] == "check":
        from tests.factors.soak import checker

        return checker.check(job)
    from tests.factors.soak import failpoints, worker

    if job["what"] == "reader":
        return worker.read(job)
    waits = worker.count_queue_waits()
    if job.get("place"):
        failpoints.arm(job["place"], job["hit"])
    return {**worker.write(job), "queue_waits": waits[0]}


def child(job: dict) -> None:
    """Write the result; never return."""
    try:
        result = run(job)
    except BaseException:
        result = {"errors": [traceback.format_exc()[-2000:]], "counts": {}}
    with open(job["result"] + ".part", "w") as file:
        json.dump(result, file, default=str)
    os.replace(job["result"] + ".part", job["result"])
    os._exit(0)


def main() -> None:
    """Serve until standard input ends."""
    import django

    django.setup()
    from tests.factors.soak import checker, city, worker  # noqa: F401 - loaded once, before the forks

    print("ready", flush=True)
    living: set[int] = set()
    while True:
        readable, _w, _x = select.select([sys.stdin.fileno()], [], [], 0.01)
        if readable:
            line = sys.stdin.buffer.raw.readline()
            if not line:  # whoever asked for them is gone, killed perhaps
                for pid in living:
                    os.kill(pid, signal.SIGKILL)
                return
            pid = os.fork()
            if pid == 0:
                child(json.loads(line))
            living.add(pid)
            print("born", pid, flush=True)
        try:
            while (gone := os.waitpid(-1, os.WNOHANG))[0]:
                living.discard(gone[0])
                print("gone", *gone, flush=True)
        except ChildProcessError:
            pass


if __name__ == "__main__":
    main()
