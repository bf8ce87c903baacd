"""A broker for the embedded plant where none runs: Mosquitto, if it is installed."""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from getpass import getuser
from pathlib import Path

from diapason.errors import Missing
from diapason.vocabulary.language import Text

__all__ = ["OwnBroker", "answers"]

_PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:C:\\Program Files\\mosquitto"


class OwnBroker:
    """Mosquitto as a child of this process, on loopback, without a password: for tests and tours."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            Missing: it is not installed, or does not start.
        """
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path=_PLACES)
        if program is None:
            what = Text("no MQTT broker is installed", "未安装 MQTT 代理")
            fix = Text(
                "get Mosquitto: apt install mosquitto, brew install mosquitto, or mosquitto.org/download",
                "请安装 Mosquitto：apt install mosquitto、brew install mosquitto 或 mosquitto.org/download",
            )
            raise Missing(what, at="mosquitto", fix=fix)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "mosquitto.conf"
            file.write_text("\n".join(_lines(self.port)), encoding="utf-8")
            quiet = asyncio.subprocess.DEVNULL
            self._process = await asyncio.create_subprocess_exec(
                program, "-c", str(file), stdin=quiet, stdout=quiet, stderr=quiet,
                preexec_fn=_with_us if os.name == "posix" else None,
            )  # fmt: skip
            for _ in range(200):
                if answers("127.0.0.1", self.port):
                    return
                if self._process.returncode is not None:
                    break
                await asyncio.sleep(0.02)
        what = Text(f"Mosquitto does not start on port {self.port}", f"Mosquitto 无法在端口 {self.port} 启动")
        raise Missing(what, at=program, fix=Text("choose another port", "请换一个端口"))

    async def stop(self) -> None:
        """End it."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            await self._process.wait()


def _lines(port: int) -> tuple[str, ...]:
    """Only on loopback, without limits for who listens slowly, as the user who starts it."""
    limits = ("max_queued_messages 0", "max_inflight_messages 0")
    return (f"listener {port} 127.0.0.1", "allow_anonymous true", f"user {getuser()}", *limits, "")


def _with_us() -> None:
    """The broker ends with whoever started it, also after a kill; Linux can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    with suppress(OSError), socket.create_connection((host, port), timeout=1.0) as probe:
        return bool(probe.getsockname() != probe.getpeername())  # a socket that looks for a free port may find itself
    return False
