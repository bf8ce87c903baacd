"""File what verified ledgers come to in a programme's database, and look at all that was filed."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from diapason.engines.acceptance.criteria import State
from diapason.engines.acceptance.tally import Counted, Item, Source, settled
from diapason.errors import DataError
from diapason.ports import find
from diapason.ports.programme import Programme
from diapason.ports.workspace import Progress, Workspace, silent
from diapason.services.count.counting import gathered
from diapason.services.count.sources import demanded
from diapason.vocabulary.language import Text
from diapason.vocabulary.programme import AXES, Axis, Filed, Line

__all__ = ["file", "filed", "view"]


def file(
    ws: Workspace | None,
    files: Iterable[str | Path],
    into: str,
    *,
    rules: Sequence[str] = (),
    signers: Path | None = None,
    models: Sequence[str] = (),
    progress: Progress = silent,
) -> dict[str, Any]:
    """Verify and judge as `run` does, then file what holds.

    Args:
        into: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.

    Returns:
        into (without a secret), filed (workspaces), lines (new ones), broken, month.

    Raises:
        DataError: the address is none.
        Missing: the driver is not installed.
        Conflict: the database can't be used.
    """
    tally = gathered(ws, files, demanded(rules), signers, models, progress)
    counted = settled(tally)
    readings = filed(counted, tally.sources.values())
    with closing(_open(into)) as store:
        new = store.file(readings)
    broken = [{"file": s.file, "why": {"en": s.broken.en, "zh": s.broken.zh}} for s in counted.broken if s.broken]
    months = sorted({r.day[:7] for r in readings})
    return {"filed": len(readings), "lines": new, "broken": broken, "months": months}


def filed(counted: Counted, sources: Iterable[Source]) -> list[Filed]:
    """One reading per workspace: every candidate once, what is not accepted too; forked ledgers are not filed."""
    torn = {a.key for a, _ in counted.forked}
    longest: dict[str, Source] = {}
    for source in sources:
        known = longest.get(source.key)
        if source.broken is None and source.key not in torn:
            longest[source.key] = source if known is None else max(known, source, key=lambda s: (s.seq, s.whole, s.id))
    lines: dict[str, list[Line]] = {key: [] for key in longest}
    parts = (counted.accepted, counted.untested, counted.refused, counted.dead)
    for item in [i for part in parts for i in part] + [d.item for d in counted.duplicates if _elsewhere(d.item, d.of)]:
        if item.source.key in lines:
            lines[item.source.key].append(_line(item))
    for key, source in longest.items():
        lines[key] += [Line(what, "", f"level {level}") for what, level in source.levels]
    return [Filed(key, s.workspace, s.day, s.seq, tuple(lines[key]), s.sector, s.region) for key, s in longest.items()]


def _elsewhere(item: Item, of: Item) -> bool:
    """Whether it is the same as in another workspace, not in another bundle of its own."""
    return item.source.key != of.source.key


def _line(item: Item) -> Line:
    v = item.verdict
    same = v.same_as[0] if v.same_as and v.state is State.ACCEPTED else ""
    return Line(v.counter, v.name, v.state.value, f"{v.counter} {same}" if same else "", v.at)


def view(
    into: str, what: str = "", by: Sequence[str] = (), where: Mapping[Axis, str] | None = None
) -> list[dict[str, Any]]:
    """Totals by state and axes ("sector", "region", "month"); of the newest month where none is named or asked for.

    Raises:
        DataError: there is no such axis.
    """
    axes = [a for a in AXES if a in by]
    if len(axes) < len(set(by)):
        odd = sorted(set(by) - set(AXES))[0]
        raise DataError(
            Text(f"nothing is added up by '{odd}'", f"没有按“{odd}”汇总"),
            at="--by",
            fix=Text("choose of: ", "可选：") + ", ".join(AXES),
        )
    with closing(_open(into)) as store:
        narrowed = dict(where or {})
        if "month" not in narrowed and "month" not in axes:
            months = sorted({row.at[0] for row in store.view(what, ("month",))})
            narrowed |= {"month": months[-1]} if months else {}
        rows = store.view(what, axes, narrowed)
    return [{"what": r.what, "state": r.state, **dict(zip(axes, r.at, strict=True)), "number": r.number} for r in rows]


def _open(into: str) -> Programme:
    store: Programme = find("stores", "programme")(into)
    return store
