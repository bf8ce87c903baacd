"""The readings of a packet that somebody asked for."""

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.line import Packet

__all__ = ["Selection"]


class Selection:
    """Keeps the tags that were asked for; what it worked out for a tuple of tags is kept with that tuple."""

    def __init__(self, tags: frozenset[str]) -> None:
        self.tags = tags  # empty = all
        self._known: dict[int, tuple[tuple[str, ...], tuple[str, ...], NDArray[np.intp], dict[int, int]]] = {}

    def of(self, packet: Packet) -> Packet:
        """The packet without the other readings; one without any keeps its number."""
        if not self.tags:
            return packet
        known = self._known.get(id(packet.tags))
        if known is None or known[0] is not packet.tags:
            known = self._learn(packet.tags)
        _, tags, chosen, moved = known
        if len(tags) == len(packet.tags) or (not packet.asset and packet.rejected and not tags):
            return packet  # the second: a message that nobody can read is shown to everybody
        return Packet(
            packet.asset, tags, packet.values[chosen], packet.at[chosen], packet.trust[chosen], packet.received,
            packet.sequence, packet.source, {moved[i]: t for i, t in packet.texts.items() if i in moved},
            packet.receipt,
            lost={t: n for t, n in packet.lost.items() if t in self.tags},
            rejected={moved[i]: t for i, t in packet.rejected.items() if i in moved},
        )  # fmt: skip

    def _learn(
        self, tags: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.intp], dict[int, int]]:
        chosen = [i for i, tag in enumerate(tags) if tag in self.tags]
        if len(self._known) > 4096:
            self._known.clear()
        known = (tags, tuple(tags[i] for i in chosen), np.array(chosen, np.intp), {i: k for k, i in enumerate(chosen)})
        self._known[id(tags)] = known
        return known
