"""Freezing: a dossier becomes a version. From then on the paper can be printed again and gives the same bytes."""

import re
import secrets
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from django.db import transaction
from django.urls import reverse

from dossiers import snapshots
from dossiers.content import Dossier, Stamp
from dossiers.models import Print
from projects.models import Project

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U: read aloud and typed without mistakes
NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def face_of(dossier: Dossier) -> str:
    """Return the identity of what a dossier says, whenever it was read: equal faces are one version."""
    return snapshots.digest(snapshots.dumps(replace(dossier, data_at=NO_MOMENT)))


def check_code(sha: str, token: str) -> str:
    """Return the code that paper and page both show, “7F3K-92QD”: 40 bits of the content's and the token's hash."""
    number = int(sha256(f"{sha} {token}".encode()).hexdigest()[:10], 16)
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def next_version(project: Project, kind: str, face: str) -> tuple[int, int]:
    """Return (version, copy) that a print with this face gets. One query.

    What says the same as the latest print is another copy of its version.
    """
    found = Print.objects.filter(project=project, kind=kind).order_by("-version", "-copy")
    latest = found.values_list("version", "copy", "face").first()
    if latest is None:
        return 1, 1
    version, copy, before = latest
    return (version, copy + 1) if before == face else (version + 1, 1)


@transaction.atomic
def freeze(*, project: Project, kind: str, dossier: Dossier, by, base_url: str, now: datetime) -> Print:
    """Keep the content and give it its version. The project's row is locked meanwhile. Four queries."""
    Project.objects.select_for_update().filter(pk=project.pk).values("pk").first()
    data = snapshots.dumps(dossier)
    sha, face, token = snapshots.digest(data), face_of(dossier), secrets.token_urlsafe(16)
    version, copy = next_version(project, kind, face)
    return Print.objects.create(
        project=project,
        kind=kind,
        version=version,
        copy=copy,
        number=project.code,
        token=token,
        check_code=check_code(sha, token),
        content=zlib.compress(data, 9),
        sha256=sha,
        face=face,
        printed_by=by,
        printed_at=now,
        base_url=base_url,
    )


def dossier_of(row: Print) -> Dossier:
    """Return what the paper says. :raises ValueError: the stored content is not what was frozen."""
    data = row.json()
    if snapshots.digest(data) != row.sha256:
        raise ValueError(f"the content of print {row.pk} was changed")
    return snapshots.loads(data)


def url_of(row: Print) -> str:
    """Return the address that the paper's QR holds."""
    return row.base_url.rstrip("/") + reverse("verify", args=[row.token])


def stamp_of(row: Print, dossier: Dossier) -> Stamp:
    """Return what the paper is stamped with. No query when `printed_by` is loaded."""
    return Stamp(
        number=row.number,
        version=row.version,
        check=row.check_code,
        printed_at=row.printed_at,
        printed_by=row.printed_by.display_name or row.printed_by.username,
        url=url_of(row),
        data_at=dossier.data_at,
    )


def stem_of(row: Print) -> str:
    """Return the beginning of a file name: code, paper and version, without anything that a disk could take amiss."""
    return re.sub(r"[^0-9A-Za-z-]+", "_", f"{row.number}-{row.kind}-v{row.version}")[:70]
