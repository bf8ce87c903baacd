"""Who may do what, and that each signs with a key of their own."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from diapason.errors import BrokenEvidence, Conflict, DataError, DiapasonError, Missing, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import workspace
from diapason.stores.keys import FolderKeys


def _as(ws: Workspace, person: str) -> Workspace:
    return workspace.open_workspace(ws.folder, person=person)


def test_each_person_signs_with_their_own_key(plant: Workspace) -> None:
    """The ledger names it; another's key is another."""
    known = workspace.people(plant)
    assert list(known) == ["wang", "李雷"]
    assert len({plant.signer.keyid, *(p["keyid"] for p in known.values())}) == 3
    for name, person in known.items():
        signer = workspace.signer_of(plant, name)
        assert signer.keyid == person["keyid"]
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(person["public"])).verify(signer.sign(b"x"), b"x")
    assert workspace.signer_of(_as(plant, "李雷")).keyid == known["李雷"]["keyid"]


def test_roles_are_given_changed_and_taken(plant: Workspace) -> None:
    """The newest entry counts; the key stays the same."""
    before = workspace.people(plant)["李雷"]["keyid"]
    workspace.add_person(plant, "李雷", ["operator", "trainer"])
    assert workspace.people(plant)["李雷"]["roles"] == ["trainer", "operator"]
    workspace.add_person(plant, "李雷", [])
    assert workspace.people(plant)["李雷"] | {"since": ""} == {
        "name": "李雷", "roles": [], "keyid": before, "public": workspace.people(plant)["李雷"]["public"],
        "by": "wang", "since": "",
    }  # fmt: skip
    workspace.require(plant, "trainer", "approver")
    with pytest.raises(Refused, match="approver"):
        workspace.require(_as(plant, "李雷"), "approver")


@pytest.mark.parametrize(
    ("who", "name", "roles", "error"),
    [
        ("李雷", "zhao", ["operator"], Refused),
        ("wang", "zhao", ["boss"], DataError),
        ("wang", "../zhao", ["operator"], DataError),
        ("wang", "", ["operator"], DataError),
        ("wang", "wang", ["operator"], Conflict),
        ("wang", "wang", [], Conflict),
    ],
)
def test_what_must_not_be_is_refused(
    plant: Workspace, who: str, name: str, roles: list[str], error: type[DiapasonError]
) -> None:
    """Only an administrator adds; no such role; no such name; the last administrator stays."""
    before = plant.ledger.head()
    with pytest.raises(error) as caught:
        workspace.add_person(_as(plant, who), name, roles)
    assert caught.value.fix
    assert plant.ledger.head() == before


def test_a_new_key_takes_the_place_of_the_old_one(plant: Workspace) -> None:
    """Also where a kill came between the ledger and the file."""
    old = workspace.people(plant)["李雷"]["keyid"]
    new = workspace.add_person(plant, "李雷", ["approver"], new_key=True)["keyid"]
    assert new != old
    assert workspace.signer_of(plant, "李雷").keyid == new
    keys = FolderKeys(plant.folder / "keys")
    aside = keys.make("people/李雷:next")
    assert workspace.signer_of(plant, "李雷").keyid == new, "a key that the ledger does not name is nobody's"
    body = {"person": "李雷", "roles": ["approver"], "keyid": aside.keyid, "public": aside.public.hex(), "by": "wang"}
    plant.ledger.append("person", subject="person:李雷", body=body)
    assert workspace.signer_of(plant, "李雷").keyid == aside.keyid
    assert not keys.has("people/李雷:next")


def test_a_key_that_is_kept_elsewhere_is_missed_only_when_it_must_sign(plant: Workspace) -> None:
    """Without the private half; with a foreign key in its place it is refused at once."""
    private, public = FolderKeys(plant.folder / "keys").files("people/李雷")
    private.unlink()
    with pytest.raises(Missing, match="new-key"):
        workspace.signer_of(plant, "李雷").sign(b"x")
    other = FolderKeys(plant.folder / "keys").files("people/wang")[1]
    public.write_bytes(other.read_bytes())
    with pytest.raises(BrokenEvidence):
        workspace.signer_of(plant, "李雷")
    with pytest.raises(NotFound, match="wang"):
        workspace.signer_of(plant, "nobody")


def test_names_that_differ_in_case_are_different_people(plant: Workspace) -> None:
    """Also on disks that do not tell `Li` from `li`."""
    for name in ("li", "Li", "LI", "li.next"):
        workspace.add_person(plant, name, ["operator"])
    files = [p.name.casefold() for p in (plant.folder / "keys" / "people").iterdir()]
    assert len(files) == len(set(files)) == 12
    assert len({workspace.signer_of(plant, name).keyid for name in ("li", "Li", "LI", "li.next")}) == 4


def test_a_key_made_before_a_kill_is_used(plant: Workspace, tmp_path: Path) -> None:
    """The file was there, the ledger knew nothing: adding the person again takes it up."""
    made = FolderKeys(plant.folder / "keys").make("people/zhao")
    assert workspace.add_person(plant, "zhao", ["operator"])["keyid"] == made.keyid
