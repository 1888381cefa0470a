"""The one place where any error is an outcome: one of many parts fails, is told of, and the others go on.

For what stands beside others and is made by much code: a panel of a page, a paper of an order. Elsewhere errors are
caught by name.
"""

from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


def attempt(make: Callable[[], Made], failed: Callable[[Exception], Made]) -> Made:
    """Return what `make` returns; after an error what `failed` makes of it, which tells somebody or raises it again.

    What ends a process (Ctrl+C, `SystemExit`) passes.
    """
    try:
        return make()
    except Exception as error:
        return failed(error)
