"""How stages are written on every page."""

from django import template

from approvals.labels import PAPER_KINDS
from approvals.timeline_layout import stage_no

register = template.Library()
register.filter("no", stage_no)


@register.filter
def has_paper(event) -> bool:
    """Say whether the applicant gets a paper of the event."""
    return event.kind in PAPER_KINDS
