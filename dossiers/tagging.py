"""What WeasyPrint's tag tree lacks of PDF/UA-1, put right just before a paper is written.

A head of a table says what it is the head of: WeasyPrint names heads in the cells below, so that the head over a column
of row heads is the head of nothing. A picture without words is decoration, and the running foot belongs to the page:
both become artifacts outside the tree, where WeasyPrint makes a figure without description and parts that hang nowhere.
Works on pydyf's objects, in the place that `Document.write_pdf` offers for it (`finisher`).
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

ARTIFACT = ("/Artifact", b"BMC")


def finish(_document: Any, pdf: Any) -> None:
    """Complete the tag tree of a PDF that is about to be written. It must have one."""
    elements = {one.number: one for one in pdf.objects if isinstance(one, dict) and one.get("Type") == "/StructElem"}
    for element in elements.values():
        if element["S"] == "/TH":
            element["A"]["Scope"] = _scope(element, elements)
    root = pdf.objects[_number(pdf.catalog["StructTreeRoot"])]
    told = set(_below(_number(root["K"][0]), elements))
    mute = [one for number, one in elements.items() if number not in told or _is_decoration(one)]
    _make_artifacts(mute, elements, pdf, root)


def _number(reference: Any) -> int:
    """Return the number of the object that a reference, b"12 0 R", leads to."""
    return int(bytes(reference).split()[0])


def _kids(element: dict) -> Iterator[int]:
    """Yield the object numbers below an element: elements, and references to links."""
    return (_number(kid) for kid in element["K"] if isinstance(kid, bytes))


def _below(number: int, elements: dict[int, dict]) -> Iterator[int]:
    """Yield the numbers of an element and all elements below it."""
    yield number
    for kid in _kids(elements[number]):
        if kid in elements:
            yield from _below(kid, elements)


def _is_decoration(element: dict) -> bool:
    return element["S"] == "/Figure" and "Alt" not in element


def _scope(head: dict, elements: dict[int, dict]) -> str:
    """Return what a head is the head of: its column where it stands in the head of a table, else its row."""
    row = elements[_number(head["P"])]
    return "/Column" if elements[_number(row["P"])]["S"] == "/THead" else "/Row"


def _make_artifacts(mute: list[dict], elements: dict[int, dict], pdf: Any, root: dict) -> None:
    """Take elements out of the tree, and mark what they draw as artifacts."""
    drawn: dict[bytes, dict[int, dict]] = defaultdict(dict)
    for element in mute:
        for kid in element["K"]:
            if isinstance(kid, int):
                drawn[element["Pg"]][kid] = element
    numbers = pdf.objects[_number(root["ParentTree"])]["Nums"]
    for place, page in enumerate(pdf.page_references):
        contents = pdf.objects[_number(pdf.objects[_number(page)]["Contents"])]
        contents.stream = list(_unmarked(contents.stream, drawn[page]))
        for mark in drawn[page]:
            numbers[2 * place + 1][mark] = b"null"
    for element in mute:
        above = elements.get(_number(element["P"]), {})
        if element.reference in above.get("K", ()):
            above["K"].remove(element.reference)
    for element in mute:
        element.clear()


def _unmarked(stream: list, marks: dict[int, dict]) -> Iterator[Any]:
    """Yield what a page draws, with the given marks (`/Figure <</MCID 3>> BDC`) turned into those of artifacts."""
    operations = iter(range(len(stream)))
    for place in operations:
        marked = stream[place + 1] if stream[place + 2 : place + 3] == [b"BDC"] else None
        if isinstance(marked, dict) and marked.get("MCID") in marks:
            yield from ARTIFACT
            next(operations), next(operations)
        else:
            yield stream[place]
