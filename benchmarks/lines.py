"""What the faults benchmark plays on: a broker with persistence, a proxy that can be cut, a disk that can be filled."""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from diapason.connectors.mqtt.broker import Mosquitto, free_port

__all__ = ["Proxy", "Sender", "broker", "free_port", "small_disk", "until"]


def until(what, seconds: float = 30.0, every: float = 0.02) -> bool:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(every)
    return False


def broker(folder: Path, *, mortal: bool) -> Mosquitto:
    """Mosquitto with its sessions on disk; where it is to be killed, saved at every change."""
    kept = ("persistence true", f"persistence_location {folder}/", "log_dest none")
    often = (f"autosave_interval {1 if mortal else 1800}", f"autosave_on_changes {str(mortal).lower()}")
    return Mosquitto(folder=folder, lines=(*kept, *often))


class Proxy:
    """TCP in between, cut and joined again at will."""

    def __init__(self, target: int, port: int = 0) -> None:
        self.target, self.open, self._pairs = target, True, []
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind(("127.0.0.1", port))
        self._listening.listen(16)
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing goes through any more, also not what is under way."""
        self.open = False
        pairs, self._pairs = self._pairs, []
        for one in [end for pair in pairs for end in pair]:
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # as a pulled cable: a reset
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def join(self) -> None:
        self.open = True

    def close(self) -> None:
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 2)
            except OSError:
                near.close()
                continue
            self._pairs.append((near, far))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class Sender:
    """A sender's process, and what it wrote down."""

    def __init__(self, kind: str, port: int, folder: Path) -> None:
        self.kind, self.port, self.folder = kind, port, folder
        self.journal = folder / "journal.csv"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "benchmarks.sending", self.kind, str(self.port), str(self.journal)]
        command += [str(self.folder)]
        root = Path(__file__).parents[1]
        pipe = subprocess.PIPE
        errors = (self.folder / "sender.log").open("a")
        self.process = subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, stderr=errors, text=True)
        said = self.process.stdout.readline()
        assert said.strip() == "ready", (self.folder / "sender.log").read_text()[-600:]

    def say(self, words: str) -> None:
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Stop sending; how many messages nobody has taken."""
        self.say("end")
        said = self.process.stdout.readline().split()
        self.process.wait(60)
        return int(said[1])


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[bool]:
    """A disk of its own of so many MiB at a folder; False where nobody may mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            for _ in range(20):
                if subprocess.run(["umount", str(folder)], check=False, capture_output=True).returncode == 0:
                    break
                time.sleep(0.1)


def fill(folder: Path) -> Path:
    """Take all the space there is; the file that holds it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 65_536)
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 512)
    return ballast


def stop(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C."""
    process.send_signal(signal.SIGINT)
