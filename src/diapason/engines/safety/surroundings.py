"""Checks of a proposal against the plant as it reads now, what is foreseen, and what people have said."""

import math
import re

from diapason.engines.safety.bounds import HOLDS, SKEW, Said, bound_of, crumb, level_of, no, plain
from diapason.engines.safety.situation import Look, Situation
from diapason.vocabulary.acting import Autonomy, Effect, Interlock, Proposal, Relation
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment, Seen

__all__ = [
    "approval",
    "effect",
    "exclusion",
    "interlocks",
    "mode",
    "old_value",
    "once",
    "own_once",
    "stop",
    "undo",
    "watch",
]

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_OWN = re.compile(_KEY.pattern + r"~(back|undo|fall)\d*")
"""Keys of the gateway's own writes, which no agent can take."""


def interlocks(_p: Proposal, s: Situation) -> Said:
    """Each interlock holds on a reading that is fresh, good and can be."""
    for lock in bound_of(s).interlocks:
        why = _fault(s.readings.get(lock.tag), lock.unit, s.now, lock.freshest) or _implausible(lock, s)
        if why is not None:
            return False, Text(f"{lock.tag} {why.en}", f"{lock.tag} {why.zh}")
        value = s.readings[lock.tag].value
        if not _compared(value, lock):
            told = f"{lock.tag} = {value:g} {lock.unit}"
            rule = f"{lock.relation.value} {lock.value:g}"
            return no(f"{told}, it must be {rule}", f"{told}，须 {rule}")
    return HOLDS


def _fault(look: Look | None, unit: str, now: Moment, freshest: float) -> Text | None:
    """Why a reading can't be relied on; None if it can."""
    if look is None:
        return Text("has no reading", "没有读数")
    if look.trust is not Seen.GOOD or not math.isfinite(look.value):
        return Text("is not a good reading", "读数质量不良")
    if look.unit and look.unit != unit:
        return Text(f"comes in {look.unit}, not in {unit}", f"单位为 {look.unit}，而非 {unit}")
    age = now - look.at
    if not -SKEW <= age <= freshest * 1e6:
        return Text(f"is {age / 1e6:.0f} s old", f"读数已有 {age / 1e6:.0f} 秒")
    return None


def _implausible(lock: Interlock, s: Situation) -> Text | None:
    value = s.readings[lock.tag].value
    low = -math.inf if lock.low is None else lock.low
    high = math.inf if lock.high is None else lock.high
    if not low <= value <= high:
        return Text(f"= {value:g} can't be; look at the sensor", f"= {value:g} 不合理，请检查仪表")
    return None


def _compared(value: float, lock: Interlock) -> bool:
    match lock.relation:
        case Relation.BELOW:
            return value < lock.value
        case Relation.AT_MOST:
            return value <= lock.value
        case Relation.ABOVE:
            return value > lock.value
        case Relation.AT_LEAST:
            return value >= lock.value
        case Relation.EQUAL:
            return value == lock.value
    return False


def mode(_p: Proposal, s: Situation) -> Said:
    """The asset is in a mode that the envelope names."""
    if not s.mode or s.mode not in bound_of(s).modes:
        now = s.mode or "?"
        return no(f"the asset is in mode '{now}'", f"资产处于“{now}”方式")
    return HOLDS


def exclusion(p: Proposal, s: Situation) -> Said:
    """Nobody else holds the tag, and nothing on it is unfinished."""
    if s.holder not in ("", p.agent):
        return no(f"{s.holder} holds this tag", f"该位号由 {s.holder} 占用")
    if s.busy not in ("", p.key):
        return no(f"action {s.busy} on this tag is not finished", f"该位号上的动作 {s.busy} 尚未完成")
    return HOLDS


def undo(p: Proposal, s: Situation) -> Said:
    """What it takes back is its own write, exactly."""
    if p.undoes == "":
        return HOLDS
    was = s.undone
    if was is None or was.key != p.undoes or was.agent != p.agent:
        return no("it takes back no write of its own", "所撤回的不是其自身的写入")
    if (p.old, p.new) != (was.new, was.old):
        return no("it does not lead back to the value before", "并未恢复到先前的值")
    return HOLDS


def _promised(claimed: Effect | None) -> bool:
    """Whether what it promises can be judged at all."""
    if claimed is None:
        return True
    if type(claimed) is not Effect or type(claimed.tag) is not str or type(claimed.unit) is not str:
        return False
    return all(plain(n) for n in (claimed.low, claimed.high, claimed.after)) and claimed.low <= claimed.high


def effect(p: Proposal, s: Situation) -> Said:
    """What the twin foresees stays inside, and what was promised agrees with it."""
    if not _promised(p.effect):
        return no("what it promises is no effect", "所承诺的影响不成其为影响")
    if s.forecast is None:
        if level_of(p, s) >= Autonomy.A4:
            return no("no twin foresees its effect; alone it may not act", "没有孪生模型预测其影响，不得自主动作")
        return True, Text("no twin: its effect is not foreseen", "没有孪生模型：未预测其影响")
    if not s.forecast:
        return no("the twin foresees nothing", "孪生模型没有给出预测")
    for effect in s.forecast:
        why = _beyond(effect, s) or _contradicted(effect, p.effect)
        if why is not None:
            return False, why
    return HOLDS


