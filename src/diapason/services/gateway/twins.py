"""What foresees an effect: the plant's physics by name, responses signed with the envelope, or nothing."""

import math
from collections.abc import Mapping
from functools import cache

from diapason.engines.safety import Look, foreseen
from diapason.errors import NotFound
from diapason.ports import find
from diapason.roles.plant import Twin
from diapason.services.gateway.envelopes import Bound
from diapason.vocabulary.acting import Effect, Proposal
from diapason.vocabulary.line import Seen

__all__ = ["forecast", "twin_of"]


@cache
def _named(name: str) -> Twin | None:
    try:
        offer = getattr(find("plants", name)(), "twin", None)
    except NotFound:
        return None
    twin: Twin | None = None if offer is None else offer()
    return twin


def twin_of(found: Bound | None) -> Twin | None:
    """The twin that an envelope names, None where it names none or nobody offers it."""
    return _named(found.twin) if found is not None and found.twin else None


def forecast(
    p: Proposal, found: Bound | None, looks: Mapping[str, Look], twin: Twin | None
) -> tuple[Effect, ...] | None:
    """What is foreseen of a proposal; None where nothing foresees it, an empty one where that fails."""
    if found is None or type(p.tag) is not str or not (_finite(p.old) and _finite(p.new)):
        return None
    present = {tag: look.value for tag, look in looks.items() if look.trust is Seen.GOOD}
    if twin is not None:
        return twin.foresee(p.tag, float(p.new), present, found.horizon)
    responses = found.responses.get(p.tag)
    if found.twin or not responses:
        return () if found.twin else None
    return foreseen(responses, float(p.new) - float(p.old), present, found.horizon)


def _finite(value: object) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300 and math.isfinite(value)  # type: ignore[arg-type]
