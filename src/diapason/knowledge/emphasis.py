"""What a sector does first: themes of its paragraph, and the items of a model that they speak of."""

from typing import Annotated

import msgspec

from diapason.errors import NotFound
from diapason.knowledge.loader import Both, Strict, Titled, load
from diapason.vocabulary.language import Text

__all__ = ["emphasis", "sectors"]


class _Sector(Strict, frozen=True):
    title: Both
    themes: list[str]


class _File(Titled, frozen=True):
    factor: Annotated[float, msgspec.Meta(gt=1)]
    themes: dict[str, dict[str, list[str]]]
    sectors: dict[str, _Sector]


def sectors() -> dict[str, Text]:
    """Every sector by its code."""
    return {code: Text(s.title.en, s.title.zh) for code, s in _file().sectors.items()}


def emphasis(sector: str, model: str) -> dict[str, float]:
    """Factor on the worth of steps by item code, of a model, for a sector; empty where nothing is known of the model.

    Raises:
        NotFound: there is no such sector; names those there are.
    """
    file = _file()
    found = file.sectors.get(sector.upper())
    if found is None:
        raise NotFound(
            Text(f"there is no sector '{sector}'", f"没有行业代码“{sector}”"),
            at="--sector",
            fix=Text(
                "choose one of: " + ", ".join(f"{c} {s.title.en}" for c, s in file.sectors.items()),
                "可选：" + "、".join(f"{c} {s.title.zh}" for c, s in file.sectors.items()),
            ),
        )
    return {item: file.factor for theme in found.themes for item in file.themes[theme].get(model, ())}


def _file() -> _File:
    return load("emphasis.yaml", _File)
