"""OPC UA: 5,000 tags at 1 Hz in one client, the server in another process; back after a restart; 100,000 nodes browsed.

The server is `diapason plant serve` with 61 cells, signed and encrypted. Lag is from the source's time of a reading to
the moment at which the packet is in the client's hands, on one clock. CPU is the client process's own. A restart is a
`kill -9` of the server and a new one on the same port; the time runs from the moment at which the new one says its
address to the first reading of every tag. The large server has 100 folders of 1,000 variables each, none encrypted.

Run: python -m benchmarks.opcua [--quick] [--json]; --quick: 15 s instead of 60, one restart, 10,000 nodes.
"""

import asyncio
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.frame import Result, main
from diapason.errors import DataError
from diapason.ports import find
from diapason.ports.line import Line

TAGS, COPIES = 5000, 61

BIG = """
import asyncio, sys
from diapason.connectors.opcua.server import OpcServer
from diapason.vocabulary.line import Point, Packet, Kind
import numpy as np
class Big:
    def __init__(self, n):
        self.all = [Point(f"T{i:06d}", "", unit="bar", low=0.0, high=10.0, asset=f"area-{i // 1000:03d}") for i in range(n)]
        self.packet = Packet("", tuple(p.tag for p in self.all), np.ones(n), np.full(n, 1_700_000_000_000_000), np.zeros(n, np.uint8), 0)
    def points(self): return self.all
    def readings(self): return self.packet
    def write(self, tag, value): ...
    def past(self, tag, start, end, most): return np.empty(0, np.int64), np.empty(0)
async def main():
    server = OpcServer(Big(int(sys.argv[1])), {"open": True})
    print(await server.start(), flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""


def _port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def serve(folder: Path, port: int) -> tuple[subprocess.Popen[str], str]:
    """A plant in a process of its own; returns when it says its address."""
    words = ["--only", "opcua", "--port", str(port), "--copies", str(COPIES), "--days", "0", "--keys", str(folder)]
    command = [sys.executable, "-m", "diapason", "plant", "serve", *words, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = ""
    while not said or said.count("{") != said.count("}"):
        assert process.stdout is not None
        said += process.stdout.readline()
    return process, str(json.loads(said)["addresses"]["opcua"])


@asynccontextmanager
async def line_to(address: str, **options: Any) -> AsyncIterator[Line]:
    """An open line."""
    line = await find("connectors", "opc.tcp").open_line(address, {"timeout": 30, **options})
    try:
        yield line
    finally:
        await line.close()


async def _tags(line: Line) -> list[str]:
    return [point.tag async for point in line.browse()][:TAGS]


async def steady(address: str, seconds: float) -> list[Result]:
    """Readings, lag and CPU while everything runs."""
    async with line_to(address) as line:
        tags = await _tags(line)
        stream = line.listen(tags)
        warm = time.monotonic() + 5
        while time.monotonic() < warm:
            await anext(stream)
        cpu, begin, lags, seen = time.process_time(), time.monotonic(), [], []
        while time.monotonic() < begin + seconds:
            packet = await anext(stream)
            lags.append((packet.received - packet.at) / 1e6)
            seen.append(packet.at)
        spent, passed = time.process_time() - cpu, time.monotonic() - begin
    lag, at = np.concatenate(lags), np.unique(np.concatenate(seen))
    median, most = (float(np.quantile(lag, q)) for q in (0.5, 0.99))
    inner = np.isin(np.concatenate(seen), at[1:-1]).sum()  # the first and the last step are cut by the window
    full = float(inner) / (TAGS * max(len(at) - 2, 1))
    rate, share = len(lag) / passed, spent / passed
    growth = float(np.mean(np.concatenate(lags[-5:])) - np.mean(np.concatenate(lags[:5])))
    what = f"{TAGS:,} tags at 1 Hz, encrypted, {seconds:g} s"
    return [
        Result("opcua.rate", f"{what}: readings in the client's hands", rate, ">= 4950", "1/s", rate >= 0.99 * TAGS),
        Result("opcua.whole", f"{what}: readings of the steps seen that arrived", full, ">= 0.99", "", full >= 0.99),
        Result("opcua.lag", f"{what}: from the source's time to the client: median", median, "-", "s", None),
        Result("opcua.lag99", f"{what}: 99 of 100", most, "< 2", "s", most < 2),
        Result("opcua.behind", f"{what}: lag at the end less lag at the beginning", growth, "< 0.5", "s", growth < 0.5),
        Result("opcua.cpu", f"{what}: share of one core of the client", share, "< 1", "", share < 1),
    ]


async def restarts(folder: Path, count: int) -> list[Result]:
    """Kill the server, start it again, and wait for every tag."""
    port = _port()
    process, address = serve(folder, port)
    waits, gaps = [], []
    async with line_to(address) as line:
        tags = await _tags(line)
        stream = line.listen(tags)
        for _ in range(count):
            await anext(stream)
            process.kill()
            process.wait()
            process, _ = await asyncio.to_thread(serve, folder, port)
            begin, missing = time.monotonic(), set(tags)
            told = time.time() * 1e6
            first = 0.0
            while missing:
                packet = await asyncio.wait_for(anext(stream), 60)
                if packet.received > told:
                    first = first or time.monotonic() - begin
                    missing -= set(packet.tags)
            waits.append(time.monotonic() - begin)
            gaps.append(first)
    process.kill()
    process.wait()
    worst, soonest = max(waits), max(gaps)
    what = f"kill -9 of the server with {TAGS:,} tags, from its return, worst of {count}"
    return [
        Result("opcua.back", f"{what}: first readings", soonest, "< 5", "s", soonest < 5),
        Result("opcua.back_all", f"{what}: every tag has a reading", worst, "< 5", "s", worst < 5),
    ]


async def large(nodes: int) -> list[Result]:
    """Browse a large server whole, and with too small an allowance."""
    process = subprocess.Popen([sys.executable, "-c", BIG, str(nodes)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = (await asyncio.to_thread(process.stdout.readline)).strip()
        async with line_to(address, security="none") as line:
            before, begin = _memory(), time.monotonic()
            found = 0
            async for _ in line.browse():
                found += 1
            passed, grown = time.monotonic() - begin, _memory() - before
            try:
                short = [p async for p in line.browse(most=1000)]
                told = float(len(short))
            except DataError:
                told = 1.0
    finally:
        process.kill()
        process.wait()
    return [
        Result("opcua.browsed", f"{nodes:,} nodes: tags found", found, f"= {nodes}", "", found == nodes),
        Result("opcua.browse", f"{nodes:,} nodes with unit and range: time", passed, "-", "s", None),
        Result(
            "opcua.browse_memory", f"{nodes:,} nodes: memory that the client grew by", grown, "< 300", "MB", grown < 300
        ),
        Result("opcua.browse_told", "1,000 allowed: says so and how to narrow", told, "= 1", "", told == 1.0),
    ]


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(quick: bool) -> Sequence[Result]:
    """All of it on loopback."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process, address = serve(folder, _port())
        out = asyncio.run(steady(address, 15 if quick else 60))
        process.terminate()
        process.wait()
        out += asyncio.run(restarts(folder, 1 if quick else 3))
        out += asyncio.run(large(10_000 if quick else 100_000))
    return out


if __name__ == "__main__":
    main("opcua", measure, seeds=(7,))
