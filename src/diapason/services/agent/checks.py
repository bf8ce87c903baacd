"""What a manifest must be before anybody signs it: exact tags, bounds that bound, levels that fit the right."""

import math
from collections.abc import Iterator

from diapason.engines.agents.advising import aimed
from diapason.engines.agents.rules import parsed
from diapason.engines.safety.budgets import BUDGETS
from diapason.errors import DataError
from diapason.vocabulary.acting import CARRIES, Autonomy, Envelope, Manifest, Permission, Right
from diapason.vocabulary.language import Text

__all__ = ["decision_class", "risk_grade", "sound"]

_SIGNS = "*?[]{}%"


def sound(manifest: Manifest, *, at: str) -> None:
    """Raise DataError at the first thing that can't be.

    Args:
        at: the file, for the error.
    """
    for place, what, fix in _wrong(manifest):
        raise DataError(what, at=f"{at}, field {place}", fix=fix)
    for i, rule in enumerate(manifest.rules):
        place = f"{at}, field rules[{i}]"
        if rule.get("kind") == "advise":
            aimed(rule, place)
        else:
            parsed(rule, asset=manifest.asset, at=place)


def decision_class(permission: Permission) -> str:
    """Who decides: "human only", "user authorised" or "autonomous" (R-080)."""
    if permission.right is Right.READ or permission.autonomy < Autonomy.A3:
        return "human only"
    return "user authorised" if permission.autonomy is Autonomy.A3 else "autonomous"


def risk_grade(manifest: Manifest) -> int:
    """1 to 5, ours: reads or answers, recommends, acts when approved, acts in an envelope, coordinates."""
    highest = max((p.autonomy for p in manifest.permissions), default=Autonomy.A0)
    return max(1, int(highest))


def _wrong(m: Manifest) -> Iterator[tuple[str, Text, Text]]:
    if not m.asset:
        yield "asset", Text("it has no asset", "未指明设备"), Text("asset: R-101", "asset: R-101")
    if not m.permissions:
        yield (
            "permissions",
            Text("it may nothing", "没有任何权限"),
            Text("add at least a right to read", "至少给出读取权限"),
        )
    for i, p in enumerate(m.permissions):
        yield from _permission(f"permissions[{i}]", p, m)
    for i, e in enumerate(m.envelopes):
        yield from _envelope(f"envelopes[{i}]", e)
    yield from _twice(m)
    for name, value in m.budget.items():
        if name not in BUDGETS or not (math.isfinite(value) and value >= 0):
            yield (
                f"budget.{name}",
                Text("this bounds nothing", "该预算项无效"),
                Text("one of: ", "可选：") + ", ".join(BUDGETS),
            )
    if not m.model and not m.rules:
        yield (
            "rules",
            Text("it has neither model nor rules", "既无模型也无规则"),
            Text("give one of them", "请至少给出其一"),
        )


def _permission(place: str, p: Permission, m: Manifest) -> Iterator[tuple[str, Text, Text]]:
    if not p.asset or not p.tag:
        yield (
            place,
            Text("asset and tag must be said", "须写明设备与位号"),
            Text("asset: R-101, tag: TIC-201.SP", "asset: R-101, tag: TIC-201.SP"),
        )
    if p.autonomy > CARRIES[p.right]:
        most = CARRIES[p.right].name
        yield f"{place}.autonomy", Text(f"{p.right} goes up to {most}", f"{p.right} 最高为 {most}"), Text(most, most)
    if p.right is Right.READ:
        return
    if set(p.asset + p.tag) & set(_SIGNS):
        yield (
            f"{place}.tag",
            Text(
                f"'{p.tag}' is a pattern; what may be moved is named exactly", f"“{p.tag}”是通配；可动作的位号须写全名"
            ),
            Text("one permission for each tag", "每个位号写一条权限"),
        )
    if not any((e.asset, e.tag) == (p.asset, p.tag) for e in m.envelopes):
        yield (
            f"{place}.tag",
            Text(f"{p.asset} {p.tag} may be moved and has no envelope", f"{p.asset} {p.tag} 可动作但没有边界"),
            Text("add it under envelopes", "请在 envelopes 中补充"),
        )


def _envelope(place: str, e: Envelope) -> Iterator[tuple[str, Text, Text]]:
    numbers = {"low": e.low, "high": e.high, "step": e.step, "rate": e.rate, "dwell": e.dwell, "near": e.near}
    for name, value in numbers.items():
        if not math.isfinite(value) or (name not in ("low", "high") and value < 0):
            yield (
                f"{place}.{name}",
                Text(f"{value} is no bound", f"{value} 不是有效界限"),
                Text("a number, not below 0", "不小于 0 的数"),
            )
    if not e.low < e.high:
        yield f"{place}.high", Text("low is not below high", "下限不低于上限"), Text("low < high", "low < high")
    if e.step <= 0 or e.rate <= 0:
        yield (
            f"{place}.step",
            Text("step and rate must be above 0", "step 与 rate 须大于 0"),
            Text("step: 1, rate: 2", "step: 1, rate: 2"),
        )
    if e.daily < 1:
        yield (
            f"{place}.daily",
            Text("no write a day", "每日写入次数为零"),
            Text("daily: 1, or take the permission away", "daily: 1，或去掉该权限"),
        )
    if e.fallback is not None and not e.low <= e.fallback <= e.high:
        yield (
            f"{place}.fallback",
            Text("the fallback lies outside", "后备值在边界之外"),
            Text("a value between low and high", "取上下限之间的值"),
        )
    for j, lock in enumerate(e.interlocks):
        if not math.isfinite(lock.value) or lock.freshest <= 0:
            yield (
                f"{place}.interlocks[{j}]",
                Text("this condition can't be judged", "该联锁条件无法判定"),
                Text("a finite value and freshest above 0", "数值须有限，freshest 须大于 0"),
            )


def _twice(m: Manifest) -> Iterator[tuple[str, Text, Text]]:
    """Two lines about one thing would let the wider win, or the narrower; neither is written down."""
    seen: set[tuple[str, ...]] = set()
    lines: list[tuple[str, tuple[str, ...]]] = [("permissions", (p.right, p.asset, p.tag)) for p in m.permissions]
    lines += [("envelopes", ("", e.asset, e.tag)) for e in m.envelopes]
    for place, key in lines:
        if (place, *key) in seen:
            yield (
                place,
                Text(f"{' '.join(key).strip()} stands there twice", f"{' '.join(key).strip()} 重复"),
                Text("keep one", "请只保留一条"),
            )
        seen.add((place, *key))
