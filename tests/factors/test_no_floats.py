"""Money, areas and tonnes are never floats: no float literal and no call of float in the arithmetic of quota."""

import ast
from pathlib import Path

import pytest

import factors

MODULES = (
    "energy",
    "finding",
    "land",
    "periods",
    "quantity",
    "replacement",
    "rules",
    "standing",
    "tables",
    "trade",
    "units",
)


@pytest.mark.parametrize("module", MODULES)
def test_no_floats(module):
    path = Path(factors.__file__).with_name(f"{module}.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"{path.name}:{node.lineno}"
        assert not (isinstance(node, ast.Name) and node.id == "float"), f"{path.name}:{node.lineno}"
