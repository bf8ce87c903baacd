"""Decisions in words: what changed, how sure, and which tags made it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from diapason.engines.agents import Decided, Recent, Rule, ranked
from diapason.services.operate.journal import observation
from diapason.services.operate.squads import Squad
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import TRUSTS

__all__ = ["WORDS", "told"]

WORDS = {
    "alarm": Text("alarm", "报警"),
    "clear": Text("back to normal", "恢复正常"),
    "untrusted": Text("inputs can't be trusted", "输入不可信"),
    "trusted": Text("inputs can be trusted again", "输入恢复可信"),
}
"""What may change."""


def told(squad: Squad, decided: Decided) -> tuple[list[dict[str, Any]], list[Recent]]:
    """Each change as facts for ledger and reader, and what is needed to decide it again."""
    positions = decided.changed.tolist()
    who = [int(decided.rows.who[p]) for p in positions]
    recent = squad.crew.recent(who)
    return [_one(squad, decided, p, r) for p, r in zip(positions, recent, strict=True)], recent


def _one(squad: Squad, decided: Decided, position: int, recent: Recent) -> dict[str, Any]:
    agent = int(decided.rows.who[position])
    manifest, alarm, was = squad.manifests[agent], bool(decided.alarm[position]), bool(decided.was[position])
    trust = int(decided.trust[position])
    what = "alarm" if alarm and not was else "clear" if was and not alarm else "untrusted" if trust == 2 else "trusted"
    tags = _tags(squad, agent, recent) if alarm else []
    score = float(decided.score[position])
    struck = squad.crew.stream.struck(agent) if hasattr(squad.crew.stream, "struck") and alarm else ()
    why = _why(squad, decided, position, what, tags, struck)
    return {
        "agent": manifest.name,
        "version": manifest.version,
        "asset": manifest.asset,
        "at": int(decided.rows.at[position]),
        "what": what,
        "score": score,
        "trust": TRUSTS[trust],
        "model": squad.model.ref if squad.model else "",
        "model_digest": squad.model.digest if squad.model else "",
        "tags": tags,
        "rules": [_rule(r).en for r in struck],
        "why": {"en": why.en, "zh": why.zh},
        "observation": observation(squad.crew.names, decided.rows, position),
        "rows": recent.rows,
    }


def _tags(squad: Squad, agent: int, recent: Recent) -> list[dict[str, Any]]:
    """Candidates for the cause: share of the score, the present value, and how long ago each left its place."""
    _, parts = squad.crew.again(agent, recent)
    if parts is None or not len(parts):
        return []
    values = dict(zip(squad.columns, recent.x[-1].tolist(), strict=True))
    return [
        {"tag": c.tag, "share": c.share, "value": _plain(values.get(c.tag)), "rows_before": c.rows_before}
        for c in ranked(squad.crew.stream.columns, parts)
    ]


def _plain(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else value


def _why(  # noqa: PLR0913 - roomy: what a sentence is made of
    squad: Squad, decided: Decided, position: int, what: str, tags: list[dict[str, Any]], struck: Sequence[Rule]
) -> Text:
    score, columns = float(decided.score[position]), squad.columns
    if struck:
        words = [_rule(r) for r in struck]
        return Text("; ".join(w.en for w in words), "；".join(w.zh for w in words))
    if what == "alarm":
        made = ", ".join(f"{t['tag']} {t['share']:.0%}" for t in tags[:3])
        return Text(
            f"{score:.2f} times the limit" + (f", made by {made}" if made else ""),
            f"为限值的 {score:.2f} 倍" + (f"，主要来自 {made}" if made else ""),
        )
    if what == "untrusted":
        lost = [c for c, v in zip(columns, decided.rows.x[position], strict=True) if np.isnan(v)]
        if lost:
            return Text(f"no value of {', '.join(lost[:5])}", f"缺少 {'、'.join(lost[:5])} 的数值")
        return Text("far outside of what the model has seen", "远超模型见过的范围")
    return WORDS[what]


def _rule(rule: Rule) -> Text:
    name = f"{rule.name}: " if rule.name else ""
    if rule.kind in ("held", "stale"):
        en = {"held": "has stood still", "stale": "has had no value"}[rule.kind]
        zh = {"held": "数值未变", "stale": "无数值"}[rule.kind]
        return Text(f"{name}{rule.tag} {en} for {rule.after:g} s", f"{name}{rule.tag} {zh}已达 {rule.after:g} 秒")
    if rule.kind == "apart":
        return Text(
            f"{name}{rule.tag} and {rule.twin} are {rule.limit:g} apart", f"{name}{rule.tag} 与 {rule.twin} 相差达 {rule.limit:g}"
        )
    en = {"above": "has reached", "below": "has fallen to", "rate": "changes faster than"}[rule.kind]
    zh = {"above": "已达", "below": "已降至", "rate": "变化快于"}[rule.kind]
    unit = "/s" if rule.kind == "rate" else ""
    return Text(f"{name}{rule.tag} {en} {rule.limit:g}{unit}", f"{name}{rule.tag} {zh} {rule.limit:g}{unit}")
