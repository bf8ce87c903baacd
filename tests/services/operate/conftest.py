"""A compressor station with agents: rules alone, and a monitor that was learnt and published."""

import json
import shutil
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.signal import lfilter

import diapason
from diapason.connectors.mqtt.broker import Mosquitto
from diapason.services import agent
from diapason.services.workspace import Workspace, open_workspace

TAGS = ("T", "P", "F")
RULES = """- {kind: above, tag: T, limit: 80, clear: 75, name: hot}
- {kind: apart, tag: T, twin: P, limit: 60}
"""


def signals(n: int, seed: int, *, hot: int = 0) -> np.ndarray:
    """Three tags that hang together, shape (n, 3); the last `hot` rows part."""
    draw = np.random.default_rng(seed)
    load = lfilter([1.0], [1.0, -0.8], draw.normal(0, 0.5, n))
    x = np.column_stack([60 + 3 * load, 40 + 2 * load, 10 + load]) + draw.normal(0, 0.5, (n, 3))
    if hot:
        x[-hot:, 0] += 12
    return x


@pytest.fixture(scope="session")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace, learnt by wang and approved by li."""
    folder = tmp_path_factory.mktemp("station")
    parts = [(a, signals(400, seed, hot=60)) for seed, a in enumerate(("K-1", "K-2"))]
    table = pl.concat(
        pl.DataFrame(dict(zip(TAGS, x.T, strict=True))).with_columns(
            asset=pl.lit(a), time=pl.Series(np.arange(400.0)), abnormal=pl.Series((np.arange(400) >= 340).astype(int))
        )
        for a, x in parts
    )
    table.write_csv(folder / "station.csv")
    plant = diapason.init(folder / "plant", person="wang")
    plant.person("li", roles=["approver"])
    plant.ingest(str(folder / "station.csv"), name="station", asset="asset", time="time", target="abnormal")
    plant.assess("station")
    plant.learn("station", task="monitoring", normal_first=300)
    (folder / "rules.yaml").write_text(RULES)
    ws = open_workspace(folder / "plant", person="wang")
    for name in ("K-1", "K-2"):
        agent.create(ws, f"{name.lower()}-rules", rules=folder / "rules.yaml", asset=name)
    return folder / "plant"


@pytest.fixture
def ws(learnt: Path, tmp_path: Path) -> Workspace:
    """A copy of it, opened by wang."""
    shutil.copytree(learnt, tmp_path / "plant")
    return open_workspace(tmp_path / "plant", person="wang")


@pytest.fixture
def broker() -> Iterator[int]:
    """The port of a Mosquitto of our own."""
    with Mosquitto() as made:
        yield made.port


@pytest.fixture
def publish(broker: int) -> Iterator[Callable[..., None]]:
    """`publish("K-1", [60, 40, 10], at=12.0)`: one packed message on the broker."""
    link = socket.create_connection(("127.0.0.1", broker))
    link.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x03tst")
    link.recv(100)

    def one(asset: str, values: object, at: float) -> None:
        values = [None if v is None else float(v) for v in values]  # type: ignore[attr-defined]
        topic, body = f"plant/{asset}/data".encode(), json.dumps({"t": at, "v": values}).encode()
        inner = struct.pack(">H", len(topic)) + topic + b"\x00" + body
        length, rest = b"", len(inner)
        while True:
            rest, digit = divmod(rest, 128)
            length += bytes([digit | (128 if rest else 0)])
            if not rest:
                break
        link.sendall(b"\x30" + length + inner)

    yield one
    link.close()


@pytest.fixture
def options() -> dict[str, object]:
    """How the line is read."""
    return {"topic": "plant/{asset}/data", "tags": ",".join(TAGS), "qos": 0}
