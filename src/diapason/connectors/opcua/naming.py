"""From tags to nodes, without browsing where a name can be guessed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from asyncua import Client, ua

from diapason.connectors.opcua.browsing import points, top
from diapason.errors import DataError, NotFound
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Point

__all__ = ["Names"]

_ENOUGH = 20_000  # tags that are looked through for a name that can't be guessed


@dataclass(slots=True)
class Names:
    """What is known of one server's tags."""

    nodes: dict[str, ua.NodeId] = field(default_factory=dict)
    spaces: list[str] = field(default_factory=list)

    def learn(self, point: Point, node: ua.NodeId) -> str:
        """Remember a browsed tag; of two nodes with one name the second is called by its full address."""
        known = self.nodes.setdefault(point.tag, node)
        if known == node:
            return point.tag
        self.nodes[point.address] = node
        return point.address

    async def renew(self, client: Client) -> None:
        """After a new connection: where the server's namespaces have moved, nothing is known any more."""
        spaces = list(await client.get_namespace_array())
        if spaces != self.spaces:
            self.nodes.clear()
            self.spaces = spaces

    async def find(self, client: Client, tags: Sequence[str]) -> list[ua.NodeId]:
        """The node of each tag.

        Raises:
            NotFound: one is not there; names some that are close.
        """
        missing = [tag for tag in dict.fromkeys(tags) if tag not in self.nodes]
        if missing:
            await self._guess(client, missing)
            missing = [tag for tag in missing if tag not in self.nodes]
        if missing:
            await self._search(client)
            missing = [tag for tag in missing if tag not in self.nodes]
        if missing:
            raise self._unknown(missing[0])
        return [self.nodes[tag] for tag in tags]

    async def _guess(self, client: Client, tags: Sequence[str]) -> None:
        """A tag may be an address, or the identifier of a node in one of the namespaces."""
        tries: list[tuple[str, ua.NodeId]] = []
        for tag in tags:
            if tag.startswith(("ns=", "i=", "s=", "nsu=")):
                try:
                    tries.append((tag, ua.NodeId.from_string(tag)))
                except (ua.UaError, ValueError):
                    continue
            else:
                tries += [(tag, ua.NodeId(tag, space)) for space in range(1, max(len(self.spaces), 3))]
        for first in range(0, len(tries), 500):
            batch = tries[first : first + 500]
            read = await client.uaclient.read_attributes([node for _, node in batch], ua.AttributeIds.NodeClass)
            for (tag, node), said in zip(batch, read, strict=True):
                good = said.StatusCode is None or said.StatusCode.is_good()
                if good and said.Value is not None and said.Value.Value == ua.NodeClass.Variable:
                    self.nodes.setdefault(tag, node)

    async def _search(self, client: Client) -> None:
        try:
            async for point, node in points(client, top(), _ENOUGH):
                self.learn(point, node)
        except DataError:  # more than enough: what was found has been learnt
            return

    def _unknown(self, tag: str) -> NotFound:
        near = get_close_matches(tag, list(self.nodes)[:5000], n=3, cutoff=0.5)
        close = Text(f"close to it: {', '.join(near)}", f"相近的有：{'、'.join(near)}")
        fix = close if near else Text("browse the server for its tags", "请浏览服务器查看其位号")
        return NotFound(Text(f"the server has no tag '{tag}'", f"服务器没有位号“{tag}”"), at=tag, fix=fix)
