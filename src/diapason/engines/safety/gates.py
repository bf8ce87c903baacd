"""The way up: what must be shown before an agent may go further on one tag."""

import math
from dataclasses import dataclass

from diapason.vocabulary.acting import Autonomy, Shadow
from diapason.vocabulary.language import Text

__all__ = ["CLEAN", "DECISIONS", "WEEKS", "Gate", "gates", "rule_of_three"]

DECISIONS = 300
"""Decisions in shadow that bound the rate of violations at 1 % where none was seen."""
WEEKS = 4.0
CLEAN = 30
"""Approved writes that were read back and stood, before an agent acts alone."""
_WEEK = 7 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of the way up, whether it holds, and the figure."""

    name: str
    holds: bool
    said: Text


def rule_of_three(clean: int, confidence: float = 0.95) -> float:
    """Upper limit of a rate after so many trials without one event (exact, one-sided).

    >>> round(rule_of_three(300), 4), round(rule_of_three(3000), 5), rule_of_three(0)
    (0.0099, 0.001, 1.0)

    Source: Hanley & Lippman-Hand, JAMA 249 (1983); exact form 1 - alpha^(1/n).
    """
    return 1.0 if clean <= 0 else -math.expm1(math.log1p(-confidence) / clean)


def gates(to: Autonomy, shadow: Shadow | None, *, clean: int, twin: bool, budget: bool) -> tuple[Gate, ...]:
    """What must hold before a level.

    Args:
        shadow: counted for the very model, manifest and envelope that will act; None = nothing was.
        clean: approved writes of this agent on this tag that were read back and not rolled back.
        twin: something foresees the effect of a write to this tag.
        budget: the manifest names a daily budget.
    """
    found: list[Gate] = []
    if to >= Autonomy.A3:
        found += _shadow(shadow)
    if to >= Autonomy.A4:
        found.append(Gate("advisory", clean >= CLEAN, _count(clean)))
        said = Text("a twin foresees its effect", "有孪生模型预测其影响")
        found.append(Gate("twin", twin, said if twin else Text("nothing foresees its effect", "无从预测其影响")))
    if to >= Autonomy.A5:
        said = Text("its budget is fixed", "预算已固定")
        found.append(Gate("budget", budget, said if budget else Text("it has no fixed budget", "没有固定预算")))
    return tuple(found)


def _count(clean: int) -> Text:
    return Text(
        f"{clean} approved writes stood; {CLEAN} are needed", f"经批准且保持有效的写入 {clean} 次，须 {CLEAN} 次"
    )


def _shadow(shadow: Shadow | None) -> list[Gate]:
    if shadow is None:
        none = Text(
            "nothing was tried in shadow as it stands now: diapason agent shadow NAME --from DATASET",
            "以现行模型、清单与包络尚无影子运行：diapason agent shadow 名称 --from 数据集",
        )
        return [Gate("shadow", False, none)]
    weeks, count = (shadow.until - shadow.since) / _WEEK, shadow.decisions
    long = count >= DECISIONS or (weeks >= WEEKS and count > 0)
    bound = rule_of_three(count)
    rate = Text(
        f"{shadow.violations} violations in {count} decisions: at most {bound:.2%} (95 %)",
        f"{count} 次决策中越界 {shadow.violations} 次：比率不超过 {bound:.2%}（95 %）",
    )
    if shadow.violations:
        rate = Text(
            f"{shadow.violations} of {count} decisions left the envelope",
            f"{count} 次决策中有 {shadow.violations} 次越界",
        )
    length = Text(
        f"{count} decisions in {weeks:.1f} weeks; {DECISIONS} or {WEEKS:g} weeks are needed",
        f"{weeks:.1f} 周内 {count} 次决策；须 {DECISIONS} 次或 {WEEKS:g} 周",
    )
    better = math.isfinite(shadow.low) and shadow.margin >= 0 and shadow.low >= -shadow.margin and bool(shadow.against)
    than = Text(
        f"against {shadow.against or 'nothing'}: {shadow.difference:+.4g} ({shadow.low:.4g} … {shadow.high:.4g}), "
        f"no worse than {-shadow.margin:g} is asked",
        f"与{shadow.against or '（无）'}相比：{shadow.difference:+.4g}（{shadow.low:.4g} … {shadow.high:.4g}），"
        f"要求不低于 {-shadow.margin:g}",
    )
    return [
        Gate("shadow", long, length),
        Gate("violations", shadow.violations == 0, rate),
        Gate("non-inferior", better, than),
    ]
