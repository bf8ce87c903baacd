"""A thousand assets on a broker, one message each a tick; a process of its own, written out so that it costs little.

Run: python -m benchmarks.fleet_sender PORT FORMAT ASSETS TAGS PERIOD SECONDS. Prints what it sent, as JSON.
"""

import json
import socket
import struct
import sys
import time

import numpy as np

from benchmarks.fleet_alone import learnt

SLICES = 50  # messages go out in so many slices a second
NODE = 50  # assets of an edge node
POOL = 32  # different ticks


def varint(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def blob(data: bytes) -> bytes:
    return varint(len(data)) + data


def text(data: str) -> bytes:
    return struct.pack(">H", len(data)) + data.encode()


def publish(topic: str, payload: bytes) -> bytes:
    return b"\x30" + blob(text(topic) + b"\x00" + payload)


class Sparkplug:
    """Birth certificates, then data messages of doubles by alias, patched in place."""

    def __init__(self, assets: int, tags: int, x: np.ndarray) -> None:
        self.x, self.assets = x, assets
        self.names = [(f"n{i // NODE:02}", f"a{i:04}") for i in range(assets)]
        self.sequence = [0] * (assets // NODE + 1)
        self.short, self.at_short = self._templates(tags, 0)
        self.long, self.at_long = self._templates(tags, 200)
        self.tags = tags

    def births(self) -> bytes:
        now, out = int(time.time() * 1e3), []
        for node in dict.fromkeys(n for n, _ in self.names):
            number = b"\x0a" + blob(b"bdSeq") + b"\x20\x08\x58\x00"
            out.append(
                publish(f"spBv1.0/g/NBIRTH/{node}", b"\x08" + varint(now) + b"\x12" + blob(number) + b"\x18\x00")
            )
        for i, (node, name) in enumerate(self.names):
            seq = self.next(i)
            metrics = [
                b"\x12"
                + blob(
                    b"\x0a"
                    + blob(f"t{j:02}".encode())
                    + b"\x10"
                    + varint(self.alias(i, j))
                    + b"\x20\x0a\x69"
                    + bytes(8)
                )
                for j in range(self.tags)
            ]
            out.append(
                publish(
                    f"spBv1.0/g/DBIRTH/{node}/{name}", b"\x08" + varint(now) + b"".join(metrics) + b"\x18" + varint(seq)
                )
            )
        return b"".join(out)

    def alias(self, i: int, j: int) -> int:
        return 128 + (i % NODE) * 20 + j

    def next(self, i: int) -> int:
        self.sequence[i // NODE] = (self.sequence[i // NODE] + 1) % 256
        return self.sequence[i // NODE]

    def _templates(self, tags: int, seq: int) -> tuple[np.ndarray, tuple[int, np.ndarray, int]]:
        rows = []
        for i, (node, name) in enumerate(self.names):
            metrics = b"".join(
                b"\x12" + blob(b"\x10" + varint(self.alias(i, j)) + b"\x69" + b"\xaa" * 8) for j in range(tags)
            )
            payload = b"\x08" + varint(1_764_000_000_000) + metrics + b"\x18" + varint(seq)
            rows.append(publish(f"spBv1.0/g/DDATA/{node}/{name}", payload))
        first = rows[0]
        begin = first.index(b"\x08" + varint(1_764_000_000_000)) + 1
        values = np.array([i for i in range(len(first) - 7) if first[i : i + 8] == b"\xaa" * 8][::1])
        values = values[np.r_[True, np.diff(values) > 1]]
        return np.frombuffer(b"".join(rows), np.uint8).reshape(self.assets, -1).copy(), (
            begin,
            values,
            len(first) - len(varint(seq)),
        )

    def messages(self, tick: int, low: int, high: int) -> list[bytes]:
        stamp = np.frombuffer(varint(int(time.time() * 1e3)), np.uint8)
        data = np.ascontiguousarray(self.x[tick % POOL, low:high]).view(np.uint8).reshape(high - low, self.tags, 8)
        sequences = [self.next(i) for i in range(low, high)]
        out: list[bytes] = [b""] * (high - low)
        for rows, (begin, values, last), wanted in ((self.short, self.at_short, 0), (self.long, self.at_long, 1)):
            mine = [k for k, s in enumerate(sequences) if (s > 127) == wanted]
            if not mine:
                continue
            made = rows[low:high][mine]
            made[:, begin : begin + len(stamp)] = stamp
            made[:, (values[:, None] + np.arange(8)).ravel()] = data[mine].reshape(len(mine), -1)
            made[:, last:] = [list(varint(sequences[k])) for k in mine]
            raw, width = made.tobytes(), made.shape[1]
            for at, k in enumerate(mine):
                out[k] = raw[at * width : (at + 1) * width]
        return out


class Packed:
    """Messages of JSON: a time and a list of values."""

    def __init__(self, assets: int, _tags: int, x: np.ndarray) -> None:
        self.topics = [f"plant/a{i:04}/data" for i in range(assets)]
        self.bodies = [[("[" + ",".join(f"{v:.4f}" for v in row) + "]}").encode() for row in tick] for tick in x]

    def births(self) -> bytes:
        return b""

    def messages(self, tick: int, low: int, high: int) -> list[bytes]:
        head = f'{{"t":{time.time():.6f},"v":'.encode()
        bodies = self.bodies[tick % POOL]
        return [publish(self.topics[i], head + bodies[i]) for i in range(low, high)]


def main() -> None:
    port, form, assets, tags, period, seconds = (*sys.argv[1:3], *sys.argv[3:])
    n, d, every, length = int(assets), int(tags), float(period), float(seconds)
    mix = learnt(d)[2]
    draw = np.random.default_rng(7)
    x = draw.normal(size=(POOL, n, len(mix))) @ mix + draw.normal(0, 0.5, (POOL, n, d))
    sender = {"sparkplug": Sparkplug, "packed": Packed}[form](n, d, x)
    link = socket.create_connection(("127.0.0.1", int(port)))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(b"\x10" + blob(text("MQTT") + b"\x05\x02\x00\x00\x00" + text("fleet-sender")))
    link.recv(4096)
    link.sendall(sender.births())
    time.sleep(2.0)
    slices = max(1, round(SLICES * every))
    edges = np.linspace(0, n, slices + 1).astype(int)
    begin, sent, worst, cpu = time.perf_counter(), 0, 0.0, time.process_time()
    for step in range(round(length / every) * slices):
        due = begin + step * every / slices
        wait = due - time.perf_counter()
        worst = max(worst, -wait)
        if wait > 0:
            time.sleep(wait)
        low, high = int(edges[step % slices]), int(edges[step % slices + 1])
        link.sendall(b"".join(sender.messages(step // slices, low, high)))
        sent += high - low
    took = time.perf_counter() - begin
    facts = {"messages": sent, "took": took, "behind": worst, "cpu": time.process_time() - cpu}
    time.sleep(1.0)
    link.sendall(b"\xe0\x00")
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
