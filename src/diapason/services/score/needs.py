"""What a dataset is needed for: operating space, age, targets, sensors; a file beside the contract, to be edited."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import inf, isfinite, nan
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from diapason.engines.uncertainty import Sensor
from diapason.errors import DataError
from diapason.knowledge.loader import Strict, check
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, Role
from diapason.vocabulary.tasks import Task

__all__ = ["LOWER", "Needs", "SensorNeed", "Wanted", "agreed", "keep", "propose", "read", "sensors", "wanted"]

LOWER = frozenset({"rmse", "mae", "misses", "false_alarms", "nasa_score", "error"})
"""Measures of a model that are better when lower."""
_WANTED = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(<=|>=|≤|≥)\s*([-+0-9.eE]+)\s*")

_Positive = Annotated[float, msgspec.Meta(gt=0)]
_NotBelow = Annotated[float, msgspec.Meta(ge=0)]
_HEAD = """\
# What {name} is needed for; take it in with: diapason score {name} --needs FILE
# class: expert (bound to a scene, with proof of expert work), industry, general    scene: one line
# window_days: how old rows may be    latency_seconds: how soon a streamed row must be stored
# reference: the version from which columns must not have drifted, such as {name}@1
# least: rows that each class must have    targets: task: "rmse<=2.5"
# space: the operating space that a model must cover: [low, high] of numbers, [texts] of categories
# sensors: calibration: expanded uncertainty of the certificate, with k and dof; calibrated, due: days;
#   drift: largest in a year; resolution: least step (empty: as found in the data); required: step asked for
# 数据集的用途：类别、场景、时限、入库时延、参照版本、目标、工况空间、
# 传感器（校准不确定度、漂移、分辨力），请修改后读入。
"""


class SensorNeed(Strict, frozen=True, kw_only=True):
    """One sensor, in the unit of its column."""

    tag: Annotated[str, msgspec.Meta(min_length=1)]
    calibration: _NotBelow | None = None
    k: _Positive = 2.0
    dof: _Positive | None = None
    calibrated: date | None = None
    due: date | None = None
    drift: _NotBelow | None = None
    resolution: _NotBelow | None = None
    required: _Positive | None = None


class Needs(Strict, frozen=True, kw_only=True):
    """The whole file; all of it may be left out."""

    class_: Literal["general", "industry", "expert", ""] = msgspec.field(name="class", default="")
    scene: str = ""
    window_days: _Positive | None = None
    latency_seconds: _Positive | None = None
    reference: str = ""
    least: Annotated[int, msgspec.Meta(ge=0)] = 0
    targets: dict[str, str] = msgspec.field(default_factory=dict)
    space: dict[str, list[float | str]] = msgspec.field(default_factory=dict)
    sensors: tuple[SensorNeed, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a model must reach."""

    metric: str
    limit: float


def wanted(text: str, *, at: str) -> Wanted:
    """Read `rmse<=2.5`.

    Raises:
        DataError: it is no limit, or points the wrong way.

    >>> wanted("rmse <= 2.5", at="--target").limit
    2.5
    """
    told = _WANTED.fullmatch(text)
    fix = Text('write a measure, <= or >=, and a number: "rmse<=2.5"', '写法：指标、<= 或 >=、数值："rmse<=2.5"')
    try:
        limit = float(told[3]) if told else nan
    except ValueError:
        limit = nan
    if told is None or not isfinite(limit) or limit <= 0:
        raise DataError(Text(f"'{text}' is no target", f"“{text}”不是目标"), at=at, fix=fix)
    if (told[2] in ("<=", "≤")) != (told[1] in LOWER):
        names = ", ".join(sorted(LOWER))
        what = (
            Text(f"{told[1]} is better when lower", f"{told[1]} 越低越好")
            if told[1] in LOWER
            else Text(
                f"{told[1]} is none of those better when lower: {names}", f"{told[1]} 不是越低越好的指标：{names}"
            )
        )
        raise DataError(what, at=at, fix=fix)
    return Wanted(told[1], limit)


def agreed(ws: Workspace, name: str) -> Needs:
    """What was taken in for a dataset; nothing is needed where nothing was said.

    Raises:
        DataError: the file was edited into something that it can't be.
    """
    path = _path(ws, name)
    return read(path) if path.is_file() else Needs()


def keep(ws: Workspace, name: str, needs: Needs) -> Path:
    """Let needs count from now on."""
    path = _path(ws, name)
    write_whole(path, _text(name, needs).encode())
    return path


def read(path: Path, contract: Contract | None = None) -> Needs:
    """Needs from YAML, or sensors alone from CSV.

    Args:
        contract: where given, every column that is named must be in it.

    Raises:
        DataError: it can't be read, a field is unknown, or a column is not there; names it.
    """
    needs = _parsed(path)
    twice = [s.tag for i, s in enumerate(needs.sensors) if s.tag in {o.tag for o in needs.sensors[:i]}]
    if twice:
        raise _refused(Text(f"sensor '{twice[0]}' stands twice", f"传感器“{twice[0]}”出现两次"), path, "sensors")
    for column, ends in needs.space.items():
        _check_axis(column, ends, path)
    for task, text in needs.targets.items():
        _check_task(task, path)
        wanted(text, at=f"{path}, field targets.{task}")
    if contract is not None:
        _check_columns(needs, contract, path)
    return needs


