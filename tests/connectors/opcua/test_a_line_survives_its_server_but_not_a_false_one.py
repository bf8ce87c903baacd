"""Restarts with the gap filled from history; a certificate that changes or ends mid-run is a refusal for good."""

import asyncio
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from diapason.connectors.opcua import certificates
from diapason.connectors.opcua.server import OpcServer
from diapason.errors import DiapasonError, Refused
from diapason.ports import find
from diapason.vocabulary.line import Packet

TAGS = ["TIC-201.PV", "FIC-101.PV"]


def _port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Live:
    """A plant that lives on whether or not its server does."""

    def __init__(self, folder: Path, days: float) -> None:
        self.plant = find("plants", "hydrogenation")().live(datetime.now(UTC), seed=7, copies=1, days=0.05)
        self.folder, self.port, self.days = folder, _port(), days
        self.server: OpcServer | None = None
        self.steps: list[int] = []
        self.task: asyncio.Task[None] | None = None

    async def serve(self, folder: Path | None = None) -> str:
        given = {"port": self.port, "folder": folder or self.folder, "certificate_days": self.days}
        server = OpcServer(self.plant, given)
        address = await server.start()
        self.server = server
        self.task = self.task or asyncio.create_task(self._live())
        return address

    async def _live(self) -> None:
        while True:
            at = int(datetime.now(UTC).timestamp() * 1e6)
            self.plant.advance(1.0, at)
            self.steps.append(at)
            if self.server is not None:
                await self.server.publish()
            await asyncio.sleep(0.2)

    async def down(self) -> None:
        server, self.server = self.server, None
        assert server is not None
        await server.stop()


async def _open(address: str, folder: Path) -> Any:
    return await find("connectors", "opc.tcp").open_line(address, {"folder": folder, "interval": 0.2, "timeout": 20})


def test_after_a_restart_the_same_listener_hears_again_and_the_gap_is_filled(tmp_path: Path) -> None:
    """Back within 5 s; each step of the plant arrives for each tag, those of the outage from history."""

    async def story() -> tuple[Counter[tuple[str, int]], list[int], float, Any]:
        live = Live(tmp_path / "plant", 3650)
        line = await _open(await live.serve(), tmp_path / "ours")
        got: Counter[tuple[str, int]] = Counter()
        heard: list[Packet] = []

        async def listen() -> None:
            async for packet in line.listen(TAGS):
                heard.append(packet)
                got.update(zip(packet.tags, packet.at.tolist(), strict=True))

        task = asyncio.create_task(listen())
        while len(heard) < 3:
            await asyncio.sleep(0.05)
        begin = max(at for _, at in got)
        await live.down()
        while line.state().connected:
            await asyncio.sleep(0.02)
        await asyncio.sleep(1.5)
        await live.serve()
        back, count = asyncio.get_running_loop().time(), len(heard)
        while len(heard) < count + 1:
            await asyncio.sleep(0.02)
        away = asyncio.get_running_loop().time() - back
        end = live.steps[-1]
        for _ in range(200):
            if all((tag, at) in got for tag in TAGS for at in live.steps if begin <= at <= end):
                break
            await asyncio.sleep(0.05)
        state = line.state()
        task.cancel()
        await line.close()
        await live.down()
        return got, [at for at in live.steps if begin <= at <= end], away, state

    got, steps, away, state = asyncio.run(story())
    assert away < 5
    assert state.reconnects == 1
    assert len(steps) > 6
    assert {(tag, at): got[tag, at] for tag in TAGS for at in steps} == {(tag, at): 1 for tag in TAGS for at in steps}


def _listen_until_refused(tmp_path: Path, trouble: Any, days: float = 3650) -> DiapasonError:
    async def story() -> DiapasonError:
        live = Live(tmp_path / "plant", days)
        line = await _open(await live.serve(), tmp_path / "ours")

        async def listen() -> None:
            async for _ in line.listen(TAGS):
                pass

        task = asyncio.create_task(listen())
        await asyncio.sleep(0.5)
        await trouble(live)
        with pytest.raises(Refused) as said:
            await asyncio.wait_for(task, 20)
        assert not line.state().connected
        with pytest.raises(Refused):
            await line.read(TAGS)
        await line.close()
        if live.server is not None:
            await live.down()
        return said.value

    return asyncio.run(story())


def test_another_certificate_is_refused_mid_run_and_at_the_door(tmp_path: Path) -> None:
    """Whoever listens is told; nothing is read from a server that shows another face; the pin says what to delete."""

    async def other(live: Live) -> None:
        await live.down()
        address = await live.serve(tmp_path / "impostor")
        with pytest.raises(Refused, match="another certificate"):
            await _open(address, tmp_path / "ours")

    error = _listen_until_refused(tmp_path, other)
    assert "another certificate" in str(error.what)
    pinned = next((tmp_path / "ours" / "servers").iterdir())
    assert str(pinned) in str(error.fix)


def test_a_certificate_that_ends_mid_run_ends_the_line(tmp_path: Path) -> None:
    """At its minute, not at the next connection."""

    async def wait(live: Live) -> None:
        del live

    error = _listen_until_refused(tmp_path, wait, 12 / 86_400)
    assert "certificate ended" in str(error.what)
    assert "到期" in error.said("zh")["what"]


def test_our_own_certificate_is_private_and_made_once(tmp_path: Path) -> None:
    """The key is its owner's alone; the pair stays; an ended one is not used silently."""
    first = certificates.own(tmp_path, "client")
    assert certificates.own(tmp_path, "client") == first
    assert (tmp_path / "client.key.pem").stat().st_mode & 0o077 == 0
    with pytest.raises(Refused, match="our own certificate ended"):
        certificates.own(tmp_path, "old", life=timedelta(minutes=-1))
