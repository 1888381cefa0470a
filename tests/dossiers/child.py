"""A printer process, or its supervisor, with doubles for gathering and rendering. Run by tests/dossiers only.

python -m tests.dossiers.child --child NAME [--once]
python -m tests.dossiers.child --supervise PROCESSES
"""

import sys


def main(arguments: list[str]) -> None:
    """Print, or supervise, until nothing is left."""
    import django

    django.setup()
    from django.utils import timezone

    from dossiers import printing, workers
    from tests.dossiers import double

    double.install()
    printing.MAX_ATTEMPTS = 2
    if arguments[0] == "--child":
        workers.work(arguments[1], timezone.now, once=True)
        return
    workers.CHILD = [sys.executable, "-m", "tests.dossiers.child"]
    workers.Supervisor(int(arguments[1]), timezone.now, once=True).run()


if __name__ == "__main__":
    main(sys.argv[1:])
