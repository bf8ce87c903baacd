"""Checks of a proposal against who made it, what binds it, and what was written before."""

import math
from datetime import datetime

from diapason.engines.safety.budgets import BUDGETS, spent_writes
from diapason.engines.safety.situation import Situation
from diapason.vocabulary import acting
from diapason.vocabulary.acting import Autonomy, Envelope, Proposal
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind

__all__ = [
    "HOLDS",
    "LONGEST",
    "SKEW",
    "Said",
    "bound_of",
    "budget",
    "ceiling",
    "crumb",
    "daily",
    "dwell",
    "envelope",
    "identity",
    "level",
    "level_of",
    "limits",
    "moment",
    "no",
    "permission",
    "plain",
    "rate",
    "step",
    "target",
    "unit",
    "value",
]

SKEW = 5_000_000
"""Microseconds that another clock may be ahead of ours."""
LONGEST = 86_400_000_000
"""Microseconds for which a proposal may wait."""
_MINUTE, _DAY = 60_000_000, 86_400_000_000
_SMALLEST = 2.2250738585072014e-308  # normal double
_PER_DAY = 1440.0  # proposals of an agent whose manifest names no budget

Said = tuple[bool, Text]
"""Whether a check holds, and why."""
HOLDS: Said = (True, Text("holds", "符合"))


def no(en: str, zh: str) -> Said:
    """A no, with its reason."""
    return False, Text(en, zh)


def bound_of(s: Situation) -> Envelope:
    """The envelope, which an earlier line has found; without one nothing after it is asked."""
    if s.envelope is None:
        raise LookupError("no envelope")
    return s.envelope


def plain(value: object) -> bool:
    """Whether it is a number as a controller has it: an int or a float, finite, exact, neither -0 nor subnormal."""
    if type(value) is int:
        return abs(value) < 2**53
    if type(value) is not float or not math.isfinite(value):
        return False
    return abs(value) >= _SMALLEST or (value == 0 and math.copysign(1, value) > 0)


def crumb(p: Proposal) -> float:
    """What the arithmetic of doubles may add to a difference."""
    return 1e-12 * max(abs(p.old), abs(p.new), 1.0)


def ceiling(p: Proposal, s: Situation) -> Autonomy | None:
    """The highest level that the manifest lets the agent have here; None where it may not propose."""
    if type(p.asset) is not str or type(p.tag) is not str:
        return None
    return acting.ceiling(s.manifest, p.asset, p.tag)


def level_of(p: Proposal, s: Situation) -> Autonomy:
    """The level in force, under the ceiling of the manifest."""
    return min(s.level, ceiling(p, s) or Autonomy.A0)


def identity(p: Proposal, s: Situation) -> Said:
    """Who proposes is registered, signed it, and has not ended."""
    known = s.manifest
    if type(p.agent) is not str or known is None or known.name != p.agent:
        return no("no agent of this name is registered", "没有登记此名称的智能体")
    if not known.keyid or s.signer != known.keyid:
        return no("the proposal is not signed by the agent's own key", "提案未由该智能体自己的密钥签名")
    ends = datetime.fromisoformat(known.expires)
    if ends.tzinfo is None or ends.timestamp() * 1e6 <= s.now:
        return no(f"the agent's registration ended on {known.expires}", f"该智能体的登记已于 {known.expires} 到期")
    return HOLDS


def permission(p: Proposal, s: Situation) -> Said:
    """The manifest names this right, asset and tag, exactly."""
    if ceiling(p, s) is None:
        return no("its manifest does not let it propose for this tag of this asset", "其清单不允许对该位号提出动作")
    return HOLDS


def level(p: Proposal, s: Situation) -> Said:
    """The level in force, under the ceiling of the manifest, lets it act."""
    now = level_of(p, s)
    if now < Autonomy.A3:
        return no(f"it is at A{now:d} here and may act from A3 on", f"其在此处为 A{now:d} 级，A3 起方可动作")
    return HOLDS


def envelope(p: Proposal, s: Situation) -> Said:
    """A signed envelope is that of this tag."""
    if s.envelope is None:
        return False, s.no_envelope
    if s.envelope.asset != p.asset or s.envelope.tag != p.tag:
        return no("the envelope is that of another tag", "安全包络属于另一位号")
    return HOLDS


def value(p: Proposal, s: Situation) -> Said:
    """Old and new are numbers that a controller could have."""
    if not (plain(p.old) and plain(p.new)):
        return no("old and new are not both plain finite numbers", "原值与新值须均为普通有限数")
    kind = bound_of(s).kind
    if kind is Kind.TEXT:
        return no("a text is never written", "文本不可写入")
    if kind is Kind.WHOLE and not float(p.new).is_integer():
        return no("the tag takes whole numbers", "该位号只接受整数")
    if kind is Kind.SWITCH and p.new not in (0, 1):
        return no("the tag takes 0 or 1", "该位号只接受 0 或 1")
    if p.new == p.old:
        return no("old and new are the same", "原值与新值相同")
    return HOLDS


