"""Three faults of each kind on a real line: the sender's book, the account and the dataset agree, and nobody helped."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from benchmarks.faults import KINDS, played


@pytest.fixture(scope="module")
def sessions() -> dict[str, "Future[dict[str, Any]]"]:
    """Several kinds at the same time: a session is mostly waiting."""
    pool = ThreadPoolExecutor(4)
    try:
        yield {kind: pool.submit(played, kind, 1000, 3) for kind in KINDS}
    finally:
        pool.shutdown()


@pytest.mark.parametrize("kind", KINDS)
def test_after_three_faults_every_reading_is_accounted_for_and_none_is_there_twice(sessions, kind):
    made = sessions[kind].result()
    assert not made["wrong"]
    assert made["twice"] == 0
    assert made["sent"] == made["stored"] + made["rejected"] + made["dropped"]
    assert made["stored"] > 0
    assert len(made["recovery"]) == 3
