"""Why a paper could not be printed: a code on the row, the sentence here."""

import errno

from django.utils.translation import gettext_lazy as _

REASONS = {
    "not_allowed": _("You may not print this project any more."),
    "no_page": _("It does not fit on one page, even at its shortest."),
    "broken": _("The renderer refused it; the service's log names the error."),
    "crashed": _("The process died three times while printing it."),
    "too_long": _("It took longer than %(seconds)s seconds."),
    "changed": _("The file on the disk is not the one that was written."),
}
DISK_FULL = "disk_full"
HELD_UP = {
    DISK_FULL: _("The disk is full. Printing goes on by itself as soon as there is room."),
}
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NotPrinted(Exception):
    """A paper that cannot be printed, for a reason of REASONS; `detail` says more."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(f"{reason} {detail}")
        self.reason, self.detail = reason, detail[:200]


def is_disk_full(error: Exception) -> bool:
    """Say whether a write failed because there is no room."""
    return isinstance(error, OSError) and error.errno in NO_ROOM
