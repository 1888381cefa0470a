"""The sub-commands of `manage.py ledger`, a module each: its docstring is the help.

A module has `arguments(parser)` and `handle(command, options)`; its name is the sub-command. `command` is the running
`BaseCommand` with its `stdout` and `stderr`. Nothing else needs to know a new one.
"""

from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.utils.translation import gettext as _


def person(name: str):
    """Return the user of this name, None for no name.

    :raises CommandError: there is none.
    """
    if not name:
        return None
    found = get_user_model().objects.filter(username=name).first()
    if found is None:
        raise CommandError(_("There is no user %(name)s.") % {"name": name})
    return found
