"""`diapason plant serve`: a plant that lives behind its addresses, faults, a clean end; slips are met with help."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from diapason.errors import DataError, NotFound
from diapason.services import serve

SERVE = [sys.executable, "-m", "diapason", "plant", "serve", "--only", "opcua", "--port", "0", "--days", "0"]


def test_ctrl_c_ends_it_in_order(tmp_path: Path) -> None:
    """Exit code 0, what was sent is told, no traceback; keys are private and there after the end."""
    with subprocess.Popen(
        [*SERVE, "--every", "0.1", "--keys", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert "Ended:" in rest
    assert "opc.tcp://127.0.0.1:" in "".join(lines)
    for name in ("password", "server.key.pem"):
        assert (tmp_path / "opcua" / name).stat().st_mode & 0o077 == 0


def test_the_same_from_python_with_a_fault_and_copies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two cells, one with a fault that shows; every step is counted."""
    import asyncio

    moved: dict[str, Any] = {}

    def pulse(_: serve.Pulse) -> None:
        packet = moved["plant"].readings()
        moved["last"] = dict(zip(packet.tags, packet.values.tolist(), strict=True))

    wishes = serve.Wishes(
        folder=tmp_path,
        only=("opcua",),
        copies=2,
        days=0.0,
        speed=60.0,
        every=0.05,
        ports={"": 0},
        faults=(serve.planned("cooling_loss@C002/R-101:0.9@0/99999"),),
    )
    ready = lambda made: moved.update(plant=made.plant)  # noqa: E731
    done = asyncio.run(serve.run(wishes, ready=ready, told=pulse, seconds=3))
    assert done["readings"] == done["steps"] * done["tags"] == done["steps"] * 2 * 82
    assert done["steps"] >= 10
    json.dumps(done)
    assert moved["last"]["C002/FI-203"] < 0.6 * moved["last"]["C001/FI-203"]


@pytest.mark.parametrize("written", ["fire", "fouling@E-101", "fouling@E-101:much", "fouling@E-101:0.3@soon"])
def test_a_fault_that_is_written_wrongly_is_told_how(written: str) -> None:
    """With an example."""
    with pytest.raises(DataError) as error:
        serve.planned(written)
    assert "cooling_loss@R-101" in str(error.value)


def test_what_cant_serve_is_named_with_what_can() -> None:
    """A connector for files serves no plant."""
    with pytest.raises(NotFound) as error:
        serve.protocols(("files",))
    assert "opcua" in str(error.value)
    assert "opcua" in serve.protocols()
