"""Live equipment on a real broker: connect, record, Ctrl-C, the account, and plain words where nothing is."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from diapason.services.workspace import init

SENDER = """
import json, sys, time
from paho.mqtt import client as paho
client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
k = 0
while True:
    for asset in ("boiler", "pump"):
        said = {"asset": asset, "seq": k, "at": time.time_ns() // 1000, "values": {"TI-1 [°C]": 60 + k % 7, "flow": k}}
        client.publish(f"feed/{asset}/data", json.dumps(said), qos=1)
    k += 1
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Mosquitto with a sender that never stops."""
    from benchmarks.lines import broker

    folder = tmp_path_factory.mktemp("broker")
    made = broker(folder, mortal=False)
    made.start()
    (folder / "sender.py").write_text(SENDER)
    sender = subprocess.Popen([sys.executable, str(folder / "sender.py"), str(made.port)])
    yield f"mqtt://127.0.0.1:{made.port}"
    sender.kill()
    sender.wait()
    made.stop()


@pytest.fixture(scope="module")
def connected(broker: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace with a connection, and what was said when it was made."""
    from diapason.faces.python import open_plant

    site = tmp_path_factory.mktemp("plant") / "plant"
    init(site, person="wang")
    made = open_plant(site).connect(broker, name="feed", listen=1.5, options={"topic": "feed/{asset}/data"})
    return site, json.dumps(made)


def test_a_connection_says_what_it_found_and_lists_itself(connected, tmp_path, call):
    shutil.copytree(connected[0], tmp_path / "plant")
    made = json.loads(connected[1])
    assert [t["tag"] for t in made["tags"]] == ["boiler/TI-1 [°C]", "boiler/flow", "pump/TI-1 [°C]", "pump/flow"]
    assert made["layout"] == "assets"
    assert [t["unit"] for t in made["tags"]][::2] == ["Cel", "Cel"]
    assert "feed" in call("connect", "-w", str(tmp_path / "plant")).stdout
    tested = call("connect", "feed", "--listen", "1", "-w", str(tmp_path / "plant"))
    assert tested.stdout.startswith("feed answers; 4 of 4 spoke"), tested.output
    chinese = call("connect", "feed", "--listen", "1", "-w", str(tmp_path / "plant"), "--lang", "zh").stdout
    assert "4 / 4" in chinese


def test_nothing_is_said_to_begin_that_can_not(connected, tmp_path, call):
    shutil.copytree(connected[0], tmp_path / "plant")
    refused = call("record", "nobody", "--to", "history", "-w", str(tmp_path / "plant"))
    assert refused.exit_code == 1
    assert "Recording" not in refused.output
    assert "there is no connection 'nobody'" in refused.output


def test_ctrl_c_keeps_everything_and_the_same_command_goes_on(connected, tmp_path, call):
    site = tmp_path / "plant"
    shutil.copytree(connected[0], site)
    command = [sys.executable, "-m", "diapason", "record", "feed", "--to", "history", "--json", "-w", str(site)]
    rows = 0
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            threading.Timer(60, process.kill).start()
            spool = site / "spool" / "feed"
            before = sum(p.stat().st_size for p in spool.glob("*.seg")) if spool.is_dir() else 0
            while sum(p.stat().st_size for p in spool.glob("*.seg")) < before + 1000 and process.poll() is None:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGINT)
            said, errors = process.communicate()
        assert process.returncode == 0, errors
        done = json.loads(said)
        rows += done["rows"]
        assert done["account"]["totals"]["unexplained"] == 0
        assert done["account"]["totals"]["stored"] == 2 * rows
    shown = call("record", "feed", "--status", "-w", str(site))
    assert "every reading is accounted for" in shown.stdout
    assert "4 tags: all that was sent is stored." in shown.stdout
    assert "feed → history@2 (stopped)" in call("status", "-w", str(site)).stdout
    assert call("assess", "history", "-w", str(site)).exit_code == 0


def test_a_recording_that_starts_before_its_source_waits_for_it(connected, broker, tmp_path):
    from benchmarks.lines import until

    site, port = tmp_path / "plant", int(broker.rpartition(":")[2])
    shutil.copytree(connected[0], site)
    command = [sys.executable, "-m", "diapason", "record", "feed", "--to", "history", "-w", str(site)]
    assert subprocess.run([*command, "--for", "1s"], check=False, capture_output=True).returncode == 0
    away = Absent(port)
    file = site / "connections" / "feed.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(f":{port}", f":{away.port}"), encoding="utf-8")
    size = lambda: sum(p.stat().st_size for p in site.glob("spool/feed/*.seg"))  # noqa: E731
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        before = size()
        time.sleep(4)
        assert process.poll() is None
        away.begin()
        came = until(lambda: size() > before, 30)
        os.kill(process.pid, signal.SIGINT)
        said, errors = process.communicate()
    away.end()
    assert came, errors
    assert process.returncode == 0, errors
    assert "no broker answers" in errors
    assert "0 rejected + 0 dropped" in said


class Absent:
    """A port at which nobody answers, until it leads to the broker."""

    def __init__(self, target: int) -> None:
        from benchmarks.lines import free_port

        self.target, self.port, self.proxy = target, free_port(), None

    def begin(self) -> None:
        from benchmarks.lines import Proxy

        self.proxy = Proxy(self.target, self.port)

    def end(self) -> None:
        self.proxy.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("record", "nobody"), "there is no connection 'nobody'"),
        (("record", "nobody", "--status"), "'nobody' was never recorded"),
        (("record", "feed", "--for", "soon"), "'soon' is no time"),
        (("record",), "which connection?"),
        (("record", "--status"), "Nothing was recorded yet"),
        (("connect", "mqtt://h", "--name", "feed"), "there is a connection 'feed' already"),
        (("connect", "ftp://x", "--name", "x"), "no address of a line"),
        (("connect", "mqtt://127.0.0.1:1", "--name", "x"), "no broker answers"),
        (("connect", "mqtt://127.0.0.1:1"), "how is the connection to be called?"),
        (("connect", "mqtt://a:b@h", "--name", "x"), "a secret would be written"),
        (("connect", "mqtt://h", "--name", "x", "-o", "password=b"), "a secret would be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_plain_words(words, said, connected, tmp_path, call):
    shutil.copytree(connected[0], tmp_path / "plant")
    answered = call(*words, "-w", str(tmp_path / "plant"))
    assert said in answered.output
    assert "Traceback" not in answered.output
