"""Names of the columns of a result: never empty, never twice."""

from collections.abc import Sequence

from diapason.vocabulary.tables import ROW

__all__ = ["distinct"]


def distinct(found: Sequence[str]) -> list[str]:
    """The names, numbered on where one comes again.

    >>> distinct(["a", "", "A", "_row"])
    ['a', 'column_2', 'A_2', 'row']
    """
    names: list[str] = []
    for index, raw in enumerate(found, start=1):
        name = " ".join(raw.split())[:120] or f"column_{index}"
        name = "row" if name.casefold() == ROW else name
        taken, number = {n.casefold() for n in names}, 2
        free = name
        while free.casefold() in taken:
            free, number = f"{name}_{number}", number + 1
        names.append(free)
    return names
