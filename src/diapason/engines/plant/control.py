"""A control loop: transmitter, controller and valve, as they hang together in the field."""

from dataclasses import dataclass, field
from math import exp, log

__all__ = ["Loop", "approach"]

_RANGEABILITY = log(30.0)


@dataclass(slots=True)
class Loop:
    """PI(D) in the velocity form of control systems: cannot wind up, goes over from manual without a bump.

    The transmitter has lag, bias and noise, so a lying sensor moves the plant; the derivative acts on the measurement.
    The valve is equal-percentage (rangeability 30) and may stick: after He et al. (2007), the stem stays until the
    signal is `stiction` % away from it, then jumps to the signal less a slip of a quarter of that.
    """

    span: float  # of the measurement, in its unit
    gain: float  # % output per % of span; negative where more output lowers the measurement
    reset: float  # s
    sp: float  # set point now, in the measurement's unit
    ramp: float  # most the set point moves, unit/s
    capacity: float  # flow coefficient of the open valve
    sigma: float  # noise of the transmitter
    lag: float = 0.0  # s, of the transmitter
    rate: float = 0.0  # s
    out: float = 65.0  # %
    split: float = 0.0  # % of output at which the valve begins to open
    bias: float = 0.0  # of the transmitter
    stiction: float = 0.0  # % of travel
    auto: bool = True
    target: float = field(init=False)
    pv: float = field(init=False)
    older: float = field(init=False)  # the measurement before
    seen: float = field(init=False)  # behind the lag
    error: float = 0.0
    stem: float = field(init=False)  # %, the signal at which it stands
    scale: float = field(init=False)  # % output per unit of the measurement
    shut: float = field(init=False)  # % at which the valve is tight
    slope: float = field(init=False)  # logarithm of the flow coefficient per % of signal
    floor: float = field(init=False)  # the same at a signal of 0

    def __post_init__(self) -> None:
        self.target = self.pv = self.older = self.seen = self.sp
        self.stem, self.scale = self.out, 100.0 * self.gain / self.span
        travel = 100.0 - self.split
        self.shut, self.slope = self.split + 0.01 * travel, _RANGEABILITY / travel
        self.floor = log(self.capacity) - 100.0 * self.slope

    def act(self, true: float, noise: float, dt: float) -> float:
        """Measure `true` with this `noise`, move set point, output and valve; returns the valve's flow coefficient."""
        if self.lag:
            true = self.seen = self.seen + (true - self.seen) * dt / (self.lag + dt)
        pv = true + self.bias + noise
        if self.auto:
            sp = self.sp
            if sp != self.target:
                sp = self.sp = approach(sp, self.target, self.ramp * dt)
            error = sp - pv
            move = error - self.error + error * dt / self.reset
            if self.rate:
                move -= self.rate / dt * (pv - 2.0 * self.pv + self.older)
                self.older = self.pv
            out = self.out + self.scale * move
            self.out = out = 0.0 if out < 0.0 else 100.0 if out > 100.0 else out
            self.error = error
        else:
            out, self.sp, self.error = self.out, pv, 0.0
        self.pv = pv
        if self.stiction:
            out = self.stuck(out)
        self.stem = out
        return exp(self.floor + self.slope * out) if out > self.shut else 0.0

    def stuck(self, want: float) -> float:
        """Where a sticking stem ends up that should go to `want` (%)."""
        gap, dead = want - self.stem, self.stiction
        if -dead <= gap <= dead:
            return self.stem
        return want - (0.25 * dead if gap > 0 else -0.25 * dead)

    def tune(self, gain: float, reset: float) -> None:
        """New gain (as above) and reset time (s)."""
        self.gain, self.reset, self.scale = gain, reset, 100.0 * gain / self.span

    def hold(self, out: float) -> None:
        """Manual, with this output in %; the set point then follows the measurement."""
        self.auto, self.out = False, out

    def release(self, target: float, *, out: float | None = None) -> None:
        """Automatic, towards this set point; from `out` (%) if given, else from where the output is."""
        self.auto, self.target = True, target
        if out is not None:
            self.out = out


def approach(now: float, target: float, most: float) -> float:
    """`now` moved towards `target` by at most `most`.

    >>> approach(1.0, 5.0, 0.5)
    1.5
    """
    gap = target - now
    return target if abs(gap) <= most else now + (most if gap > 0 else -most)
