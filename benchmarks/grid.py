"""The frozen grid of the resonance benchmark, read from grid.toml: which sets, damages, strengths and seeds."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.damages import kinds_for
from benchmarks.sets import SETS, load

__all__ = ["GridCell", "cells", "grid_id"]

FILE = Path(__file__).with_name("grid.toml")


@dataclass(frozen=True, slots=True)
class GridCell:
    """One damaged set."""

    set: str
    damage: str
    strength: float
    seed: int

    @property
    def checked(self) -> bool:
        """Whether it is on a set that nobody tuned on."""
        return SETS[self.set].role == "check"


@cache
def _grid() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def grid_id() -> str:
    """The name of this grid; another grid has another name."""
    return str(_grid()["id"])


def cells(*, quick: bool) -> tuple[GridCell, ...]:
    """Every cell once, in the order of the file; of a block's product only what can befall the set."""
    if quick:
        return tuple(GridCell(*one) for one in _grid()["quick"]["cells"])
    return tuple(dict.fromkeys(c for block in _grid()["full"] for c in _product(block)))


def _product(block: Mapping[str, Any]) -> Iterator[GridCell]:
    for name, seed in product(block["sets"], block["seeds"]):
        possible = kinds_for(load(name, seed).train)
        for kind, strength in product(block["damages"], block["strengths"]):
            if kind in possible:
                yield GridCell(name, kind, strength, seed)
