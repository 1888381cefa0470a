"""The pages of the ledgers, as the row of links at the top of each of them names them."""

from django.utils.translation import gettext_lazy

from factors.views.common import link
from people.access import allows

PAGES = (
    ("blocked-list", "factor.view", gettext_lazy("Blocked demands")),
    ("unlock", "unlock.plan", gettext_lazy("Unlock planner")),
    ("voucher-list", "factor.view", gettext_lazy("Vouchers")),
    ("posting-search", "factor.view", gettext_lazy("Journal")),
    ("reservation-list", "factor.view", gettext_lazy("Reservations")),
    ("request-list", "factor.view", gettext_lazy("Queue for quota")),
    ("parcel-list", "factor.view", gettext_lazy("Land parcels")),
    ("stock-list", "factor.view", gettext_lazy("Recoverable stock")),
    ("replacement-list", "factor.view", gettext_lazy("Replacement sources")),
    ("trade-list", "factor.view", gettext_lazy("Trades")),
    ("account-create", "factor.make", gettext_lazy("Open a pool")),
    ("year-end", "factor.make", gettext_lazy("Year end")),
    ("factor-kinds", "factor.configure", gettext_lazy("Factors")),
)


def links_for(user) -> list[tuple[str, str]]:
    """Return address and label of the other pages of the ledgers that the reader may open. No query."""
    found = [(link(name), label) for name, permission, label in PAGES if allows(user, permission)]
    return [(url, label) for url, label in found if url]
