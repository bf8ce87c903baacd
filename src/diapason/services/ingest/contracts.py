"""The contract of a dataset as a file that a person may edit; read strictly, written whole."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from diapason.errors import DataError, NotFound
from diapason.knowledge.loader import Strict, check
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper
from diapason.vocabulary.policy import Act, Answer, Policy
from diapason.vocabulary.tables import Column, Contract, Role
from diapason.vocabulary.wire import plain

__all__ = ["contract", "contract_text", "hold", "keep_contract", "read_contract", "release", "unhold"]

_Kind = Literal["number", "category", "text", "time", "flag"]
_Role = Literal["feature", "target", "asset", "time", "batch", "leak", "ignored"]
_Act = Literal["refuse", "quarantine", "pass"]
_Answer = Literal["pass", "alarm"]
_HEAD = """\
# What {name} is. Edit role, kind, unit, low and high as you know better: your word wins over any proposal.
# role: feature, target, asset, time, batch, leak (known only after the target is), ignored
# kind: number, category, text, time, flag    unit: a UCUM code such as Cel, bar, t/h
# key: [columns of which no two rows are the same]    relations: ['"t_out" >= "t_in"']    regime: column of the state
# low, high: what is possible    missing: share of missing cells accepted    values: the only texts possible
# policy: what becomes of rows that break a rule: refuse, quarantine or pass; see diapason guard {name}
# 各列的角色、类型、单位和上下限都可以修改，以您的修改为准。
"""


class _Column(Strict, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    kind: _Kind
    role: _Role = "feature"
    unit: str = ""
    why: str = ""
    sure: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    low: float | None = None
    high: float | None = None
    missing: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    values: list[str] = msgspec.field(default_factory=list)


class _Policy(Strict, frozen=True):
    columns: Literal["refuse", "pass"] = "refuse"
    kinds: Literal["refuse", "pass"] = "refuse"
    range: _Act = "quarantine"
    values: _Act = "quarantine"
    relations: _Act = "quarantine"
    missing: _Act = "refuse"
    clock: _Answer = "pass"
    faults: _Answer = "pass"


class _File(Strict, frozen=True):
    name: str
    columns: list[_Column]
    run_to_failure: bool = False
    derived: list[str] = msgspec.field(default_factory=list)
    key: list[str] = msgspec.field(default_factory=list)
    relations: list[str] = msgspec.field(default_factory=list)
    regime: str = ""
    policy: _Policy | None = None


def contract(workspace: Workspace, name: str) -> Contract:
    """What a person has agreed that a dataset is.

    Raises:
        NotFound: nothing of that name was ingested.
        DataError: the file is not as it must be; names the field.
    """
    path = _path(workspace, proper(name.partition("@")[0]))
    _release_held(workspace, path)
    if not path.is_file():
        raise NotFound(
            Text(f"there is no contract for '{name}'", f"没有“{name}”的合约"),
            at=str(path),
            fix=Text(f"bring it in: diapason ingest … --name {name}", f"请先导入：diapason ingest … --name {name}"),
        )
    return read_contract(path.read_bytes(), str(path))


def keep_contract(workspace: Workspace, agreed: Contract) -> Path:
    """Write a contract, unless the file says the same already: a person's comments stay where nothing changed."""
    path = _path(workspace, proper(agreed.name))
    _release_held(workspace, path)
    if not _says(path, agreed):
        write_whole(path, contract_text(agreed).encode())
    return path


def hold(workspace: Workspace, agreed: Contract, run: str) -> None:
    """Lay a contract ready for the version that a run is about to commit; it counts from that commit on."""
    path = _path(workspace, agreed.name)
    write_whole(_held(path, run), contract_text(agreed).encode())


def unhold(workspace: Workspace, name: str, run: str) -> None:
    """Take a contract away that was laid ready for a version that does not come."""
    _held(_path(workspace, name), run).unlink(missing_ok=True)


def release(workspace: Workspace, name: str) -> None:
    """Let contracts count whose version was committed."""
    _release_held(workspace, _path(workspace, name))


