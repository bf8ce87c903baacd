"""What a workspace can show, and the names of what it stands on."""

from dataclasses import dataclass

from diapason.vocabulary.language import Text

__all__ = ["Fact", "ground"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that can be counted or asked, and what it stands on."""

    name: str  # "datasets_with_owner"
    value: float | bool | str | None  # None = not known
    unit: str = ""  # UCUM code, or "1"
    on: tuple[str, ...] = ()  # names of its grounds, as `ground` gives them
    by: str = "machine"  # "machine" = counted from signed runs; "person" = declared; "" = nobody has said
    said: Text | None = None  # how it was counted, or who declared it


def ground(kind: str, name: object) -> str:
    """The name of something that claims stand on.

    Args:
        kind: "run", "dataset", "model", "entry" (of the ledger, by its number), "person", "paper" (a certificate, a
            licence, a contract that somebody has vouched for).

    >>> ground("dataset", "furnace@1")
    'dataset:furnace@1'
    """
    return f"{kind}:{name}"
