"""The workspace: make it, open it, look at it, save it, and delete from it."""

from diapason.ports.workspace import Workspace
from diapason.services.workspace.forgetting import forget, forgotten
from diapason.services.workspace.health import doctor
from diapason.services.workspace.looking import datasets, difference, status, versions
from diapason.services.workspace.making import init
from diapason.services.workspace.opening import open_workspace
from diapason.services.workspace.people import add_person, people, require, signer_of
from diapason.services.workspace.restoring import restore
from diapason.services.workspace.saving import backup

__all__ = [
    "Workspace",
    "add_person",
    "backup",
    "datasets",
    "difference",
    "doctor",
    "forget",
    "forgotten",
    "init",
    "open_workspace",
    "people",
    "require",
    "restore",
    "signer_of",
    "status",
    "versions",
]
