"""Changes that a second person signs before they happen: asked for, signed or refused, and held to the very thing."""

from diapason.services.approve.asking import ACTS, demand
from diapason.services.approve.changes import Change, changes, find
from diapason.services.approve.gates import (
    GRADES,
    before_adopting,
    before_ordering,
    before_saying,
    grade_of,
    order_limit,
)
from diapason.services.approve.signing import refuse, sign

__all__ = [
    "ACTS",
    "GRADES",
    "Change",
    "before_adopting",
    "before_ordering",
    "before_saying",
    "changes",
    "demand",
    "find",
    "grade_of",
    "order_limit",
    "refuse",
    "sign",
]
