from typing import Any

COLUMN: int
FORM: int

def update(
    column: Any,
    tracks: Any,
    windows: Any,
    slots: Any,
    values: Any,
    order: Any,
    rows: Any,
    first: int,
    stretches: Any,
    /,
) -> None: ...
def merge(a: Any, b: Any, tracks_a: Any, tracks_b: Any, /) -> None: ...
def numbered(stream: Any, /) -> tuple[bytearray, list[str | None]] | None: ...
def floats(stream: Any, into: Any, /) -> bool: ...
def cut(
    asset: Any,
    tag: Any,
    time: Any,
    regime: Any,
    rows: int,
    first: int,
    assets: int,
    tags: int,
    level: int,
    base: int,
    calendar: bool,
    /,
) -> tuple[bytearray | None, bytearray]: ...
def clock(
    column: Any,
    track: Any,
    time: Any,
    order: Any,
    groups: Any,
    first: Any,
    last: Any,
    row: Any,
    gaps: Any,
    kept: int,
    first_row: int,
    /,
) -> tuple[int, int]: ...
def fold(windows: Any, into: Any, places: Any, /) -> None: ...
def outside(values: Any, low: float, high: float, /) -> tuple[int, int, int]: ...
