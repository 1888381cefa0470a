"""expire the reservations whose last day has passed"""

from django.utils import timezone

from factors import cancelling, reservations


def arguments(parser) -> None:
    """No arguments."""


def handle(command, options) -> None:
    """Take back what cancelled projects hold, sweep, and say how many expired.

    Says, too, how many could not: an account with an entry of a later day.
    """
    now = timezone.now()
    done = reservations.sweep(now)
    cancelling.sweep(now)
    left = reservations.due(timezone.localtime(now).date()).count()
    command.stdout.write(f"expired: {done}" + (f", refused: {left}" if left else ""))
