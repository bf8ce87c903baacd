"""What a workspace must show before something may be learnt from, used, published or let out, and whether it does."""

from diapason.services.permit.answers import answers
from diapason.services.permit.deciding import Known, conflicts, judged, known, role_fact, rules_of
from diapason.services.permit.permission import UPTO, Action, Permission, demand, permission
from diapason.services.permit.proofs import BEYOND, MACHINE, Proof, Shown, shown, supply
from diapason.services.permit.seen import INCIDENT, seen
from diapason.services.permit.using import may, used

__all__ = [
    "BEYOND",
    "INCIDENT",
    "MACHINE",
    "UPTO",
    "Action",
    "Known",
    "Permission",
    "Proof",
    "Shown",
    "answers",
    "conflicts",
    "demand",
    "judged",
    "known",
    "may",
    "permission",
    "role_fact",
    "rules_of",
    "seen",
    "shown",
    "supply",
    "used",
]
