"""MQTT: what a message costs to receive, ours beside other clients; a fleet's 200,000 readings a second; decoding.

A sender in its own process writes PUBLISH packets that were made before (QoS 1) into Mosquitto at a fixed rate; the receiver
acknowledges each. CPU is the receiving process's own from the first to the last message, kernel included. Other clients are
measured where they are installed (paho-mqtt, gmqtt, awscrt; aiomqtt stands on paho). Decoding is CPU time, the best of 12 repeats.

Run: python -m benchmarks.mqtt [--quick] [--json]; --quick: a third of the messages.
"""

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
import timeit
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.frame import Result, main
from diapason.connectors.mqtt import open_line
from diapason.connectors.mqtt.broker import Mosquitto
from diapason.connectors.mqtt.client import Client, Message
from diapason.connectors.mqtt.nodes import Arrived, Nodes
from diapason.connectors.mqtt.packed import Packed
from diapason.connectors.mqtt.packets import connect, publish
from diapason.connectors.mqtt.payload import Metric, encoded, metric_bytes
from diapason.connectors.mqtt.settings import settings_of

RATE, FLEET, ASSETS, TAGS = 5000, 10_000, 1000, 20
PEERS = {
    "paho": """
import paho.mqtt.client as m
c = m.Client(m.CallbackAPIVersion.VERSION2, client_id="r", protocol=m.MQTTv5, manual_ack=True)
def came(c, _, x):
    on(); c.ack(x.mid, x.qos); over()
c.on_message = came
c.on_connect = lambda *_: c.subscribe("b/#", qos=1)
c.connect("127.0.0.1", port); c.loop_forever()
""",
    "gmqtt": """
import asyncio
from gmqtt import Client
async def go():
    c = Client("r")
    async def came(*_):
        on(); over(); return 0
    c.on_message = came
    await c.connect("127.0.0.1", port); c.subscribe("b/#", qos=1); await asyncio.sleep(1000)
asyncio.run(go())
""",
    "awscrt": """
import threading
from awscrt import mqtt5
up = threading.Event()
def came(d):
    h = d.acquire_publish_acknowledgement_control(); on(); c.invoke_publish_acknowledgement(h); over()
o = mqtt5.ClientOptions(host_name="127.0.0.1", port=port, connect_options=mqtt5.ConnectPacket(client_id="r"),
    on_publish_callback_fn=came, on_lifecycle_event_connection_success_fn=lambda _: up.set())
c = mqtt5.Client(o); c.start(); up.wait(10)
c.subscribe(mqtt5.SubscribePacket(subscriptions=[mqtt5.Subscription("b/#", mqtt5.QoS.AT_LEAST_ONCE)])).result(10)
threading.Event().wait(1000)
""",
}
HEAD = """
import os, sys, time
port, n = int(sys.argv[1]), int(sys.argv[2])
t, got = [0.0, 0.0], 0
def on():
    global got
    got += 1
    if got == 1: t[:] = [time.process_time(), time.time()]
def over():
    if got >= n:
        print((time.process_time() - t[0]) / n * 1e6, n / (time.time() - t[1]), flush=True); os._exit(0)
"""


def send(port: int, rate: int, count: int, messages: Sequence[bytes]) -> None:
    """Write packets that are ready, at a rate; their numbers come round with them."""
    link = socket.create_connection(("127.0.0.1", port))
    said = {"user": None, "password": None, "will": None, "keep_alive": 600, "clean": True, "expiry": 0}
    link.sendall(connect("bench-sender", **said, receive_maximum=65535, largest=1 << 20))
    link.recv(100)
    threading.Thread(target=_drain, args=(link,), daemon=True).start()
    begin, step = time.time(), rate // 100
    for i in range(0, count, step):
        link.sendall(b"".join(messages[j % len(messages)] for j in range(i, min(i + step, count))))
        time.sleep(max(0.0, begin + (i + step) / rate - time.time()))
    time.sleep(3)


def _drain(link: socket.socket) -> None:
    while link.recv(65_536):
        pass


def plain() -> list[bytes]:
    """Messages of 250 bytes on 1,000 topics."""
    return [publish(f"b/a{i % ASSETS:04d}/data", bytes(250), id=i + 1) for i in range(10_000)]


def fleet() -> list[bytes]:
    """Packed JSON of 1,000 assets with 20 tags, 60 ticks."""
    made = []
    for i in range(60 * ASSETS):
        values = ",".join(f'"t{k:02}":{k * 1.37 + i * 1e-4:.4f}' for k in range(TAGS))
        body = f'{{"seq":{i // ASSETS},"at":{1764400000 + i // ASSETS},"values":{{{values}}}}}'.encode()
        made.append(publish(f"plant/a{i % ASSETS:04d}/data", body, id=i % 60_000 + 1))
    return made


async def ours(port: int, count: int) -> tuple[float, float]:
    """µs of CPU a message, messages a second."""
    done, got, begin = asyncio.Event(), 0, (0.0, 0.0)

    def take(generation: int, messages: list[Message]) -> None:
        nonlocal got, begin
        begin = begin if got else (time.process_time(), time.time())
        got += len(messages)
        client.acknowledge(generation, [message[1] for message in messages])
        if got >= count:
            done.set()

    client = Client(settings_of(f"mqtt://127.0.0.1:{port}", {"session": 0}, client="r"), take)
    await client.start()
    await client.subscribe(["b/#"])
    print("ready", flush=True)
    await done.wait()
    return (time.process_time() - begin[0]) / got * 1e6, got / (time.time() - begin[1])


