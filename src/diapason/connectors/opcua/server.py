"""Serves a plant over OPC UA: signed and encrypted, its tags with units and ranges, history, writes by name only."""

import hmac
import secrets
import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.address_space import AttributeService, AttributeValue
from asyncua.server.history import HistoryStorageInterface

from diapason.connectors.opcua.certificates import own, secret
from diapason.connectors.opcua.nodes import NAMESPACE_URI, build, node_id, variant_type
from diapason.errors import Missing, NotFound, Refused
from diapason.ports.line import Served
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Point

__all__ = ["OpcServer"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATUS = (ua.StatusCode(), ua.StatusCode(ua.StatusCodes.Uncertain), ua.StatusCode(ua.StatusCodes.Bad))
_MOST = 10_000  # readings in one answer of history


class _Fresh(ua.DataValue):  # type: ignore[misc]
    """A reading that nobody changes any more: the server need not copy it for each subscriber."""

    def __post_init__(self) -> None:
        """Its value is a variant already."""

    def __deepcopy__(self, memo: object) -> "_Fresh":
        return self


class OpcServer:
    """A `PlantServer`: the address is `opc.tcp://host:port/diapason/`.

    Anybody may read over an encrypted channel; writing needs the name and the password kept in the folder. With the
    option `open` there is an endpoint without encryption too, and everybody may write.
    """

    def __init__(self, served: Served, options: Mapping[str, Any]) -> None:
        self.served = served
        self.host, self.port = str(options.get("host", "127.0.0.1")), int(options.get("port", 0))
        self.open = bool(options.get("open"))
        self.folder = Path(options["folder"]) if options.get("folder") else None
        self.life = timedelta(days=float(options.get("certificate_days", 3650)))
        self.user = str(options.get("user", "engineer"))
        self.password = self._password()
        self._server: Server | None = None
        self._places: list[tuple[AttributeValue, Any, Kind]] = []

    def _password(self) -> str:
        word = secrets.token_urlsafe(12)
        return secret(self.folder / "password", word) if self.folder else word

    async def start(self) -> str:
        """Begin; returns the address.

        Raises:
            Missing: the port is taken.
        """
        server = self._server = Server(user_manager=self)
        await server.init()
        await self._fill(server)
        server.set_server_name("Diapason embedded plant")
        pair = own(self.folder, "server", life=self.life)
        await server.set_application_uri(pair.uri)
        port = self.port or _free_port(self.host)
        address = f"opc.tcp://{self.host}:{port}/diapason/"
        server.set_endpoint(address)
        policies = [
            ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
            ua.SecurityPolicyType.Basic256Sha256_Sign,
        ]
        server.set_security_policy([*policies, ua.SecurityPolicyType.NoSecurity] if self.open else policies)
        server.set_identity_tokens([ua.AnonymousIdentityToken, ua.UserNameIdentityToken])
        await server.load_certificate(pair.certificate, "der")
        await server.load_private_key(pair.key, None, "pem")
        try:
            await server.start()
        except OSError as error:
            raise Missing(
                Text(f"nothing can be served on port {port} ({error})", f"无法在端口 {port} 提供服务（{error}）"),
                at=address,
                fix=Text("choose another port, or end who holds it", "请换一个端口，或结束占用者"),
            ) from error
        return address

    async def _fill(self, server: Server) -> None:
        """Nodes for all points; writes and history go to the plant."""
        space = server.iserver.aspace
        index = await server.register_namespace(NAMESPACE_URI)
        points = self.served.points()
        build(server.iserver.node_mgt_service, points, index)
        self._places = []
        for point in points:
            value = space[node_id(point.tag, index)].attributes[ua.AttributeIds.Value]
            self._places.append((value, variant_type(point.kind), point.kind))
        server.iserver.attribute_service = _Writes(self, space, index)
        server.iserver.history_manager.set_storage(_History(self.served, index))
        await self.publish()

    def get_user(
        self,
        iserver: object,  # noqa: ARG002  # as the library calls it
        username: str | None = None,
        password: str | None = None,
        certificate: object = None,  # noqa: ARG002  # as the library calls it
    ) -> User | None:
        """Who signs in: nobody in particular, or the one who may write; None refuses."""
        if self.open or not username:
            return User(role=UserRole.User, name=self.user if self.open else None)
        same = hmac.compare_digest((password or "").encode(), self.password.encode())
        return User(role=UserRole.User, name=username) if same and username == self.user else None

    async def publish(self) -> None:
        """Hand out the readings of the last step."""
        packet = self.served.readings()
        texts, now = packet.texts, datetime.now(UTC)
        at_before, moment = -1, now
        values, ats, trusts = packet.values.tolist(), packet.at.tolist(), packet.trust.tolist()
        for i, (place, kind, sort) in enumerate(self._places):
            if ats[i] != at_before:
                at_before, moment = ats[i], _EPOCH + timedelta(microseconds=ats[i])
            variant = ua.Variant(_native(values[i], texts.get(i), sort), kind)
            fresh = _Fresh(variant, _STATUS[trusts[i]], moment, now)
            place.value = fresh
            for handle, call in list(place.datachange_callbacks.items()):
                await call(handle, fresh)

    def show(self, tag: str, value: ua.DataValue, index: int) -> None:
        """What was just written can be read at once; subscribers hear of it with the next step."""
        assert self._server is not None  # noqa: S101
        now = datetime.now(UTC)
        place = self._server.iserver.aspace[node_id(tag, index)].attributes[ua.AttributeIds.Value]
        place.value = _Fresh(value.Value, _STATUS[0], now, now)

    async def stop(self) -> None:
        """End."""
        if self._server is not None:
            server, self._server = self._server, None
            await server.stop()


def _native(value: float, text: str | None, kind: Kind) -> Any:
    if kind is Kind.TEXT:
        return text or ""
    if kind is Kind.SWITCH:
        return value > 0.5
    return int(value) if kind is Kind.WHOLE else value


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.bind((host, 0))
        return int(one.getsockname()[1])


class _Writes(AttributeService):  # type: ignore[misc]
    """Writes from outside go to the plant, and only by who may write."""

    def __init__(self, server: OpcServer, space: Any, index: int) -> None:
        super().__init__(space)
        self.server, self.index = server, index
        self.points: dict[ua.NodeId, Point] = {node_id(p.tag, index): p for p in server.served.points()}

    async def write(self, params: ua.WriteParameters, user: User = User(role=UserRole.Admin)) -> list[ua.StatusCode]:  # noqa: B008  # as the library has it
        """One status for each write."""
        if user.role == UserRole.Admin:  # the server itself
            return list(await super().write(params, user))
        return [ua.StatusCode(self._one(wish, user)) for wish in params.NodesToWrite]

    def _one(self, wish: ua.WriteValue, user: User) -> int:
        point = self.points.get(wish.NodeId)
        if point is None or wish.AttributeId != ua.AttributeIds.Value:
            return int(ua.StatusCodes.BadNotWritable)
        if user.name != self.server.user:
            return int(ua.StatusCodes.BadUserAccessDenied)
        variant = wish.Value.Value
        if variant is None or variant.VariantType != variant_type(point.kind):
            return int(ua.StatusCodes.BadTypeMismatch)
        try:
            self.server.served.write(point.tag, float(variant.Value))
        except (NotFound, Refused) as error:
            return _status(error)
        self.server.show(point.tag, wish.Value, self.index)
        return int(ua.StatusCodes.Good)


def _status(error: NotFound | Refused) -> int:
    """The nearest word of OPC UA for a refusal."""
    said = str(error.what)
    if isinstance(error, NotFound):
        return int(ua.StatusCodes.BadNodeIdUnknown)
    if "outside" in said or "neither" in said:
        return int(ua.StatusCodes.BadOutOfRange)
    return int(ua.StatusCodes.BadNotWritable if "measured" in said else ua.StatusCodes.BadInvalidState)


class _History(HistoryStorageInterface):  # type: ignore[misc]
    """What the plant remembers; nothing is kept twice."""

    def __init__(self, served: Served, index: int) -> None:
        self.served = served
        self.tags = {node_id(p.tag, index): p for p in served.points()}

    async def init(self) -> None:
        """Nothing to begin."""

    async def stop(self) -> None:
        """Nothing to end."""

    async def read_node_history(
        self, node_id: ua.NodeId, start: datetime | None, end: datetime | None, nb_values: int
    ) -> tuple[list[ua.DataValue], datetime | None]:
        """Readings from `start` up to but not including `end`, and where to go on."""
        point = self.tags.get(node_id)
        if point is None:
            return [], None
        first, last = _moment(start, 0), _moment(end, 2**62)
        most = min(nb_values, _MOST) if nb_values else _MOST
        at, values = self.served.past(point.tag, first, last, most + 1)
        kind = variant_type(point.kind)
        found = [
            ua.DataValue(
                ua.Variant(_native(value, None, point.kind), kind),
                SourceTimestamp=_EPOCH + timedelta(microseconds=moment),
            )
            for moment, value in zip(at[:most].tolist(), values[:most].tolist(), strict=True)
        ]
        more = _EPOCH + timedelta(microseconds=int(at[most])) if len(at) > most else None
        return found, more


def _moment(said: datetime | None, otherwise: int) -> int:
    if said is None or said.year < 1700:
        return otherwise
    aware = said if said.tzinfo else said.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)
