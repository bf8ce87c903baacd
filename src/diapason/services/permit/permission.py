"""Whether a model may be published under the rules that people's answers make apply."""

from dataclasses import dataclass

from diapason.engines.compliance.duties import Block, blocks
from diapason.engines.compliance.truth import Facts
from diapason.knowledge.artefacts import artefacts
from diapason.knowledge.rules import rules
from diapason.ports.workspace import Workspace
from diapason.services.permit.answers import answers
from diapason.services.permit.deciding import judged, known
from diapason.services.permit.proofs import shown, supply
from diapason.services.permit.seen import seen
from diapason.services.standing.drawing import fall_now
from diapason.vocabulary.language import Text

__all__ = ["UPTO", "Permission", "Want", "permission"]

UPTO = ("research", "import", "processing", "training", "release", "use")
"""Actions that publishing ends: what should have stood before one of them must stand at the latest now."""


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


def permission(ws: Workspace, model: str, grounds: tuple[str, ...]) -> Permission | None:
    """What stands against publishing a model, and what a permission would stand on.

    Rules are decided on what people have declared and what the ledger shows. An artefact counts if it is about the
    model, about the data it has learnt from, or about a person.

    Args:
        model: `furnace@1`.
        grounds: the model, its dataset with and without version, and its run, as `vocabulary.facts.ground` names them.

    Returns:
        None where nobody has declared anything, or no rule waits for this action: then there is no such gate.
    """
    index, fall = fall_now(ws)
    said = answers(ws, set(fall.ids()))
    if not said:
        return None
    what = known(said, seen(ws, index))
    told = [v for v in judged(what) if v.duty.before in UPTO]
    today = ws.clock().date()
    binding = [v for v in told if v.binding(today)]
    if not binding:
        return None
    have = shown(index, fall, what.facts, grounds).proven
    used = {a for v in binding for a in v.duty.artefacts if a in have}
    return Permission(
        rules=tuple(v.duty.id for v in binding),
        wants=tuple(w for b in blocks(told, have, today, UPTO) for w in _wants(b, model, what.facts)),
        unknown=tuple(dict.fromkeys(a for v in told if v.applies is None for a in v.ask)),
        on=tuple(sorted({g for a in used for g in have[a][-1].on})),
    )


def _wants(block: Block, model: str, facts: Facts) -> list[Want]:
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
        listed.append(Want(rule.id, name, said, supply(name, model, facts)))
    return listed
