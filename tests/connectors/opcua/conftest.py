"""The embedded plant behind a real OPC UA server on loopback, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


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
        while not said.endswith("}\n") or said.count("{") != said.count("}"):
            line = process.stdout.readline()
            assert line, f"the server has ended: {said}"
            said += line
        yield {**json.loads(said), "folder": Path(keys) / "opcua"}
        process.terminate()
        assert process.wait(10) == 0
