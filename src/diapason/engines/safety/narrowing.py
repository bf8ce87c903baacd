"""An envelope made narrower by another: a manifest may bind its agent more tightly, never less."""

from dataclasses import replace

from diapason.vocabulary.acting import Envelope

__all__ = ["narrowed"]


def narrowed(signed: Envelope, own: Envelope | None) -> Envelope | None:
    """What both allow; None where they are of different things or leave nothing.

    >>> wide = Envelope("R", "t", "Cel", 0, 10, step=2, rate=2, dwell=60, daily=9)
    >>> tight = Envelope("R", "t", "Cel", 4, 20, step=1, rate=5, dwell=10, daily=3)
    >>> both = narrowed(wide, tight)
    >>> both.low, both.high, both.step, both.rate, both.dwell, both.daily
    (4, 10, 1, 2, 60, 3)
    """
    if own is None:
        return signed
    if (own.asset, own.tag, own.unit, own.kind) != (signed.asset, signed.tag, signed.unit, signed.kind):
        return None
    both = replace(
        signed,
        low=max(signed.low, own.low),
        high=min(signed.high, own.high),
        step=min(signed.step, own.step),
        rate=min(signed.rate, own.rate),
        dwell=max(signed.dwell, own.dwell),
        daily=min(signed.daily, own.daily),
        interlocks=(*signed.interlocks, *(k for k in own.interlocks if k not in signed.interlocks)),
        modes=tuple(mode for mode in signed.modes if mode in own.modes),
    )
    return both if both.low <= both.high and both.modes else None
