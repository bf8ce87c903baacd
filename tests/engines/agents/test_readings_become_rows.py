"""Every reading is used once, or it is said why not."""

from collections.abc import Sequence

import numpy as np
import pytest

from diapason.engines.agents import Closed, Ticks
from diapason.vocabulary.line import Packet, Seen

S = 1_000_000
COLUMNS = ("a", "b", "c")


def ticks(**how: float) -> Ticks:
    place = {f"m{i}": i for i in range(3)}

    def address(asset: str, tag: str) -> tuple[int, int] | None:
        asset, tag = tag.split("/") if "/" in tag else (asset, tag)
        return (place[asset], COLUMNS.index(tag)) if asset in place and tag in COLUMNS else None

    return Ticks(3, 3, address, **how)


def packet(asset: str, tags: Sequence[str], values: Sequence[float], at: float, *, trust: Sequence[int] = ()) -> Packet:
    n = len(tags)
    marks = np.array(trust or [0] * n, np.uint8)
    return Packet(asset, tuple(tags), np.array(values, float), np.full(n, int(at * S)), marks, int(at * S) + 7)


def rows(found: list[Closed]) -> list[tuple[int, list[float], float]]:
    return [(int(w), x.tolist(), float(t) / S) for c in found for w, x, t in zip(c.who, c.x, c.at, strict=True)]


def test_a_message_with_every_tag_is_a_row() -> None:
    """In whatever order its tags lie, and with tags beside them that nobody asked for."""
    mine = ticks()
    found = list(
        mine.take(
            [
                packet("m0", "abc", [1, 2, 3], 1),
                packet("m1", "cxab", [3, 9, 1, 2], 1),
                packet("m0", "abc", [4, 5, 6], 2),
            ]
        )
    )
    assert rows(found) == [(0, [1, 2, 3], 1), (1, [1, 2, 3], 1), (0, [4, 5, 6], 2)]
    assert [len(c) for c in found] == [2, 1], "an asset comes once in each batch"
    assert (mine.counts.taken, mine.counts.used, mine.counts.unknown) == (10, 9, 1)


def test_readings_that_come_apart_make_one_row() -> None:
    """Whether a message holds one asset, several, or one tag; all tags in closes the row at once."""
    mine = ticks()
    assert rows(list(mine.take([packet("m0", "ab", [1, 2], 1), packet("m1", "c", [7], 1)]))) == []
    assert mine.counts.waiting == 3
    mixed = packet("", ["m0/c", "m1/a", "m1/b"], [3, 5, 6], 1.2)
    assert rows(list(mine.take([mixed]))) == [(0, [1, 2, 3], 1.2), (1, [5, 6, 7], 1.2)]
    assert mine.counts.waiting == 0


def test_a_tag_that_comes_again_closes_the_row_without_the_rest() -> None:
    """What did not come keeps its value for a while, then it is missing."""
    mine = ticks(hold=2.0, patience=0.5)
    list(mine.take([packet("m0", "abc", [1, 2, 3], 1)]))
    assert rows(list(mine.take([packet("m0", "ab", [4, 5], 2), packet("m0", "a", [6], 3)]))) == [(0, [4, 5, 3], 2)]
    assert list(mine.overdue(3 * S)) == []
    found = rows(list(mine.overdue(4 * S)))
    assert found == [(0, [6, 5, pytest.approx(3)], 3)]
    list(mine.take([packet("m0", "a", [9], 9)]))
    assert np.isnan(rows(list(mine.overdue(11 * S)))[0][1][1:]).all()


def test_old_readings_are_counted_and_never_used() -> None:
    """Again, late or out of order: a row that was decided stays as it was."""
    mine = ticks()
    first = packet("m0", "abc", [1, 2, 3], 5)
    assert len(list(mine.take([first, first, packet("m0", "abc", [0, 0, 0], 4), packet("m0", "a", [0], 5)]))) == 1
    assert (mine.counts.taken, mine.counts.used, mine.counts.late) == (10, 3, 7)


def test_a_bad_reading_is_missing_and_a_doubtful_one_is_told() -> None:
    """The source's own doubt reaches the row."""
    mine = ticks()
    (found,) = mine.take([packet("m0", "abc", [1, 2, 3], 1, trust=[0, Seen.BAD, 0]), packet("m1", "abc", [1, 2, 3], 1)])
    assert np.isnan(found.x[0, 1])
    assert found.trust.tolist() == [2, 0]
    (apart,) = [*mine.take([packet("m2", "ab", [1, 2], 1, trust=[1, 2])]), *mine.overdue(9 * S)]
    assert apart.trust.tolist() == [2]
    assert np.isnan(apart.x[0, 1])


def test_every_reading_is_somewhere() -> None:
    """Whatever comes in whatever order: taken = used + late + unknown + waiting."""
    draw, mine = np.random.default_rng(0), ticks(patience=0.3)
    for _ in range(400):
        tags = draw.choice(["a", "b", "c", "z"], draw.integers(1, 5), replace=False)
        asset = str(draw.choice(["m0", "m1", "m2", "m9"]))
        at = float(draw.uniform(0, 50))
        list(mine.take([packet(asset, tags, draw.normal(size=len(tags)), at)]))
        if draw.random() < 0.1:
            list(mine.overdue(int(at * S)))
        c = mine.counts
        assert c.taken == c.used + c.late + c.unknown + c.waiting
    assert min(mine.counts.used, mine.counts.late, mine.counts.unknown) > 0
