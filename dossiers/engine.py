"""HTML to PDF: the one place that knows WeasyPrint. Everything printed goes through `layout` or `pdf`.

A paper is laid out once and, if its page count is right, that very layout is written: measuring and printing cannot
differ. Every file is tagged, carries language, title and fonts, and the same HTML gives the same bytes (no clock, no
random identifier). Costs on two shared cores: 0.3 s for a notice, 0.5 s for a card, 0.6 s once for the import.
WeasyPrint's objects are not for many threads: each thread has its own fonts.
"""

import atexit
import hashlib
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from dossiers import tagging
from dossiers.fetching import SITE, make_fetcher, static_path
from people.boundary import parsed

LOG = logging.getLogger(__name__)
FONTS_CSS = "css/paper-fonts.css"
PRODUCER = "Luodi"
TAGGED = "pdf/ua-1"
VARIANTS = {None, TAGGED, "pdf/a-3u"}
_kept = threading.local()


class PaperError(Exception):
    """The paper could not be made."""


@dataclass(frozen=True)
class File:
    """A file embedded in a PDF (not appended to its pages)."""

    name: str
    data: bytes
    description: str = ""
    made_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)  # fixed: the clock would change the bytes


@dataclass(frozen=True)
class Pdf:
    """A finished PDF: bytes, how many pages, and what its HTML asked for in vain."""

    data: bytes
    pages: int
    refused: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the hexadecimal digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Laid:
    """A paper laid out and not yet written. `write()` may be called once or never."""

    document: Any
    fetcher: Any
    title: str
    identifier: bytes
    files: Sequence[File] = field(default=())

    @property
    def pages(self) -> int:
        """Return how many pages the layout has."""
        return len(self.document.pages)

    @property
    def refused(self) -> tuple[str, ...]:
        """Return the addresses the HTML asked for and did not get."""
        return tuple(self.fetcher.refused)

    def write(self, *, variant: str | None = TAGGED) -> Pdf:
        """Return the PDF. `variant`: what it says it is, PDF/UA-1 (tests/dossiers/test_tagging.py), None or PDF/A-3u.

        Nothing is validated here, and PDF/A not in the tests either. Say None where other pages are bound to it.
        """
        from weasyprint import Attachment

        if variant not in VARIANTS:
            raise PaperError(variant)
        attachments = [
            Attachment(
                file_obj=BytesIO(one.data),
                name=one.name,
                description=one.description or None,
                created=one.made_at,
                modified=one.made_at,
            )
            for one in self.files
        ]
        data = self.document.write_pdf(
            finisher=_finish,
            pdf_tags=True,
            pdf_variant=variant,
            pdf_identifier=self.identifier,
            attachments=attachments or None,
        )
        if self.refused:
            LOG.warning("paper %r asked for what it may not load: %s", self.title, ", ".join(self.refused[:5]))
        return Pdf(data, self.pages, self.refused)


def layout(
    html: str,
    *,
    title: str,
    css: Sequence[str] = (),
    pictures: Mapping[str, bytes] | None = None,
    attachments: Sequence[File] = (),
) -> Laid:
    """Lay `html` out on paper and return it unwritten.

    `css` names static files ("css/paper.css"), after the fonts every paper has. `pictures` are the only pictures beside
    static ones, `{key: PNG or JPEG}`, used as `<img src="/given/KEY">`. Raise PaperError if WeasyPrint gives up.
    """
    from weasyprint import HTML

    fetcher = make_fetcher(dict(pictures or {}))
    fonts = _fonts()

    def render():
        sheets = [_sheet(name, fonts) for name in (FONTS_CSS, *css)]
        source = HTML(string=html, base_url=SITE, url_fetcher=fetcher, media_type="print")
        return source.render(font_config=fonts, stylesheets=sheets, presentational_hints=False)

    document = parsed(render, lambda error: PaperError(f"{type(error).__name__}: {error}"))
    document.metadata.title = title
    document.metadata.generator = PRODUCER
    document.metadata.created = document.metadata.modified = None
    document.metadata.attachments = []  # <link rel=attachment> of the HTML: never
    identifier = hashlib.sha256((title + "\0" + html).encode()).digest()[:16]
    return Laid(document, fetcher, title, identifier, tuple(attachments))


def pdf(
    html: str,
    *,
    title: str,
    css: Sequence[str] = (),
    variant: str | None = TAGGED,
    pictures: Mapping[str, bytes] | None = None,
    attachments: Sequence[File] = (),
) -> Pdf:
    """Lay out and write in one go; see `layout` for the arguments and `Laid.write` for `variant`."""
    return layout(html, title=title, css=css, pictures=pictures, attachments=attachments).write(variant=variant)


def _finish(document: Any, pdf: Any) -> None:
    """Complete the tags, then pack what is packed: pydyf would do it twice, for its check sum and for the file."""
    tagging.finish(document, pdf)
    for one in pdf.objects:
        if getattr(one, "compress", False):
            _pack(one)


def _pack(stream: Any) -> None:
    """Let a stream of pydyf hold what it would write, compressed, between its dictionary and its end."""
    packed = stream.data.partition(b"\nstream\n")[2].removesuffix(b"\nendstream")
    stream.stream, stream.compress, stream.extra = [packed], False, stream.extra | {"Filter": "/FlateDecode"}


def _fonts():
    """Return this thread's fonts, to which its style sheets belong: unpacking them for each paper would cost 40 ms."""
    if not hasattr(_kept, "fonts"):
        from weasyprint.text.fonts import FontConfiguration

        _kept.fonts, _kept.sheets = FontConfiguration(), {}
        if threading.current_thread() is threading.main_thread():
            atexit.register(_kept.__dict__.clear)  # while the fonts can still remove their folder
    return _kept.fonts


def _sheet(name: str, fonts):
    """Return a style sheet as this thread parsed it, anew when its file is another: parsing costs 40 ms a card."""
    from weasyprint import CSS

    path = static_path(name)
    state = path.stat() if path else None
    version = state and (path, state.st_mtime_ns, state.st_size)
    kept_version, sheet = _kept.sheets.get(name, (None, None))
    if sheet is None or kept_version != version:
        sheet = CSS(url=_address(name), url_fetcher=make_fetcher({}), font_config=fonts, _check_mime_type=True)
        _kept.sheets[name] = version, sheet
    return sheet


def _address(name: str) -> str:
    from django.conf import settings

    return SITE.rstrip("/") + "/" + settings.STATIC_URL.strip("/") + "/" + name
