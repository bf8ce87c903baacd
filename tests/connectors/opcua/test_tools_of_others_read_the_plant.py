"""The command-line tools of asyncua, which nobody here wrote, see the served plant as any server."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from diapason.connectors.opcua import certificates


def _tool(name: str, served: dict[str, Any], folder: Path, *words: str, seconds: float = 60) -> str:
    assert find_spec("asyncua.tools")
    certificates.own(folder, "client")
    security = f"Basic256Sha256,SignAndEncrypt,{folder / 'client.der'},{folder / 'client.key.pem'}"
    common = ["--security", security, "-u", served["addresses"]["opcua"], "--timeout", "30"]
    program = f"import sys; from asyncua.tools import {name}; sys.argv[0] = '{name}'; sys.exit({name}())"
    command = [sys.executable, "-c", program, *common, *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as still:
        return (still.stdout or b"").decode()
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_uals_lists_and_uaread_reads(served: dict[str, Any], tmp_path: Path) -> None:
    """Assets as folders, tags below them, a number for a measured value."""
    listed = _tool("uals", served, tmp_path, "-n", "ns=2;s=plant/R-101")
    assert "TIC-201.PV" in listed
    assert 60 < float(_tool("uaread", served, tmp_path, "-n", "ns=2;s=TIC-201.PV").strip()) < 180
    assert _tool("uaread", served, tmp_path, "-n", "ns=2;s=R-101.MODE").strip() == "automatic"


def test_uasubscribe_hears(served: dict[str, Any], tmp_path: Path) -> None:
    """Until it is ended."""
    assert "TIC-201.PV" in _tool("uasubscribe", served, tmp_path, "-n", "ns=2;s=TIC-201.PV", seconds=12)


def test_uahistoryread_looks_back(served: dict[str, Any], tmp_path: Path) -> None:
    """Times and values."""
    said = _tool("uahistoryread", served, tmp_path, "-n", "ns=2;s=TIC-201.PV", "-l", "5")
    assert said.count("DataValue") >= 1 or said.count("Value") >= 1
