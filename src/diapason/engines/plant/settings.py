"""What decides every byte of a simulated history."""

from dataclasses import dataclass
from datetime import UTC, datetime

from diapason.engines.plant.faults import Fault
from diapason.engines.plant.operations import TICK
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Seed, length, beginning, step and planted faults.

    >>> Settings(days=0)
    Traceback (most recent call last):
    ...
    diapason.errors.DataError: 0 days of history
      at:  plant settings, days
      fix: choose 1 to 3660
    """

    seed: int = 7
    days: int = 30
    start: datetime = datetime(2025, 1, 1, tzinfo=UTC)  # of the plant's own clock, which knows no daylight saving
    step: float = 60.0  # s between two rows
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.days <= 3660:
            what = Text(f"{self.days} days of history", f"历史天数为 {self.days}")
            raise DataError(what, at="plant settings, days", fix=Text("choose 1 to 3660", "请取 1 到 3660"))
        if not 1.0 <= self.step <= TICK or TICK % self.step:
            what = Text(f"a step of {self.step:g} s", f"步长为 {self.step:g} 秒")
            fix = Text("choose 60, 30, 20, 10 or another divisor of 600", "请取 60、30、20、10 等 600 的因数")
            raise DataError(what, at="plant settings, step", fix=fix)
        if not 0 <= self.seed < 2**63:
            what = Text(f"seed {self.seed}", f"随机种子为 {self.seed}")
            raise DataError(what, at="plant settings, seed", fix=Text("choose 0 or more", "请取非负整数"))
