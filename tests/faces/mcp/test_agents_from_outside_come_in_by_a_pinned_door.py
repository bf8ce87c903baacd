"""A real client of the protocol, in another process: it reads, it proposes in a registered name, it can do no more."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import polars as pl
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

import diapason
from diapason.services import outside

ADVICE = """name: advice
owner: wang
expires: 2027-06-30
asset: oven
permissions:
- {right: read, asset: oven, tag: '*', autonomy: A1}
- {right: write, asset: oven, tag: heat, autonomy: A3}
envelopes:
- {asset: oven, tag: heat, unit: Cel, low: 100, high: 200, step: 5, rate: 10, dwell: 0, daily: 50}
rules: [{kind: above, tag: heat, limit: 190, name: hot}]
"""


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An oven's record, an agent, both sets of tools approved."""
    folder = tmp_path_factory.mktemp("door") / "plant"
    made = diapason.init(folder, person="wang")
    at = pl.datetime_range(pl.datetime(2026, 3, 1), pl.datetime(2026, 3, 2), "10m", eager=True)
    pl.DataFrame({"time": at, "heat": 150 + np.arange(at.len()) % 7}).write_csv(folder.parent / "oven.csv")
    made.ingest(str(folder.parent / "oven.csv"), name="oven", time="time")
    (folder / "agents").mkdir()
    (folder / "agents" / "advice.yaml").write_text(ADVICE)
    made.agent_new("advice")
    for door in outside.SERVERS:
        made.agent_serve(door)
    return folder


def _client(plant: Path, *words: str) -> Client:
    command = ["-m", "diapason", "-w", str(plant), "agent", "serve", *words]
    return Client(stdio_client(StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))))


def test_a_client_reads_and_asks_and_gets_typed_data(plant: Path) -> None:
    async def story() -> None:
        async with _client(plant, "read") as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {tool.name for tool in outside.toolset("read")}
            asked = await client.call_tool("diapason_ask", {"question": "What was the highest heat in oven?"})
            assert asked.structured_content["numbers"][0]["value"] == 156
            got = await client.call_tool("diapason_readings", {"dataset": "oven", "tag": "heat", "most": 3})
            assert [r["value"] for r in got.structured_content["readings"]] == [150, 151, 152]
            assert got.structured_content["cut"]
            odd = await client.call_tool("diapason_readings", {"dataset": "oven", "tag": "heat", "most": 10**9})
            assert odd.is_error
            assert "most" in odd.content[0].text
            assert (await client.call_tool("diapason_propose", {})).is_error

    asyncio.run(story())


def test_a_proposal_has_a_registered_name_and_approval_is_no_tool(plant: Path) -> None:
    async def story() -> None:
        async with _client(plant, "propose", "--agent", "advice") as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {"diapason_propose", "diapason_action"}
            said: dict[str, Any] = {"asset": "oven", "tag": "heat", "new": 151, "unit": "Cel", "reason": "colder"}
            done = await client.call_tool("diapason_propose", said)
            assert done.is_error  # there is no line yet: nothing is proposed about what nobody can read
            other = await client.call_tool("diapason_propose", said | {"tag": "cool"})
            assert "may not propose" in json.loads(other.content[0].text)["what"]
            assert (await client.call_tool("diapason_action", {"key": "another"})).is_error

    asyncio.run(story())


def test_without_a_name_or_an_approval_nothing_is_served(plant: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "diapason", "-w", str(plant), "agent", "serve", "propose"],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert said.returncode == 1
    assert "registered" in said.stderr
    diapason.init(tmp_path / "fresh", person="wang")
    said = subprocess.run(
        [sys.executable, "-m", "diapason", "-w", str(tmp_path / "fresh"), "agent", "serve", "read"],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert said.returncode == 1
    assert "--approve" in said.stderr


def test_over_http_a_token_opens_and_nothing_else_does(plant: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "diapason", "-w", str(plant), "agent", "serve", "read", "--port", str(port)]
    server = subprocess.Popen(command, env=dict(os.environ) | {"DIAPASON_TOKEN": "sesame"})
    url = f"http://127.0.0.1:{port}/mcp"

    async def story(token: str) -> float:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            asked = await client.call_tool("diapason_ask", {"question": "What was the lowest heat in oven?"})
            return float(asked.structured_content["numbers"][0]["value"])

    try:
        for _ in range(1200):  # a busy machine may take a minute
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        assert asyncio.run(story("sesame")) == 150
        with pytest.raises((MCPError, httpx2.HTTPError, ExceptionGroup)):
            asyncio.run(story("simsim"))
    finally:
        server.terminate()
        server.wait(10)
