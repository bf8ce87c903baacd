"""Where real data lies."""

import ast
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # commands that tests call start as an installed one does, compiled
settings.register_profile(
    "any", suppress_health_check=[HealthCheck.too_slow], deadline=None
)  # a busy machine is no fault
settings.register_profile("ci", settings.get_profile("any"), derandomize=True)
settings.load_profile("any")
if os.environ.get("CI"):  # what fails there fails again here
    settings.load_profile("ci")


def data_folder() -> Path:
    """`DIAPASON_DATA`, or `../shared/data` beside the project."""
    return Path(os.environ.get("DIAPASON_DATA") or Path(__file__).parents[2] / "shared" / "data")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real public sets; a test that needs one fails plainly when it is absent."""
    folder = data_folder()
    assert folder.is_dir(), f"real data is absent: set DIAPASON_DATA (looked in {folder})"
    return folder


@pytest.fixture(scope="session")
def browser() -> str:
    """A real browser: `DIAPASON_BROWSER`, or Chromium or Chrome on the PATH."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("DIAPASON_BROWSER") or next((p for n in names if (p := shutil.which(n))), None)
    if found is None:
        how = "no browser: apt-get install chromium fonts-noto-cjk, or set DIAPASON_BROWSER"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(how)
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A fresh database on a real PostgreSQL: `DIAPASON_POSTGRES`, the standard port, or a server of our own."""
    import psycopg

    address, name = os.environ.get("DIAPASON_POSTGRES", "postgresql://postgres@localhost:5432"), f"t{uuid4().hex}"
    stop: Callable[[], object] = bool
    try:
        server = psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        address, stop = own_postgres()
        server = psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=30)
    with server:
        server.execute(f"CREATE DATABASE {name}")
        yield f"{address}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    stop()


def own_postgres() -> tuple[str, Callable[[], object]]:
    """A server in a folder of its own, on a free port, and what stops it; PostgreSQL refuses to be root."""
    found = shutil.which("initdb") or next(iter(sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")))), "")
    if not found:
        how = "no PostgreSQL: apt-get install postgresql, or set DIAPASON_POSTGRES=postgresql://USER@HOST"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(how)
    tools, who = Path(found).resolve().parent, {"user": "nobody"} if os.getuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="pg"))
    if who:
        shutil.chown(home, "nobody")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    begin = ["-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", f"-p {port} -k {home}", "start"]
    calls = [[tools / "initdb", "-D", begin[1], "-U", "postgres", "-A", "trust"], [tools / "pg_ctl", *begin]]
    for call in calls:
        subprocess.run(call, check=True, capture_output=True, cwd=home, **who)
    stopping = [tools / "pg_ctl", "-D", begin[1], "-m", "immediate", "stop"]
    stop = partial(subprocess.run, stopping, check=False, capture_output=True, cwd=home, **who)
    return f"postgresql://postgres@localhost:{port}", stop


@dataclass(frozen=True)
class Said:
    """What a command line answered."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """`call("status", "-w", "plant-a")`: the command line, in this process, in English unless asked otherwise."""
    from diapason.faces.cli.app import called

    monkeypatch.setenv("DIAPASON_LANG", "en")

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = called(words)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def promised() -> Callable[[str], set[str]]:
    """`promised("connectors")`: the words of every promise that a check of `diapason.testing` asks for."""
    from diapason import testing

    def words(module: str) -> set[str]:
        tree = ast.parse((Path(testing.__path__[0]) / f"{module}.py").read_text(encoding="utf-8"))
        calls = [c for c in ast.walk(tree) if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)]
        said = [c.args[1] for c in calls if c.func.id in ("_promise", "_refused")]
        return {text for one in said if (text := _longest(one))}

    return words


def _longest(node: ast.expr) -> str:
    """The longest piece of a text that is always the same."""
    pieces = [c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)]
    return max(pieces, key=len, default="").strip(" :,")


@pytest.fixture
def trials() -> dict[str, Any]:
    """A finished run of trials in plain form, with every kind of line: adopted, bundle, fallen early, for a person."""
    return json.loads((Path(__file__).parent / "trials.json").read_text(encoding="utf-8"))