def _beyond(f: Effect, s: Situation) -> Text | None:
    """Whether a foreseen range leaves what must hold of its tag."""
    if not (math.isfinite(f.low) and math.isfinite(f.high) and f.low <= f.high):
        return Text(f"the twin is lost over {f.tag}", f"孪生模型无法预测 {f.tag}")
    locks = [k for k in bound_of(s).interlocks if k.tag == f.tag]
    for lock in locks:
        if lock.unit != f.unit or not (_compared(f.low, lock) and _compared(f.high, lock)):
            return _foreseen(f, f"{lock.relation.value} {lock.value:g} {lock.unit}")
    bound = s.bounds.get(f.tag)
    if bound is not None and not (bound.unit == f.unit and bound.low <= f.low and f.high <= bound.high):
        return _foreseen(f, f"{bound.low:g} … {bound.high:g} {bound.unit}")
    return None


def _foreseen(f: Effect, rule: str) -> Text:
    told = f"{f.tag} {f.low:.4g} … {f.high:.4g} {f.unit}"
    return Text(f"the twin foresees {told}; it must be {rule}", f"孪生模型预测 {told}，须 {rule}")


def _contradicted(f: Effect, claimed: Effect | None) -> Text | None:
    if claimed is None or claimed.tag != f.tag:
        return None
    if claimed.unit != f.unit or claimed.high < f.low or claimed.low > f.high:
        return Text(f"the twin contradicts its promise for {f.tag}", f"孪生模型与其对 {f.tag} 的预期相反")
    return None


def approval(p: Proposal, s: Situation) -> Said:
    """A person who may, and is not the agent, signed exactly this, and it has not ended."""
    if level_of(p, s) >= Autonomy.A4:
        return True, Text("inside its envelope it acts alone", "在安全包络内自主动作")
    given, seal = s.approval, s.seal
    if given is None or seal is None:
        return no("nobody has approved it", "尚无人批准")
    if given.proposal != s.digest:
        return no("another thing was approved", "所批准的是另一内容")
    if not seal.genuine:
        return no("the signature of the approval is not genuine", "批准的签名不真实")
    if not seal.may:
        return no(f"{given.person} may not approve", f"{given.person} 无权批准")
    if not seal.apart:
        return no(f"{given.person} runs the agent and can't approve it", f"{given.person} 运行该智能体，不能自行批准")
    if not given.made - SKEW <= s.now < given.expires:
        return no("the approval has ended", "批准已失效")
    return HOLDS


def old_value(p: Proposal, s: Situation) -> Said:
    """The tag has the old value still, by a reading of now."""
    look, e = s.readings.get(p.tag), bound_of(s)
    arrived = Look(math.nan, "", 0, 0, Seen.BAD) if look is None else look
    why = _fault(Look(arrived.value, arrived.unit, arrived.received, 0, arrived.trust), e.unit, s.now, 5.0)
    if why is not None:
        return False, Text(f"{p.tag} {why.en}", f"{p.tag} {why.zh}")
    if abs(arrived.value - p.old) > max(e.near, crumb(p)):
        return no(
            f"{p.tag} is {arrived.value:g} now, not {p.old:g} {e.unit}",
            f"{p.tag} 现为 {arrived.value:g}，而非 {p.old:g} {e.unit}",
        )
    return HOLDS


def once(p: Proposal, s: Situation) -> Said:
    """The key is one, and was neither begun nor another proposal."""
    if type(p.key) is not str or not _KEY.fullmatch(p.key):
        return no("its key is not 1 to 80 letters, digits, . _ -", "其键须为 1 至 80 个字母、数字或 . _ -")
    return _fresh(p, s)


def own_once(p: Proposal, s: Situation) -> Said:
    """The same for the gateway's own writes."""
    if not _OWN.fullmatch(p.key):
        return no("its key is not one of the gateway's own", "其键不是网关自用的键")
    return _fresh(p, s)


def _fresh(_p: Proposal, s: Situation) -> Said:
    if s.begun:
        return no("this key was done before", "该键已执行过")
    if s.known_as not in ("", s.digest):
        return no("this key was another proposal", "该键曾用于另一提案")
    return HOLDS


def stop(_p: Proposal, s: Situation) -> Said:
    """No stop is in force."""
    if s.stops:
        names = ", ".join(s.stops)
        return no(f"stopped: {names}", f"已停止：{names}")
    return HOLDS


def watch(_p: Proposal, s: Situation) -> Said:
    """A process of its own looks after what is written: effects, silence, the way back."""
    if s.watched:
        return HOLDS
    return no("no watch reaches the asset: diapason agent watch", "没有看护进程能到达该资产：diapason agent watch")
