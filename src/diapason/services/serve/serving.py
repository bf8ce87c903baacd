"""The plant lives on, step by step, and each server hands out its readings."""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from diapason.errors import Missing
from diapason.ports import find
from diapason.ports.line import PlantServer
from diapason.roles.plant import LivePlant
from diapason.services.serve.wishes import Wishes, protocols
from diapason.vocabulary.language import Text

__all__ = ["Pulse", "Serving", "described", "lived", "run", "serving"]

_PLANT = "hydrogenation"


@dataclass(frozen=True, slots=True)
class Pulse:
    """How it goes: after each step."""

    steps: int
    readings: int  # handed out so far, each tag once a step
    behind: float  # s that the last step came later than planned
    skipped: int  # steps left out because the machine was too slow


@dataclass(slots=True)
class Serving:
    """A plant behind its servers."""

    plant: LivePlant
    wishes: Wishes
    servers: dict[str, PlantServer] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, Missing] = field(default_factory=dict)  # protocols that could not be served, and why

    async def live(self, stop: asyncio.Event, told: Callable[[Pulse], None]) -> Pulse:
        """Step and publish in real time until `stop`; a step that comes too late is left out, never hurried after."""
        every, begin = self.wishes.every, time.monotonic()
        done = skipped = number = 0
        pulse, tags = Pulse(0, 0, 0.0, 0), len(self.plant.points())
        while not stop.is_set():
            number += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.0, begin + number * every - time.monotonic()))
                break
            late = int((time.monotonic() - begin) / every) - number
            number, skipped = number + max(late, 0), skipped + max(late, 0)
            behind = time.monotonic() - begin - number * every
            self.plant.advance(every * self.wishes.speed, time.time_ns() // 1000)
            for server in self.servers.values():
                await server.publish()
            done += 1
            pulse = Pulse(done, done * tags, behind, skipped)
            told(pulse)
        return pulse


@asynccontextmanager
async def serving(wishes: Wishes, plant: LivePlant | None = None) -> AsyncIterator[Serving]:
    """A plant that has lived through its history, behind servers that have started; they end with the block.

    Args:
        plant: another one than the embedded plant.

    Raises:
        NotFound: a protocol that nothing serves.
        Missing: a protocol that was asked for can't be served here, or none can.
        DataError: a fault that isn't on the menu.
    """
    modules = protocols(wishes.only)
    made = Serving(await asyncio.to_thread(lived, wishes) if plant is None else plant, wishes)
    try:
        for name, module in modules.items():
            await _start(made, name, module)
        if not made.servers:
            raise next(iter(made.left_out.values()), _nothing())
        yield made
    finally:
        ended = await asyncio.gather(*(server.stop() for server in made.servers.values()), return_exceptions=True)
        for trouble in filter(None, ended):  # each has been asked to end before one complains
            raise trouble


def lived(wishes: Wishes) -> LivePlant:
    """The embedded plant as it lives now, with the faults that were wished for.

    Raises:
        DataError: a fault that isn't on the menu.
    """
    plant: LivePlant = find("plants", _PLANT)().live(
        datetime.now(UTC), seed=wishes.seed, copies=wishes.copies, days=wishes.days
    )
    for one in wishes.faults:
        plant.plant_fault(one.kind, one.place, one.strength, after=one.after, lasting=one.lasting)
    return plant


async def _start(made: Serving, name: str, module: Any) -> None:
    try:
        server: PlantServer = module.serve(made.plant, made.wishes.options(name))
        made.addresses[name] = await server.start()
        made.servers[name] = server
    except Missing as error:
        if made.wishes.only:
            raise
        made.left_out[name] = error


def _nothing() -> Missing:
    what = Text("no protocol to serve the plant by is installed", "未安装任何可对外提供工厂的协议")
    return Missing(what, at="plant serve", fix="pip install 'diapason[opcua]'")


async def run(
    wishes: Wishes,
    *,
    ready: Callable[[Serving], None] = lambda _: None,
    told: Callable[[Pulse], None] = lambda _: None,
    seconds: float = 0.0,
) -> dict[str, Any]:
    """Serve until Ctrl-C, a request to end, or so many seconds (0 = no limit).

    Returns:
        addresses, left_out (protocol to why), tags, steps, readings, skipped.
    """
    stop = asyncio.Event()
    async with serving(wishes) as made:
        with _ending(stop):
            ready(made)
            limit = asyncio.get_running_loop().call_later(seconds, stop.set) if seconds > 0 else None
            pulse = await made.live(stop, told)
            if limit is not None:
                limit.cancel()
    return {**described(made), "steps": pulse.steps, "readings": pulse.readings, "skipped": pulse.skipped}


def described(made: Serving) -> dict[str, Any]:
    """What is served where; options are what a listener has to say beside the address."""
    wishes = made.wishes
    return {
        "addresses": made.addresses,
        "options": {name: dict(getattr(server, "options", {})) for name, server in made.servers.items()},
        "left_out": {name: str(error.what) for name, error in made.left_out.items()},
        "tags": len(made.plant.points()),
        "copies": wishes.copies,
        "every": wishes.every,
        "speed": wishes.speed,
        "keys": str(wishes.folder),
    }


@contextmanager
def _ending(stop: asyncio.Event) -> Iterator[None]:
    """Ctrl-C and a request to end set the event, so that servers are stopped in order."""
    loop, signals = asyncio.get_running_loop(), []
    if threading.current_thread() is threading.main_thread():
        for one in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, RuntimeError):  # not on every system
                loop.add_signal_handler(one, stop.set)
                signals.append(one)
    try:
        yield
    finally:
        for one in signals:
            loop.remove_signal_handler(one)
