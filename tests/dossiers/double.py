"""Doubles of gathering and rendering, quick and small: a dossier of a few facts, a PDF of one page without words.

A project's name says what its paper does: 坏 raises, 慢 takes a while, 杀 kills the process, 大 has no memory left.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass
from types import SimpleNamespace

from dossiers.content import Basics, Dossier, Lamp, Person, Verdict

SLOW_SECONDS = float(os.environ.get("SLOW_SECONDS", "0.1"))


@dataclass(frozen=True)
class Rendered:
    pdf: bytes
    pages: int
    rung: str
    shortened: tuple[str, ...] = ()


def gather(projects, user, now, *, full=False):
    """Return what the rows say, without a query."""
    return [
        Dossier(
            city="云川市",
            language="zh-hans",
            data_at=now,
            basics=Basics(enterprise="云川某某有限公司", project=p.name, code=p.code, investment_wan=p.investment_wan),
            verdict=Verdict(Lamp(p.light, p.light), "一切正常"),
            people=(Person("service_officer", "首席服务员", user.display_name),),
        )
        for p in projects
    ]


def card(dossier, stamp, *, rung=None):
    """Return a page, or do what the name says."""
    name = dossier.basics.project
    if "慢" in name:
        time.sleep(SLOW_SECONDS)
    if "坏" in name:
        raise ValueError("cannot draw this")
    if "杀" in name:
        os.kill(os.getpid(), signal.SIGKILL)
    if "大" in name:
        raise MemoryError
    return Rendered(pdf(f"{stamp.number} {stamp.version} {stamp.check} {stamp.url}"), 1, rung or "d0")


card_a5 = card


def booklet(dossier, stamp, *, revisions=()):
    """Return a page that tells of the revisions."""
    return Rendered(pdf(f"{stamp.version} {[row.version for row in revisions]}"), 1, "")


def text(dossier) -> str:
    """Return the facts as text."""
    return f"{dossier.basics.project} {dossier.verdict.lamp.code}"


def pdf(words: str) -> bytes:
    """Return a valid PDF of one empty page; the words are a comment in it."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    out = b"%PDF-1.4\n%" + words.encode() + b"\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 4\n0000000000 65535 f \n" + table + end


def install(put=None) -> None:
    """Let dossiers use the doubles. `put(owner, name, value)` sets an attribute, e.g. a monkeypatch's."""
    import dossiers

    put = put or setattr
    for name, parts in {"gathering": ("gather",), "rendering": ("card", "card_a5", "booklet", "text")}.items():
        double = SimpleNamespace(**{part: globals()[part] for part in parts})
        put(dossiers, name, double)
        sys.modules.pop(f"dossiers.{name}", None)
