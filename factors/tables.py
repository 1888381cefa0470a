"""The coefficients and review rules that ship with the system, read from `data/*.yaml`. Pure: files in, rows out."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from factors.energy import Basis, Carrier, Coefficient, Level, ReviewRule

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class EnergyTable:
    """Carriers in the order of the form, and their coefficients by carrier, basis, year."""

    carriers: tuple[Carrier, ...]
    coefficients: tuple[Coefficient, ...]


def read_coefficients(path: Path = DATA / "coefficients.yaml") -> EnergyTable:
    """The table of carriers and coefficients. TypeError for a number that is not written as text."""
    content = _yaml(path)
    carriers, rows = [], []
    for entry in content["carriers"]:
        carrier = Carrier(
            entry["code"], entry["name"], entry["unit"], entry.get("coal", False), entry.get("power", False)
        )
        carriers.append(carrier)
        rows += _coefficients(carrier, entry, content["sources"])
    return EnergyTable(tuple(carriers), tuple(rows))


def read_review_rules(path: Path = DATA / "review_rules.yaml") -> tuple[ReviewRule, ...]:
    """The versions of the examination rule, oldest first. `source` is the document and what the article says."""
    rows = []
    for version in _yaml(path)["versions"]:
        for entry in version["rules"]:
            least = {name: _exact(entry[name]) for name in ("min_tce", "min_coal_t", "min_kwh") if name in entry}
            source = f"{version['document']}：{entry['article']}"
            rows.append(
                ReviewRule(
                    effective_from=version["effective_from"],
                    level=Level(entry["level"]),
                    source=source,
                    checked=entry["checked"],
                    **least,
                )
            )
    return tuple(rows)


def _coefficients(carrier: Carrier, entry: dict, sources: dict) -> Iterator[Coefficient]:
    for basis in Basis:
        for year, row in (entry.get(str(basis)) or entry["both"]).items():
            source = sources[row["source"]]
            yield Coefficient(carrier.code, basis, year, _exact(row["kgce"]), source, row.get("checked", True))


def _exact(text: str) -> Decimal:
    if not isinstance(text, str):
        raise TypeError(f"a number in a table is written as text: {text!r}")
    return Decimal(text)


def _yaml(path: Path) -> dict:
    import yaml

    return yaml.safe_load(path.read_text(encoding="utf-8"))
