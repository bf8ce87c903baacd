from typing import Any

COLUMN: int

def update(
    column: Any, tracks: Any, windows: Any, slots: Any, values: Any, order: Any, rows: Any, first: int, stretches: Any, /
) -> None: ...
def merge(a: Any, b: Any, tracks_a: Any, tracks_b: Any, /) -> None: ...
