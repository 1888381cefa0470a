"""Two people edit the same form at once: the second is told who was first and what differs, and loses nothing.

Design overview: the form carries a short hash of every value as it was when the page was drawn (`seen`). When it comes
back, a hash that no longer fits the stored value tells that somebody changed the field meanwhile. If what was typed
differs from that, nothing is saved: the page comes back with both values, and with fresh hashes, so that saving again
overwrites knowingly. `take` names fields in which the stored value is taken over. No column, no lock between requests.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import AuditEntry

SHOWN = 200
"""Characters of a value that the comparison shows."""


@dataclass(frozen=True)
class Collision:
    """A field that somebody else changed meanwhile. `take`: untouched here, so the stored value is proposed."""

    name: str
    label: str
    theirs: str
    mine: str
    take: bool


class Watched:
    """A model form that notices changes made since its page was drawn. Put it first among the bases."""

    collisions: tuple[Collision, ...] = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            hidden = forms.HiddenInput(attrs={"data-keep": ""})  # a restored draft keeps the hashes it was typed upon
            self.fields["seen"] = forms.CharField(required=False, widget=hidden)

    def get_initial_for_field(self, field, field_name):
        """As Django, but for the hashes: those of the values that are stored now."""
        if field_name == "seen":
            return " ".join(f"{name}:{digest(self[name].initial)}" for name in self._watched())
        return super().get_initial_for_field(field, field_name)

    def full_clean(self):
        """Take over the stored values that were asked for, validate, and tell what else was changed meanwhile."""
        watched = self.is_bound and "seen" in self.fields
        if watched:
            self._take_over()
        super().full_clean()
        if watched:
            self._collide()

    def _watched(self) -> list[str]:
        return [name for name, field in self.fields.items() if name != "seen" and not field.disabled]

    def _take_over(self) -> None:
        """Put the stored value in place of the typed one where the person chose so."""
        self.data = self.data.copy()
        asked = self.data.getlist("take") if hasattr(self.data, "getlist") else self.data.get("take", ())
        for name in self._watched():
            if name in asked or self.data.get("take_all"):
                written = self.fields[name].widget.format_value(self.fields[name].prepare_value(self[name].initial))
                self.data[self.add_prefix(name)] = written[0] if isinstance(written, list) else written or ""

    def _collide(self) -> None:
        pairs = (pair.rpartition(":") for pair in str(self.data.get(self.add_prefix("seen"), "")).split())
        seen = {name: told for name, _colon, told in pairs}
        changed = [name for name in self._watched() if name in seen and seen[name] != digest(self[name].initial)]
        found = [name for name in changed if self.fields[name].has_changed(self[name].initial, self[name].data)]
        if not found:
            return
        self.collisions = tuple(self._collision(name, seen[name]) for name in found)
        self.data[self.add_prefix("seen")] = self["seen"].initial
        self.add_error(None, overtaken(self.instance))

    def _collision(self, name: str, seen: str) -> Collision:
        field, typed = self.fields[name], self.cleaned_data.get(name, self[name].data)
        untouched = name in self.cleaned_data and digest(typed) == seen
        return Collision(name, str(field.label), shown(field, self[name].initial), shown(field, typed), untouched)


def digest(value) -> str:
    """Return eight hexadecimal digits for a value; alike for a stored one and the same one typed."""
    return hashlib.sha256(plain(value).encode()).hexdigest()[:8]


def plain(value) -> str:
    """Return a value as one text: numbers without trailing zeros, days as ISO, rows by their key."""
    if value is None:
        return ""
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return "\n".join(str(value).split("\r\n")).strip()


def shown(field, value) -> str:
    """Return a value as a reader sees it, shortened. One query for a stored row."""
    if isinstance(field, forms.ModelChoiceField):
        row = value if isinstance(value, models.Model) else None
        if row is None and str(value or "").isdigit():
            row = field.queryset.model.objects.filter(pk=value).first()
        return str(row or "")
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value or ""))
    return plain(value)[:SHOWN]


def overtaken(row) -> str:
    """Return the sentence that says who changed the row last, and when. One query."""
    edits = AuditEntry.objects.filter(
        kind=f"{row._meta.model_name}.edit", target_type=row._meta.label_lower, target_id=str(row.pk)
    )
    last = edits.select_related("by").order_by("-sequence").first()
    if last is None:
        return _(
            "Somebody else changed this while you were editing. Nothing of yours is lost: compare, then save again."
        )
    return _(
        "%(who)s changed this on %(when)s, while you were editing. Nothing of yours is lost: compare, then save again."
    ) % {"who": last.by or last.by_name, "when": f"{timezone.localtime(last.at):%m-%d %H:%M}"}
