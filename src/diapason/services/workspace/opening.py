"""Open a workspace: find it, undo what a kill left, and say who acts."""

from pathlib import Path
from typing import Any

from diapason.errors import BrokenEvidence
from diapason.ports.ledger import Ledger
from diapason.ports.workspace import Progress, Workspace, silent
from diapason.services.workspace.forgetting import finish
from diapason.services.workspace.layout import Stores, emptied, home, settings, stores
from diapason.services.workspace.people import checked_key, known_person, people
from diapason.services.workspace.working import Threads
from diapason.vocabulary.language import Language, Text

__all__ = ["birth", "open_workspace", "own_key"]


def open_workspace(
    folder: Path, *, person: str = "", language: Language = "en", progress: Progress = silent
) -> Workspace:
    """Open the workspace that a folder is or lies in, and make lake and vault what the ledger says.

    What was undone is listed in `settings["undone"]`.

    Args:
        person: who acts; default the one that diapason.toml names.

    Raises:
        NotFound: no workspace here or above, or nobody has that name.
        BrokenEvidence: ledger or key are not what they were.
        Missing: it needs a newer Diapason.
    """
    found = home(folder)
    said = settings(found)
    opened = stores(found)
    if opened.ledger.head()[0] == 0:
        raise emptied(found)
    undone = [*opened.lake.reconcile(), *opened.vault.tidy(), *finish(opened.ledger, opened.vault)]
    for words in undone:
        progress(Text("Undone after an interruption", "已撤销中断留下的内容"), -1, words)
    who = person or str(said["person"])
    known_person(people(opened.ledger), who)
    threads = said.get("workers", {}).get("threads", 1)
    return Workspace(
        folder=found,
        name=str(said["name"]),
        lake=opened.lake,
        vault=opened.vault,
        ledger=opened.ledger,
        signer=own_key(opened),
        workers=Threads(threads if isinstance(threads, int) else 1),
        person=who,
        language=language,
        progress=progress,
        settings=said | {"undone": undone},
    )


def own_key(opened: Stores) -> Any:
    """The workspace's key, if it is the one that the ledger names; without its private half where that is not here."""
    named = birth(opened.ledger)
    if not opened.keys.has("workspace"):
        return opened.keys.only_public("workspace", bytes.fromhex(named["public"]))
    return checked_key(opened.keys, "workspace", named["keyid"])


def birth(ledger: Ledger) -> dict[str, Any]:
    """What the ledger says of the workspace itself: name, format, keyid, public.

    Raises:
        BrokenEvidence: nothing; it is the ledger of something else.
    """
    entry = ledger.last(kind="workspace")
    if entry is None:
        raise BrokenEvidence(
            Text("the ledger does not say whose it is", "账本没有记载它属于哪个工作区"),
            at="ledger.db",
            fix=Text("bring back the newest backup: diapason restore", "请恢复最近的备份：diapason restore"),
        )
    return dict(entry.body)
