"""Those who run the cell: modes, grades, crews, reactions to the lab, stops and starts; every ten minutes."""

from dataclasses import dataclass, field

import numpy as np

from diapason.engines.plant.batches import Batches
from diapason.engines.plant.cell import Cell
from diapason.engines.plant.faults import Faults
from diapason.engines.plant.grades import Campaigns, Crews, Deliveries
from diapason.engines.plant.laboratory import Laboratory, Sample
from diapason.engines.plant.wear import Wear
from diapason.engines.plant.workshop import Workshop

__all__ = ["TICK", "Operations"]

TICK = 600.0
"""Seconds between two looks of the operators."""

_SAFE = 60.0  # Cel to which a standing reactor is cooled


@dataclass(slots=True)
class Operations:
    """Everything between the physics and the calendar."""

    cell: Cell
    campaigns: Campaigns
    crews: Crews
    deliveries: Deliveries
    laboratory: Laboratory
    workshop: Workshop
    wear: Wear
    faults: Faults
    rng: np.random.Generator
    batches: Batches = field(default_factory=Batches)
    mode: str = "run"  # "run", "stop", "heat"
    trim: float = 0.0  # K that the crews have added because of lab results
    push: float = 0.0  # share by which this shift runs faster
    changed: float = -1e9  # s of the last changeover or start
    started: float = -1e9  # s of the last start
    _read: int = 0

    def tick(self, at: float, ambient: float) -> None:
        """Look at everything once."""
        cell = self.cell
        if at % (3 * TICK) == 0.0:
            self.wear.age(cell, 3 * TICK)
        self.faults.apply(cell, self.wear, at)
        self.deliveries.tick(at, cell.tank, ambient, TICK)
        if self.crews.tick(at):
            self.push = 0.02 * float(self.rng.standard_normal())
        self.workshop.tick(at, cell, self.crews.now.name)
        if self.campaigns.tick(at):
            self.trim, self.changed = 0.4 * self.trim, at
            self.batches.close(at)
        grade = self.campaigns.now
        self._switch(at)
        self.batches.tick(at, TICK, cell, self.deliveries.lots[-1].name, (grade.name, self.crews.now.name))
        batch = self.batches.open
        if batch and at - self.changed < 4 * 3600:
            batch.off_spec = True
        settled = batch is not None and self.mode == "run" and at - self.started > 4 * 3600
        self.laboratory.tick(at, cell.flash, batch.name if batch and settled else "", grade.name)
        self._react(at)
        if self.mode == "run":
            self._aim()

    def _switch(self, at: float) -> None:
        """Change the mode where something demands it."""
        cell, shop = self.cell, self.workshop
        if self.mode != "stop":
            if cell.tripped:
                shop.tripped(at)
            elif shop.due(at):
                shop.stop(at, {"E-101": cell.tic103.out, "R-101": cell.tic201.out, "E-301": cell.tic301.out})
            if at < shop.free:
                self._stop(at)
        elif at >= shop.free:
            shop.repaired(at, cell)
            self._start()
        elif self.mode == "stop" and cell.flash.temperature < 60.0:
            cell.tic301.hold(0.0)
        if self.mode == "heat" and cell.tic201.pv > self.campaigns.now.reactor - 12.0:
            self.mode, self.changed, self.started = "run", at, at
            cell.fic101.sp = 1.2
            cell.fic101.release(self.campaigns.now.feed)
            cell.lic201.release(64.0, out=55.0)
            cell.tic103.release(70.0)
            cell.tic301.release(self.campaigns.now.flash)
            cell.lic301.release(50.0, out=50.0)

    def _stop(self, at: float) -> None:
        """Shut the feed and the letdown, take the heat out, hold the pressure."""
        cell = self.cell
        self.mode, self.changed = "stop", at
        self.batches.close(at)
        for loop in (cell.fic101, cell.lic201, cell.tic103, cell.tic301, cell.lic301):
            loop.hold(0.0)
        cell.tic201.release(_SAFE)
        cell.pic201.release(8.0)

    def _start(self) -> None:
        """Heat the slurry under hydrogen before any feed, so that none of it gathers unreacted."""
        self.mode = "heat"
        self.cell.tripped = False
        self.cell.tic201.release(self.campaigns.now.reactor)
        self.cell.pic201.release(self.campaigns.now.pressure)

    def _aim(self) -> None:
        """Set points: recipe, habit of the crew, reaction to the lab."""
        cell, grade, crew = self.cell, self.campaigns.now, self.crews.now
        cell.tic201.release(round(grade.reactor + crew.reactor + self.trim, 1))
        cell.fic101.release(round(grade.feed * (1.0 + crew.feed + self.push), 2))
        cell.pic201.release(grade.pressure)
        cell.tic301.release(round(grade.flash + crew.flash, 1))
        cell.pic301.release(grade.vacuum)

    def _react(self, at: float) -> None:
        """Move the temperature after a result of the grade that runs."""
        samples = self.laboratory.samples
        while self._read < len(samples) and samples[self._read].reported <= at:
            sample = samples[self._read]
            self._read += 1
            if not sample.lost and sample.grade == self.campaigns.now.name and sample.taken > self.changed + 7200:
                self.trim = min(max(self.trim + self._step(sample), -4.0), 9.0)

    def _step(self, sample: Sample) -> float:
        """By how much the crew moves the temperature, K: half a kelvin per 0.8 % beyond the aim."""
        grade = self.campaigns.now
        residual, by_product = sample.found[1] - grade.residual, sample.found[2] - grade.by_product
        if abs(residual) < 0.4 and by_product < 0.6:
            return 0.0
        wish = 0.35 * residual - 0.25 * max(by_product - 0.3, 0.0)
        return self.crews.now.eager * min(max(wish, -0.8), 0.8)
