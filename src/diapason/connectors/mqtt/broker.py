"""A broker for the embedded plant where none runs: Mosquitto, if it is installed."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from getpass import getuser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from diapason.errors import Missing
from diapason.vocabulary.language import Text

__all__ = ["Mosquitto", "answers", "free_port"]

_PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:C:\\Program Files\\mosquitto"
_LIMITS = ("max_queued_messages 0", "max_inflight_messages 0")
_STARTS = 5.0
"""Seconds until it has to answer."""


class Mosquitto:
    """Mosquitto as a child of this process, on loopback: for tests and tours, may be killed and started again.

    It runs as the user who starts it, without limits for who listens slowly, and ends with this process.

    Args:
        port: where it listens; 0 takes a free one.
        folder: where its configuration lies; default a temporary one.
        lines: more lines of its configuration.
        anonymous: whether clients come in without a name.

    Raises:
        Missing: it is not installed.
    """

    def __init__(
        self, port: int = 0, *, folder: Path | None = None, lines: Sequence[str] = (), anonymous: bool = True
    ) -> None:
        self.port = port or free_port()
        self.address = f"mqtt://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._own = None if folder else TemporaryDirectory(prefix="diapason-broker-")
        place = folder or Path(self._own.name if self._own else "")
        place.mkdir(parents=True, exist_ok=True)
        said = (f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(anonymous).lower()}", f"user {getuser()}")
        file = place / "mosquitto.conf"
        file.write_text("\n".join([*said, *_LIMITS, *lines, ""]), encoding="utf-8")
        self._command = (_program(), "-c", str(file))

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            Missing: it does not start.
        """
        self.launch()
        self.ready()

    def __enter__(self) -> Self:
        """Start it; it ends with the block."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def launch(self) -> None:
        """Start it, from the thread that it is to end with."""
        quiet = subprocess.DEVNULL
        with_us = _with_us if os.name == "posix" else None
        self.process = subprocess.Popen(  # noqa: S603
            self._command,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            preexec_fn=with_us,  # noqa: PLW1509
        )

    def ready(self) -> None:
        """Wait until it answers.

        Raises:
            Missing: it has ended, or says nothing.
        """
        end = time.monotonic() + _STARTS
        while time.monotonic() < end and self.process is not None and self.process.poll() is None:
            if answers("127.0.0.1", self.port):
                return
            time.sleep(0.02)
        what = Text(f"Mosquitto does not start on port {self.port}", f"Mosquitto 无法在端口 {self.port} 启动")
        raise Missing(what, at=self._command[0], fix=Text("choose another port", "请换一个端口"))

    def stop(self) -> None:
        """End it, as a service manager would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        if self._own is not None:
            self._own.cleanup()

    def kill(self) -> None:
        """End it with SIGKILL, as a fault would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def _program() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=_PLACES)
    if found is None:
        what = Text("no MQTT broker is installed", "未安装 MQTT 代理")
        fix = Text(
            "get Mosquitto: apt install mosquitto, brew install mosquitto, or mosquitto.org/download",
            "请安装 Mosquitto：apt install mosquitto、brew install mosquitto 或 mosquitto.org/download",
        )
        raise Missing(what, at="mosquitto", fix=fix)
    return found


def _with_us() -> None:
    """The broker ends with whoever started it, also after a kill; Linux can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    with suppress(OSError), socket.create_connection((host, port), timeout=1.0) as probe:
        return bool(probe.getsockname() != probe.getpeername())  # a socket that looks for a free port may find itself
    return False