def read_contract(data: bytes, at: str) -> Contract:
    """A contract from the bytes of its file.

    Raises:
        DataError: it is not YAML in UTF-8, a field is unknown, missing or wrong, or a column stands twice.
    """
    try:
        said = yaml.load(data.decode("utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unread(error, at) from error
    file = check(said, _File, at=at)
    twice = [name for name, count in Counter(c.name for c in file.columns).items() if count > 1]
    if twice:
        raise DataError(
            Text(f"column '{twice[0]}' stands twice", f"列“{twice[0]}”出现两次"),
            at=at,
            fix=Text("keep one of them", "请只保留一个"),
        )
    columns = (
        Column(
            c.name,
            c.kind,
            Role(c.role),
            c.unit,
            c.why,
            float(c.sure),
            low=_number(c.low),
            high=_number(c.high),
            missing=_number(c.missing),
            values=tuple(c.values),
        )
        for c in file.columns
    )
    return Contract(
        file.name,
        tuple(columns),
        file.run_to_failure,
        tuple(file.derived),
        tuple(file.key),
        tuple(file.relations),
        file.regime,
        _policy(file.policy),
    )


def _policy(said: _Policy | None) -> Policy | None:
    if said is None:
        return None
    acts = {key: Act(getattr(said, key)) for key in ("columns", "kinds", "range", "values", "relations", "missing")}
    return Policy(**acts, clock=Answer(said.clock), faults=Answer(said.faults))


def contract_text(agreed: Contract) -> str:
    """The file of a contract: one line per column."""
    top: dict[str, Any] = {"name": agreed.name, "run_to_failure": agreed.run_to_failure}
    top |= {"derived": list(agreed.derived)}
    said = {"key": list(agreed.key), "relations": list(agreed.relations), "regime": agreed.regime}
    top |= {name: value for name, value in said.items() if value}
    if agreed.policy is not None:
        top["policy"] = plain(agreed.policy)
    lines = [_yaml(top, flow=None).rstrip(), "columns:" if agreed.columns else "columns: []"]
    lines += ["- " + _yaml(_line(column), flow=True).strip() for column in agreed.columns]
    return _HEAD.format(name=agreed.name) + "\n".join(lines) + "\n"


def _line(column: Column) -> dict[str, Any]:
    line: dict[str, Any] = {"name": column.name, "kind": column.kind, "role": column.role.value, "unit": column.unit}
    line |= {key: value for key in ("low", "high", "missing") if (value := getattr(column, key)) is not None}
    line |= {"values": list(column.values)} if column.values else {}
    return line | {"sure": column.sure, "why": column.why}


def _yaml(value: Any, *, flow: bool | None) -> str:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(value, Dumper=dumper, default_flow_style=flow, allow_unicode=True, sort_keys=False, width=10**9)
    return str(text)


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _path(workspace: Workspace, name: str) -> Path:
    return workspace.folder / "contracts" / f"{name}.yaml"


def _held(path: Path, run: str) -> Path:
    return path.with_name(f".{path.stem}.{run}.held")


def _release_held(workspace: Workspace, path: Path) -> None:
    """The lake decides: a held contract counts once its run has committed a version."""
    held = list(path.parent.glob(f".{_escaped(path.stem)}.*.held"))
    if not held:
        return
    runs = {version.run: version.ref.version for version in workspace.lake.versions(path.stem)}
    ready = [(runs[run], file) for file in held if (run := _run_of(file, path.stem)) in runs]
    for _, file in sorted(ready):
        if _says(path, read_contract(file.read_bytes(), str(file))):
            file.unlink()
        else:
            file.replace(path)


def _run_of(held: Path, stem: str) -> str:
    return held.name.removeprefix(f".{stem}.").removesuffix(".held")


def _escaped(stem: str) -> str:
    """A name as a pattern that matches only itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)


def _says(path: Path, agreed: Contract) -> bool:
    try:
        return path.is_file() and read_contract(path.read_bytes(), str(path)) == agreed
    except DataError:
        return False


def _unread(error: Exception, at: str) -> DataError:
    mark = getattr(error, "problem_mark", None)
    where = f"{at}:{mark.line + 1}" if mark is not None else at
    what = str(getattr(error, "problem", None) or error)
    return DataError(
        Text(f"the contract cannot be read: {what}", f"合约无法读取：{what}"),
        at=where,
        fix=Text("mend the file, or delete it and ingest again", "请修正该文件，或删除后重新导入"),
    )
