"""The one place where any error is an outcome; elsewhere errors are caught by name.

For what stands beside others and is made by much code (a panel of a page, a paper of an order): one fails, is told of,
and the others go on. And for parsers of foreign content, which on broken input stumble over anything.
"""

from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


def outcome(make: Callable[[], Made], failed: Callable[[Exception], Made]) -> Made:
    """Return what `make` returns; after an error what `failed` makes of it, which tells somebody or raises it again.

    What ends a process (Ctrl+C, `SystemExit`) passes.
    """
    try:
        return make()
    except Exception as error:
        return failed(error)


def parsed(parse: Callable[[], Made], refusal: Callable[[Exception], Exception]) -> Made:
    """Return what `parse` makes of foreign content. :raises refusal: with what `refusal` says of the parser's error.

    No memory and a recursion without end pass: they end the process, and a fresh one tries again.
    """

    def refuse(error: Exception):
        if isinstance(error, (MemoryError, RecursionError)):
            raise error
        raise refusal(error) from error

    return outcome(parse, refuse)
