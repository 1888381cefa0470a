"""From a file of shapes to judged features in CGCS2000, through a child process with limits (see `files_child`).

Heavy libraries (GDAL, shapely, geopandas) are loaded by that process only: a web process stays small, and what kills a
reader kills nothing else. Nothing is guessed silently: the answer says which layer, encoding and system were read.
"""

import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gis.frames import Frame
from gis.geometry import Fault
from gis.sentences import REFUSALS
from people import child

TABLE_ENDINGS = (".xlsx", ".xls", ".xlsm", ".xltm", ".xlsb", ".csv", ".txt")
"""Files that are read as tables of coordinates, or refused by the reader of tables; any other holds shapes."""

KEPT = ("shp", "shx", "dbf", "prj", "cpg")


class Unreadable(ValueError):
    """The file is refused: `.msgid` and `.params` make the sentence."""

    def __init__(self, word: str, **params):
        self.word, self.msgid, self.params = word, REFUSALS[word], params
        super().__init__(word)


@dataclass(frozen=True)
class Limits:
    """What is read at most. The defaults are those of an upload; a command passes wider ones."""

    size_mb: int = 30
    unpacked_mb: int = 200
    members: int = 200
    features: int = 5_000
    columns: int = 100
    vertices: int = 500_000
    cpu_seconds: int = 60
    memory_mb: int = 3_072
    wall_seconds: int = 90


UPLOAD = Limits()


@dataclass(frozen=True)
class Wish:
    """How a file is to be read and judged. `boxes` and `areas` come from the database: the city, its outlines."""

    area: bool = True
    """Outlines are wanted; otherwise points."""
    crs: str = ""
    """What the user declared; empty: what the file says."""
    layer: str = ""
    encoding: str = ""
    repair: bool = False
    swap: bool = False
    boxes: tuple = ()
    areas: tuple = ()
    """(key, GeoJSON) of outlines: every point then says in which it lies."""


@dataclass
class Feature:
    """One shape of a file. `geometry` is CGCS2000, `original` as it came."""

    number: int
    cells: list
    original: dict | None = None
    geometry: dict | None = None
    fault: Fault | None = None
    repaired: Fault | None = None
    vertices: int = 0
    zone_area_m2: float | None = None
    geodesic_area_m2: float | None = None
    within: list = field(default_factory=list)


@dataclass
class Layer:
    """What a file holds, and how it was read."""

    features: list[Feature]
    frame: Frame
    own_frame: Frame | None = None
    columns: list[str] = field(default_factory=list)
    layer: str = ""
    layers: list[str] = field(default_factory=list)
    encoding: str = ""
    code_page: str = ""
    """The encoding that a .cpg states, "" when there is none."""
    doubt: str = ""
    curved: int = 0


def holds_shapes(name: str) -> bool:
    """Say whether a file is read as shapes, by its name; the others are tables."""
    return Path(name).suffix.lower() not in TABLE_ENDINGS


def read(path, *, name: str = "", wish: Wish, limits: Limits = UPLOAD) -> Layer:
    """Return the judged features of the file at `path`; `name` is what the user called it (its ending counts).

    :raises Unreadable: with the fixed sentence. Takes at most `limits.wall_seconds`; one process, no query.
    """
    path = Path(path)
    if path.stat().st_size > limits.size_mb << 20:
        raise Unreadable("size", most=limits.size_mb)
    request = {"task": "read", "path": str(path.resolve()), "name": name or path.name}
    return _layer(_ask(request | asdict(wish), limits))


def judge(shapes: list[dict | None], *, wish: Wish, limits: Limits = UPLOAD) -> Layer:
    """Return the judgement of GeoJSON geometries that came from a table, in their order.

    :raises Unreadable: the coordinate system is missing or unknown. One process, no query.
    """
    return _layer(_ask({"task": "judge", "shapes": shapes} | asdict(wish), limits))


def join(points: list, areas: list, limits: Limits = UPLOAD) -> list:
    """Return [key, key] for every point that lies in an outline: `geopandas.sjoin` in a process of its own.

    `points` are [key, longitude, latitude], `areas` [key, GeoJSON], all CGCS2000; keys are numbers or texts.
    """
    if not points or not areas:
        return []
    return _ask({"task": "join", "points": points, "areas": areas}, limits)["found"]


def unite(shapes: list[dict]) -> Feature:
    """Return the outline around several (a city's from its districts'), with its areas. One process."""
    return _layer(_ask({"task": "unite", "shapes": shapes} | asdict(Wish(crs="cgcs2000")), UPLOAD)).features[0]


def _layer(answer: dict) -> Layer:
    features = []
    for number, entry in enumerate(answer.pop("features"), 1):
        for name in ("fault", "repaired"):
            entry[name] = Fault(**entry[name]) if entry[name] else None
        features.append(Feature(number=number, **entry))
    own = answer.pop("own_frame")
    known = {
        name: answer[name]
        for name in ("columns", "layer", "layers", "encoding", "code_page", "doubt", "curved")
        if name in answer
    }
    return Layer(features, Frame(*answer["frame"]), Frame(*own) if own else None, **known)


def _ask(request: dict, limits: Limits) -> dict:
    """Return the child's answer.

    :raises Unreadable: it refused the file, died of it, or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="luodi-shapes-") as scratch:
        whole = request | {"limits": asdict(limits), "scratch": scratch}
        answer = child.ask("gis.files_child", whole, wall_seconds=limits.wall_seconds)
    if "refused" in answer:
        raise Unreadable(answer["refused"], **answer["params"])
    return answer


def bundled(path: Path, folder: Path) -> Path:
    """Return a zip of a loose Shapefile and its sidecars, the same bytes for the same files. For the command only."""
    import zipfile

    target = folder / f"{path.stem}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in KEPT:
            for part in (path.with_suffix(f".{ending}"), path.with_suffix(f".{ending.upper()}")):
                if part.is_file():
                    member = zipfile.ZipInfo(f"{path.stem}.{ending}", (1980, 1, 1, 0, 0, 0))
                    with part.open("rb") as source, archive.open(member, "w") as out:
                        shutil.copyfileobj(source, out)
                    break
    return target