def _parsed(path: Path) -> Needs:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise DataError(
            Text(f"needs can't be read: {what}", f"用途文件无法读取：{what}"),
            at=str(path),
            fix=Text(
                "a proposal to edit: diapason score NAME --to needs.yaml", "草稿：diapason score NAME --to needs.yaml"
            ),
        ) from error
    if path.suffix.lower() == ".csv":
        return _table(text, path)
    try:
        said = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        raise _refused(Text(f"this is no YAML: {error}", f"不是 YAML：{error}"), path, "") from error
    if not isinstance(said, Mapping):
        raise _refused(Text("this says no needs", "其中没有用途说明"), path, "")
    return check(dict(said), Needs, at=str(path))


def _table(text: str, path: Path) -> Needs:
    """Sensors, one a line; empty cells are not said."""
    lines = list(csv.DictReader(io.StringIO(text)))
    if not lines or "tag" not in lines[0]:
        raise _refused(Text("the table has no column 'tag'", "表中没有 tag 列"), path, "tag")
    rows = [{k: _cell(v) for k, v in line.items() if k and v not in (None, "")} for line in lines]
    return check({"sensors": rows}, Needs, at=str(path))


def _cell(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return str(text).strip() if isinstance(text, str) else text


def _check_axis(column: str, ends: list[float | str], path: Path) -> None:
    numbers = [e for e in ends if isinstance(e, int | float)]
    low_high = len(numbers) == len(ends) == 2 and numbers[0] < numbers[1]
    if not low_high and (numbers or not ends):
        raise _refused(
            Text(
                f"the space of '{column}' must be [low, high] or a list of texts",
                f"“{column}”的工况空间须为 [下限, 上限] 或文本清单",
            ),
            path,
            f"space.{column}",
        )


def _check_task(task: str, path: Path) -> None:
    if task not in set(Task):
        raise DataError(
            Text(f"there is no task '{task}'", f"没有任务类型“{task}”"),
            at=f"{path}, field targets",
            fix=Text("choose one of: ", "可选：") + ", ".join(Task),
        )


def _check_columns(needs: Needs, contract: Contract, path: Path) -> None:
    known = {c.name: c for c in contract.columns}
    for column in (*needs.space, *(s.tag for s in needs.sensors)):
        if column not in known:
            raise DataError(
                Text(f"there is no column '{column}'", f"没有列“{column}”"),
                at=str(path),
                fix=Text("choose one of: ", "可选：") + ", ".join(known),
            )
    for column, ends in needs.space.items():
        if isinstance(ends[0], str) == (known[column].kind == "number"):
            kind = known[column].kind
            raise _refused(Text(f"'{column}' is of kind {kind}", f"“{column}”的类型为 {kind}"), path, f"space.{column}")


def _refused(what: Text, path: Path, field: str) -> DataError:
    at = f"{path}, field {field}" if field else str(path)
    fix = Text(
        "write a proposal and edit it: diapason score NAME --to needs.yaml",
        "请写出草稿并修改：diapason score NAME --to needs.yaml",
    )
    return DataError(what, at=at, fix=fix)


def propose(name: str, contract: Contract, lines: Mapping[str, Mapping[str, Any]], held: Needs) -> str:
    """A file to be edited: what is agreed, else the range between the 1 % and 99 % quantile of each input.

    Args:
        lines: what the pass tells, by column.
    """
    space = dict(held.space)
    for column in contract.columns:
        told = lines.get(column.name)
        if column.role is Role.FEATURE and column.name not in space and told and (axis := _axis(told)):
            space[column.name] = axis
    tags = [c.name for c in contract.columns if c.kind == "number" and c.role in (Role.FEATURE, Role.TARGET)]
    known = {s.tag for s in held.sensors}
    sensors = (*held.sensors, *(SensorNeed(tag=t) for t in tags if t not in known))
    return _text(name, msgspec.structs.replace(held, space=space, sensors=sensors))


def _axis(told: Mapping[str, Any]) -> list[float | str] | None:
    if told["kind"] == "words":
        words = [t["value"] for t in told["top"]]
        return words if 1 < told["distinct"]["value"] == len(words) else None
    ends = [told["quantiles"].get(share, {}).get("value") for share in ("0.01", "0.99")]
    return [float(f"{e:.4g}") for e in ends] if None not in ends and ends[0] < ends[1] else None


def _text(name: str, needs: Needs) -> str:
    said = msgspec.to_builtins(needs)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    said["sensors"] = [{k: v for k, v in s.items() if v is not None} for s in said["sensors"]]
    lists = {k: said.pop(k) for k in ("space", "sensors")}
    top = yaml.dump(said, Dumper=dumper, allow_unicode=True, sort_keys=False, width=10**9)
    rest = yaml.dump(lists, Dumper=dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=10**9)
    return _HEAD.format(name=name) + str(top) + str(rest)


def sensors(needs: Needs, today: date) -> dict[str, Sensor]:
    """Sensors as the budget wants them, by tag."""
    return {
        s.tag: Sensor(
            s.tag,
            s.calibration,
            s.k,
            inf if s.dof is None else s.dof,
            None if s.calibrated is None else float((today - s.calibrated).days),
            s.drift,
            s.resolution,
        )
        for s in needs.sensors
    }


def _path(ws: Workspace, name: str) -> Path:
    """Beside the contract; @ stands in no dataset's name."""
    return ws.folder / "contracts" / f"{name}@needs.yaml"
