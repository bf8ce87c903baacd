"""Tests 1 to 4: questions in known and in blind wordings, asked four times; tools, grounding, and holding back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from diapason.engines.evidence.canonical import digest
from diapason.engines.grounding import unsupported
from diapason.services import ask
from diapason.services.qualify.bench import Bench
from diapason.services.qualify.measuring import Dimension, Measure, at_least, at_most, none_of
from diapason.services.qualify.suite import Item, drawn, suite_digest
from diapason.vocabulary.language import Text

__all__ = ["PROTOCOL", "Asked", "asked", "grounding", "limits", "tasks", "tools"]

REPEATS = 4
PROTOCOL = Text("questions drawn from data by seed; no judge", "按种子由数据生成问题；无评审模型")
_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer, and how it was judged."""

    item: Item
    answer: dict[str, Any]
    blind: bool
    right: bool  # plan and numbers are what they must be
    slots: bool  # the plan is exactly the right one
    asset: bool  # asset, tag and dataset are the right ones
    loose: int  # numbers of the text that have no source
    stray: int  # numbers that differ from the truth though the plan is right
    stable: bool  # the same again, every time


def asked(bench: Bench, *, quick: bool) -> tuple[list[Asked], str]:
    """Ask all; returns the answers and the digest of both suites.

    The wordings of the blind file were never used to work on what answers.
    """
    names = ask.known(bench.ws)
    sizes = (("tune", 60 if quick else 500), ("blind", 150 if quick else 1200))
    found, suites = [], []
    for which, n in sizes:
        items = drawn(bench.material, which, n, bench.seed)  # type: ignore[arg-type]
        suites.append(suite_digest(items))
        for i, item in enumerate(items):
            again = REPEATS if not quick or i % 5 == 0 else 1
            got = [ask.answer(bench.ws, item.question, names) for _ in range(again)]
            found.append(_judged(item, got, blind=which == "blind"))
    return found, digest(suites)


def tasks(found: Sequence[Asked], data: str, *, quick: bool) -> Dimension:
    """Test 1: done or not done, no judge; blind wordings count, four runs must agree."""
    blind = [a for a in found if a.blind and a.item.kind == "asked"]
    tune = [a for a in found if not a.blind and a.item.kind == "asked"]
    measures = (
        at_least(
            Text("tasks done, blind wordings", "任务完成率（盲测措辞）"),
            _n(blind, "right"),
            len(blind),
            0.85,
            quick=quick,
        ),
        at_least(
            Text("tasks done, known wordings", "任务完成率（已知措辞）"),
            _n(tune, "right"),
            len(tune),
            0.85,
            quick=quick,
        ),
        none_of(
            Text("answers that differ between runs", "重复运行不一致"),
            sum(not a.stable for a in found),
            len(found),
            1,
            quick=quick,
        ),
    )
    return _dimension(
        1,
        measures,
        data,
        Text(
            "questions drawn from data by seed; the truth from the rows; no judge",
            "按种子由数据生成问题；以原始行为真值；无评审模型",
        ),
    )


def tools(found: Sequence[Asked], data: str, *, quick: bool) -> Dimension:
    """Test 2: tool, dataset, asset, tag and window are exactly the right ones, wherever it answered."""
    answered = [a for a in found if a.item.kind == "asked" and a.answer["state"] == "answered"]
    measures = (
        at_least(Text("plans exactly right", "计划完全正确"), _n(answered, "slots"), len(answered), 0.95, quick=quick),
        at_most(
            Text("wrong asset, tag or dataset", "设备、位号或数据集错误"),
            sum(not a.asset for a in answered),
            len(answered),
            0.005,
            quick=quick,
        ),
    )
    return _dimension(
        2,
        measures,
        data,
        Text("each plan compared with the one the question was made from", "逐一比对生成问题时的计划"),
    )


def grounding(found: Sequence[Asked], data: str, *, quick: bool) -> Dimension:
    """Test 3: every number of every text has a source, and is what the rows say."""
    answered = [a for a in found if a.answer["state"] == "answered"]
    numbers = sum(len(a.answer["numbers"]) for a in answered)
    right = [a for a in answered if a.slots]
    measures = (
        at_most(
            Text("texts with a number without source", "含无来源数字的回答"),
            sum(a.loose > 0 for a in answered),
            len(answered),
            0.01,
            quick=quick,
        ),
        none_of(
            Text("numbers that are not what the rows say", "与原始行不符的数字"),
            sum(a.stray for a in right),
            numbers,
            1000,
            quick=quick,
        ),
    )
    return _dimension(
        3,
        measures,
        data,
        Text(
            "numbers taken out of the text and computed again from the rows", "从回答文本中取出数字并由原始行重新计算"
        ),
    )


