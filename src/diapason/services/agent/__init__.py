"""The registry of agents: who they are, what they may, who answers for them, until when."""

from diapason.services.agent.describing import GRADES, carded, listed, record, show
from diapason.services.agent.identity import card, did, document, verified
from diapason.services.agent.registering import create, register, retire
from diapason.services.agent.registry import STATES, Registered, find, registered, signer, versions
from diapason.services.agent.registry import in_force as all  # noqa: A004  # "all agents in force" is what others ask

__all__ = [
    "GRADES",
    "STATES",
    "Registered",
    "all",
    "card",
    "carded",
    "create",
    "did",
    "document",
    "find",
    "listed",
    "record",
    "register",
    "registered",
    "retire",
    "show",
    "signer",
    "verified",
    "versions",
]
