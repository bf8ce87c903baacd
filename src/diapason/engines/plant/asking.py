"""How the plant is asked: settings as words, checked, with a default that suits each table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, TypeVar

from diapason.engines.plant.defects import DEFECTS, Defect, defect_menu
from diapason.engines.plant.faults import Fault, fault_menu
from diapason.engines.plant.settings import Settings
from diapason.engines.plant.tables import TARGETS, soft_sensor_menu
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["Asked"]

_YES, _NO = ("yes", "true", "1"), ("no", "false", "0", "")

T = TypeVar("T", Fault, Defect)

_DEFAULTS: dict[str, dict[str, str]] = {
    "soft_sensor": {"days": "180", "defects": "yes"},
    "soft_sensor_truth": {"days": "180", "defects": "yes"},
    "soft_sensor_cells": {"days": "180", "defects": "yes"},
    "batch_release": {"days": "180"},
    "fault_watch": {"days": "90", "faults": "yes"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """All settings of one request."""

    seed: int = 7
    days: int = 30
    start: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    step: float = 60.0  # s
    faults: tuple[Fault, ...] = ()
    defects: tuple[Defect, ...] = ()
    clean: bool = False  # no defects, whatever else was said
    target: str = "residual"  # of the soft sensor
    minutes: int = 60  # of its window
    pumps: int = 60  # of the fleet
    every: float = 6.0  # h between its rows
    wrong: float = 0.15  # share of its pumps with a wrong failure time

    @classmethod
    def read(cls, table: str, said: Mapping[str, str]) -> "Asked":
        """Settings from words.

        >>> Asked.read("history", {"seed": "3", "days": "10"}).days
        10

        Raises:
            DataError: an unknown word, or a value that cannot be.
        """
        known = [field.name for field in fields(cls)]
        for word in said:
            if word not in known:
                near = " / ".join(get_close_matches(word, known, 2)) or ", ".join(known)
                what = Text(f"the plant knows no setting '{word}'", f"工厂没有设置项“{word}”")
                raise DataError(what, at=f"plant:{table}", fix=Text(f"did you mean {near}?", f"是不是 {near}？"))
        words = _DEFAULTS.get(table, {}) | dict(said)
        found: dict[str, Any] = {word: _value(word, words[word]) for word in words if word in _READ}
        asked = cls(**found)
        faults = _listed(words.get("faults", "no"), Fault, lambda _: fault_menu(asked.seed, asked.days))
        dirt = "no" if asked.clean else words.get("defects", "no")
        defects = _listed(dirt, Defect, lambda kinds: _menu(table, asked, kinds))
        made = cls(**found, faults=faults, defects=defects)
        made.settings()
        return made

    def settings(self) -> Settings:
        """What the simulation needs of it."""
        return Settings(self.seed, self.days, self.start, self.step, self.faults)

    def plain(self) -> dict[str, Any]:
        """All settings in plain values."""
        return plain(self)  # type: ignore[no-any-return]


def _when(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _flag(text: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise ValueError(text)
    return text.lower() in _YES


def _target(text: str) -> str:
    if text not in TARGETS:
        raise ValueError(text)
    return text


_READ: dict[str, tuple[Callable[[str], Any], str]] = {
    "seed": (int, "a whole number, 0 or more"),
    "days": (int, "a whole number from 1 to 3660"),
    "start": (_when, "a date such as 2025-01-01"),
    "step": (float, "seconds: 60, 30, 20, 10"),
    "clean": (_flag, "yes or no"),
    "target": (_target, "one of " + ", ".join(TARGETS)),
    "minutes": (int, "a whole number of minutes"),
    "pumps": (int, "a whole number, 1 or more"),
    "every": (float, "hours"),
    "wrong": (float, "a share from 0 to 1"),
}


def _value(word: str, text: str) -> Any:
    read, expected = _READ[word]
    try:
        return read(text)
    except ValueError:
        what = Text(f"{word} cannot be '{text}'", f"{word} 不能是“{text}”")
        raise DataError(what, at=f"plant:?{word}={text}", fix=Text(f"give {expected}", f"应为：{expected}")) from None


def _listed(text: str, kind: type[T], menu: Callable[[tuple[str, ...]], tuple[T, ...]]) -> tuple[T, ...]:
    """`no`, `yes` (the menu), kinds with commas, or `kind:…:start:days:strength` with semicolons.

    >>> _listed("leak:R-101:2:1:0.1", Fault, lambda _: ())[0].place
    'R-101'
    """
    if text.lower() in _NO:
        return ()
    if ":" not in text:
        return menu(() if text.lower() in _YES else tuple(text.split(",")))
    return tuple(_one(part, kind) for part in text.split(";") if part)


def _one(text: str, kind: type[T]) -> T:
    parts: list[Any] = text.split(":")
    names = [field.name for field in fields(kind)]
    try:
        parts[-3:] = [float(x) for x in parts[-3:]]
        if len(parts) != len(names):
            raise ValueError
    except ValueError:
        what = Text(f"'{text}' is no {kind.__name__.lower()}", f"“{text}”写法不对")
        form = ":".join(names)
        raise DataError(what, at="plant settings", fix=Text(f"write {form}", f"请写成 {form}")) from None
    return kind(*parts)


def _menu(table: str, asked: Asked, kinds: tuple[str, ...]) -> tuple[Defect, ...]:
    if table.startswith("soft_sensor") and not kinds:
        return soft_sensor_menu(asked.days, target=asked.target)
    for kind in kinds:
        if kind not in DEFECTS:
            fix = Text("choose one of: " + ", ".join(DEFECTS), "可选：" + ", ".join(DEFECTS))
            raise DataError(Text(f"no defect '{kind}'", f"没有缺陷“{kind}”"), at="plant:?defects=", fix=fix)
    return defect_menu(asked.seed, asked.days, kinds=kinds or tuple(DEFECTS))
