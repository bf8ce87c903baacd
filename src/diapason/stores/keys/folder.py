"""Keys as PEM files that other tools read too; a private one is readable by its owner alone."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from diapason.errors import BrokenEvidence, Conflict, Missing
from diapason.ports.disk import guarded, write_whole
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import file_name

__all__ = ["Ed25519Key", "FolderKeys"]

NEXT = ":next"
"""Ending of a holder's name for a key that was made aside."""
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True, repr=False)
class Ed25519Key:
    """Implements `ports.workspace.Signer`; without its private half it can be named but not sign."""

    public: bytes
    place: str
    _private: Ed25519PrivateKey | None = None

    @property
    def keyid(self) -> str:
        """sha256 of the public key's bytes, in hex."""
        return sha256(self.public).hexdigest()

    @property
    def able(self) -> bool:
        """Whether the private half is here."""
        return self._private is not None

    def sign(self, data: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes; raises Missing where the private half is not here."""
        if self._private is None:
            raise Missing(
                Text("the private key is not here, so nothing can be signed", "没有私钥，无法签名"),
                at=self.place,
                fix=Text(
                    "copy the file back from where it is kept; a person can have a new key: "
                    "diapason person NAME --new-key",
                    "请从保存处拷回该文件；个人可换新密钥：diapason person 姓名 --new-key",
                ),
            )
        return self._private.sign(data)

    def __repr__(self) -> str:
        return f"Ed25519Key({self.keyid[:12]}…, {'able to sign' if self.able else 'public half only'})"


class FolderKeys:
    """Makes and loads keys; a holder is a name such as "workspace" or "people/li"."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def make(self, holder: str, *, again: bool = False) -> Ed25519Key:
        """A new key.

        Args:
            again: replace the one that is there; without it that raises Conflict.
        """
        private, public = self.files(holder)
        if not again and (private.exists() or public.exists()):
            raise Conflict(
                Text(f"{holder} has a key already", f"{holder} 已有密钥"),
                at=str(private),
                fix=Text("keep it", "请沿用"),
            )
        key = Ed25519PrivateKey.generate()
        secret = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        write_whole(private, secret, private=True)
        open_half = key.public_key()
        write_whole(public, open_half.public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        return Ed25519Key(open_half.public_bytes_raw(), str(private), key)

    def load(self, holder: str) -> Ed25519Key:
        """The key of a holder, with its private half where that is here and may be read.

        Raises:
            Missing: neither half is here.
            BrokenEvidence: a file is no Ed25519 key, or the halves do not belong together.
        """
        private, public = self.files(holder)
        secret = _private(private) if os.access(private, os.R_OK) else None
        halves = [secret.public_key().public_bytes_raw()] if secret else []
        halves += [_public(public)] if public.is_file() else []
        if not halves:
            raise Missing(
                Text(f"{holder} has no key here", f"此处没有 {holder} 的密钥"),
                at=str(private),
                fix=Text("copy the file back from where it is kept", "请从保存处拷回该文件"),
            )
        if len(set(halves)) > 1:
            raise _broken(public)
        return Ed25519Key(halves[0], str(private), secret)

    def only_public(self, holder: str, public: bytes) -> Ed25519Key:
        """The key of a holder of whom no file is here, as far as it is known from elsewhere."""
        return Ed25519Key(public, str(self.files(holder)[0]))

    def promote(self, newer: str, holder: str) -> None:
        """Let a key that was made aside take the place of the holder's."""
        for new, old in zip(self.files(newer), self.files(holder), strict=True):
            with guarded(old):
                if new.is_file():
                    new.replace(old)

    def has(self, holder: str) -> bool:
        """Whether either half is here."""
        return any(path.is_file() for path in self.files(holder))

    def files(self, holder: str) -> tuple[Path, Path]:
        """The private and the public file of a holder."""
        folder, _, name = holder.rpartition("/")
        stem, ending = (file_name(name.removesuffix(NEXT)), ".next") if name.endswith(NEXT) else (file_name(name), "")
        return self.folder / folder / f"{stem}{ending}.pem", self.folder / folder / f"{stem}{ending}.pub"


def _private(path: Path) -> Ed25519PrivateKey:
    with guarded(path):
        data = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _broken(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _broken(path)
    return key


def _public(path: Path) -> bytes:
    with guarded(path):
        data = path.read_bytes()
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _broken(path) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _broken(path)
    return key.public_bytes_raw()


def _broken(path: Path) -> BrokenEvidence:
    return BrokenEvidence(
        Text("this is not the Ed25519 key that belongs here", "这不是应有的 Ed25519 密钥"),
        at=str(path),
        fix=Text("copy the file back from where it is kept", "请从保存处拷回该文件"),
    )
