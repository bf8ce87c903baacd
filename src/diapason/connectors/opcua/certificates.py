"""Keys and certificates: our own, made on first use; a server's, pinned on first use."""

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from diapason.errors import Refused
from diapason.ports.disk import write_whole
from diapason.vocabulary.language import Text

__all__ = ["Pair", "Pins", "expired", "own", "read_der", "secret"]

_LIFE = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate (DER) and its private key (PEM, PKCS 8)."""

    certificate: bytes
    key: bytes
    uri: str


def own(folder: Path | None, name: str, *, life: timedelta = _LIFE) -> Pair:
    """The pair of that name in a folder, made if it isn't there; without a folder it is made for this once.

    Raises:
        Conflict: the folder can't be written.
        Refused: the certificate kept there has expired.
    """
    uri = f"urn:diapason:{socket.gethostname()}:{name}"
    if folder is None:
        return _made(name, uri, life)
    certificate, key = folder / f"{name}.der", folder / f"{name}.key.pem"
    if not (certificate.is_file() and key.is_file()):
        made = _made(name, uri, life)
        write_whole(key, made.key, private=True)
        write_whole(certificate, made.certificate)
    pair = Pair(certificate.read_bytes(), key.read_bytes(), _uri(certificate.read_bytes()) or uri)
    if expired(pair.certificate):
        raise Refused(
            Text(
                f"our own certificate ended on {_until(pair.certificate)}",
                f"本方证书已于 {_until(pair.certificate)} 到期",
            ),
            at=str(certificate),
            fix=Text(
                f"delete it and {key.name}: a new pair is made, which the other side must then trust",
                f"请删除该文件及 {key.name}，系统将重新生成，对方须重新信任",
            ),
        )
    return pair


def _made(name: str, uri: str, life: timedelta) -> Pair:
    """A self-signed pair for OPC UA, both as client and as server."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    host, now = socket.gethostname(), datetime.now(UTC)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"diapason {name}"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "diapason"),
        ]
    )
    names = [x509.UniformResourceIdentifier(uri), x509.DNSName(host), x509.DNSName("localhost")]
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    both = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=10))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(made.public_bytes(serialization.Encoding.DER), private, uri)


def read_der(der: bytes) -> x509.Certificate:
    """The first certificate of a chain.

    Raises:
        ValueError: it is none.
    """
    length = int.from_bytes(der[2:4], "big") + 4
    return x509.load_der_x509_certificate(der[:length])


def expired(der: bytes, now: datetime | None = None) -> bool:
    """Whether its time is over or has not begun."""
    one, moment = read_der(der), now or datetime.now(UTC)
    return not one.not_valid_before_utc <= moment < one.not_valid_after_utc


def _until(der: bytes) -> str:
    return f"{read_der(der).not_valid_after_utc:%Y-%m-%d %H:%M} UTC"


def _uri(der: bytes) -> str:
    try:
        names = read_der(der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    found = names.get_values_for_type(x509.UniformResourceIdentifier)
    return found[0] if found else ""


@dataclass(slots=True)
class Pins:
    """Certificates of servers as they were first seen; without a folder they are remembered by this line only."""

    folder: Path | None
    _seen: bytes = b""

    def check(self, host: str, port: int, der: bytes) -> bool:
        """Let it pass if it is the one first seen and valid; returns whether this is the first time.

        Raises:
            Refused: another certificate than the pinned one, or its time is over.
        """
        length = int.from_bytes(der[2:4], "big") + 4
        der, path = der[:length], self._path(host, port)
        if expired(der):
            raise Refused(
                Text(f"the server's certificate ended on {_until(der)}", f"服务器证书已于 {_until(der)} 到期"),
                at=f"opc.tcp://{host}:{port}",
                fix=Text(
                    f"have it renewed; then delete {path or 'nothing'} so that the new one is pinned",
                    f"请更新服务器证书，然后删除 {path or '（无文件）'} 以重新固定",
                ),
            )
        known = path.read_bytes() if path is not None and path.is_file() else self._seen
        if known and known != der:
            raise _changed(host, port, known, der, path)
        self._seen = der
        if path is not None and not known:
            write_whole(path, der)
        return not known

    def _path(self, host: str, port: int) -> Path | None:
        if self.folder is None:
            return None
        safe = "".join(c if c.isalnum() or c in ".-" else "_" for c in host)
        return self.folder / "servers" / f"{safe}-{port}.der"


def _changed(host: str, port: int, known: bytes, der: bytes, path: Path | None) -> Refused:
    old, new = (read_der(one).fingerprint(hashes.SHA256()).hex()[:16] for one in (known, der))
    return Refused(
        Text(
            f"the server shows another certificate ({new}…) than the one pinned on first use ({old}…)",
            f"服务器出示的证书（{new}…）与首次使用时固定的证书（{old}…）不同",
        ),
        at=f"opc.tcp://{host}:{port}",
        fix=Text(
            f"ask its owner; if the change is right, {f'delete {path}' if path else 'open the line again'}",
            f"请向设备负责人核实；若变更属实，请{f'删除 {path}' if path else '重新打开连接'}",
        ),
    )


def secret(path: Path, make: str) -> str:
    """The word kept in a file that only its owner reads, written there if it isn't there."""
    if not path.is_file():
        write_whole(path, (make + os.linesep).encode(), private=True)
    return path.read_text(encoding="utf-8").strip()
