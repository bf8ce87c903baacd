"""The gateway's decision: a proposal, the situation and the envelope in, a verdict out; no model, no I/O."""

from diapason.engines.safety.checks import ADVICE, BEFORE_ASKING, CHECKS, OPERATOR, Rule
from diapason.engines.safety.gates import Gate, gates, rule_of_three
from diapason.engines.safety.judging import judge
from diapason.engines.safety.narrowing import narrowed
from diapason.engines.safety.response import Response, foreseen
from diapason.engines.safety.situation import Done, Look, Seal, Situation

__all__ = [
    "ADVICE",
    "BEFORE_ASKING",
    "CHECKS",
    "OPERATOR",
    "Done",
    "Gate",
    "Look",
    "Response",
    "Rule",
    "Seal",
    "Situation",
    "foreseen",
    "gates",
    "judge",
    "narrowed",
    "rule_of_three",
]
