"""Batches of an asynchronous connector, read ahead in a thread of their own while the last one is stored."""

import asyncio
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from diapason.ports.connector import Batch, Connector

__all__ = ["Feed"]

PATIENCE = 2.0
"""Seconds to wait for the thread that reads."""


class Feed:
    """An iterator over batches; at most two wait in memory. Close it when done."""

    def __init__(self, connector: Connector, source: str, options: Mapping[str, Any]) -> None:
        self._queue: queue.Queue[Batch | BaseException | None] = queue.Queue(maxsize=1)
        self._stopped = threading.Event()
        story = self._pump(connector, source, options)
        self._thread = threading.Thread(target=lambda: asyncio.run(story), daemon=True, name="reading")
        self._thread.start()

    def __enter__(self) -> "Feed":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        got = self._queue.get()
        if isinstance(got, Batch):
            return got
        self._queue.put(None)
        if got is None:
            raise StopIteration
        raise got

    def close(self) -> None:
        """Stop reading; a thread that is busy with a long look at a file is left to end by itself."""
        self._stopped.set()
        until = time.monotonic() + PATIENCE
        while self._thread.is_alive() and time.monotonic() < until:
            with suppress(queue.Empty):
                self._queue.get(timeout=0.05)

    async def _pump(self, connector: Connector, source: str, options: Mapping[str, Any]) -> None:
        try:
            async for batch in connector.batches(source, options):
                if not self._put(batch):
                    return
            self._put(None)
        except BaseException as error:  # noqa: BLE001  # handed to the reader, who raises it
            self._put(error)

    def _put(self, item: Batch | BaseException | None) -> bool:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._queue.put(item, timeout=0.1)
                return True
        return False
