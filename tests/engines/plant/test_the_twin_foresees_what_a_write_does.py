"""What the twin says of a write holds on the plant that lives on with noise, wear and people."""

import math
from datetime import UTC, datetime

import pytest

from diapason.engines.plant.live import LiveCells
from diapason.engines.plant.offer import HydrogenationCell
from diapason.engines.plant.twin import PlantTwin
from diapason.roles.plant import Twin

NOW = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
TWIN = PlantTwin()


@pytest.fixture(scope="module")
def live() -> LiveCells:
    return LiveCells.begin(NOW, seed=3, days=0.2)


def _present(live: LiveCells) -> dict[str, float]:
    packet = live.readings()
    return dict(zip(packet.tags, packet.values.tolist(), strict=True))


@pytest.mark.parametrize(("tag", "move"), [("TIC-201.SP", 1.0), ("FIC-101.SP", -0.1), ("PIC-201.SP", 0.5)])
def test_the_plant_stays_where_the_twin_says(live: LiveCells, tag: str, move: float) -> None:
    before = _present(live)
    foreseen = TWIN.foresee(tag, before[tag] + move, before, 600.0)
    assert len(foreseen) == 9
    live.write(tag, before[tag] + move)
    seen: dict[str, list[float]] = {e.tag: [] for e in foreseen}
    for second in range(600):
        live.advance(1.0, round(NOW.timestamp() * 1e6) + second * 1_000_000)
        for name, value in _present(live).items():
            if name in seen:
                seen[name].append(value)
    outside = {
        e.tag: (e.low, e.high, min(seen[e.tag]), max(seen[e.tag]))
        for e in foreseen
        if not (e.low <= min(seen[e.tag]) and max(seen[e.tag]) <= e.high)
    }
    assert not outside
    own = next(e for e in foreseen if e.tag == tag.replace("SP", "PV"))
    assert own.high - own.low < 5 * abs(move) + 1, "and it says something"


def test_what_it_cannot_say_it_does_not(live: LiveCells) -> None:
    present = _present(live)
    assert TWIN.foresee("LI-101", 50.0, present, 600.0) == ()
    assert TWIN.foresee("TIC-201.SP", math.nan, present, 600.0) == ()
    assert TWIN.foresee("TIC-201.SP", 120.0, {**present, "FIC-101.SP": math.nan}, 600.0) == ()
    blind = TWIN.foresee("TIC-201.SP", 120.0, {**present, "TIC-201.PV": math.nan}, 600.0)
    assert math.isnan(next(e for e in blind if e.tag == "TIC-201.PV").low)
    hot = TWIN.foresee("TIC-201.SP", 400.0, {**present, "TIC-201.SP": 149.0}, 90_000.0)
    assert all(math.isinf(e.high) for e in hot), "a cell that trips has no end"


def test_the_plant_offers_its_twin_by_name() -> None:
    assert isinstance(HydrogenationCell().twin(), Twin)
