"""What is to be served, and by which protocols."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diapason.errors import DataError, Missing, NotFound
from diapason.ports import find, names
from diapason.services.serve.faults import PlannedFault
from diapason.vocabulary.language import Text

__all__ = ["PORTS", "Wishes", "protocols"]

PORTS: Mapping[str, int] = {"opcua": 4840, "modbus": 5020}
"""Where each protocol is served unless said otherwise; 0 = a free port."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the plant is to live and be served."""

    folder: Path  # keys, certificates and the password of who may write
    only: tuple[str, ...] = ()  # protocols; () = all that can be
    copies: int = 1
    seed: int = 7
    days: float = 7.0  # of history before it goes live
    speed: float = 1.0  # seconds of the plant in a second of ours
    every: float = 1.0  # s between two readings of a tag
    host: str = "127.0.0.1"
    ports: Mapping[str, int] = field(default_factory=dict)
    open: bool = False  # also without encryption, and everybody may write
    broker: str = ""
    faults: tuple[PlannedFault, ...] = ()

    def __post_init__(self) -> None:
        for name, value, low, high in (("every", self.every, 0.05, 3600.0), ("speed", self.speed, 0.01, 3600.0)):
            if not low <= value <= high:
                what = Text(f"{name} can't be {value:g}", f"{name} 不能为 {value:g}")
                fix = Text(f"choose {low:g} to {high:g}", f"请取 {low:g} 至 {high:g}")
                raise DataError(what, at=f"--{name}", fix=fix)

    def options(self, name: str) -> dict[str, Any]:
        """What a server of that name is told."""
        port = self.ports.get(name, self.ports.get("", PORTS.get(name, 0)))
        return {
            "host": self.host,
            "port": port,
            "folder": self.folder / name,
            "open": self.open,
            "broker": self.broker,
        }


def protocols(only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Modules of the connectors that can serve a plant, by name; several names of one module count once.

    Raises:
        NotFound: one that was asked for can't.
        Missing: one that was asked for lacks a package.
    """
    found: dict[str, Any] = {}
    for name in only or names("connectors"):
        try:
            module = find("connectors", name)
        except ImportError as error:
            if only:
                what = Text(f"{name} lacks a package ({error.name})", f"{name} 缺少软件包（{error.name}）")
                raise Missing(what, at="--only", fix=f"pip install 'diapason[{name}]'") from error
            continue
        if hasattr(module, "serve") and module not in found.values() and "." not in name:
            found[name] = module
        elif only:
            able = ", ".join(protocols()) or "-"
            what = Text(f"{name} can't serve a plant", f"{name} 不能对外提供工厂")
            raise NotFound(what, at="--only", fix=Text(f"choose of: {able}", f"可选：{able}"))
    return found
