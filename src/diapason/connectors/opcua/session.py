"""One session with a server: endpoints, certificate, sign-in; errors in words."""

import asyncio
from contextlib import suppress
from itertools import product
from typing import Any

from asyncua import Client, ua
from asyncua.crypto import security_policies, uacrypto

from diapason.connectors.opcua.access import Access
from diapason.connectors.opcua.certificates import Pins, own
from diapason.errors import DiapasonError, Missing, Refused
from diapason.vocabulary.language import Text

__all__ = ["TROUBLE", "connected", "end", "in_words"]

TROUBLE = (OSError, TimeoutError, ua.UaError)
"""What a broken connection or an answer that can't be understood may raise."""

_MODES = {
    "best": (ua.MessageSecurityMode.SignAndEncrypt, ua.MessageSecurityMode.Sign),
    "encrypted": (ua.MessageSecurityMode.SignAndEncrypt,),
    "signed": (ua.MessageSecurityMode.Sign,),
    "none": (ua.MessageSecurityMode.None_,),
}
_POLICIES = (
    security_policies.SecurityPolicyAes256Sha256RsaPss,
    security_policies.SecurityPolicyBasic256Sha256,
    security_policies.SecurityPolicyAes128Sha256RsaOaep,
)
_DENIED = {
    ua.StatusCodes.BadUserAccessDenied,
    ua.StatusCodes.BadIdentityTokenRejected,
    ua.StatusCodes.BadIdentityTokenInvalid,
    ua.StatusCodes.BadCertificateUntrusted,
    ua.StatusCodes.BadCertificateInvalid,
    ua.StatusCodes.BadCertificateTimeInvalid,
    ua.StatusCodes.BadSecurityChecksFailed,
    ua.StatusCodes.BadSecurityPolicyRejected,
    ua.StatusCodes.BadSecurityModeRejected,
}


async def connected(access: Access, pins: Pins) -> Client:
    """A client with an activated session.

    Raises:
        Missing: nobody answers.
        Refused: no endpoint as safe as asked for, a certificate that is not the pinned one, name or password.
    """
    client = _client(access)
    try:
        if access.security == "none":
            client.security_policy = security_policies.SecurityPolicyNone()
        else:
            await _secure(client, access, pins)
        await client.connect()
    except DiapasonError:
        raise
    except TROUBLE as error:
        await end(client)
        raise in_words(error, access) from error
    return client


def _client(access: Access) -> Client:
    client = Client(access.address, timeout=access.timeout, watchdog_intervall=max(2.0, access.timeout / 2))
    client.name = client.description = "diapason"
    client.session_timeout = 60_000
    if access.user:
        client.set_user(access.user)
        client.set_password(access.password())
    return client


async def _secure(client: Client, access: Access, pins: Pins) -> None:
    """Choose the safest endpoint, check its certificate against the pin, show our own."""
    endpoints = await client.connect_and_get_server_endpoints()
    policy, mode, der = _chosen(endpoints, access)
    pins.check(access.host, access.port, der)
    pair = own(access.folder, "client")
    client.application_uri = pair.uri
    await client.set_security(
        policy,
        uacrypto.CertProperties(pair.certificate, "der"),
        uacrypto.CertProperties(pair.key, "pem"),
        server_certificate=uacrypto.CertProperties(der[: int.from_bytes(der[2:4], "big") + 4], "der"),
        mode=mode,
    )


def _chosen(endpoints: Any, access: Access) -> tuple[Any, ua.MessageSecurityMode, bytes]:
    shown = {(one.SecurityMode, one.SecurityPolicyUri): one.ServerCertificate for one in endpoints}
    for mode, policy in product(_MODES[access.security], _POLICIES):
        if shown.get((mode, policy.URI)):
            return policy, mode, bytes(shown[mode, policy.URI])
    offered = sorted({f"{e.SecurityPolicyUri.rpartition('#')[2]} {e.SecurityMode.name}" for e in endpoints})
    wanted = {"best": "signed or encrypted"}.get(access.security, access.security)
    raise Refused(
        Text(f"the server offers no {wanted} endpoint", f"服务器没有符合要求的安全端点（{access.security}）"),
        at=access.address,
        fix=Text(
            f"it offers: {', '.join(offered)}; where you accept that nothing is protected: security=none",
            f"它提供：{'、'.join(offered)}；若接受不加保护，请设 security=none",
        ),
    )


def in_words(error: BaseException, access: Access) -> DiapasonError:
    """What a failure to connect means."""
    code = int(getattr(error, "code", 0) or 0)
    name = type(error).__name__
    if code in _DENIED:
        return Refused(
            Text(f"the server refuses us ({name})", f"服务器拒绝连接（{name}）"),
            at=access.address,
            fix=Text(
                "check user and password; or let the server trust our certificate (client.der in the folder)",
                "请检查用户名与密码，或让服务器信任本方证书（文件夹中的 client.der）",
            ),
        )
    said = str(error) or name
    return Missing(
        Text(f"no OPC UA server answers ({said})", f"没有 OPC UA 服务器应答（{said}）"),
        at=access.address,
        fix=Text("check that it runs and that the address is right", "请确认服务器正在运行且地址无误"),
    )


async def end(client: Client, wait: float = 2.0) -> None:
    """Let go of a client, whatever state it is in; a server that says nothing is not waited for."""
    with suppress(Exception):
        await asyncio.wait_for(client.disconnect(), wait)
    with suppress(Exception):
        client.disconnect_socket()