async def line(port: int, count: int) -> tuple[float, float, float]:
    """The same for a whole line with its packets, and the readings that came."""
    opened = await open_line(f"mqtt://127.0.0.1:{port}", {"topic": "plant/{asset}/data"})
    got, readings, begin = 0, 0, (0.0, 0.0)
    threading.Timer(0.5, print, ("ready",), {"flush": True}).start()
    async for packets in opened.listen_many([]):
        begin = begin if got else (time.process_time(), time.time())
        got += len(packets)
        readings += sum(map(len, packets))
        await opened.acknowledge(packets)
        if got >= count:
            break
    return (time.process_time() - begin[0]) / got * 1e6, got / (time.time() - begin[1]), float(readings)


def received(port: int, who: str, count: int, rate: int, messages: Sequence[bytes]) -> list[float]:
    """Start a receiver, send, and read what it says; nothing where it did not finish."""
    if who in PEERS:
        command = [sys.executable, "-c", HEAD + PEERS[who], str(port), str(count)]
    else:
        command = [sys.executable, "-m", "benchmarks.mqtt", who, str(port), str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    time.sleep(4)
    send(port, rate, count, messages)
    try:
        said, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        return []
    return [float(word) for word in said.replace("ready", "").split()]


def decoding() -> list[Result]:
    """From payload to packet."""
    now = 1_795_979_791_041
    nodes, packed = Nodes(lambda *_: None), Packed("plant/{asset}/data")
    sorts = [Metric(f"t{k:02}", k, now, 10, value=1.0) for k in range(TAGS)]
    nodes.take(Arrived("spBv1.0/g/NBIRTH/e", encoded([], at=now, sequence=0), 0, None))
    nodes.take(Arrived("spBv1.0/g/DBIRTH/e/d", encoded(map(metric_bytes, sorts), at=now, sequence=1), 0, None))
    data = [Metric(alias=k, at=now, type=10, value=k * 1.37) for k in range(TAGS)]
    raws = [encoded(map(metric_bytes, data), at=now + i, sequence=(2 + i) % 256) for i in range(512)]
    turn = iter(range(1 << 30))
    text = json.dumps(
        {"asset": "a", "seq": 1, "at": 1764400000.25, "values": {f"t{k:02}": k * 1.37 for k in range(TAGS)}}
    ).encode()
    first = _best(lambda: nodes.take(Arrived("spBv1.0/g/DDATA/e/d", raws[next(turn) % 512], 0, (1, 1))))
    second = _best(lambda: packed.take(Arrived("plant/a/data", text, 0, (1, 1))))
    return [
        Result("mqtt.sparkplug", f"a Sparkplug message of {TAGS} numbers becomes a packet", first, "-", "µs", None),
        Result("mqtt.packed", f"packed JSON of {TAGS} numbers becomes a packet", second, "-", "µs", None),
    ]


def _best(work: Callable[[], object]) -> float:
    return min(timeit.repeat(work, number=3000, repeat=12, timer=time.process_time)) / 3000 * 1e6


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().split()
    return (int(fields[13]) + int(fields[14])) / 100


def measure(quick: bool) -> Sequence[Result]:
    """All of it on loopback."""
    count, out = 20_000 // (3 if quick else 1), decoding()
    for who in ("ours", *(name for name in PEERS if find_spec(name) or find_spec(name.split(".")[0]))):
        with Mosquitto() as broker:
            said = received(broker.port, who, count, RATE, plain())
        what = f"{RATE:,} messages/s of 250 bytes, QoS 1, {who}"
        cpu, rate = said if said else (float("nan"), 0.0)
        bar, holds = ("<= 30", cpu <= 30) if who == "ours" else ("-", None)
        out.append(Result(f"mqtt.receive.{who}", f"{what}: CPU of the receiver a message", cpu, bar, "µs", holds))
        out.append(Result(f"mqtt.rate.{who}", f"{what}: kept up with", rate, "-", "1/s", None))
    total = 60_000 // (3 if quick else 1)
    with Mosquitto() as broker:
        before = _cpu(broker.process.pid)
        said = received(broker.port, "line", total, FLEET, fleet())
        spent = (_cpu(broker.process.pid) - before) / total * 1e6
    cpu, rate, readings = said if said else (float("nan"), 0.0, 0.0)
    what = f"{FLEET:,} packed messages/s of {TAGS} readings, QoS 1, line with broker and sender on the same cores"
    out.append(Result("mqtt.fleet.cpu", f"{what}: CPU of the line a message", cpu, "-", "µs", None))
    out.append(Result("mqtt.fleet.broker", f"{what}: CPU of Mosquitto a message", spent, "-", "µs", None))
    out.append(Result("mqtt.fleet.rate", f"{what}: messages taken", rate, ">= 9500", "1/s", rate >= 0.95 * FLEET))
    out.append(
        Result(
            "mqtt.fleet.whole", f"{what}: readings taken", readings, f"= {total * TAGS}", "", readings == total * TAGS
        )
    )
    return out


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in ("ours", "line"):
        print(*asyncio.run((ours if sys.argv[1] == "ours" else line)(int(sys.argv[2]), int(sys.argv[3]))), flush=True)
    else:
        main("mqtt", measure, seeds=(0,))
