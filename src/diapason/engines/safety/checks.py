"""The gateway's list, in order; each line is a function that says whether it holds, and why.

Source: the ordered list of `docs/gateway.md`; runtime assurance by a small decision module (simplex architecture, Sha
2001), no bypass of a safety function (IEC 61511), zones and least privilege (IEC 62443).
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from diapason.engines.safety.situation import Look, Situation
from diapason.vocabulary.acting import Autonomy, Effect, Envelope, Interlock, Proposal, Relation, Right
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Moment, Seen

__all__ = ["ADVICE", "BEFORE_ASKING", "CHECKS", "LONGEST", "OPERATOR", "SKEW", "Rule", "Said"]

SKEW = 5_000_000
"""Microseconds that another clock may be ahead of ours."""
LONGEST = 86_400_000_000
"""Microseconds for which a proposal may wait."""
_MINUTE, _DAY = 60_000_000, 86_400_000_000
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_OWN = re.compile(_KEY.pattern + r"~(back|undo|fall)\d*")
"""Keys of the gateway's own writes, which no agent can take."""
_SMALLEST = 2.2250738585072014e-308  # normal double
_PER_DAY = 1440.0  # proposals of an agent whose manifest names no budget

Said = tuple[bool, Text]
_HOLDS: Said = (True, Text("holds", "符合"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the list."""

    name: str
    title: Text  # what it asks
    holds: Callable[[Proposal, Situation], Said]


def _no(en: str, zh: str) -> Said:
    return False, Text(en, zh)


def _identity(p: Proposal, s: Situation) -> Said:
    known = s.manifest
    if type(p.agent) is not str or known is None or known.name != p.agent:
        return _no("no agent of this name is registered", "没有登记此名称的智能体")
    if not known.keyid or s.signer != known.keyid:
        return _no("the proposal is not signed by the agent's own key", "提案未由该智能体自己的密钥签名")
    ends = datetime.fromisoformat(known.expires)
    if ends.tzinfo is None or ends.timestamp() * 1e6 <= s.now:
        return _no(f"the agent's registration ended on {known.expires}", f"该智能体的登记已于 {known.expires} 到期")
    return _HOLDS


def _permission(p: Proposal, s: Situation) -> Said:
    if _ceiling(p, s) is None:
        return _no("its manifest does not let it write this tag of this asset", "其清单不允许写该资产的该位号")
    return _HOLDS


def _ceiling(p: Proposal, s: Situation) -> Autonomy | None:
    """The highest level that the manifest lets the agent have here; None where it may not write."""
    if s.manifest is None or type(p.asset) is not str or type(p.tag) is not str:
        return None
    mine = (q for q in s.manifest.permissions if q.asset == p.asset and q.tag == p.tag)
    return max((q.autonomy for q in mine if q.right is Right.WRITE), default=None)


def _level_of(p: Proposal, s: Situation) -> Autonomy:
    return min(s.level, _ceiling(p, s) or Autonomy.A0)


def _level(p: Proposal, s: Situation) -> Said:
    now = _level_of(p, s)
    if now < Autonomy.A3:
        return _no(f"it is at A{now:d} here and may act from A3 on", f"其在此处为 A{now:d} 级，A3 起方可动作")
    return _HOLDS


def _envelope(p: Proposal, s: Situation) -> Said:
    if s.envelope is None:
        return False, s.no_envelope
    if s.envelope.asset != p.asset or s.envelope.tag != p.tag:
        return _no("the envelope is that of another tag", "安全包络属于另一位号")
    return _HOLDS


def _plain(value: object) -> bool:
    """Whether it is a number as a controller has it: an int or a float, finite, exact, neither -0 nor subnormal."""
    if type(value) is int:
        return abs(value) < 2**53
    if type(value) is not float or not math.isfinite(value):
        return False
    return abs(value) >= _SMALLEST or (value == 0 and math.copysign(1, value) > 0)


def _value(p: Proposal, s: Situation) -> Said:
    if not (_plain(p.old) and _plain(p.new)):
        return _no("old and new are not both plain finite numbers", "原值与新值须均为普通有限数")
    kind = _bound(s).kind
    if kind is Kind.TEXT:
        return _no("a text is never written", "文本不可写入")
    if kind is Kind.WHOLE and not float(p.new).is_integer():
        return _no("the tag takes whole numbers", "该位号只接受整数")
    if kind is Kind.SWITCH and p.new not in (0, 1):
        return _no("the tag takes 0 or 1", "该位号只接受 0 或 1")
    if p.new == p.old:
        return _no("old and new are the same", "原值与新值相同")
    return _HOLDS


def _unit(p: Proposal, s: Situation) -> Said:
    unit = _bound(s).unit
    if type(p.unit) is not str or p.unit != unit:
        return _no(f"the tag is bound in {unit}; nothing is converted", f"该位号以 {unit} 约束，不作换算")
    return _HOLDS


def _moment(p: Proposal, s: Situation) -> Said:
    if type(p.made) is not int or type(p.expires) is not int:
        return _no("its times are not whole microseconds", "其时间不是整数微秒")
    if s.now <= 0:
        return _no("our clock went back behind the ledger", "本机时钟早于账本")
    if p.made > s.now + SKEW:
        return _no("it was made in the future", "提案时间在未来")
    if p.expires <= s.now:
        return _no("it has expired", "提案已过期")
    if not 0 < p.expires - p.made <= LONGEST:
        return _no("it may wait for a day at most", "提案最长等待一天")
    return _HOLDS


def _limits(p: Proposal, s: Situation) -> Said:
    e = _bound(s)
    for value, en, zh in ((p.new, "new", "新"), (p.old, "present", "现")):
        if not e.low <= value <= e.high:
            return _no(
                f"the {en} value {value:g} is outside {e.low:g} to {e.high:g} {e.unit}",
                f"{zh}值 {value:g} 超出 {e.low:g} 至 {e.high:g} {e.unit}",
            )
    return _HOLDS


def _target(p: Proposal, s: Situation) -> Said:
    e = _bound(s)
    if not e.low <= p.new <= e.high:
        return _no(
            f"{p.new:g} is outside {e.low:g} to {e.high:g} {e.unit}", f"{p.new:g} 超出 {e.low:g} 至 {e.high:g} {e.unit}"
        )
    return _HOLDS


def _step(p: Proposal, s: Situation) -> Said:
    e, move = _bound(s), abs(p.new - p.old)
    if move > e.step + _crumb(p):
        return _no(f"a step of {move:g} is more than {e.step:g} {e.unit}", f"步长 {move:g} 超过 {e.step:g} {e.unit}")
    return _HOLDS


def _crumb(p: Proposal) -> float:
    """What the arithmetic of doubles may add to a difference."""
    return 1e-12 * max(abs(p.old), abs(p.new), 1.0)


def _rate(p: Proposal, s: Situation) -> Said:
    e = _bound(s)
    moved = abs(p.new - p.old) + sum(abs(d.new - d.old) for d in s.recent if s.now - d.at < _MINUTE)
    if moved > e.rate + _crumb(p):
        return _no(
            f"{moved:g} within a minute is more than {e.rate:g} {e.unit}",
            f"一分钟内变化 {moved:g}，超过 {e.rate:g} {e.unit}",
        )
    return _HOLDS


def _dwell(_p: Proposal, s: Situation) -> Said:
    if not s.recent:
        return _HOLDS
    since = s.now - max(d.at for d in s.recent)
    if since < 0:
        return _no("the clock is behind the last write", "时钟早于上一次写入")
    if since < _bound(s).dwell * 1e6:
        return _no(
            f"the last write was {since / 1e6:.0f} s ago; it must rest {_bound(s).dwell:g} s",
            f"距上次写入 {since / 1e6:.0f} 秒，须间隔 {_bound(s).dwell:g} 秒",
        )
    return _HOLDS


def _daily(_p: Proposal, s: Situation) -> Said:
    count = sum(s.now - d.at < _DAY for d in s.recent)
    if count >= _bound(s).daily:
        return _no(f"{count} writes in 24 h are all it may have", f"24 小时内已写 {count} 次，达到上限")
    return _HOLDS


def _budget(_p: Proposal, s: Situation) -> Said:
    most = s.manifest.budget.get("proposals_per_day", _PER_DAY) if s.manifest else 0
    if not s.asked_today <= most:
        return _no(f"the agent's {most:g} proposals of today are spent", f"该智能体今日 {most:g} 次提案已用完")
    return _HOLDS


def _interlocks(_p: Proposal, s: Situation) -> Said:
    for lock in _bound(s).interlocks:
        why = _fault(s.readings.get(lock.tag), lock.unit, s.now, lock.freshest) or _implausible(lock, s)
        if why is not None:
            return False, Text(f"{lock.tag} {why.en}", f"{lock.tag} {why.zh}")
        value = s.readings[lock.tag].value
        if not _compared(value, lock):
            told = f"{lock.tag} = {value:g} {lock.unit}"
            rule = f"{lock.relation.value} {lock.value:g}"
            return _no(f"{told}, it must be {rule}", f"{told}，须 {rule}")
    return _HOLDS


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


def _mode(_p: Proposal, s: Situation) -> Said:
    if not s.mode or s.mode not in _bound(s).modes:
        now = s.mode or "?"
        return _no(f"the asset is in mode '{now}'", f"资产处于“{now}”方式")
    return _HOLDS


def _exclusion(p: Proposal, s: Situation) -> Said:
    if s.holder not in ("", p.agent):
        return _no(f"{s.holder} holds this tag", f"该位号由 {s.holder} 占用")
    if s.busy not in ("", p.key):
        return _no(f"action {s.busy} on this tag is not finished", f"该位号上的动作 {s.busy} 尚未完成")
    return _HOLDS


def _undo(p: Proposal, s: Situation) -> Said:
    if p.undoes == "":
        return _HOLDS
    was = s.undone
    if was is None or was.key != p.undoes or was.agent != p.agent:
        return _no("it takes back no write of its own", "所撤回的不是其自身的写入")
    if (p.old, p.new) != (was.new, was.old):
        return _no("it does not lead back to the value before", "并未恢复到先前的值")
    return _HOLDS


def _effect(p: Proposal, s: Situation) -> Said:
    if s.forecast is None:
        if _level_of(p, s) >= Autonomy.A4:
            return _no("no twin foresees its effect; alone it may not act", "没有孪生模型预测其影响，不得自主动作")
        return True, Text("no twin: its effect is not foreseen", "没有孪生模型：未预测其影响")
    if not s.forecast:
        return _no("the twin foresees nothing", "孪生模型没有给出预测")
    for effect in s.forecast:
        why = _beyond(effect, s) or _contradicted(effect, p.effect)
        if why is not None:
            return False, why
    return _HOLDS


def _beyond(f: Effect, s: Situation) -> Text | None:
    """Whether a foreseen range leaves what must hold of its tag."""
    if not (math.isfinite(f.low) and math.isfinite(f.high) and f.low <= f.high):
        return Text(f"the twin is lost over {f.tag}", f"孪生模型无法预测 {f.tag}")
    locks = [k for k in _bound(s).interlocks if k.tag == f.tag]
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


def _approval(p: Proposal, s: Situation) -> Said:
    if _level_of(p, s) >= Autonomy.A4:
        return True, Text("inside its envelope it acts alone", "在安全包络内自主动作")
    given, seal = s.approval, s.seal
    if given is None or seal is None:
        return _no("nobody has approved it", "尚无人批准")
    if given.proposal != s.digest:
        return _no("another thing was approved", "所批准的是另一内容")
    if not seal.genuine:
        return _no("the signature of the approval is not genuine", "批准的签名不真实")
    if not seal.may:
        return _no(f"{given.person} may not approve", f"{given.person} 无权批准")
    if not seal.apart:
        return _no(f"{given.person} runs the agent and can't approve it", f"{given.person} 运行该智能体，不能自行批准")
    if not given.made - SKEW <= s.now < given.expires:
        return _no("the approval has ended", "批准已失效")
    return _HOLDS


def _old_value(p: Proposal, s: Situation) -> Said:
    look, e = s.readings.get(p.tag), _bound(s)
    arrived = Look(math.nan, "", 0, 0, Seen.BAD) if look is None else look
    why = _fault(Look(arrived.value, arrived.unit, arrived.received, 0, arrived.trust), e.unit, s.now, 5.0)
    if why is not None:
        return False, Text(f"{p.tag} {why.en}", f"{p.tag} {why.zh}")
    if abs(arrived.value - p.old) > max(e.near, _crumb(p)):
        return _no(
            f"{p.tag} is {arrived.value:g} now, not {p.old:g} {e.unit}",
            f"{p.tag} 现为 {arrived.value:g}，而非 {p.old:g} {e.unit}",
        )
    return _HOLDS


def _once(p: Proposal, s: Situation) -> Said:
    if type(p.key) is not str or not _KEY.fullmatch(p.key):
        return _no("its key is not 1 to 80 letters, digits, . _ -", "其键须为 1 至 80 个字母、数字或 . _ -")
    return _fresh(p, s)


def _own_once(p: Proposal, s: Situation) -> Said:
    if not _OWN.fullmatch(p.key):
        return _no("its key is not one of the gateway's own", "其键不是网关自用的键")
    return _fresh(p, s)


def _fresh(_p: Proposal, s: Situation) -> Said:
    if s.begun:
        return _no("this key was done before", "该键已执行过")
    if s.known_as not in ("", s.digest):
        return _no("this key was another proposal", "该键曾用于另一提案")
    return _HOLDS


def _stop(_p: Proposal, s: Situation) -> Said:
    if s.stops:
        names = ", ".join(s.stops)
        return _no(f"stopped: {names}", f"已停止：{names}")
    return _HOLDS


def _bound(s: Situation) -> Envelope:
    """The envelope, which an earlier line has found; without one nothing after it is asked."""
    if s.envelope is None:
        raise LookupError("no envelope")
    return s.envelope


CHECKS: tuple[Rule, ...] = (
    Rule("identity", Text("Who proposes is registered and signed it", "提案者已登记并已签名"), _identity),
    Rule("permission", Text("Its manifest lets it write this tag", "其清单允许写该位号"), _permission),
    Rule("level", Text("Its level here lets it act", "其在此处的自主级别允许动作"), _level),
    Rule("envelope", Text("A signed envelope binds the tag", "该位号有已签名的安全包络"), _envelope),
    Rule("value", Text("The value is a plain number of the right kind", "数值普通、有限且类型正确"), _value),
    Rule("unit", Text("The unit is the envelope's", "单位与安全包络一致"), _unit),
    Rule("moment", Text("It is neither of the future nor expired", "时间有效且未过期"), _moment),
    Rule("limits", Text("Within the absolute limits", "在绝对限值之内"), _limits),
    Rule("step", Text("No larger a step than allowed", "步长在允许范围内"), _step),
    Rule("rate", Text("No faster than allowed", "变化速率在允许范围内"), _rate),
    Rule("dwell", Text("The tag has rested long enough", "距上次写入的间隔足够"), _dwell),
    Rule("daily", Text("The day's writes are not spent", "当日写入次数未用完"), _daily),
    Rule("budget", Text("The agent's proposals of the day are not spent", "智能体当日提案未用完"), _budget),
    Rule(
        "interlocks", Text("Every interlock holds on fresh, good data", "各联锁在新鲜可靠的数据上均满足"), _interlocks
    ),
    Rule("mode", Text("The asset is in a mode in which it may be moved", "资产处于允许操作的方式"), _mode),
    Rule("exclusion", Text("No other agent is at this tag", "没有其他智能体占用该位号"), _exclusion),
    Rule("undo", Text("What it takes back is its own", "所撤回的是其自身的写入"), _undo),
    Rule("effect", Text("The foreseen effect stays inside", "预测的影响不越界"), _effect),
    Rule("approval", Text("A person approved exactly this", "有人批准了这一确切动作"), _approval),
    Rule("old value", Text("The tag still has the old value", "位号仍为原值"), _old_value),
    Rule("once", Text("It was not done before", "此前未执行过"), _once),
    Rule("stop", Text("Nothing is stopped", "没有停止命令"), _stop),
)
"""The list, in order."""

BEFORE_ASKING: tuple[Rule, ...] = tuple(rule for rule in CHECKS if rule.name != "approval")
"""What must hold before a person is asked; at the time of writing the whole list is asked again."""

ADVICE: tuple[Rule, ...] = tuple(rule for rule in BEFORE_ASKING if rule.name != "level")
"""What must hold before a person is advised to do it by hand."""

_LEADING = {
    "limits": Rule("limits", Text("Where it leads is within the absolute limits", "目标值在绝对限值之内"), _target),
    "once": Rule("once", Text("It was not done before", "此前未执行过"), _own_once),
}
_LED = ("envelope", "value", "unit", "moment", "limits", "mode", "old value", "once")
OPERATOR: tuple[Rule, ...] = tuple(_LEADING.get(rule.name, rule) for rule in CHECKS if rule.name in _LED)
"""What must hold where a person, or the watchdog, leads a tag back to the value before, or to its fallback."""
