"""The agent behind a proposal, as the registry has it today: in force, or nobody."""

from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services import agent
from diapason.vocabulary.acting import Manifest

__all__ = ["manifest_of"]


def manifest_of(ws: Workspace, name: object) -> Manifest | None:
    """The manifest in force under exactly this name; None where there is none, whatever the reason."""
    if type(name) is not str or not name:
        return None
    try:
        found = agent.find(ws, name)
    except DiapasonError:
        return None
    return found if found.name == name else None
