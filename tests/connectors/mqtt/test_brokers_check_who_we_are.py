"""TLS with certificates of both sides, and names with passwords, over Mosquitto."""

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from diapason.connectors import mqtt
from diapason.errors import Missing, Refused


class Authority:
    """Makes certificates."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._builder(self.subject, self.key).add_extension(x509.BasicConstraints(True, 0), True)
        self.file = self._keep(name, made.sign(self.key, hashes.SHA256()))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        return made.not_valid_after(now + timedelta(hours=1))

    def _keep(self, name: str, certificate: x509.Certificate) -> Path:
        path = self.folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(self, name: str) -> tuple[Path, Path]:
        """Certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        made = self._builder(subject, key).add_extension(names, False)
        certificate = self._keep(f"{self.name}-{name}", made.sign(self.key, hashes.SHA256()))
        path = self.folder / f"{self.name}-{name}.key"
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
        return certificate, path


async def _opened(address: str, options: dict) -> bool:
    line = await mqtt.open_line(address, options)
    connected = line.state().connected
    await line.close()
    return connected


def test_both_sides_show_their_certificates(tmp_path: Path, broker_with) -> None:
    ours, others = Authority(tmp_path, "ours"), Authority(tmp_path, "others")
    certificate, key = ours.issue("broker")
    broker = broker_with(
        [f"cafile {ours.file}", f"certfile {certificate}", f"keyfile {key}", "require_certificate true"]
    )
    address = broker.address.replace("mqtt:", "mqtts:")
    mine, my_key = ours.issue("line")
    good = {"ca": str(ours.file), "certificate": str(mine), "key": str(my_key)}
    assert asyncio.run(_opened(address, good))
    with pytest.raises(Refused, match="certificates do not fit"):
        asyncio.run(_opened(address, {**good, "ca": str(others.file)}))
    strange, strange_key = others.issue("line")
    with pytest.raises((Refused, Missing), match="certificate"):
        asyncio.run(_opened(address, {**good, "certificate": str(strange), "key": str(strange_key)}))


def test_a_wrong_password_is_refused_in_words(tmp_path: Path, broker_with, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = tmp_path / "passwords"
    # "secret", as mosquitto_passwd writes it
    passwords.write_text(_hashed("works", "secret"))
    broker = broker_with([f"password_file {passwords}"], anonymous=False)
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    assert asyncio.run(_opened(broker.address.replace("//", "//works@"), {"password_file": str(secret)}))
    monkeypatch.setenv("DIAPASON_MQTT_USER", "works")
    monkeypatch.setenv("DIAPASON_MQTT_PASSWORD", "wrong")
    with pytest.raises(Refused, match=r"not allowed|wrong user or password"):
        asyncio.run(_opened(broker.address, {}))
    monkeypatch.delenv("DIAPASON_MQTT_USER")
    with pytest.raises(Refused, match=r"not allowed|wrong user or password"):
        asyncio.run(_opened(broker.address, {}))


def _hashed(user: str, password: str) -> str:
    """A line of Mosquitto's password file: PBKDF2 with SHA-512."""
    from base64 import b64encode
    from hashlib import pbkdf2_hmac

    salt, rounds = bytes(range(12)), 101
    made = pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"{user}:$7${rounds}${b64encode(salt).decode()}${b64encode(made).decode()}\n"