def unit(p: Proposal, s: Situation) -> Said:
    """The unit is spelt as the envelope spells it; nothing is converted."""
    unit = bound_of(s).unit
    if type(p.unit) is not str or p.unit != unit:
        return no(f"the tag is bound in {unit}; nothing is converted", f"该位号以 {unit} 约束，不作换算")
    return HOLDS


def moment(p: Proposal, s: Situation) -> Said:
    """Its times are whole microseconds, not of the future, not over."""
    if type(p.made) is not int or type(p.expires) is not int:
        return no("its times are not whole microseconds", "其时间不是整数微秒")
    if s.now <= 0:
        return no("our clock went back behind the ledger", "本机时钟早于账本")
    if p.made > s.now + SKEW:
        return no("it was made in the future", "提案时间在未来")
    if p.expires <= s.now:
        return no("it has expired", "提案已过期")
    if not 0 < p.expires - p.made <= LONGEST:
        return no("it may wait for a day at most", "提案最长等待一天")
    return HOLDS


def limits(p: Proposal, s: Situation) -> Said:
    """Old and new lie within the absolute limits."""
    e = bound_of(s)
    for value, en, zh in ((p.new, "new", "新"), (p.old, "present", "现")):
        if not e.low <= value <= e.high:
            return no(
                f"the {en} value {value:g} is outside {e.low:g} to {e.high:g} {e.unit}",
                f"{zh}值 {value:g} 超出 {e.low:g} 至 {e.high:g} {e.unit}",
            )
    return HOLDS


def target(p: Proposal, s: Situation) -> Said:
    """Where it leads lies within the absolute limits."""
    e = bound_of(s)
    if not e.low <= p.new <= e.high:
        return no(
            f"{p.new:g} is outside {e.low:g} to {e.high:g} {e.unit}", f"{p.new:g} 超出 {e.low:g} 至 {e.high:g} {e.unit}"
        )
    return HOLDS


def step(p: Proposal, s: Situation) -> Said:
    """One step is no larger than allowed."""
    e, move = bound_of(s), abs(p.new - p.old)
    if move > e.step + crumb(p):
        return no(f"a step of {move:g} is more than {e.step:g} {e.unit}", f"步长 {move:g} 超过 {e.step:g} {e.unit}")
    return HOLDS


def rate(p: Proposal, s: Situation) -> Said:
    """All that moved within a minute is no more than allowed."""
    e = bound_of(s)
    moved = abs(p.new - p.old) + sum(abs(d.new - d.old) for d in s.recent if s.now - d.at < _MINUTE)
    if moved > e.rate + crumb(p):
        return no(
            f"{moved:g} within a minute is more than {e.rate:g} {e.unit}",
            f"一分钟内变化 {moved:g}，超过 {e.rate:g} {e.unit}",
        )
    return HOLDS


def dwell(_p: Proposal, s: Situation) -> Said:
    """The tag has rested since the last write of whomever."""
    if not s.recent:
        return HOLDS
    since = s.now - max(d.at for d in s.recent)
    if since < 0:
        return no("the clock is behind the last write", "时钟早于上一次写入")
    if since < bound_of(s).dwell * 1e6:
        return no(
            f"the last write was {since / 1e6:.0f} s ago; it must rest {bound_of(s).dwell:g} s",
            f"距上次写入 {since / 1e6:.0f} 秒，须间隔 {bound_of(s).dwell:g} 秒",
        )
    return HOLDS


def daily(_p: Proposal, s: Situation) -> Said:
    """The writes of 24 hours are not spent."""
    count = sum(s.now - d.at < _DAY for d in s.recent)
    if count >= bound_of(s).daily:
        return no(f"{count} writes in 24 h are all it may have", f"24 小时内已写 {count} 次，达到上限")
    return HOLDS


def budget(_p: Proposal, s: Situation) -> Said:
    """Proposals of the day and writes of 24 hours are not spent; no budget is named that nobody keeps."""
    said = s.manifest.budget if s.manifest else {"proposals_per_day": 0.0}
    odd = sorted(set(said) - set(BUDGETS))
    if odd:
        return no(f"nobody keeps its budget '{odd[0]}'", f"无人执行其预算“{odd[0]}”")
    most = said.get("proposals_per_day", _PER_DAY)
    if not s.asked_today <= most:
        return no(
            f"the agent's {most:g} proposals of today are spent; free again at 00:00 of the gateway's clock",
            f"该智能体今日 {most:g} 次提案已用完；网关时钟 00:00 后恢复",
        )
    return _writes(s, said["writes_per_day"]) if "writes_per_day" in said else HOLDS


def _writes(s: Situation, most: float) -> Said:
    """Within any 24 hours, on all tags of the agent together."""
    if s.written is None:
        return no("nobody knows what the agent has written today", "该智能体的写入次数未知")
    if len(s.written) + 1 <= most:
        return HOLDS
    return False, spent_writes(s.written, most)