def limits(found: Sequence[Asked], data: str, *, quick: bool) -> Dimension:
    """Test 4: what has no answer gets none; what has one gets it."""
    held = [a for a in found if a.item.kind != "asked"]
    could = [a for a in found if a.item.kind == "asked"]
    kept = sum(a.answer["state"] != "answered" for a in held)
    measures = (
        at_least(Text("held back where it must", "应弃答时弃答"), kept, len(held), 0.95, quick=quick),
        at_most(
            Text("held back where it could answer", "可答却弃答"),
            sum(a.answer["state"] != "answered" for a in could),
            len(could),
            0.10,
            quick=quick,
        ),
    )
    return _dimension(
        4,
        measures,
        data,
        Text(
            "questions without an answer, with several, and about what was never recorded", "无解、歧义与无数据的问题"
        ),
    )


def _n(found: Sequence[Asked], field: str) -> int:
    return sum(bool(getattr(a, field)) for a in found)


def _dimension(number: int, measures: tuple[Measure, ...], data: str, protocol: Text) -> Dimension:
    state = "passed" if all(m.holds for m in measures) else "failed"
    return Dimension(number, state, measures, protocol, data)


def _judged(item: Item, got: list[dict[str, Any]], *, blind: bool) -> Asked:
    answer = got[0]
    stable = all(digest(other) == digest(answer) for other in got[1:])
    if item.kind != "asked" or answer["state"] != "answered":
        return Asked(item, answer, blind, item.kind != "asked", False, True, 0, 0, stable)
    plan = answer["plan"]
    slots, asset = _slots(item, plan), _asset(item, plan)
    values = [n["value"] for n in answer["numbers"] if n["unit"] != "s" or n["at"] is None]
    same = _same(item, values)
    words = set(item.words) <= set(answer["words"])
    loose = sum(
        len(unsupported(answer["said"][lang], [n["value"] for n in answer["numbers"]], _names(answer)))
        for lang in ("en", "zh")
    )
    stray = 0 if same or not slots else 1
    return Asked(item, answer, blind, slots and same and words, slots, asset, loose, stray, stable)


def _same(item: Item, values: list[float]) -> bool:
    if not item.values:
        return True
    mine = sorted(values) if item.slots["tool"] == "states" else values
    return len(mine) == len(item.values) and all(
        math.isclose(a, b, rel_tol=_NEAR, abs_tol=1e-9) for a, b in zip(mine, item.values, strict=True)
    )


def _slots(item: Item, plan: dict[str, Any]) -> bool:
    for slot, wanted in item.slots.items():
        if slot == "dataset":
            right = plan["dataset"].partition("@")[0] == wanted
        elif slot == "windows":
            right = [(w["start"], w["end"]) for w in plan["windows"]] == [_day(d) for d in wanted]
        elif slot == "at":
            right = plan["at"] == wanted.isoformat()
        else:
            right = plan[slot] == wanted
        if not right:
            return False
    return True


def _day(day: datetime) -> tuple[str, str]:
    return day.isoformat(), (day + timedelta(days=1)).isoformat()


def _asset(item: Item, plan: dict[str, Any]) -> bool:
    wanted = {k: item.slots[k] for k in ("dataset", "tag", "asset") if k in item.slots}
    return all((plan[k].partition("@")[0] if k == "dataset" else plan[k]) == v for k, v in wanted.items())


def _names(answer: dict[str, Any]) -> list[str]:
    """What the text may name besides numbers: words of the answer, names, moments and bounds of its plan."""
    plan = answer["plan"]
    moments = [str(w[k]).replace("T", " ")[:16] for w in plan["windows"] for k in ("start", "end")]
    moments += [str(plan["at"]).replace("T", " ")[:16]] if plan["at"] else []
    bound = [f"{plan['bound']:g}"] if plan["bound"] is not None else []
    own = [plan[k] for k in ("dataset", "tag", "asset", "name") if plan[k]]
    return [*moments, *bound, *answer["words"], *(n["name"] for n in answer["numbers"]), *own]
