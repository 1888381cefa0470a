"""What is known to be wrong with a version of SQLite. Pure; source: the change log of SQLite itself.

Versions are tuples of three numbers, as `sqlite3.sqlite_version_info`. A distribution may have mended an old version
without a new number: the list says what the number says.
"""

WAL_RESET = (
    "the WAL-reset fault (3.7.0 to 3.51.2): when two connections write and reset the log at the same instant, "
    "the database can, very rarely, be damaged"
)
WITHDRAWN = "3.52.0 was withdrawn by its makers"
MENDED_BRANCHES = {(3, 44): 6, (3, 50): 7}  # back-ports: the first patch level with the mend


def known_faults(version: tuple[int, int, int]) -> list[str]:
    """Return the faults of a version that this product can meet, as clauses; empty when none is known."""
    if version[:2] == (3, 52):
        return [WITHDRAWN] if version[2] == 0 else []
    mended = version[2] >= MENDED_BRANCHES.get(version[:2], 1_000_000)
    return [WAL_RESET] if (3, 7, 0) <= version < (3, 51, 3) and not mended else []
