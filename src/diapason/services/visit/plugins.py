"""Plug-ins by name, version and digest: what a bundle names must be the very code that is installed here."""

import importlib
import inspect
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal

from diapason.errors import Missing
from diapason.knowledge.loader import Strict
from diapason.vocabulary.language import Text

__all__ = ["Plugin", "described", "installed"]

Group = Literal["recipes", "treatments"]


class Plugin(Strict, frozen=True):
    """A plug-in as a bundle names it; no code of it travels."""

    name: str
    package: str
    version: str
    digest: str  # sha256 over the sources in the folder of its module


def described(group: Group, name: str) -> Plugin:
    """The plug-in of that name as it is installed here.

    Raises:
        Missing: it is not installed.
    """
    point = _point(group, name)
    if point is None:
        raise Missing(
            Text(f"no {group[:-1]} '{name}' is installed", f"未安装 {_WORDS[group]}“{name}”"),
            at=f"diapason.{group}",
            fix=Text("install the package that offers it", "请安装提供它的软件包"),
        )
    package, version = ("", "") if point.dist is None else (point.dist.name, point.dist.version)
    return Plugin(name=name, package=package, version=version, digest=_digest(point))


def installed(group: Group, wanted: Plugin) -> Any:
    """The plug-in itself, if the same version with the same sources is here.

    Raises:
        Missing: it is not installed, or it is another version or other code; names the package and the version.
    """
    point = _point(group, wanted.name)
    need = f"{wanted.package}=={wanted.version}"
    if point is None:
        raise _missing(
            group,
            wanted,
            Text(
                f"the bundle needs the {group[:-1]} '{wanted.name}', which is not installed here",
                f"包需要{_WORDS[group]}“{wanted.name}”，此处未安装",
            ),
            Text(f"install it, if you trust its maker: pip install {need}", f"若信任其作者：pip install {need}"),
        )
    here = described(group, wanted.name)
    if (here.package, here.version, here.digest) != (wanted.package, wanted.version, wanted.digest):
        other = Text("has other sources", "源代码不同")
        if here.version != wanted.version or here.package != wanted.package:
            other = Text(f"is {here.package}=={here.version}", f"为 {here.package}=={here.version}")
        raise _missing(
            group,
            wanted,
            Text(
                f"the {group[:-1]} '{wanted.name}' of the bundle is {need}; the one installed here {other.en}",
                f"包中的{_WORDS[group]}“{wanted.name}”为 {need}；此处安装的{other.zh}",
            ),
            Text(
                f"install the same build: pip install {need}; or ask the provider to pack again with yours",
                f"请安装同一版本：pip install {need}；或请供方按此处版本重新打包",
            ),
        )
    return point.load()


_WORDS = {"recipes": "学习方法", "treatments": "处理方法"}


def _point(group: Group, name: str) -> EntryPoint | None:
    return next(iter(entry_points(group=f"diapason.{group}", name=name)), None)


def _digest(point: EntryPoint) -> str:
    """Over the sources beside the plug-in's module, in the order of their names; line ends don't count."""
    module = importlib.import_module(point.module)
    folder = Path(inspect.getfile(module)).parent
    found = sha256()
    for file in sorted(folder.glob("*.py"), key=lambda f: f.name):
        found.update(f"{file.name}\n".encode() + file.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()


def _missing(group: Group, wanted: Plugin, what: Text, fix: Text) -> Missing:
    return Missing(what, at=f"diapason.{group}, {wanted.name}", fix=fix)
