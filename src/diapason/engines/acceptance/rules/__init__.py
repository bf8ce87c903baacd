"""The rules by name. The programme attaches no test to its words: what these demand is ours, and says so."""

from diapason.engines.acceptance.criteria import Rule
from diapason.engines.acceptance.rules import agent, dataset, enterprise, general_model, scenario

__all__ = ["COUNTERS", "RULES", "newest"]

RULES: dict[str, Rule] = {
    rule.name: rule for rule in (agent.RULE, dataset.RULE, scenario.RULE, enterprise.RULE, general_model.RULE)
}
"""Every released version; a new demand is a new version beside the old one."""

COUNTERS = tuple(dict.fromkeys(rule.counter for rule in RULES.values()))
"""What is counted, in the order of the targets."""


def newest(counter: str) -> Rule:
    """The rule in force for a counter.

    >>> newest("dataset").name
    'dataset@1'
    """
    return max((r for r in RULES.values() if r.counter == counter), key=lambda r: r.version)
