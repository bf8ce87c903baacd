"""The physics loses nothing, holds its set points, and does not depend on the step."""

import numpy as np
import pytest

from diapason.engines.plant.cell import LOOPS, Cell
from diapason.engines.plant.chemistry import CP, CP_WATER, HEAT_OF_EVAPORATION, M_A, M_B, M_C, M_H2

AIR = [15.0, 20.0, 179.9, 14.0]
QUIET = [*AIR, *[0.0] * len(LOOPS)]


def _noisy(cell: Cell, rng: np.random.Generator) -> list[float]:
    noise = rng.standard_normal(len(LOOPS)) * [getattr(cell, name).sigma for name in LOOPS]
    return [*AIR, *noise.tolist()]


def _disturb(cell: Cell, minute: int) -> None:
    """Deliveries, changeovers, a lost pump, a stop and a start."""
    cell.tank.filling = 12.0 if minute % 900 < 90 else 0.0
    cell.product_pump.running = not 700 <= minute < 730
    if minute == 300:
        cell.fic101.release(3.6)
        cell.tic201.release(126.0)
    if minute == 900:
        for name in ("fic101", "lic201", "tic103", "tic301", "lic301"):
            getattr(cell, name).hold(0.0)
        cell.tic201.release(60.0)
    if minute == 1300:
        cell.tic201.release(115.0)
    if minute == 1500:
        cell.fic101.release(4.8)
        cell.tic301.release(120.0)
        cell.lic201.release(64.0, out=55.0)
        cell.lic301.release(50.0, out=50.0)


@pytest.mark.parametrize("dt", [60.0, 10.0])
def test_mass_and_energy_close_in_every_step_and_through_every_upset(dt):
    """What goes in is what goes out plus what stays, to rounding, audited from the flows alone."""
    cell, rng = Cell(), np.random.default_rng(1)
    for step in range(2400):
        _disturb(cell, step)
        mass, energy, jacket, gas = cell.mass(), cell.energy(), cell.jacket_energy(), cell.reactor.gas
        tank, temperature, fed = cell.tank.mass, cell.reactor.temperature, cell.totals.fed
        air = _noisy(cell, rng)
        cell.advance(air, dt)
        reactor, flash = cell.reactor, cell.flash
        taken = reactor.uptake * M_H2
        assert cell.mass() - mass == pytest.approx(dt * (cell.feed + taken - cell.product - flash.vapour), abs=1e-7)
        assert cell.tank.mass - tank == pytest.approx(cell.totals.fed - fed - dt * cell.feed, abs=1e-7)
        got = cell.carried + cell.preheat + reactor.heat + taken * CP * temperature + flash.duty
        gone = reactor.cooled + reactor.lost + (cell.product + flash.vapour) * CP * flash.temperature
        gone += flash.vapour * HEAT_OF_EVAPORATION
        assert cell.energy() - energy == pytest.approx(dt * (got - gone), abs=1e-3)  # of 3 million kJ
        cooled = reactor.cooled + cell.steam_in + cell.water * CP_WATER * (air[1] - reactor.jacket)
        assert cell.jacket_energy() - jacket == pytest.approx(dt * cooled, abs=1e-3)
        if reactor.gas > 0.1:
            assert abs((reactor.gas - gas) / dt) < 0.05


def test_hydrogen_taken_up_is_what_the_products_hold():
    """Moles of A lost are moles of B and C made; each B holds one hydrogen more, each C two."""
    cell = Cell()
    for _ in range(300):
        cell.advance(QUIET, 60.0)
    before = np.array([cell.reactor.a / M_A, cell.reactor.b / M_B, cell.reactor.c / M_C])
    taken = moles = 0.0
    for name in ("fic101", "lic201"):
        getattr(cell, name).hold(0.0)
    for _ in range(60):
        feed = cell.totals.drawn
        cell.advance(QUIET, 60.0)
        taken += cell.reactor.uptake * 60.0
        moles += (cell.totals.drawn - feed) * cell.tank.share_a / M_A
    after = np.array([cell.reactor.a / M_A, cell.reactor.b / M_B, cell.reactor.c / M_C])
    change = after - before
    assert change.sum() == pytest.approx(moles, abs=1e-9)
    assert change[1] + 2 * change[2] == pytest.approx(taken, rel=1e-9)


def test_loops_hold_their_set_points():
    """After a day with noise every mean is at its set point, within a fifth of the noise."""
    cell, rng = Cell(), np.random.default_rng(2)
    seen = {name: [] for name in LOOPS}
    for step in range(2880):
        cell.tank.mass = 70_000.0
        cell.advance(_noisy(cell, rng), 60.0)
        for name in LOOPS if step >= 1440 else ():
            seen[name].append(getattr(cell, name).pv)
    for name in LOOPS:
        loop = getattr(cell, name)
        assert abs(np.mean(seen[name]) - loop.sp) < 0.2 * loop.sigma, name
        assert 5 < loop.out < 95, name


def test_a_loop_that_cannot_reach_its_set_point_recovers_at_once():
    """No wind-up: six hours of lost cooling, then back within the hour and without a trip."""
    cell = Cell()
    for step in range(1200):
        cell.tank.mass = 70_000.0
        cell.water_share = 0.10 if 300 <= step < 660 else 1.0
        cell.advance(QUIET, 60.0)
        if step == 659:
            assert cell.tic201.out == 100.0
            assert cell.reactor.temperature > 121.0
        if step > 760:
            assert abs(cell.reactor.temperature - 120.0) < 1.5


def test_halving_the_step_halves_the_error():
    """First order, as an implicit step is."""

    def run(dt: float) -> np.ndarray:
        cell, rows = Cell(), []
        for step in range(round(43_200 / dt)):
            if step * dt == 7200:
                cell.fic101.release(3.7)
                cell.tic301.release(120.0)
            cell.tank.mass = 70_000.0
            cell.advance(QUIET, dt)
            if (step + 1) * dt % 600 == 0:
                flash, reactor = cell.flash, cell.reactor
                rows.append((reactor.temperature, reactor.a, reactor.pressure, flash.temperature, 1e3 * flash.solvent))
        return np.array(rows)

    fine = run(5.0)
    coarse, medium = (np.abs(run(dt) - fine).mean(axis=0) for dt in (60.0, 30.0))
    assert (coarse / fine.mean(axis=0) < 2e-3).all()
    assert (medium < 0.62 * coarse).all()


def test_a_runaway_is_tripped():
    """Without cooling water the reactor trips above 150 Cel, and the feed stops."""
    cell = Cell()
    cell.water_share = 0.0
    for _ in range(600):
        cell.tank.mass = 70_000.0
        cell.advance(QUIET, 60.0)
        if cell.tripped:
            break
    cell.advance(QUIET, 60.0)
    assert cell.tripped
    assert cell.feed == 0.0
    assert cell.tic201.out == 100.0
