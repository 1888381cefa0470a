"""The audit log: the auditor filters, exports and checks it. Nobody changes it."""

from datetime import datetime, time, timedelta

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from people import audit, exports, grants, limits, paging, roles
from people.access import needs
from people.forms import AuditFilter
from people.models import AuditEntry

REASONS = {
    "missing": gettext_lazy("an entry is missing"),
    "broken link": gettext_lazy("the link to the entry before it is broken"),
    "changed": gettext_lazy("the entry was changed"),
    "cut off": gettext_lazy("entries were cut off at the end"),
}


def filtered(request):
    """Return the entries that the filters of the address ask for, and the filter form."""
    form = AuditFilter(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    entries = AuditEntry.objects.select_related("by")
    if wanted.get("kind"):
        entries = entries.filter(kind=wanted["kind"])
    if wanted.get("by"):
        entries = entries.filter(by_name=wanted["by"].strip())
    if wanted.get("q"):
        entries = entries.filter(target_text__icontains=wanted["q"].strip())
    if wanted.get("since"):
        entries = entries.filter(at__gte=_midnight(wanted["since"]))
    if wanted.get("until"):
        entries = entries.filter(at__lt=_midnight(wanted["until"] + timedelta(days=1)))
    return entries, form


def _midnight(day) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@require_safe
@needs("audit.read")
def audit_log(request):
    """The entries, newest first, 50 a page."""
    entries, form = filtered(request)
    page = paging.page(entries, ("-sequence",), request.GET.get("cursor", ""))
    for entry in page.rows:
        entry.kind_words = audit.KINDS.get(entry.kind, entry.kind)
        entry.detail_text = in_words(entry.detail)
    context = {"page": page, "total": entries.count(), "filter": form, "query": request.GET.urlencode()}
    return render(request, "people/audit_log.html", context)


def in_words(detail: dict) -> str:
    """Return the detail of an entry as "key: value; key: value", in the reader's language where words are known."""

    def plain(key, value):
        if isinstance(value, dict):
            return ", ".join(f"{audit.DETAILS.get(name, name)} {plain(name, item)}" for name, item in value.items())
        if isinstance(value, list):
            return " → ".join(plain(key, item) or "—" for item in value)
        if key in {"role", "before", "after"} and value in roles.ROLES:
            return str(roles.ROLES[value].label)
        if key == "permission":
            return str(grants.WORDS.get(value, value))
        if key == "on":
            return next((str(model._meta.verbose_name) for model in grants.models() if is_named(model, value)), value)
        return str(value if value is not None else "—")

    def is_named(model, label):
        return model._meta.label_lower == label

    return "; ".join(f"{audit.DETAILS.get(key, key)}: {plain(key, value)}" for key, value in detail.items())


@require_safe
@needs("audit.read")
def audit_export(request):
    """The filtered entries as CSV (UTF-8 with BOM, so that Excel and WPS show Chinese), newest first, streamed."""
    if refused := limits.refuse_export(request, timezone.now()):
        return refused
    entries, _form = filtered(request)
    columns = (
        *(_("number"), _("time"), _("kind"), _("account"), _("person's name")),
        *(_("IP address"), _("object"), _("detail"), "sha256"),
    )
    audit.record("audit.exported", by=request.user, request=request, filter=request.GET.dict())
    rows = (
        [
            entry.sequence,
            timezone.localtime(entry.at).isoformat(sep=" ", timespec="seconds"),
            audit.KINDS.get(entry.kind, entry.kind),
            entry.by_name,
            entry.by or "",
            entry.ip,
            entry.target_text,
            in_words(entry.detail),
            entry.hash,
        ]
        for entry in entries.order_by("-sequence").iterator(chunk_size=2000)
    )
    return exports.csv_file(f"audit-{timezone.localdate():%Y%m%d}", columns, rows)


@require_POST
@needs("audit.read")
def audit_verify(request):
    """Check the whole chain and say what was found; the check itself is an entry."""
    count, fault = audit.verify()
    found = [fault.sequence, fault.reason] if fault else None
    audit.record("audit.verified", by=request.user, request=request, entries=count, fault=found)
    if fault is None:
        messages.success(request, _("%(count)s entries checked: every link holds.") % {"count": count})
    else:
        messages.error(
            request,
            _("The log does not hold at entry %(number)s: %(reason)s.")
            % {"number": fault.sequence, "reason": REASONS[fault.reason]},
        )
    return redirect("audit-log")
