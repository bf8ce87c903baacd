"""Address and options of an MQTT connection; names, passwords and keys come from the environment or from files."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["OPTIONS", "Settings", "settings_of"]

OPTIONS: Mapping[str, Text] = {
    "format": Text("sparkplug (default for topics of spBv1.0) or packed", "sparkplug（spBv1.0 主题的默认值）或 packed"),
    "topics": Text("filters to subscribe to, separated by commas", "订阅的主题过滤器，以逗号分隔"),
    "topic": Text(
        "packed: where the asset stands, as plant/{asset}/data", "packed：资产在主题中的位置，如 plant/{asset}/data"
    ),
    "tags": Text("packed: declared list of tags for messages with v", "packed：为含 v 的消息声明的位号列表"),
    "write_topic": Text(
        "packed: where set points are sent, with {asset} and {tag}", "packed：设定值发布主题，可含 {asset} 与 {tag}"
    ),
    "units": Text("packed: unit (UCUM) of each tag", "packed：各位号的单位（UCUM）"),
    "writable": Text("packed: tags that may be written", "packed：可写位号"),
    "names": Text(
        "of tags: asset (ASSET/METRIC, default), metric, or path", "位号命名：asset（资产/指标，默认）、metric 或 path"
    ),
    "client": Text("name of the client; its session is kept under it", "客户端标识，会话以此保存"),
    "group": Text("group of a shared subscription", "共享订阅的组名"),
    "qos": Text("0 or 1 (default)", "0 或 1（默认）"),
    "session": Text("s that the broker keeps what we missed (default 86400)", "代理保留未收消息的秒数（默认 86400）"),
    "receive_maximum": Text("messages on their way to disk at most (default 8192)", "待落盘消息的上限（默认 8192）"),
    "keep_alive": Text("s (default 20)", "秒（默认 20）"),
    "user_env": Text("environment variable with the user", "存放用户名的环境变量"),
    "password_env": Text("environment variable with the password", "存放口令的环境变量"),
    "user_file": Text("file with the user", "存放用户名的文件"),
    "password_file": Text("file with the password", "存放口令的文件"),
    "ca": Text("file with the certificates to trust", "受信任证书文件"),
    "certificate": Text("file with our certificate", "本端证书文件"),
    "key": Text("file with the key of our certificate", "本端证书私钥文件"),
    "nodes": Text(
        "sparkplug: edge nodes (group/node) to ask at once, separated by commas",
        "sparkplug：连接后立即请求的边缘节点（组/节点），以逗号分隔",
    ),
    "rebirth": Text(
        "yes (default): ask an edge node to announce itself where it is not known; no",
        "yes（默认）：对未知边缘节点请求重生；no：不请求",
    ),
    "host": Text("sparkplug: name of this host application", "sparkplug：本主机应用的名称"),
    "write_wait": Text("s to wait for the broker's word on a write (default 5)", "写入后等待代理确认的秒数（默认 5）"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a broker, and as whom."""

    host: str
    port: int
    client: str
    user: str | None = None
    password: bytes | None = None
    tls: ssl.SSLContext | None = None
    keep_alive: int = 20  # s
    session: int = 86_400  # s; 0 = nothing is kept
    receive_maximum: int = 8192  # messages
    largest: int = 16 << 20  # bytes of a packet
    held: int = 20_000  # messages that wait in memory before nothing more is read from the socket

    @property
    def address(self) -> str:
        """For people; never with a password."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def settings_of(address: str, options: Mapping[str, Any], *, client: str) -> Settings:
    """Read an address such as `mqtts://broker:8883` and the options of `OPTIONS`.

    Raises:
        DataError: they can't be, or a password stands where it would be written down.
    """
    parts = _parts(address, options)
    password = _secret(options, "password")
    return Settings(
        parts.hostname or "",
        parts.port or (8883 if parts.scheme == "mqtts" else 1883),
        str(options.get("client") or client),
        user=unquote(parts.username) if parts.username else _secret(options, "user"),
        password=password.encode() if password is not None else None,
        tls=_tls(options) if parts.scheme == "mqtts" else None,
        keep_alive=_whole(options, "keep_alive", 20, 1, 65_535),
        session=_whole(options, "session", 86_400, 0, 0xFFFFFFFF),
        receive_maximum=_whole(options, "receive_maximum", 8192, 1, 65_535),
    )


def _parts(address: str, options: Mapping[str, Any]) -> SplitResult:
    _known(address, options)
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == -1:
        what = Text(f"'{address}' is no address of a broker", f"“{address}”不是代理地址")
        raise DataError(
            what,
            at="address",
            fix=Text("write mqtt://HOST:1883 or mqtts://HOST:8883", "请写成 mqtt://主机:1883 或 mqtts://主机:8883"),
        )
    if parts.password is not None:
        raise DataError(
            Text(
                "a password does not belong into an address: it would be kept and shown",
                "口令不得写在地址中：地址会被保存和显示",
            ),
            at="address",
            fix=Text(
                "put it into DIAPASON_MQTT_PASSWORD, or name password_env or password_file",
                "请放入环境变量 DIAPASON_MQTT_PASSWORD，或用 password_env、password_file 指明",
            ),
        )
    if parts.scheme == "mqtt" and (said := [name for name in ("ca", "certificate", "key") if options.get(name)]):
        what = Text("certificates mean nothing on mqtt://", "mqtt:// 不使用证书")
        raise DataError(what, at=f"option {said[0]}", fix=Text("write mqtts://", "请写成 mqtts://"))
    return parts


def _known(address: str, options: Mapping[str, Any]) -> None:
    for name in options:
        if name not in OPTIONS:
            what = Text(f"there is no option '{name}' for MQTT", f"MQTT 没有选项“{name}”")
            raise DataError(what, at=address, fix=Text("one of: ", "可用：") + ", ".join(OPTIONS))


def _whole(options: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    said = options.get(name, default)
    try:
        value = int(str(said))
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        what = Text(f"{name} = {said} can't be", f"{name} = {said} 无效")
        raise DataError(
            what, at=f"option {name}", fix=Text(f"a whole number from {low} to {high}", f"应为 {low} 到 {high} 的整数")
        )
    return value


def _secret(options: Mapping[str, Any], what: str) -> str | None:
    """A user or password from the environment or a file; None = none is said."""
    if named := options.get(f"{what}_file"):
        return _read(str(named), f"{what}_file").strip("\r\n")
    variable = str(options.get(f"{what}_env") or f"DIAPASON_MQTT_{what.upper()}")
    found = os.environ.get(variable)
    if found is None and options.get(f"{what}_env"):
        told = Text(f"the environment has no {variable}", f"环境变量 {variable} 不存在")
        raise DataError(told, at=f"option {what}_env", fix=Text(f"export {variable}=…", f"请执行 export {variable}=…"))
    return found


def _read(path: str, option: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = Text(f"{path} can't be read", f"无法读取 {path}")
        raise DataError(
            what, at=f"option {option}", fix=Text("name a readable file: ", "请指定可读文件：") + str(error)
        ) from error


def _tls(options: Mapping[str, Any]) -> ssl.SSLContext:
    """Certificates are always checked; there is no option to look away."""
    try:
        context = ssl.create_default_context(cafile=str(options["ca"]) if options.get("ca") else None)
        if options.get("certificate"):
            context.load_cert_chain(str(options["certificate"]), str(options["key"]) if options.get("key") else None)
    except (OSError, ssl.SSLError) as error:
        what = Text(f"a certificate or key can't be used ({error})", f"证书或私钥不可用（{error}）")
        raise DataError(
            what, at="options ca, certificate, key", fix=Text("name files in PEM form", "请指定 PEM 格式的文件")
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
