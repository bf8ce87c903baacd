"""How to reach a server: what the address and the options say, checked before anything is sent."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["SECURITIES", "Access", "access"]

SECURITIES = ("best", "encrypted", "signed", "none")
_KNOWN = ("folder", "security", "user", "password_file", "password_env", "interval", "queue", "timeout", "backfill")


@dataclass(frozen=True, slots=True)
class Access:
    """All that is needed to connect; the password itself is read when it is needed."""

    address: str
    host: str
    port: int
    folder: Path | None = None  # own key and certificate, pinned certificates
    security: str = "best"  # "none" must be asked for
    user: str = ""
    password_file: Path | None = None
    password_env: str = ""
    interval: float = 1.0  # s between two messages
    queue: int = 20  # readings of a tag that the server keeps between two messages
    timeout: float = 5.0  # s for one answer
    backfill: bool = True  # after a break, ask the server's history for what was missed

    def password(self) -> str:
        """The password, from its file or environment variable; "" where there is none.

        Raises:
            DataError: the file or the variable is not there.
        """
        if self.password_file is not None:
            try:
                return self.password_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                what = Text(f"the password can't be read ({error.strerror})", f"无法读取密码（{error.strerror}）")
                fix = Text("put it there, readable by you alone", "请将密码写入该文件，并设为仅本人可读")
                raise DataError(what, at=str(self.password_file), fix=fix) from error
        if self.password_env:
            if self.password_env not in os.environ:
                what = Text(f"{self.password_env} is not set", f"未设置环境变量 {self.password_env}")
                raise DataError(what, at="password_env", fix=f"export {self.password_env}=…")
            return os.environ[self.password_env]
        return ""


def access(address: str, options: Mapping[str, Any]) -> Access:
    """Read an address and its options.

    Raises:
        DataError: one of them can't be.
    """
    host, port = _parsed(address)
    unknown = sorted(set(options) - set(_KNOWN))
    if unknown:
        what = Text(f"no option '{unknown[0]}' for OPC UA", f"OPC UA 没有选项“{unknown[0]}”")
        raise DataError(what, at=address, fix=Text(f"choose of: {', '.join(_KNOWN)}", f"可选：{'、'.join(_KNOWN)}"))
    security = str(options.get("security", "best"))
    if security not in SECURITIES:
        what = Text(f"no security '{security}'", f"没有安全级别“{security}”")
        raise DataError(what, at="security", fix=", ".join(SECURITIES))
    return Access(
        address,
        host,
        port,
        folder=Path(options["folder"]) if options.get("folder") else None,
        security=security,
        user=str(options.get("user", "")),
        password_file=Path(options["password_file"]) if options.get("password_file") else None,
        password_env=str(options.get("password_env", "")),
        interval=_number(options, "interval", 1.0, 0.01, 3600.0),
        queue=int(_number(options, "queue", 20, 1, 10_000)),
        timeout=_number(options, "timeout", 5.0, 0.2, 120.0),
        backfill=str(options.get("backfill", "yes")).lower() in ("yes", "true", "1"),
    )


def _parsed(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 4840
    except ValueError:
        parts, host, port = urlsplit(""), "", 0
    if parts.scheme != "opc.tcp" or not host:
        what = Text(f"'{address}' is no address of an OPC UA server", f"“{address}”不是 OPC UA 服务器地址")
        raise DataError(what, at=address, fix="opc.tcp://host:4840/path")
    if "@" in parts.netloc:
        what = Text("a name or password stands in the address", "地址中含有用户名或密码")
        fix = Text(
            "give user and password_file or password_env instead", "请改用 user 与 password_file 或 password_env"
        )
        raise DataError(what, at=f"opc.tcp://…@{host}", fix=fix)
    return host, port


def _number(options: Mapping[str, Any], name: str, otherwise: float, low: float, high: float) -> float:
    try:
        value = float(options.get(name, otherwise))
    except (TypeError, ValueError):
        value = float("nan")
    if not low <= value <= high:
        what = Text(f"{name} can't be {options.get(name)!r}", f"{name} 不能为 {options.get(name)!r}")
        raise DataError(what, at=name, fix=Text(f"choose {low:g} to {high:g}", f"请取 {low:g} 至 {high:g}"))
    return value
