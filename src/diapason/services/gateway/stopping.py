"""Stop: a file first, then the ledger, then, where the envelope says so, the fallback by a connection of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diapason.errors import DiapasonError
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services.gateway import halts, leading
from diapason.services.gateway.envelopes import in_force
from diapason.services.workspace.layout import home
from diapason.vocabulary.language import Text

__all__ = ["fall_back", "stop", "stop_here", "stop_noted"]


def stop_here(folder: Path, asset: str = "", *, person: str = "", because: str = "") -> dict[str, Any]:
    """Stop an asset, or everything, by the file alone: works whatever ledger, agents and network do.

    Raises:
        NotFound: no workspace here or above.
        Conflict: the disk refuses.
    """
    found = home(folder)
    path = halts.pull(found, asset, person, because)
    return {"stopped": asset or halts.ALL, "file": str(path), "person": person, "because": because}


def stop(ws: Workspace, asset: str = "", *, because: str = "") -> dict[str, Any]:
    """Stop an asset, or everything (""); anybody may. Nothing is written to it from the moment this returns.

    Returns:
        stopped, file, person, because, noted (whether the ledger took it within two seconds; the stop holds anyway).
    """
    done = stop_here(ws.folder, asset, person=ws.person, because=because)
    return {**done, "noted": halts.noted(ws, asset, "stop", because)}


def stop_noted(ws: Workspace, asset: str, because: str) -> bool:
    """Tell the ledger of a stop that was made by its file; False where it did not take it within two seconds."""
    return halts.noted(ws, asset, "stop", because)


async def fall_back(ws: Workspace, lines: Mapping[str, Line], asset: str = "") -> list[dict[str, Any]]:
    """Lead the tags of stopped assets to their fallback, where the envelope says `stop: fallback`; once each.

    Returns:
        One line for each tag that was to be moved: asset, tag, state, said.
    """
    found = []
    for bound in in_force(ws).values():
        line = lines.get(bound.connection)
        mine = bound.stop == "fallback" and asset in ("", bound.asset)
        if line is None or not mine or not halts.stopped(ws.folder, bound.asset):
            continue
        for tag in bound.tags:
            found += await _fallen(ws, bound.asset, tag, line)
    return found


async def _fallen(ws: Workspace, asset: str, tag: str, line: Line) -> list[dict[str, Any]]:
    why = Text("stopped", "已停止")
    try:
        done = await leading.fall(ws, asset, tag, line, because=why, heeds=False)
    except DiapasonError as error:
        said = {language: error.said(language)["what"] for language in ("en", "zh")}
        return [{"asset": asset, "tag": tag, "state": "not written", "said": said}]
    if done is None:
        return []
    return [{"asset": asset, "tag": tag, "state": done.state, "said": {"en": done.said.en, "zh": done.said.zh}}]
