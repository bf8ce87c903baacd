"""How far two texts lie apart."""

__all__ = ["distance"]


def distance(a: str, b: str, most: int) -> int:
    """Letters to change, drop, add or exchange with their neighbour to make one text the other; `most` + 1 if more.

    >>> distance("birmingham", "bimringham", 2)
    1
    >>> distance("abc", "xyz", 1)
    2

    Source: optimal string alignment, the restricted Damerau-Levenshtein distance.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            step = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                step = min(step, older[j - 2] + 1)
            row.append(step)
        if min(row) > most:
            return most + 1
    return row[-1]
