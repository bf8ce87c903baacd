"""Which registers are read together, and how what comes back becomes readings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.connectors.modbus.maps import Row
from diapason.connectors.modbus.words import Form, read, spoken

__all__ = ["Block", "Plan", "blocks_of"]

_MOST = {"coil": 2000, "discrete": 2000, "input": 125, "holding": 125}


@dataclass(frozen=True, slots=True)
class Block:
    """One request."""

    unit_id: int
    table: str
    address: int
    count: int
    rows: tuple[int, ...]  # which tags it holds


def blocks_of(rows: Sequence[Row], *, gap: int = 0, most: int = 125) -> list[Block]:
    """As few requests as there can be; registers that nobody asked for are read only inside a `gap`."""
    made: list[Block] = []
    order = sorted(range(len(rows)), key=lambda i: (rows[i].unit_id, rows[i].table, rows[i].address))
    for i in order:
        row = rows[i]
        last = made[-1] if made else None
        limit = min(most, _MOST[row.table]) if row.table in ("input", "holding") else _MOST[row.table]
        if last and (last.unit_id, last.table) == (row.unit_id, row.table):
            end = max(last.address + last.count, row.end)
            if row.address <= last.address + last.count + gap and end - last.address <= limit:
                made[-1] = Block(row.unit_id, row.table, last.address, end - last.address, (*last.rows, i))
                continue
        made.append(Block(row.unit_id, row.table, row.address, row.form.size, (i,)))
    return made


class Plan:
    """Reads values out of what the requests bring, form by form in one go each."""

    def __init__(self, rows: Sequence[Row], blocks: Sequence[Block]) -> None:
        self.rows, self.blocks = tuple(rows), tuple(blocks)
        self.tags = tuple(row.point.tag for row in rows)
        self.starts = np.cumsum([0, *(block.count for block in blocks)])
        self.block_of = np.zeros(len(rows), np.intp)
        first = np.zeros(len(rows), np.intp)
        for b, block in enumerate(blocks):
            for i in block.rows:
                self.block_of[i] = b
                first[i] = self.starts[b] + rows[i].address - block.address
        groups: dict[Form, list[int]] = {}
        for i, row in enumerate(rows):
            groups.setdefault(row.form, []).append(i)
        self._texts = [(i, int(first[i])) for i, row in enumerate(rows) if row.form.type == "string"]
        self._groups = [
            (form, np.array(members), first[members][:, None] + np.arange(form.size))
            for form, members in groups.items()
            if form.type != "string"
        ]

    def values(self, words: NDArray[np.uint16]) -> tuple[NDArray[np.float64], dict[int, str]]:
        """Values by tag and texts by position, from the words of all blocks one after another."""
        values = np.full(len(self.rows), np.nan)
        for form, members, places in self._groups:
            values[members] = words[places][:, 0] if form.type == "switch" else read(words[places], form)
        texts = {i: spoken(words[at : at + self.rows[i].form.size], self.rows[i].form) for i, at in self._texts}
        return values, texts
