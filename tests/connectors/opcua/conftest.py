"""Real servers on loopback: the embedded plant in a process of its own, and one that does odd things when told to."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from asyncua import Server, ua


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `diapason plant serve --json` says, while it runs."""
    keys = tmp_path_factory.mktemp("keys")
    words = [
        "plant",
        "serve",
        "--only",
        "opcua",
        "--port",
        "0",
        "--days",
        "0.2",
        "--every",
        "0.25",
        "--keys",
        str(keys),
    ]
    command = [sys.executable, "-m", "diapason", *words, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        while not said or said.count("{") != said.count("}"):
            line = process.stdout.readline()
            assert line, f"the server has ended: {said}"
            said += line
        yield {**json.loads(said), "folder": Path(keys) / "opcua"}
        process.terminate()
        assert process.wait(20) == 0


class Odd:
    """A server of asyncua in a thread, whose values are set as they come: any status, any time, any type."""

    def __init__(self, port: int) -> None:
        self.address = f"opc.tcp://127.0.0.1:{port}/"
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server: Any = None
        self.do(self._start())

    def do(self, story: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the server's loop."""
        return asyncio.run_coroutine_threadsafe(story, self.loop).result(60)

    async def _start(self) -> None:
        self.server = Server()
        await self.server.init()
        self.server.set_endpoint(self.address)
        self.server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        self.first, self.second = [await self.server.register_namespace(f"urn:test:{n}") for n in ("one", "two")]
        self.area = await self.server.nodes.objects.add_object(self.first, "Area")
        await self.server.start()

    def add(self, name: str, value: Any, kind: ua.VariantType, *, identifier: Any = None, writable: bool = True) -> Any:
        """One more variable under Area."""

        async def add() -> Any:
            node_id = ua.NodeId(name if identifier is None else identifier, self.first)
            node = await self.area.add_variable(node_id, ua.QualifiedName(name, self.first), value, kind)
            if writable:
                await node.set_writable()
            return node

        return self.do(add())

    def put(self, name: str, value: ua.DataValue) -> None:
        """A reading exactly as it is given."""

        async def put() -> None:
            place = self.server.iserver.aspace[ua.NodeId(name, self.first)].attributes[ua.AttributeIds.Value]
            place.value = value
            for handle, call in list(place.datachange_callbacks.items()):
                await call(handle, value)

        self.do(put())

    def end(self) -> None:
        """Stop it."""
        self.do(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture(scope="session")
def odd() -> Iterator[Odd]:
    """The odd server."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    made = Odd(port)
    yield made
    made.end()
