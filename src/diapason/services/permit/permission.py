"""Whether something may be learnt from, published or let out under the rules that people's answers make apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from diapason.engines.compliance.duties import Block, blocks
from diapason.engines.compliance.truth import Facts
from diapason.errors import Refused
from diapason.knowledge.artefacts import artefacts
from diapason.knowledge.rules import rules
from diapason.ports.workspace import Workspace
from diapason.services.permit.answers import answers
from diapason.services.permit.deciding import judged, known
from diapason.services.permit.proofs import shown, supply
from diapason.services.permit.seen import seen
from diapason.services.standing.drawing import fall_now
from diapason.vocabulary.language import Text

__all__ = ["UPTO", "Action", "Permission", "Want", "demand", "permission"]

Action = Literal["learn", "publish", "let out"]

UPTO: Mapping[Action, tuple[str, ...]] = {
    "learn": ("research", "import", "processing", "training"),
    "publish": ("research", "import", "processing", "training", "release", "use"),
    "let out": ("transfer",),
}
"""What the rules wait for: what should have stood before one of these must stand at the latest now."""
_NOT: Mapping[Action, Text] = {
    "learn": Text("may not be learnt from yet", "尚不可用于训练"),
    "publish": Text("may not be published yet", "尚不可发布"),
    "let out": Text("may not leave yet", "尚不可传出"),
}


@dataclass(frozen=True, slots=True)
class Want:
    """One thing that is missing, the rule that asks for it, and the command that supplies it."""

    rule: str
    artefact: str  # "" where the rule forbids the action
    said: Text
    supply: str


@dataclass(frozen=True, slots=True)
class Permission:
    """What the rules say now: those that apply, what is missing, what the permission stands on."""

    rules: tuple[str, ...]
    wants: tuple[Want, ...]
    unknown: tuple[str, ...]  # facts that nobody has answered and on which a rule hangs
    on: tuple[str, ...]


_WAY_OUT: Mapping[Action, Text] = {
    "learn": Text(
        'or learn all the same: --waive "REASON", kept with the run; publishing asks again',
        '或仍要训练：--waive "理由"，随运行留存；发布时将再次核查',
    ),
    "publish": Text("see: diapason comply", "请查看：diapason comply"),
    "let out": Text(
        'or, where it does not leave: --stays "WHERE IT GOES", kept in the ledger',
        '或并不出境：--stays "去向"，记入账本',
    ),
}
"""What a person may do who knows better."""


def demand(ws: Workspace, action: Action, about: str, grounds: Sequence[str]) -> None:
    """Refuse an action that the rules still hold back; where nobody has declared anything, nothing is held back.

    Args:
        about: dataset `furnace`, or a model `furnace@1`.

    Raises:
        Refused: names the rules, what is missing, and the command that supplies it.
    """
    found = permission(ws, about, grounds, action)
    if found is None or not found.wants:
        return
    first, others = found.wants[0], len(found.wants) - 1
    more = Text(f"; and {others} more", f"；另有 {others} 项") if others else Text("", "")
    way_out = _WAY_OUT[action]
    supply = "; ".join(dict.fromkeys(w.supply for w in found.wants if w.supply))
    raise Refused(
        Text(
            f"{about} {_NOT[action].en}: {first.said.en}{more.en}",
            f"{about} {_NOT[action].zh}：{first.said.zh}{more.zh}",
        ),
        at=", ".join(dict.fromkeys(w.rule for w in found.wants)),
        fix=Text(f"{supply}; {way_out.en}", f"{supply}；{way_out.zh}") if supply else way_out,
    )


def permission(ws: Workspace, about: str, grounds: Sequence[str], action: Action = "publish") -> Permission | None:
    """What stands against an action, and what a permission would stand on.

    Rules are decided on what people have declared and what the ledger shows. An artefact counts if it is about one of
    the grounds, or about a person.

    Args:
        about: dataset `furnace`, or a model `furnace@1`.
        grounds: the model, its dataset with and without version, and its run, as `vocabulary.facts.ground` names them.

    Returns:
        None where nobody has declared anything, or no rule waits for this action: then there is no such gate.
    """
    index, fall = fall_now(ws)
    said = answers(ws, set(fall.ids()))
    if not said:
        return None
    what = known(said, seen(ws, index))
    upto = UPTO[action]
    told = [v for v in judged(what) if v.duty.before in upto]
    today = ws.clock().date()
    binding = [v for v in told if v.binding(today)]
    if not binding:
        return None
    have = shown(index, fall, what.facts, grounds).proven
    used = {a for v in binding for a in v.duty.artefacts if a in have}
    return Permission(
        rules=tuple(v.duty.id for v in binding),
        wants=tuple(w for b in blocks(told, have, today, upto) for w in _wants(b, about, what.facts)),
        unknown=tuple(dict.fromkeys(a for v in told if v.applies is None for a in v.ask)),
        on=tuple(sorted({g for a in used for g in have[a][-1].on})),
    )


def _wants(block: Block, about: str, facts: Facts) -> list[Want]:
    rule = rules()[block.verdict.duty.id]
    if not block.missing:
        said = Text(f"{rule.id} {rule.title.en}: it is forbidden", f"{rule.id} {rule.title.zh}：禁止")
        return [Want(rule.id, "", said, "")]
    listed = []
    for name in block.missing:
        title = artefacts()[name].title
        said = Text(
            f"{rule.id} {rule.title.en}, {rule.threshold.en}: '{title.en}' ({name}) is missing",
            f"{rule.id} {rule.title.zh}，{rule.threshold.zh}：缺少“{title.zh}”（{name}）",
        )
        listed.append(Want(rule.id, name, said, supply(name, about, facts)))
    return listed
