"""Attachments of the booklet: PDF files are bound behind it, pictures stand on pages of its own, the rest is listed.

A file is read from our storage only, under the name that the tree carries, and must have the hash that was written when
it was handed in. What cannot be bound (encrypted, broken, too large, changed) is listed with the reason; it never stops
the print. Annotations, scripts and forms of a bound file stay behind: only its pages come along.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from dossiers.content import Attachment
from people.boundary import parsed

MAX_FILE, MAX_ALL = 30 * 1024 * 1024, 120 * 1024 * 1024
MAX_PAGES = 300
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class Unusable(Exception):
    """The file cannot be bound; the text says why."""


@dataclass
class Enclosure:
    """An attachment with its number, where it is found, and the bytes to bind or to show."""

    number: int
    attachment: Attachment
    where: str
    picture: str = ""
    pdf: bytes = b""
    data: bytes = b""
    pages: int = 0


def stored(path: str) -> bytes:
    """Return a file of our storage. :raises Unusable: it is gone or too large."""
    if not path or not default_storage.exists(path):
        raise Unusable(_("the file is gone"))
    if default_storage.size(path) > MAX_FILE:
        raise Unusable(_("too large to bind"))
    with default_storage.open(path) as file:
        return file.read()


def prepare(attachments: Iterable[Attachment], read: Callable[[str], bytes] = stored) -> list[Enclosure]:
    """Return the attachments in order, each with what is to be done with it."""
    found, total = [], 0
    for number, attachment in enumerate(attachments, start=1):
        enclosure = Enclosure(number, attachment, _("in the product"))
        found.append(enclosure)
        if attachment.kind == "other":
            continue
        try:
            data = read(attachment.path)
            if total + len(data) > MAX_ALL:
                raise Unusable(_("too much to bind"))
            if attachment.sha256 and sha256(data).hexdigest() != attachment.sha256:
                raise Unusable(_("its hash is not the one that was recorded"))
            _take(enclosure, data)
            total += len(data)
        except Unusable as error:
            enclosure.where = _("in the product: %(why)s") % {"why": error}
    return found


def listed(attachments: Iterable[Attachment]) -> list[Enclosure]:
    """Return the attachments as a preview lists them: nothing is read."""
    return [Enclosure(number, row, _("in the product")) for number, row in enumerate(attachments, start=1)]


def _take(enclosure: Enclosure, data: bytes) -> None:
    if enclosure.attachment.kind == "picture":
        if not data.startswith(PICTURES):
            raise Unusable(_("not a picture"))
        enclosure.picture, enclosure.data = f"a{enclosure.number}", data
        enclosure.where = _("on a page behind")
        return
    enclosure.pages = _pages(data)
    enclosure.pdf = data
    enclosure.where = _("bound, %(n)s pages") % {"n": enclosure.pages}


def _pages(data: bytes) -> int:
    from pypdf import PdfReader

    def read() -> tuple[bool, int]:
        reader = PdfReader(BytesIO(data))
        return reader.is_encrypted, 0 if reader.is_encrypted else len(reader.pages)

    is_encrypted, number = parsed(read, lambda _error: Unusable(_("not readable as PDF")))
    if is_encrypted:
        raise Unusable(_("encrypted"))
    if not 0 < number <= MAX_PAGES:
        raise Unusable(_("too large to bind"))
    return number


def bind(body: bytes, enclosures: Iterable[Enclosure]) -> tuple[bytes, int]:
    """Return the booklet with the bound files behind it, each with a bookmark; and the number of all pages."""
    from pypdf import PdfReader, PdfWriter

    bound = [enclosure for enclosure in enclosures if enclosure.pdf]
    if not bound:
        return body, len(PdfReader(BytesIO(body)).pages)
    writer = PdfWriter(clone_from=BytesIO(body))
    for enclosure in bound:
        first = len(writer.pages)
        for page in PdfReader(BytesIO(enclosure.pdf)).pages:
            for key in ("/Annots", "/AA", "/Metadata", "/PieceInfo"):
                page.pop(key, None)
            writer.add_page(page)
        writer.add_outline_item(title=f"{enclosure.number}　{enclosure.attachment.name}", page_number=first)
    out = BytesIO()
    writer.write(out)
    return out.getvalue(), len(writer.pages)
