"""The live plant goes on where its history stops, moves when it is told to, and refuses what can't be."""

from datetime import UTC, datetime

import numpy as np
import pytest

from diapason.engines.plant.live import LiveCells
from diapason.engines.plant.tags import TAGS
from diapason.errors import DataError, NotFound, Refused

NOW = datetime(2026, 11, 29, 19, 0, tzinfo=UTC)
AT = int(NOW.timestamp() * 1e6)


def _plant(**said: object) -> LiveCells:
    return LiveCells.begin(NOW, **{"seed": 7, "days": 1.0, **said})  # type: ignore[arg-type]


def _run(plant: LiveCells, seconds: int, step: float = 1.0) -> dict[str, np.ndarray]:
    rows = []
    for i in range(round(seconds / step)):
        plant.advance(step, AT + round((i + 1) * step * 1e6))
        rows.append(plant.readings().values)
    names = [p.tag for p in plant.points()]
    return dict(zip(names, np.array(rows).T, strict=True))


def test_live_readings_go_on_where_the_history_stops() -> None:
    """Same tags, same times, no jump: means of ten minutes differ by less than the history itself moves."""
    plant = _plant()
    got = _run(plant, 600)
    at, before = plant.past("TIC-201.PV", 0, AT, 10**6)
    assert at[-1] <= AT < at[-1] + 60_000_001
    assert len(at) >= 1440
    for tag in TAGS:
        _, old = plant.past(tag.name, 0, AT, 10**6)
        spread = max(float(np.ptp(old[-180:])), 3 * tag.resolution)
        assert abs(got[tag.name].mean() - old[-10:].mean()) <= spread, tag.name
    assert before.std() > 0


def test_the_same_seed_gives_the_same_plant_whatever_the_step() -> None:
    """Ten minutes in seconds or in minutes end near each other; the same steps end at the same numbers."""
    one, two, coarse = _run(_plant(), 600), _run(_plant(), 600), _run(_plant(), 600, 60.0)
    np.testing.assert_array_equal(one["TIC-201.PV"], two["TIC-201.PV"])
    for tag in ("TIC-201.PV", "LI-101", "TIC-301.PV"):
        assert abs(one[tag][-1] - coarse[tag][-1]) < 1.5, tag


def test_a_set_point_moves_its_loop_and_stays_over_the_operators_look() -> None:
    """An hour later the reactor is where it was told to be, to half a kelvin."""
    plant = _plant()
    wish = float(plant.readings().values[[p.tag for p in plant.points()].index("TIC-201.SP")]) + 2.0
    plant.write("TIC-201.SP", wish)
    got = _run(plant, 3 * 3600, 10.0)
    assert got["TIC-201.SP"][-1] == wish
    assert abs(got["TIC-201.PV"][-30:].mean() - wish) < 0.5


def test_an_output_in_manual_is_held_and_automatic_comes_back_without_a_bump() -> None:
    """The flow follows the valve; the modes of loop and asset say so."""
    plant = _plant()
    with pytest.raises(Refused, match="automatic"):
        plant.write("FIC-101.OP", 40.0)
    plant.write("FIC-101.AUTO", 0.0)
    plant.write("FIC-101.OP", 40.0)
    held = _run(plant, 900, 5.0)
    assert set(held["FIC-101.OP"].tolist()) == {40.0}
    places = {p.tag: i for i, p in enumerate(plant.points())}
    texts = plant.readings().texts
    assert (texts[places["FIC-101.MODE"]], texts[places["P-101.MODE"]]) == ("manual", "manual")
    with pytest.raises(Refused, match="manual"):
        plant.write("FIC-101.SP", 4.0)
    plant.write("FIC-101.AUTO", 1.0)
    back = _run(plant, 30)
    assert abs(back["FIC-101.OP"][0] - 40.0) < 5.0


REFUSED = [("TIC-201.PV", 120.0), ("TIC-201.SP", 500.0), ("TIC-201.SP", float("nan")), ("TIC-201.AUTO", 0.5)]


@pytest.mark.parametrize(("tag", "value"), [*REFUSED, ("R-101.MODE", 1.0), ("XS-201", 0.0)])
def test_what_cant_be_written_stays_as_it_is(tag: str, value: float) -> None:
    """Refused with the reason; the next reading is as before."""
    plant = _plant(days=0.0)
    with pytest.raises(Refused, match="stays as it is"):
        plant.write(tag, value)
    with pytest.raises(NotFound):
        plant.write("TIC-999.SP", 1.0)


def test_a_tripped_reactor_takes_no_orders() -> None:
    """Without cooling it runs hot; the trip shows, and writes are refused until it runs again."""
    plant = _plant(days=0.0)
    plant.plant_fault("cooling_loss", "R-101", 0.95, after=0.0, lasting=1e6)
    got = _run(plant, 6 * 3600, 20.0)
    assert got["XS-201"].max() == 1.0
    if got["XS-201"][-1] == 1.0 or "stopped" in plant.readings().texts.values():
        with pytest.raises(Refused, match="stopped or starting"):
            plant.write("TIC-201.SP", 118.0)


def test_cells_beside_each_other_have_names_and_seeds_of_their_own() -> None:
    """A fault in one leaves the other alone; a fault nowhere is told."""
    plant = _plant(copies=2, days=0.0)
    assert len(plant.points()) == 2 * 82
    assert {p.asset.split("/")[0] for p in plant.points()} == {"C001", "C002"}
    with pytest.raises(DataError, match="no cell 'C009'"):
        plant.plant_fault("leak", "C009/R-101", 0.2, after=0, lasting=60)
    with pytest.raises(DataError, match="cannot be at"):
        plant.plant_fault("leak", "E-101", 0.2, after=0, lasting=60)
    got = _run(plant, 60)
    assert not np.array_equal(got["C001/TIC-201.PV"], got["C002/TIC-201.PV"])


def test_memory_is_bounded_and_the_oldest_gives_way() -> None:
    """Live rows turn over; what is read back is in order, without a hole."""
    plant = _plant(days=0.0)
    plant.pasts[0].rows = 50
    plant.pasts[0].__post_init__()
    _run(plant, 120)
    at, values = plant.past("LI-101", AT, AT + 200_000_000, 1000)
    assert len(at) == len(values) == 50
    assert set(np.diff(at).tolist()) == {1_000_000}
    assert at[-1] == AT + 120_000_000
    assert plant.past("U-001.CREW", 0, 2**62, 10)[0].size == 0
