"""The verdict: every line of the list up to the first that fails."""

from collections.abc import Sequence

from diapason.engines.safety.bounds import Said
from diapason.engines.safety.checks import CHECKS, Rule
from diapason.engines.safety.situation import Situation
from diapason.vocabulary.acting import Check, Proposal, Verdict
from diapason.vocabulary.language import Text

__all__ = ["judge"]


def judge(proposal: Proposal, situation: Situation, rules: Sequence[Rule] = CHECKS) -> Verdict:
    """Ask each rule in order and stop at the first no; an error within a rule is a no, and no rules allow nothing."""
    checks: list[Check] = []
    for rule in rules:
        passed, why = _asked(rule, proposal, situation)
        checks.append(Check(rule.name, passed, why))
        if not passed:
            break
    return Verdict(bool(checks) and all(check.passed for check in checks), tuple(checks))


def _asked(rule: Rule, proposal: Proposal, situation: Situation) -> Said:
    try:
        passed, why = rule.holds(proposal, situation)
    except Exception as error:  # noqa: BLE001   # whatever a strange value makes a rule do, nothing moves
        kind = type(error).__name__
        return False, Text(f"it could not be judged ({kind})", f"无法判定（{kind}）")
    return passed is True, why
