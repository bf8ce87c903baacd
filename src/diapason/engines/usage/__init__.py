"""Terms of use as ODRL 2.2 says them, in a small profile: read strictly, decided, numbered, matched."""

from diapason.engines.usage.deciding import SERVICES, Use, Verdict, decide
from diapason.engines.usage.matching import Match, Offered, Wanted, match
from diapason.engines.usage.numbering import contract_number, proper_number
from diapason.engines.usage.policy import PROFILE, PURPOSES, Terms, policy, read

__all__ = [
    "PROFILE",
    "PURPOSES",
    "SERVICES",
    "Match",
    "Offered",
    "Terms",
    "Use",
    "Verdict",
    "Wanted",
    "contract_number",
    "decide",
    "match",
    "policy",
    "proper_number",
    "read",
]
