"""Ctrl-C, or a request to end, as a question that a story asks: it ends by itself, with everything kept."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["stopping"]


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or a request to end has come since the block began."""
    stop = threading.Event()
    main = threading.current_thread() is threading.main_thread()
    asked = (signal.SIGINT, signal.SIGTERM) if main else ()
    before = [signal.signal(one, lambda *_: stop.set()) for one in asked]
    try:
        yield stop.is_set
    finally:
        for one, was in zip(asked, before, strict=True):
            signal.signal(one, was)
