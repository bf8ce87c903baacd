"""The two doors of this connector: open a line to a server, and serve a plant."""

import logging
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from diapason.errors import Missing
from diapason.ports.line import Line, PlantServer, Served
from diapason.vocabulary.language import Text

__all__ = ["open_line", "serve"]


async def open_line(address: str, options: Mapping[str, Any], *, writes: bool = False) -> Line:
    """Connect to `opc.tcp://host:port/path`.

    Options: `folder` (own key, certificate and the pinned certificates of servers; without it they last as long as the
    line), `security` ("best", "encrypted", "signed" or "none"), `user`, `password_file` or `password_env` (where the
    password stands), `interval` (s between two messages), `queue` (readings that the server keeps for us between
    them), `timeout` (s for one answer).

    Raises:
        Missing: nobody answers, or the package for it is not installed.
        Refused: the other side refuses certificate, name or password; or its certificate is not the one pinned.
        DataError: the address or an option can't be.
    """
    _needs_package(address)
    from diapason.connectors.opcua.access import access
    from diapason.connectors.opcua.line import OpcLine

    line = OpcLine(access(address, options), writes=writes)
    await line.open()
    return line


def serve(served: Served, options: Mapping[str, Any]) -> PlantServer:
    """A server for the plant; see `ports.line.PlantServer` for the options; besides: `user` (who
    may write), `certificate_days` (how long the certificate that it makes is valid: short for drills).

    Raises:
        Missing: the package for it is not installed.
    """
    _needs_package("plant serve")
    from diapason.connectors.opcua.server import OpcServer

    return OpcServer(served, options)


def _needs_package(at: str) -> None:
    if find_spec("asyncua") is None:
        what = Text("the package for OPC UA is not installed", "未安装 OPC UA 所需的软件包")
        raise Missing(what, at=at, fix="pip install 'diapason[opcua]'")
    logger = logging.getLogger("asyncua")
    if not logger.handlers:  # what matters is said as errors and states; its own log stays quiet unless somebody asks
        logger.addHandler(logging.NullHandler())
        logger.propagate = bool(logging.getLogger().handlers)
