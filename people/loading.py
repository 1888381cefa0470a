"""Loading rows from a file that ships with the product or that a city wrote: reading it, and what the load did."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Loaded:
    """What a load did: rows by kind that were made, changed, and left as they were."""

    made: Counter = field(default_factory=Counter)
    changed: Counter = field(default_factory=Counter)
    same: Counter = field(default_factory=Counter)

    def count(self, kind: str, *, is_new: bool, changed: bool) -> None:
        """Count one row of that kind."""
        (self.made if is_new else self.changed if changed else self.same)[kind] += 1


def yaml_of(path: Path, error: type[ValueError]):
    """Return what the YAML file holds.

    :raises error: it is no YAML or no UTF-8, with its path.  :raises OSError: it cannot be read.
    """
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as cause:
        raise error(f"{path}: {cause}") from cause
