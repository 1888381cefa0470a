"""What may be uploaded, and how a file is kept. Every form with a file asks here."""

import hashlib
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

UPLOAD_LIMIT = 20 * 1024 * 1024
MAGIC = {
    "pdf": b"%PDF",
    "ofd": b"PK",
    "docx": b"PK",
    "xlsx": b"PK",
    "jpg": b"\xff\xd8",
    "jpeg": b"\xff\xd8",
    "png": b"\x89PNG",
}
"""What may be attached, by ending, and how such a file begins."""


@dataclass(frozen=True)
class Upload:
    """A file to attach: its name, its bytes."""

    name: str
    content: object


class KeptFile(models.Model):
    """A file that came with something and is kept under a name of our own, known by its hash.

    The class that keeps it says what it came with and adds `file`, whose folder is its own. Filled by `attach`.
    """

    name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    class Meta:
        abstract = True
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self):
        return self.name


def ending_of(name: str) -> str:
    """Return the ending of a file name in lower case, "" without one."""
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def check_upload(file) -> None:
    """Refuse a file by size, ending or beginning: what it says it is must be what it is.

    :raises ValidationError: with the sentence.
    """
    if file.size > UPLOAD_LIMIT:
        raise ValidationError(_("The file is larger than 20 MB."))
    ending = ending_of(file.name)
    if ending not in MAGIC:
        raise ValidationError(_("This kind of file is not accepted: PDF, OFD, Word, Excel or a picture."))
    head = file.read(8)
    file.seek(0)
    if not head.startswith(MAGIC[ending]):
        raise ValidationError(_("The content of the file is not what its name says."))


def digest(file) -> str:
    """Return the SHA-256 of a file in hex, read piece by piece; the file stands at its beginning afterwards."""
    file.seek(0)
    found = hashlib.sha256()
    for piece in iter(lambda: file.read(1 << 16), b""):
        found.update(piece)
    file.seek(0)
    return found.hexdigest()


def attach(row: KeptFile, upload: Upload, sha256: str) -> KeptFile:
    """Keep a file with its row, named by its hash; returns the saved row."""
    row.name, row.sha256, row.size = upload.name[:200], sha256, upload.content.size
    row.file.save(f"{sha256}.{ending_of(upload.name)[:8] or 'bin'}", upload.content, save=True)
    return row
