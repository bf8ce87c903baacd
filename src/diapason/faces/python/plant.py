"""A workspace whose verbs are methods, and the verbs that need no workspace."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diapason.faces.python.agents import AgentVerbs
from diapason.faces.python.asking import Answer, story_of
from diapason.faces.python.data import DataVerbs
from diapason.faces.python.desk import DeskVerbs
from diapason.faces.python.gateway import GatewayVerbs
from diapason.faces.python.lines import LineVerbs
from diapason.faces.python.models import ModelVerbs
from diapason.faces.python.proof import ProofVerbs
from diapason.faces.python.visiting import VisitVerbs
from diapason.services.workspace import init as make
from diapason.services.workspace import open_workspace
from diapason.vocabulary.language import Language

__all__ = ["Plant", "demo", "init", "open_plant", "restore", "scan", "verify"]


class Plant(DataVerbs, LineVerbs, ModelVerbs, DeskVerbs, VisitVerbs, ProofVerbs, AgentVerbs, GatewayVerbs):
    """A workspace whose verbs are methods; each returns what `--json` prints.

    Who acts is whoever opened it: `diapason.open_plant("plant-a", person="li").approve("turbofan@1")`.

    Example:
        plant = diapason.init("plant-a")
        plant.ingest("engines.csv", name="turbofan", asset="unit", time="cycle", target="rul")
        plant.learn("turbofan", task="remaining_life")
    """

    def person(self, name: str = "", *, roles: Sequence[str] | None = None, new_key: bool = False) -> Answer:
        """List the people, or give a person roles (none = retired) and a key."""
        people, changed = self._call("workspace", "people"), None
        if name:
            had = people.get(name, {}).get("roles", ["operator"])
            changed = self._call("workspace", "add_person", name, had if roles is None else roles, new_key=new_key)
            people = self._call("workspace", "people")
        return {"person": changed, "people": list(people.values())}

    def status(self) -> Answer:
        """What is here, what was done, what comes next."""
        return self._answer("workspace", "status") | {"recordings": self._call("record", "brief")}

    def doctor(self) -> Answer:
        """Check chain, digests, keys, disk and packages."""
        made: Answer = story_of("workspace", "doctor")(self.workspace.folder)
        return made

    def backup(self, to: str | Path = "", *, with_keys: bool = False) -> Answer:
        """Write the workspace into one file, read back before it counts."""
        return self._answer("workspace", "backup", Path(to) if to else None, with_keys=with_keys)

    def forget(self, what: str, *, reason: str, model: bool = False) -> Answer:
        """Really delete a dataset or a model version; digests and reason stay."""
        return self._answer("workspace", "forget", what, reason=reason, model=model)


def init(folder: str | Path, *, person: str = "") -> Plant:
    """Make a workspace and open it."""
    make(Path(folder), person=person)
    return open_plant(folder, person=person)


def open_plant(folder: str | Path = ".", *, person: str = "", language: Language = "en") -> Plant:
    """Open the workspace in that folder or above it."""
    return Plant(open_workspace(Path(folder), person=person, language=language))


def restore(file: str | Path, folder: str | Path, *, new_key: bool = False) -> Answer:
    """Bring a workspace back from a backup into a new folder."""
    made: Answer = story_of("workspace", "restore")(Path(file), Path(folder), new_key=new_key)
    return made


def scan(source: str | Path, **options: Any) -> Answer:
    """Look at a file, folder or pattern of any size in one pass, without a workspace: time=, asset=, key=, against=."""
    found: Answer = story_of("scan.files", "run")(str(source), **options)
    return found


def verify(file: str | Path, *, language: Language = "en", **options: Any) -> Answer:
    """Recheck an evidence file, offline and without a workspace: signer=, anchor=, grade=, run=."""
    found: Answer = story_of("verify", "verify")(Path(file), **{"others": {"qualify": _qualified}, **options})
    return found | {"verdict": story_of("verify", "verdict")(found)(language)}


def _qualified(*given: Any) -> Any:
    """A qualification once more."""
    return story_of("qualify", "again")(*given)


def demo(folder: str | Path = ".", **options: Any) -> Answer:
    """The whole path once, on the embedded plant; leaves a report and its evidence."""
    made: Answer = asyncio.run(story_of("demo", "run")(Path(folder), **options))
    return made
