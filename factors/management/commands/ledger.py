"""`manage.py ledger SUBCOMMAND …`: the quota ledgers from the command line. See `factors.ledger_commands`."""

import pkgutil
from importlib import import_module

from django.core.management.base import BaseCommand

from factors import ledger_commands


def modules() -> dict:
    """Return the sub-commands: module by name, with - for _."""
    names = sorted(module.name for module in pkgutil.iter_modules(ledger_commands.__path__))
    return {name.replace("_", "-"): import_module(f"{ledger_commands.__name__}.{name}") for name in names}


class Command(BaseCommand):
    help = "The quota ledgers: store factors, expire reservations, and more."

    def add_arguments(self, parser):
        commands = parser.add_subparsers(dest="command", required=True)
        for name, module in modules().items():
            module.arguments(commands.add_parser(name, help=module.__doc__.splitlines()[0].rstrip(".")))

    def handle(self, *args, **options):
        modules()[options["command"]].handle(self, options)
