"""What several benchmarks have in common: a chain of 19 stages, and a stop-watch."""

import time

CHAIN = {
    "01": (1, ""), "02": (10, ""), "03": (10, "01"), "04": (7, "03"), "05": (15, "02 04"), "06": (5, "01"),
    "07": (5, "01"), "08": (3, "04"), "09": (3, "05"), "10": (3, "04 05 08 09"), "11": (1, "04"), "12": (1, "10"),
    "13": (1, "12"), "14": (5, "13"), "15": (10, "14"), "16": (3, "15"), "17": (3, "15"), "18": (10, "11 13"),
    "19": (5, "16"),
}  # fmt: skip
"""Limit in working days and prerequisites, by stage."""


def timed(function) -> tuple[float, object]:
    """Return the seconds and the result of one run."""
    begun = time.perf_counter()
    result = function()
    return time.perf_counter() - begun, result
