"""How far a value or a prediction may be relied on."""

from enum import StrEnum

__all__ = ["Trust"]


class Trust(StrEnum):
    """From "good" to "bad"; whatever is not known to be good is not called so."""

    GOOD = "good"
    DOUBTFUL = "doubtful"  # use it with the reason in mind
    BAD = "bad"  # do not use it
