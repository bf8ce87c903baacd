"""Decisions in words: what changed, how sure, and which tags made it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.agents import Decided, Recent, Rule, ranked
from diapason.services.operate.journal import observation
from diapason.services.operate.squads import Squad
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import TRUSTS, Moment

__all__ = ["WORDS", "Change", "changes", "told"]

WORDS = {
    "alarm": Text("alarm", "报警"),
    "clear": Text("back to normal", "恢复正常"),
    "untrusted": Text("inputs can't be trusted", "输入不可信"),
    "trusted": Text("inputs can be trusted again", "输入恢复可信"),
}
"""What may change."""


@dataclass(frozen=True, slots=True)
class Change:
    """One decision as it fell: all that is needed to tell it, now or a moment later."""

    squad: Squad
    agent: int
    what: str
    score: float
    alarm: bool  # from now on
    trust: int
    at: Moment
    recent: Recent
    struck: tuple[Rule, ...]
    observation: str  # sha256 of the row
    parts: NDArray[np.float64] | None  # what each column of the model made of the score


def changes(squad: Squad, decided: Decided) -> list[Change]:
    """What has changed with these rows."""
    positions = decided.changed.tolist()
    who = [int(decided.rows.who[p]) for p in positions]
    recent = squad.crew.recent(who)
    parts = squad.crew.stream.contributions(np.array(who)) if decided.alarm[positions].any() else None
    return [
        _change(squad, decided, p, r, None if parts is None else parts[i])
        for i, (p, r) in enumerate(zip(positions, recent, strict=True))
    ]


def _change(squad: Squad, decided: Decided, position: int, recent: Recent, parts: NDArray[np.float64] | None) -> Change:
    agent = int(decided.rows.who[position])
    alarm, was, trust = bool(decided.alarm[position]), bool(decided.was[position]), int(decided.trust[position])
    what = "alarm" if alarm and not was else "clear" if was and not alarm else "untrusted" if trust == 2 else "trusted"
    stream: Any = squad.crew.stream
    struck = tuple(stream.struck(agent)) if hasattr(stream, "struck") and alarm else ()
    seen = observation(squad.crew.names, decided.rows, position)
    score, moment = float(decided.score[position]), int(decided.rows.at[position])
    return Change(squad, agent, what, score, alarm, trust, moment, recent, struck, seen, parts)


def told(change: Change, *, deep: bool = True) -> dict[str, Any]:
    """A decision as facts for ledger and reader, with its reasons.

    Args:
        deep: look back which tag left its usual place first; else only at the present shares.
    """
    squad, manifest = change.squad, change.squad.manifests[change.agent]
    tags = _tags(change, deep=deep) if change.what == "alarm" else []
    why = _why(change, tags)
    return {
        "agent": manifest.name,
        "version": manifest.version,
        "asset": manifest.asset,
        "at": change.at,
        "what": change.what,
        "score": change.score,
        "alarm": change.alarm,
        "trust": TRUSTS[change.trust],
        "model": squad.model.ref if squad.model else "",
        "model_digest": squad.model.digest if squad.model else "",
        "tags": tags,
        "rules": [_rule(r).en for r in change.struck],
        "why": {"en": why.en, "zh": why.zh},
        "observation": change.observation,
        "rows": change.recent.rows,
    }


def _tags(change: Change, *, deep: bool) -> list[dict[str, Any]]:
    """Candidates for the cause: share of the score, the present value, and how long ago each left its place."""
    squad, recent = change.squad, change.recent
    parts = squad.crew.again(change.agent, recent)[1] if deep else None
    if parts is None and change.parts is not None:
        parts = change.parts[None]
    if parts is None or not len(parts):
        return []
    values = dict(zip(squad.columns, recent.x[-1].tolist(), strict=True))
    return [
        {"tag": c.tag, "share": c.share, "value": _plain(values.get(c.tag)), "rows_before": c.rows_before}
        for c in ranked(squad.crew.stream.columns, parts)
    ]


def _plain(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else value


def _why(change: Change, tags: list[dict[str, Any]]) -> Text:
    if change.struck:
        words = [_rule(r) for r in change.struck]
        return Text("; ".join(w.en for w in words), "；".join(w.zh for w in words))
    if change.what == "alarm":
        made = ", ".join(f"{t['tag']} {t['share']:.0%}" for t in tags[:3])
        return Text(
            f"{change.score:.2f} times the limit" + (f", made by {made}" if made else ""),
            f"为限值的 {change.score:.2f} 倍" + (f"，主要来自 {made}" if made else ""),
        )
    if change.what == "untrusted":
        lost = [c for c, v in zip(change.squad.columns, change.recent.x[-1], strict=True) if np.isnan(v)]
        if lost:
            return Text(f"no value of {', '.join(lost[:5])}", f"缺少 {'、'.join(lost[:5])} 的数值")
        return Text("far outside of what the model has seen", "远超模型见过的范围")
    return WORDS[change.what]


def _rule(rule: Rule) -> Text:
    name = f"{rule.name}: " if rule.name else ""
    if rule.kind in ("held", "stale"):
        en = {"held": "has stood still", "stale": "has had no value"}[rule.kind]
        zh = {"held": "数值未变", "stale": "无数值"}[rule.kind]
        return Text(f"{name}{rule.tag} {en} for {rule.after:g} s", f"{name}{rule.tag} {zh}已达 {rule.after:g} 秒")
    if rule.kind == "apart":
        return Text(
            f"{name}{rule.tag} and {rule.twin} are {rule.limit:g} apart",
            f"{name}{rule.tag} 与 {rule.twin} 相差达 {rule.limit:g}",
        )
    en = {"above": "has reached", "below": "has fallen to", "rate": "changes faster than"}[rule.kind]
    zh = {"above": "已达", "below": "已降至", "rate": "变化快于"}[rule.kind]
    unit = "/s" if rule.kind == "rate" else ""
    return Text(f"{name}{rule.tag} {en} {rule.limit:g}{unit}", f"{name}{rule.tag} {zh} {rule.limit:g}{unit}")
