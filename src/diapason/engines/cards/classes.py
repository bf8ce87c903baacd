"""Which class of TC609-5-2025-03 a dataset is in, by what is known of it; where something is not known, none.

Source: the decision through third-party notes: expert is bound to a scene and has proof of expert work; industry has
the scope of an industry and no scene; general is neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from diapason.vocabulary.language import Text

__all__ = ["NONE", "Decision", "decide"]

NONE = "none"
"""What a person says where there is no sector, or no scene."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A class, or "" where it can't be decided; why; and what is to be done to decide it."""

    kind: str  # "expert", "industry", "general", ""
    reasons: tuple[Text, ...]
    asked: tuple[str, ...] = ()  # "sector", "scene", "expert-review"


def decide(said: Mapping[str, str], proofs: tuple[str, ...]) -> Decision:
    """The class that follows from what was said.

    Args:
        said: what people say of the dataset; `sector` and `scene` decide, "none" being an answer.
        proofs: papers of expert work that stand.

    >>> decide({"sector": "RM1", "scene": "none"}, ()).kind
    'industry'
    >>> decide({"sector": "RM1"}, ()).asked
    ('scene',)
    """
    sector, scene = said.get("sector"), said.get("scene")
    if scene is None:
        return Decision(
            "", (Text("nobody has said whether it is bound to a scene", "无人说明是否绑定具体场景"),), ("scene",)
        )
    if scene != NONE:
        return _bound(scene, proofs)
    free = Text("it is bound to no scene", "未绑定具体场景")
    if sector is None:
        why = Text("nobody has said whether it belongs to an industry", "无人说明是否面向某一行业")
        return Decision("", (free, why), ("sector",))
    if sector == NONE:
        return Decision("general", (free, Text("it belongs to no industry", "不面向特定行业")))
    return Decision("industry", (free, Text(f"it has the scope of {sector}", f"面向行业 {sector}")))


def _bound(scene: str, proofs: tuple[str, ...]) -> Decision:
    bound = Text(f"it is bound to the scene '{scene}'", f"绑定场景“{scene}”")
    if proofs:
        names = ", ".join(proofs)
        return Decision("expert", (bound, Text(f"proof of expert work: {names}", f"专家参与的证明：{names}")))
    why = Text("there is no proof of expert work that stands", "没有有效的专家参与证明")
    return Decision("", (bound, why), ("expert-review",))
