"""The trail of a problem or an order: each step is an event that nobody changes, with what was handed in for it."""

from people import audit
from projects.uploads import attach, digest


def note(row, kind: str, by, now, *, upload=None, **facts):
    """Append an event (`text`, `department`, `day`, `value`: its columns) and keep the file handed in with it."""
    event = row.events.create(kind=kind, by=by, at=now, **facts)
    if upload is not None:
        attach(event.files.model(event=event), upload, digest(upload.content))
    return event


def done(row, kind: str, by, now, request, *, log: str, upload=None, **facts):
    """Save a row that has moved, append its event and the line `log`.`kind` of the audit log. Returns the row."""
    row.save()
    note(row, kind, by, now, upload=upload, **facts)
    audit.record(f"{log}.{kind}", by=by, request=request, target=row, now=now)
    return row
