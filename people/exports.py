"""Lists as CSV that spreadsheet programs open as they are: UTF-8 with a byte order mark, and no cell runs."""

import csv
from collections.abc import Iterable

from django.http import StreamingHttpResponse


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text):
        return text


def safe_cell(value) -> str:
    """Return a cell that no spreadsheet program runs as a formula: a leading = + - @ tab or CR gets an apostrophe."""
    text = str(value if value is not None else "")
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def csv_file(name: str, heads: Iterable, rows: Iterable[Iterable]) -> StreamingHttpResponse:
    """Return a download `name`.csv, streamed: rows are drawn while they are sent. Every cell is made safe."""
    writer = csv.writer(_Echo())

    def lines():
        yield "\ufeff"
        yield writer.writerow([str(head) for head in heads])
        for row in rows:
            yield writer.writerow([safe_cell(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
