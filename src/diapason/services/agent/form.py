"""The file `agents/NAME.yaml` that a person edits: read strictly, written with its meaning beside each part."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import yaml

from diapason.errors import DataError, NotFound
from diapason.knowledge.loader import Strict
from diapason.ports.workspace import Workspace
from diapason.vocabulary.acting import Autonomy, Envelope, Interlock, Manifest, Permission, Relation, Right
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind
from diapason.vocabulary.names import file_name

__all__ = ["FOLDER", "File", "file_from", "file_of", "manifest_of", "read", "rules_of", "text_of"]

T = TypeVar("T")

FOLDER = "agents"
"""In the workspace: one file for each agent."""

Level = Literal["A0", "A1", "A2", "A3", "A4", "A5"]


class Allowed(Strict, frozen=True, kw_only=True):
    """One permission."""

    right: Right
    asset: str
    tag: str
    autonomy: Level = "A0"


class Condition(Strict, frozen=True, kw_only=True):
    """One interlock."""

    tag: str
    relation: Relation
    value: float
    unit: str
    freshest: float = 10.0


class Bounds(Strict, frozen=True, kw_only=True):
    """One envelope, as `vocabulary.acting.Envelope` has it."""

    asset: str
    tag: str
    unit: str
    low: float
    high: float
    step: float
    rate: float
    dwell: float
    daily: int
    kind: Kind = Kind.NUMBER
    interlocks: tuple[Condition, ...] = ()
    modes: tuple[str, ...] = ("automatic",)
    mode_tag: str = ""
    near: float = 0.0
    fallback: float | None = None


class File(Strict, frozen=True, kw_only=True):
    """The whole file."""

    name: str
    owner: str
    expires: date
    asset: str
    model: str = ""
    connection: str = ""
    permissions: tuple[Allowed, ...]
    envelopes: tuple[Bounds, ...] = ()
    rules: tuple[dict[str, Any], ...] = ()
    budget: dict[str, float] = msgspec.field(default_factory=dict)
    fallback: Literal["hold", "baseline"] = "hold"


_CHOICES: Mapping[str, Iterable[str]] = {
    "right": Right,
    "relation": Relation,
    "autonomy": [a.name for a in Autonomy],
    "kind": Kind,
    "fallback": ("hold", "baseline"),
}


def file_of(ws: Workspace, name: str) -> Path:
    """Where the file of an agent lies."""
    return ws.folder / FOLDER / f"{file_name(name)}.yaml"


def read(path: Path) -> File:
    """The file, strictly.

    Raises:
        NotFound: there is none.
        DataError: it is no YAML, has a field or a permission that nobody knows, or lacks one.
    """
    return _typed(_loaded(path), File, path)


def rules_of(path: Path) -> tuple[dict[str, Any], ...]:
    """The rules in a file: a list, or under the word `rules`.

    Raises:
        NotFound: there is none.
        DataError: it is no list of rules.
    """
    said = _loaded(path)
    listed = said.get("rules") if isinstance(said, dict) and set(said) == {"rules"} else said
    found = _typed(listed, tuple[dict[str, Any], ...], path)
    if not found:
        raise DataError(
            Text("there is no rule in it", "文件中没有规则"),
            at=str(path),
            fix=Text("write at least one", "请至少写一条"),
        )
    return found


def manifest_of(said: File, *, version: int, keyid: str) -> Manifest:
    """The file as the manifest of one version."""
    bounds = tuple(
        Envelope(**_with(b, interlocks=tuple(Interlock(**_with(i)) for i in b.interlocks))) for b in said.envelopes
    )
    return Manifest(
        name=said.name,
        version=version,
        keyid=keyid,
        owner=said.owner,
        expires=f"{said.expires.isoformat()}T23:59:59+00:00",
        asset=said.asset,
        model=said.model,
        permissions=tuple(Permission(p.right, p.asset, p.tag, Autonomy[p.autonomy]) for p in said.permissions),
        envelopes=bounds,
        budget=dict(said.budget),
        rules=tuple(said.rules),
        fallback=said.fallback,
        connection=said.connection,
    )


def file_from(one: Manifest) -> File:
    """The file that says what a manifest says."""
    bounds = [n for n in Bounds.__struct_fields__ if n != "interlocks"]
    conditions = Condition.__struct_fields__
    return File(
        name=one.name,
        owner=one.owner,
        expires=date.fromisoformat(one.expires[:10]),
        asset=one.asset,
        model=one.model,
        connection=one.connection,
        permissions=tuple(
            Allowed(right=p.right, asset=p.asset, tag=p.tag, autonomy=p.autonomy.name)  # type: ignore[arg-type]
            for p in one.permissions
        ),
        envelopes=tuple(
            Bounds(
                **{n: getattr(e, n) for n in bounds},
                interlocks=tuple(Condition(**{n: getattr(i, n) for n in conditions}) for i in e.interlocks),
            )
            for e in one.envelopes
        ),
        rules=tuple(dict(r) for r in one.rules),
        budget=dict(one.budget),
        fallback=one.fallback,  # type: ignore[arg-type]
    )


def text_of(said: File) -> str:
    """The file as a person edits it; what is at its default is left out, what can be added is told."""
    whole = {key: value for key, value in msgspec.to_builtins(said).items() if value not in ("", [], {})}
    head = {key: whole.pop(key) for key in ("name", "owner", "expires", "asset", "model", "connection") if key in whole}
    parts = [
        _HEAD,
        yaml.safe_dump(head, sort_keys=False, allow_unicode=True),
        _RIGHTS,
        _yaml({"permissions": whole.pop("permissions")}),
        _BOUNDS,
    ]
    return "\n".join([*parts, *([_yaml(whole)] if whole else [])])


def _yaml(said: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(said), sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)


def _with(record: Strict, **other: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__} | other


def _loaded(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFound(
            Text(f"there is no file {path.name}", f"没有文件 {path.name}"),
            at=str(path),
            fix="diapason agent new NAME --model MODEL@VERSION --asset ASSET",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise DataError(
            Text(f"this is no YAML: {error}", f"不是有效的 YAML：{error}"),
            at=str(path),
            fix=Text("mend the file", "请修正文件"),
        ) from error


def _typed(said: Any, shape: type[T], path: Path) -> T:
    try:
        return msgspec.convert(said, shape)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `")
        field = place.rstrip("`").removeprefix("$").removeprefix(".")
        raise DataError(
            Text(f"the manifest does not hold: {what}", f"清单有误：{what}"),
            at=f"{path}, field {field}" if field else str(path),
            fix=_choices(what, field),
        ) from error


def _choices(what: str, field: str) -> Text:
    """The words that can stand there."""
    last = field.rpartition(".")[2]
    known = _CHOICES.get(last)
    if known is None and "unknown field" in what:
        shape = next((s for word, s in _PARTS.items() if field.startswith(word)), File)
        known = shape.__struct_fields__
    if known is None:
        return Text("see docs/registry.md", "见 docs/registry.md")
    return Text("one of: ", "可选：") + ", ".join(map(str, known))


_PARTS: Mapping[str, type[Strict]] = {"permissions": Allowed, "envelopes": Bounds}

_HEAD = """# What this agent is and may. Edit it, then: diapason agent new NAME
# Each change is a new version that begins in shadow again.
# 本文件说明智能体的身份与权限。修改后运行：diapason agent new 名称（每次修改为新版本，并退回影子模式）
"""
_RIGHTS = """# right: read (a tag, or *), propose or write (one exact tag, with an envelope below)
# autonomy: at most this level, A0 to A5
# right：read 读取（位号可为 *）、propose 建议、write 写入（须为确切位号，并在下方给出边界）；autonomy：自主等级上限
"""
_BOUNDS = """# envelopes:   # for each tag that may be moved; the agent can't change it
# - {asset: R-101, tag: TIC-201.SP, unit: Cel, low: 110, high: 130, step: 1, rate: 2, dwell: 300, daily: 24}
# budget: {proposals_per_day: 24}
# fallback: hold   # or baseline
"""
