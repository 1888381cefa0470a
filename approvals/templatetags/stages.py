"""How stages are written on every page."""

from django import template

from approvals.timeline_layout import stage_no

register = template.Library()
register.filter("no", stage_no)
