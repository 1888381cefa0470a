"""What a paper may load: our own static files and the pictures it was handed. Nothing else, whatever its HTML asks for.

WeasyPrint is open by default: `<link rel=attachment href=file:///...>` puts any file of the server into the PDF, an
`<img>` reaches the internal network. So there is one origin, `luodi://site/`, answered from memory and from our static
folder; every other scheme, host and path is refused, also `data:` (bombs), redirects (there are none) and compressed
bodies. What was refused is kept for the log, and the paper is printed without it.
"""

import mimetypes
import urllib.parse
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation

SCHEME = "luodi"
SITE = SCHEME + "://site/"
GIVEN = "/given/"  # pictures handed to one paper, by a key of ours, never by a path
STATIC_TYPES = {".css", ".svg", ".png", ".jpg", ".otf"}
PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
MAX_STATIC = 8_000_000  # bytes
MAX_PICTURE = 20_000_000  # bytes
MAX_PIXELS = 60_000_000  # a photo of a phone has 12 to 50 million

for joined in (urllib.parse.uses_relative, urllib.parse.uses_netloc):  # so that `../img/x.svg` in a style resolves
    if SCHEME not in joined:
        joined.append(SCHEME)


class Refused(ValueError):
    """The address is not one a paper may load."""


def read_static(name: str) -> tuple[bytes, str]:
    """Return (bytes, type) of the static file `name` ("css/card.css"). Raise Refused for anything that is none of ours.

    Production reads what was collected, development what the finders see; both by Django's own safe joining.
    """
    path = static_path(name)
    if path is None or path.suffix.lower() not in STATIC_TYPES or path.stat().st_size > MAX_STATIC:
        raise Refused(name)
    return path.read_bytes(), mimetypes.guess_type(path.name)[0] or "font/otf"


@lru_cache(maxsize=256)
def static_path(name: str) -> Path | None:
    """Return where a static file lies, collected or in an app; None for what is none, or leads out of the folders."""
    from django.contrib.staticfiles import finders
    from django.utils._os import safe_join

    if not name or "\0" in name or "\\" in name:
        return None
    try:
        collected = Path(safe_join(settings.STATIC_ROOT, name)) if settings.STATIC_ROOT else None
        if collected and not settings.DEBUG and collected.is_file():
            return collected.resolve()
        found = finders.find(name)
    except (SuspiciousFileOperation, ValueError, OSError):
        return None
    return Path(found).resolve() if found and Path(found).is_file() else None


def checked_picture(data: bytes) -> str:
    """Return the type of a PNG or JPEG small enough to print. Raise Refused for anything else, SVG among it.

    Only the head is read: a picture that unpacks to gigabytes is refused before it does.
    """
    from io import BytesIO

    from PIL import Image

    kind = next((kind for magic, kind in PICTURES.items() if data.startswith(magic)), None)
    if kind is None or len(data) > MAX_PICTURE:
        raise Refused("picture")
    try:
        with Image.open(BytesIO(data), formats=["PNG", "JPEG"]) as image:
            width, height = image.size
    except (OSError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise Refused("picture") from error
    if not 0 < width * height <= MAX_PIXELS:
        raise Refused("picture")
    return kind


def make_fetcher(given: Mapping[str, bytes]):
    """Return a fetcher for one paper; `given` are its pictures by key, used as `<img src="/given/KEY">`.

    It is a subclass of WeasyPrint's own, made here because importing WeasyPrint costs 0.6 s.
    """
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):
        """Answers `luodi://site/` and nothing else."""

        def __init__(self):
            super().__init__(allowed_protocols={SCHEME}, allow_redirects=False)
            self.handlers = []  # of urllib: none is left that could open anything
            self.refused: list[str] = []

        def fetch(self, url, headers=None):
            try:
                data, kind = answer(url, given)
            except Refused:
                self.refused.append(url[:200])
                raise
            return URLFetcherResponse(url, data, {"Content-Type": kind})

    return Fetcher()


def answer(url: str, given: Mapping[str, bytes]) -> tuple[bytes, str]:
    """Return (bytes, type) for an address of ours. Raise Refused for every other."""
    try:
        parts = urllib.parse.urlsplit(url)
        path = urllib.parse.unquote(parts.path, errors="strict")
    except (ValueError, UnicodeError) as error:
        raise Refused(url[:200]) from error
    if parts.scheme != SCHEME or parts.netloc != "site":
        raise Refused(url[:200])
    if path.startswith(GIVEN):
        data = given.get(path.removeprefix(GIVEN))
        if data is None:
            raise Refused(url[:200])
        return data, checked_picture(data)
    prefix = settings.STATIC_URL if settings.STATIC_URL.startswith("/") else "/" + settings.STATIC_URL
    if not path.startswith(prefix):
        raise Refused(url[:200])
    return read_static(path.removeprefix(prefix))
