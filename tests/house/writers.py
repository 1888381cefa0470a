"""A process that writes, for tests/house/test_sqlite_queue.py:  python -m tests.house.writers hold|write DATABASE

It prints "ready" when it asks for its turn, "in" inside the transaction and "done" after the commit; `hold` stays in.
"""

import sys
import time

import django
from django.db import transaction


def main(kind: str, path: str) -> None:
    """Insert the kind into the table `entry`."""
    from benchmarks.bench_sqlite_queue import connect_to

    connection = connect_to(path, "queue")
    connection.ensure_connection()
    print("ready", flush=True)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO entry (text) VALUES (%s)", [kind])
        print("in", flush=True)
        if kind == "hold":
            time.sleep(60)
    print("done", flush=True)


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
