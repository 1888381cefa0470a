"""`manage.py administrators`: open the three administrators' accounts, or reset one's password, on the console."""

import secrets

from django.core.management.base import BaseCommand, CommandError

from people import actions, roles
from people.models import User


class Command(BaseCommand):
    """Prints one-time passwords, which must be changed at the first log-in."""

    help = "Open the accounts sysadmin, secadmin and auditor where they lack; --reset gives one a new password."

    def add_arguments(self, parser):
        parser.add_argument("--reset", metavar="USERNAME", help="give this account a new one-time password")

    def handle(self, *, reset, **options):
        if reset:
            user = User.objects.filter(username=reset).first()
            if user is None:
                raise CommandError(f"There is no account {reset}.")
            password = one_time_password()
            actions.reset_password(user, password, by=None)
            self.stdout.write(f"{reset}  {password}")
            return
        for role in (roles.SYSADMIN, roles.SECADMIN, roles.AUDITOR):
            if User.objects.filter(role=role.code, is_active=True).exists():
                self.stdout.write(f"{role.code}  exists")
                continue
            password = one_time_password()
            user = actions.create_user(by=None, username=role.code, password=password, display_name=str(role.label))
            actions.set_role(user, role.code, by=None)
            self.stdout.write(f"{role.code}  {password}")


def one_time_password() -> str:
    """Return 16 random characters of three classes."""
    return f"{secrets.token_urlsafe(9)}aA1-"
