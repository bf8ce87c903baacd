"""Many rows under one root, and a short proof that a row is among them."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

__all__ = ["holds", "lines", "proof", "root"]

EMPTY = sha256(b"").hexdigest()


def root(leaves: Iterable[bytes]) -> str:
    """The root over the leaves in their order, in hex.

    >>> root([]) == sha256(b"").hexdigest()
    True

    Source: Merkle Tree Hash, RFC 6962, section 2.1.
    """
    level = [sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        level = _above(level)
    return level[0].hex() if level else EMPTY


def proof(leaves: Sequence[bytes], index: int) -> tuple[str, ...]:
    """The hashes beside the path from leaf `index` (0..) to the root, from below.

    >>> len(proof([b"a", b"b", b"c"], 2))
    1

    Source: Merkle Audit Path, RFC 6962, section 2.1.1.
    """
    level, beside = [sha256(b"\0" + leaf).digest() for leaf in leaves], []
    while len(level) > 1:
        if index ^ 1 < len(level):
            beside.append(level[index ^ 1].hex())
        level, index = _above(level), index // 2
    return tuple(beside)


def holds(leaf: bytes, index: int, count: int, path: Sequence[str], expected: str) -> bool:
    """Whether `leaf` is number `index` (0..) of `count` leaves under the root `expected`.

    >>> rows = [b"a", b"b", b"c"]
    >>> holds(b"c", 2, 3, proof(rows, 2), root(rows))
    True
    """
    if not 0 <= index < count:
        return False
    here, left = sha256(b"\0" + leaf).digest(), list(path)
    while count > 1:
        if index ^ 1 < count:
            if not left:
                return False
            other = bytes.fromhex(left.pop(0))
            here = sha256(b"\1" + (other + here if index % 2 else here + other)).digest()
        index, count = index // 2, (count + 1) // 2
    return not left and here.hex() == expected


def lines(text: bytes) -> list[bytes]:
    r"""The leaves of a text file: its lines without their line feed.

    >>> lines(b"a\nb\n")
    [b'a', b'b']
    """
    return text.removesuffix(b"\n").split(b"\n") if text else []


def _above(level: list[bytes]) -> list[bytes]:
    """The next level; an odd last node rises as it is, which gives the tree of RFC 6962."""
    pairs = [sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
    return pairs + level[-1:] if len(level) % 2 else pairs
