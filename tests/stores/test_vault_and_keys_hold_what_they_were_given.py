"""Blobs, their names, and keys: any bytes and any names; damage is named; halves are never mixed up."""

import os
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from diapason.errors import BrokenEvidence, Conflict, Missing, NotFound
from diapason.stores.keys import FolderKeys
from diapason.stores.vault import FolderVault

KEYS = st.sampled_from(["a", "A", "cells/涡轮@1/0", "../../x", "", "nul", "é" * 300, "\ud800"])
DATA = st.sampled_from([b"", b"x", b"hello", bytes(3000)])


class VaultLikeTwoDictionaries(RuleBasedStateMachine):
    """Whatever is done, the vault says what two dictionaries would say."""

    @initialize(folder=st.builds(lambda: Path(os.environ["VAULT_TEST_FOLDER"]) / os.urandom(8).hex()))
    def start(self, folder: Path) -> None:
        self.folder = folder
        self.blobs: dict[str, bytes] = {}
        self.names: dict[str, str] = {}

    @property
    def vault(self) -> FolderVault:
        """A new handle each time, as another process would have."""
        return FolderVault(self.folder)

    @rule(data=DATA)
    def put(self, data: bytes) -> None:
        self.blobs[self.vault.put(data)] = data

    @rule(data=DATA, key=KEYS)
    def remember(self, data: bytes, key: str) -> None:
        digest = sha256(data).hexdigest()
        if digest in self.blobs:
            self.vault.remember(key, digest)
            self.names[key] = digest
        else:
            with pytest.raises(NotFound):
                self.vault.remember(key, digest)

    @rule(data=DATA)
    def erase(self, data: bytes) -> None:
        digest = sha256(data).hexdigest()
        if self.blobs.pop(digest, None) is not None:
            self.vault.erase(digest)
            self.names = {key: d for key, d in self.names.items() if d != digest}

    @invariant()
    def the_same(self) -> None:
        if not hasattr(self, "folder"):
            return
        assert {d: self.vault.get(d) for d in self.vault.digests()} == self.blobs
        assert dict(self.vault.remembered()) == self.names
        assert all(self.vault.recall(key) == digest for key, digest in self.names.items())
        assert not list(self.vault.check())


def test_the_vault_is_like_two_dictionaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any order of put, remember, erase."""
    monkeypatch.setenv("VAULT_TEST_FOLDER", str(tmp_path))
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        VaultLikeTwoDictionaries, settings=settings(max_examples=12, stateful_step_count=15, deadline=None)
    )


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "grow"])
def test_a_damaged_blob_is_named_and_mended_by_the_same_bytes(tmp_path: Path, harm: str) -> None:
    """Never handed out; putting the true bytes again makes it whole."""
    vault, data = FolderVault(tmp_path), bytes(range(200)) * 10
    digest = vault.put(data)
    path = vault.path(digest)
    changed = {"flip": b"\xff" + data[1:], "cut": data[:-1], "empty": b"", "grow": data + b"!"}[harm]
    path.write_bytes(changed)
    with pytest.raises(BrokenEvidence):
        vault.get(digest)
    assert [digest in str(text) for text in vault.check()] == [True]
    assert vault.put(data) == digest
    assert vault.get(digest) == data
    assert not list(vault.check())


def test_a_damaged_key_file_stands_for_nothing(tmp_path: Path) -> None:
    """And is named."""
    vault = FolderVault(tmp_path)
    vault.remember("k", vault.put(b"x"))
    (file,) = tmp_path.rglob("*.json")
    file.write_text('{"key": "k"')
    assert vault.recall("k") is None
    assert [file.name in str(text) for text in vault.check()] == [True]


def test_writers_killed_at_once_leave_whole_blobs_only(tmp_path: Path) -> None:
    """Two processes write the same large blobs and die in the middle; what is there is whole."""
    code = (
        "import sys; from pathlib import Path; from diapason.stores.vault import FolderVault\n"
        "v = FolderVault(Path(sys.argv[1]))\n"
        "for i in range(100000):\n"
        "    v.remember(f'k{i}', v.put(bytes([i % 251]) * 300_000)); print(i, flush=True)"
    )
    for _ in range(3):
        writers = [
            subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(2)
        ]
        for writer in writers:
            assert writer.stdout
            writer.stdout.readline()
            writer.stdout.readline()
        for writer in writers:
            writer.kill()
            writer.communicate()
    vault = FolderVault(tmp_path)
    assert not list(vault.check())
    assert len(list(vault.remembered())) >= 2
    vault.tidy(older=0)
    assert not list(tmp_path.rglob(".*.new"))


def test_a_key_signs_and_reads_back(tmp_path: Path) -> None:
    """Private half for its owner alone, plain PKCS8 PEM; the id is the sha256 of the public bytes."""
    keys = FolderKeys(tmp_path)
    made, again = keys.make("people/李雷"), keys.load("people/李雷")
    assert made.keyid == again.keyid == sha256(made.public).hexdigest()
    Ed25519PublicKey.from_public_bytes(made.public).verify(again.sign(b"data"), b"data")
    private, public = keys.files("people/李雷")
    assert private.parent.name == "people"
    assert load_pem_private_key(private.read_bytes(), None)
    assert os.name != "posix" or stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "PRIVATE" not in repr(made) + public.read_text()
    with pytest.raises(Conflict):
        keys.make("people/李雷")


def test_half_a_key_does_what_it_can(tmp_path: Path) -> None:
    """Private alone signs; public alone is named but refuses to sign; neither is missing."""
    keys = FolderKeys(tmp_path)
    made = keys.make("workspace")
    private, public = keys.files("workspace")
    public.unlink()
    assert keys.load("workspace").sign(b"x")
    keys.make("workspace", again=True)
    private.unlink()
    half = keys.load("workspace")
    assert half.keyid != made.keyid
    with pytest.raises(Missing):
        half.sign(b"x")
    public.unlink()
    with pytest.raises(Missing):
        keys.load("workspace")


@pytest.mark.parametrize("harm", ["swap", "text", "empty", "rsa"])
def test_a_wrong_key_file_is_refused(tmp_path: Path, harm: str) -> None:
    """Halves of two keys, text, nothing, another algorithm."""
    keys = FolderKeys(tmp_path)
    keys.make("a")
    keys.make("b")
    private, public = keys.files("a")
    rsa = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA" + "A" * 43 + "=\n-----END PUBLIC KEY-----\n"
    if harm == "swap":
        keys.files("b")[1].replace(public)
    else:
        public.write_text({"text": "hello", "empty": "", "rsa": rsa}[harm])
    with pytest.raises(BrokenEvidence, match=r"(?s)key.*fix"):
        keys.load("a")
    assert private.exists()
