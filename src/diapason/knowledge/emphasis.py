"""What a sector does first: themes of its paragraph, and the items of a model that they speak of."""

from typing import Annotated

import msgspec

from diapason.errors import NotFound
from diapason.knowledge.loader import Titled, load
from diapason.knowledge.sectors import sectors as headings
from diapason.vocabulary.language import Text

__all__ = ["emphasis", "sectors"]


class _File(Titled, frozen=True):
    factor: Annotated[float, msgspec.Meta(gt=1)]
    themes: dict[str, dict[str, list[str]]]
    sectors: dict[str, list[str]]


def sectors() -> dict[str, Text]:
    """Every sector heading by its code."""
    return {code: Text(s.title.en, s.title.zh) for code, s in headings().items()}


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
                "choose one of: " + ", ".join(f"{c} {s.en}" for c, s in sectors().items()),
                "可选：" + "、".join(f"{c} {s.zh}" for c, s in sectors().items()),
            ),
        )
    return {item: file.factor for theme in found for item in file.themes[theme].get(model, ())}


def _file() -> _File:
    return load("emphasis.yaml", _File)
