"""What has arrived and is not yet in the lake: on disk first, so that a kill loses nothing."""

from collections.abc import Iterator
from typing import Protocol

__all__ = ["Spool"]


class Spool(Protocol):
    """Numbered records in the order of their arrival; one process writes, any may read."""

    @property
    def id(self) -> str:
        """Of this spool; another folder that begins again from 1 has another one."""
        ...

    @property
    def last(self) -> int:
        """Number of the newest record, 0 if there is none."""
        ...

    @property
    def durable(self) -> int:
        """Up to here records survive a loss of power."""
        ...

    @property
    def size(self) -> int:
        """Bytes on disk."""
        ...

    @property
    def limit(self) -> int:
        """Bytes that it may take."""
        ...

    def append(self, payload: bytes) -> int:
        """Add a record; its number. It survives a kill of this process at once, a loss of power after `sync`.

        Raises:
            Conflict: it is full, or the disk is; nothing was added, and the next call may work.
        """
        ...

    def sync(self) -> int:
        """Make everything that was appended last; the number up to which that is so. May run in another thread.

        Raises:
            Conflict: the disk refused.
        """
        ...

    def records(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Records with higher numbers, in order; may be read by another process while this one writes.

        Raises:
            BrokenEvidence: a record that was complete is damaged.
        """
        ...

    def free(self, until: int) -> int:
        """Records up to this number are not needed any more; bytes that were given back."""
        ...

    def close(self) -> None:
        """Sync and let go."""
        ...
