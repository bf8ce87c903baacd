"""The one door for uses: terms of use under which a dataset is held are asked here, before anything is sealed."""

from diapason.ports.workspace import Workspace
from diapason.services import exchange

__all__ = ["may", "used"]


def may(ws: Workspace, service: str, *datasets: str) -> None:
    """Ask ahead, before anything is read: raises as `used` does, and counts nothing.

    Raises:
        Refused: terms forbid it.
    """
    for name in dict.fromkeys(datasets):
        exchange.use(ws, service, name, counts=False)


def used(ws: Workspace, service: str, *datasets: str) -> tuple[str, ...]:
    """Ask the terms of each dataset for one use; nothing waives them, and each decision is in the ledger.

    Args:
        service: one of `engines.usage.SERVICES`.
        datasets: with or without version; what is no dataset of this workspace is under no terms.

    Returns:
        Who must be named.

    Raises:
        Refused: terms forbid it.
    """
    named: dict[str, None] = {}
    for name in dict.fromkeys(datasets):
        named |= dict.fromkeys(exchange.use(ws, service, name))
    return tuple(named)
