"""Rules for passwords: length (settings), three of four character classes, not one of the last three."""

import datetime as dt

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CLASSES = (str.islower, str.isupper, str.isdigit, lambda character: not character.isalnum())
KEPT = 3


def classes_in(password: str) -> int:
    """Return how many of the four classes occur: lower case, upper case, digits, other characters."""
    return sum(any(map(is_of_class, password)) for is_of_class in CLASSES)


def is_old(user, now: dt.datetime) -> bool:
    """Return whether the person's password is older than PASSWORD_DAYS. No query."""
    since = user.password_changed_at or user.date_joined
    return bool(settings.PASSWORD_DAYS) and now - since > dt.timedelta(days=settings.PASSWORD_DAYS)


def must_change(user, now: dt.datetime) -> bool:
    """Return whether the person has to choose a new password before he goes on: a first one, or an old one."""
    return user.must_change_password or is_old(user, now)


class ThreeOfFourValidator:
    """Ask for three of the four classes of characters."""

    def validate(self, password, user=None):
        """Raise ValidationError when fewer than three classes occur."""
        if classes_in(password) < 3:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self):
        """Return the rule in words."""
        return _("Use at least three of: lower-case letters, upper-case letters, digits, other characters.")


class HistoryValidator:
    """Refuse the last three passwords of the person, the present one included."""

    def validate(self, password, user=None):
        """Raise ValidationError when the password was used lately. One query; each comparison costs a hash."""
        if user is None or not user.pk:
            return
        hashes = {user.password, *user.passwords_used.values_list("password", flat=True)[:KEPT]}
        if any(check_password(password, used) for used in hashes if used):
            raise ValidationError(self.get_help_text(), code="password_used_lately")

    def get_help_text(self):
        """Return the rule in words."""
        return _("None of your last three passwords.")
