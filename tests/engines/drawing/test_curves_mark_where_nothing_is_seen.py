"""A panel greys what is not seen, marks the limit, and draws every planting."""

from dataclasses import replace

from diapason.engines.drawing.curves import Panel, caught

PANEL = Panel(
    "wrong lab values",
    "usual errors",
    (2.0, 4.0, 8.0, 16.0),
    (0.1, 0.5, 0.9, 0.95),
    (0.0, 0.1, 0.7, 0.8),
    (0.3, 0.9, 1.0, 1.0),
    [(4.0, 0.4, "4 of 10"), (16.0, 1.0, "10 of 10")],
    7.0,
    "from 7",
    "not surely seen",
)


def test_the_limit_and_each_planting_are_drawn():
    drawn = caught(PANEL)
    assert drawn.count("<circle") == 2
    assert 'class="limit"' in drawn
    assert "from 7" in drawn
    assert "not surely seen" in drawn


def test_what_is_never_seen_is_grey_all_over():
    drawn = caught(replace(PANEL, limit=None))
    assert 'class="limit"' not in drawn
    assert drawn.count('class="blind"') == 1
