"""The A2A protocol on loopback: the agent's signed card, and `message/send` answered by `ask`; nothing else."""

import hmac
import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from diapason.errors import DiapasonError
from diapason.services import agent, ask
from diapason.services.workspace import Workspace, open_workspace

__all__ = ["LARGEST", "answered", "listening", "serve"]

LARGEST = 65_536
"""Bytes of a request at most."""

_SEND = ("message/send", "SendMessage")
"""The method as versions 0.3 and 1.0 call it."""


def serve(ws: Workspace, name: str, *, port: int, token: str = "") -> None:
    """Answer at http://127.0.0.1:PORT/ until stopped.

    Args:
        name: of the registered agent whose card is shown.
        token: that every question must bear; "" = anybody on this machine may ask.

    Raises:
        NotFound: nobody registered it.
        Refused: it is not in force.
    """
    server = listening(ws, name, port=port, token=token)
    try:
        server.serve_forever()
    finally:
        server.server_close()


def listening(ws: Workspace, name: str, *, port: int = 0, token: str = "") -> ThreadingHTTPServer:
    """The server, bound to loopback; whoever asks for it runs and closes it."""
    agent.find(ws, name)
    server = ThreadingHTTPServer(("127.0.0.1", port), _Door)
    server.daemon_threads = True
    server.here = (ws, name, token)  # type: ignore[attr-defined]
    return server


def answered(ws: Workspace, request: Any) -> dict[str, Any]:
    """The JSON-RPC answer to one request; an odd one is told so, as the specification numbers it."""
    if not isinstance(request, dict) or request.get("jsonrpc") != "2.0" or not isinstance(request.get("method"), str):
        return _error(None, -32600, "Invalid Request")
    number = request.get("id")
    if request["method"] not in _SEND:
        return _error(number, -32601, "Method not found")
    try:
        message = request["params"]["message"]
        parts = [p["text"] for p in message["parts"] if isinstance(p.get("text"), str)]
    except (KeyError, TypeError, AttributeError):
        return _error(number, -32602, "Invalid params")
    if not parts:
        return _error(number, -32005, "Only text is understood")
    made = ask.run(ws, " ".join(parts))
    said = made["said"]["zh" if any("\u3400" <= c <= "\u9fff" for c in parts[0]) else "en"]
    keep = ("state", "said", "numbers", "words", "choices")
    modern = request["method"] == "SendMessage"
    both: list[dict[str, Any]] = [{"text": said}, {"data": {k: made[k] for k in keep}}]
    if not modern:
        both = [{"kind": "text", **both[0]}, {"kind": "data", **both[1]}]
    reply = {"role": "ROLE_AGENT" if modern else "agent", "messageId": uuid4().hex, "parts": both}
    reply |= {} if modern else {"kind": "message"}
    return {"jsonrpc": "2.0", "id": number, "result": {"message": reply} if modern else reply}


def _error(number: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


class _Door(BaseHTTPRequestHandler):
    """One connection."""

    server_version = "diapason"
    timeout = 30

    def do_GET(self) -> None:
        """The card."""
        ws, name, _ = self.server.here  # type: ignore[attr-defined]
        if self.path != "/.well-known/agent-card.json" or not self._local():
            self._say(HTTPStatus.NOT_FOUND, {})
            return
        try:
            with_own = open_workspace(ws.folder, person=ws.person)
            self._say(HTTPStatus.OK, agent.card(with_own, name, url=f"http://127.0.0.1:{self.server.server_port}/"))  # type: ignore[attr-defined]
        except DiapasonError as error:
            self._say(HTTPStatus.NOT_FOUND, error.said())

    def do_POST(self) -> None:
        """One question."""
        ws, name, token = self.server.here  # type: ignore[attr-defined]
        given = self.headers.get("Authorization", "")
        if not self._local() or (token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode())):
            self._say(HTTPStatus.UNAUTHORIZED, {})
            return
        try:
            size = int(self.headers.get("Content-Length", "0"))
            request = json.loads(self.rfile.read(size)) if 0 < size <= LARGEST else None
        except ValueError:
            self._say(HTTPStatus.OK, _error(None, -32700, "Parse error"))
            return
        try:
            here = open_workspace(ws.folder, person=ws.person)
            agent.find(here, name)
            self._say(HTTPStatus.OK, answered(here, request))
        except DiapasonError as error:
            self._say(HTTPStatus.OK, _error(None, -32603, error.said()["what"]))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Nothing is printed."""

    def _local(self) -> bool:
        """Another name for this machine in the request would be a page in a browser that was led here."""
        host = self.headers.get("Host", "").rpartition(":")[0]
        return host in ("127.0.0.1", "localhost") and not self.headers.get("Origin")

    def _say(self, status: HTTPStatus, said: Any) -> None:
        text = json.dumps(said, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
