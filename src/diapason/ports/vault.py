"""Blobs by their content, and small names for them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from diapason.vocabulary.language import Text

__all__ = ["Vault"]


class Vault(Protocol):
    """Stores bytes under their sha256; a key may remember a digest. Whole after a kill at any moment."""

    def put(self, data: bytes) -> str:
        """Store bytes; returns the sha256 in hex."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes; raises BrokenEvidence if they are no longer what the digest says, NotFound if absent."""
        ...

    def path(self, digest: str) -> Path:
        """The file, for readers that need one."""
        ...

    def remember(self, key: str, digest: str) -> None:
        """Let `key` (any text) stand for a digest; the last one wins."""
        ...

    def recall(self, key: str) -> str | None:
        """The digest that `key` stands for, if its bytes are present."""
        ...

    def erase(self, digest: str) -> None:
        """Really delete the bytes and every key that stands for them."""
        ...

    def digests(self) -> Iterator[str]:
        """All digests present."""
        ...

    def remembered(self) -> Iterator[tuple[str, str]]:
        """All keys with the digests they stand for."""
        ...

    def check(self) -> Iterator[Text]:
        """Complaints: blobs that are not what their digest says, keys that can't be read."""
        ...

    def tidy(self) -> tuple[str, ...]:
        """Remove what a killed writer left half-written; returns what was done, in words."""
        ...
