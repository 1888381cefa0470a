"""The front door: everybody lands on the first page of his own menu."""

from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from people.access import needs_login
from people.context import MENU, entries


@require_safe
@needs_login
def home(request):
    """Lead on to the workbench, to an administrator's page, or to the account of somebody without a role."""
    pages = entries(request, MENU)
    return redirect(pages[0]["url"] if pages else "account")
