"""Work done here, in this process."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

__all__ = ["Threads"]

A = TypeVar("A")
B = TypeVar("B")


class Threads:
    """Implements `ports.workspace.Workers` by a few threads: numpy, Polars and LightGBM let go of the interpreter.

    At most two items per thread are begun ahead of the one that is asked for, so that a caller who stops early wastes
    little and large results do not pile up. With one thread the work is done when its result is asked for.

    Meanwhile linear algebra keeps to one thread: the small systems solved here are ten times slower where its threads
    wait for those of the other work.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = max(1, threads)

    def map(self, work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Apply `work` to each item; results in order; the first error ends it.

        >>> list(Threads(2).map(abs, [-3, 2, -1]))
        [3, 2, 1]
        """
        if self.threads == 1:
            yield from map(work, items)
            return
        waiting: deque[Future[B]] = deque()
        pool, alone = ThreadPoolExecutor(self.threads, thread_name_prefix="work"), threadpool_limits(1, "blas")
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= 2 * self.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            alone.restore_original_limits()
