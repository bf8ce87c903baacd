"""The gateway's list, in order; each line is a function that says whether it holds, and why.

Source: the ordered list of `docs/gateway.md`; runtime assurance by a small decision module (simplex architecture, Sha
2001), no bypass of a safety function (IEC 61511), zones and least privilege (IEC 62443).
"""

from collections.abc import Callable
from dataclasses import dataclass

from diapason.engines.safety import bounds, surroundings
from diapason.engines.safety.bounds import Said
from diapason.engines.safety.situation import Situation
from diapason.vocabulary.acting import Proposal
from diapason.vocabulary.language import Text

__all__ = ["ADVICE", "BEFORE_ASKING", "CHECKS", "OPERATOR", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the list."""

    name: str
    title: Text  # what it asks
    holds: Callable[[Proposal, Situation], Said]


CHECKS: tuple[Rule, ...] = (
    Rule("identity", Text("Who proposes is registered and signed it", "提案者已登记并已签名"), bounds.identity),
    Rule("permission", Text("Its manifest lets it write this tag", "其清单允许写该位号"), bounds.permission),
    Rule("level", Text("Its level here lets it act", "其在此处的自主级别允许动作"), bounds.level),
    Rule("envelope", Text("A signed envelope binds the tag", "该位号有已签名的安全包络"), bounds.envelope),
    Rule("value", Text("The value is a plain number of the right kind", "数值普通、有限且类型正确"), bounds.value),
    Rule("unit", Text("The unit is the envelope's", "单位与安全包络一致"), bounds.unit),
    Rule("moment", Text("It is neither of the future nor expired", "时间有效且未过期"), bounds.moment),
    Rule("limits", Text("Within the absolute limits", "在绝对限值之内"), bounds.limits),
    Rule("step", Text("No larger a step than allowed", "步长在允许范围内"), bounds.step),
    Rule("rate", Text("No faster than allowed", "变化速率在允许范围内"), bounds.rate),
    Rule("dwell", Text("The tag has rested long enough", "距上次写入的间隔足够"), bounds.dwell),
    Rule("daily", Text("The day's writes are not spent", "当日写入次数未用完"), bounds.daily),
    Rule(
        "budget",
        Text("The agent's proposals and writes of the day are not spent", "智能体当日提案与写入次数未用完"),
        bounds.budget,
    ),
    Rule(
        "interlocks",
        Text("Every interlock holds on fresh, good data", "各联锁在新鲜可靠的数据上均满足"),
        surroundings.interlocks,
    ),
    Rule("mode", Text("The asset is in a mode in which it may be moved", "资产处于允许操作的方式"), surroundings.mode),
    Rule("exclusion", Text("No other agent is at this tag", "没有其他智能体占用该位号"), surroundings.exclusion),
    Rule("undo", Text("What it takes back is its own", "所撤回的是其自身的写入"), surroundings.undo),
    Rule("effect", Text("The foreseen effect stays inside", "预测的影响不越界"), surroundings.effect),
    Rule("approval", Text("A person approved exactly this", "有人批准了这一确切动作"), surroundings.approval),
    Rule("old value", Text("The tag still has the old value", "位号仍为原值"), surroundings.old_value),
    Rule("once", Text("It was not done before", "此前未执行过"), surroundings.once),
    Rule("watch", Text("A watch looks after what is written", "有看护进程照看写入结果"), surroundings.watch),
    Rule("stop", Text("Nothing is stopped", "没有停止命令"), surroundings.stop),
)
"""The list, in order."""

BEFORE_ASKING: tuple[Rule, ...] = tuple(rule for rule in CHECKS if rule.name not in ("approval", "watch"))
"""What must hold before a person is asked; at the time of writing, which the watch does, all of it is asked again."""

ADVICE: tuple[Rule, ...] = tuple(rule for rule in BEFORE_ASKING if rule.name != "level")
"""What must hold before a person is advised to do it by hand."""

_LEADING = {
    "limits": Rule(
        "limits", Text("Where it leads is within the absolute limits", "目标值在绝对限值之内"), bounds.target
    ),
    "once": Rule("once", Text("It was not done before", "此前未执行过"), surroundings.own_once),
}
_LED = ("envelope", "value", "unit", "moment", "limits", "mode", "old value", "once")
OPERATOR: tuple[Rule, ...] = tuple(_LEADING.get(rule.name, rule) for rule in CHECKS if rule.name in _LED)
"""What must hold where a person, or the watchdog, leads a tag back to the value before, or to its fallback."""
