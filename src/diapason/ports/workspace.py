"""The one object that carries stores, clock, language and workers."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from diapason.ports.lake import Lake
from diapason.ports.ledger import Ledger
from diapason.ports.vault import Vault
from diapason.vocabulary.language import Language, Text

__all__ = ["Progress", "Signer", "Workers", "Workspace", "silent"]

A = TypeVar("A")
B = TypeVar("B")

Progress = Callable[[Text, float, str], None]
"""Told what is being done, the share done (0..1, -1 = not known) and a note such as cost or time left."""


def silent(_what: Text, _share: float, _note: str) -> None:
    """A Progress that says nothing."""


class Workers(Protocol):
    """Runs independent work; the order of results is the order of the work."""

    threads: int  # pieces of work that go on at the same time

    def map(self, work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Apply `work` to each item; results in order, as they become ready."""
        ...


class Signer(Protocol):
    """Signs bytes with the workspace's or a person's Ed25519 key."""

    @property
    def keyid(self) -> str:
        """sha256 of the public key's bytes, in hex."""
        ...

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        ...

    def sign(self, data: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Workspace:
    """A plant's folder, opened."""

    folder: Path
    name: str
    lake: Lake
    vault: Vault
    ledger: Ledger
    signer: Signer
    workers: Workers
    person: str  # who is acting
    language: Language = "en"
    clock: Callable[[], datetime] = field(default=lambda: datetime.now().astimezone())
    progress: Progress = silent
    settings: dict[str, Any] = field(default_factory=dict)  # diapason.toml
