"""What browsers ask of the live server: answered late with LUODI_SLOW_PAGES=1, and awaited before a test gives way.

A middleware of tests/settings.py. Requests of the test client are told apart by a header that browsers alone send.
"""

import os
import threading
import time
from zlib import crc32

SLOW = os.environ.get("LUODI_SLOW_PAGES") == "1"
LEAST, SPREAD = 0.3, 500  # seconds, and the milliseconds that come on top of them


class Traffic:
    """Counts what is being answered. Outermost, so that a request is over when nothing of it reads the database."""

    changed = threading.Condition()
    under_way: list[str] = []

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "Sec-Fetch-Dest" not in request.headers:
            return self.get_response(request)
        address = request.get_full_path()
        with self.changed:
            self.under_way.append(address)
        try:
            if SLOW:  # before the work: neither the page nor the rows may be taken for granted
                time.sleep(delay(request.path))
            return self.get_response(request)
        finally:
            with self.changed:
                self.under_way.remove(address)
                self.changed.notify_all()

    @classmethod
    def rest(cls, patience: float) -> None:
        """Wait until nothing is being answered. AssertionError, with the addresses, after `patience` seconds."""
        with cls.changed:
            assert cls.changed.wait_for(lambda: not cls.under_way, patience), f"still answering: {cls.under_way}"


def delay(path: str) -> float:
    """Return the seconds by which an address is late, 0.3 to 0.8: always the same, so that a failure comes again."""
    return LEAST + crc32(path.encode()) % SPREAD / 1000
