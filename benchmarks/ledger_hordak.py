"""django-hordak with the overdraft guard that it lacks: lock the account, ask its balance, then transfer."""

from django.db import transaction


class Overdrawn(Exception):
    """The guard said no."""


def poster(rng, hot):
    """Return a function that moves one unit from a pool to a holding."""
    from djmoney.money import Money
    from hordak.models import Account

    pools = list(Account.objects.filter(name__startswith="pool").order_by("pk"))
    holdings = list(Account.objects.filter(name__startswith="holding").order_by("pk"))
    if hot:
        pools = pools[:1]
    one = Money(1, "EUR")

    def post():
        pool, holding = rng.choice(pools), rng.choice(holdings)
        with transaction.atomic():
            locked = Account.objects.select_for_update().get(pk=pool.pk)
            if locked.get_balance()["EUR"].amount < 1:
                raise Overdrawn
            locked.transfer_to(holding, one)

    return post
