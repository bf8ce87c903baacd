"""The auditor's file: all evidence of a workspace, and the pages that speak of it in both languages, under one seal."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from diapason.engines.evidence.bundle import WHOLE
from diapason.ports.workspace import Workspace
from diapason.services import attest, comply, enterprise, evidence, report
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.names import file_name

__all__ = ["export"]

_LANGUAGES: tuple[Language, ...] = get_args(Language)


def export(
    ws: Workspace,
    path: Path,
    *,
    pdf: bool = False,
    every: bool = False,
    data: bool = False,
    models: bool = False,
    stays: str = "",
) -> dict[str, Any]:
    """Write every ledger entry with its body, kept predictions, keys and pages into one signed file.

    Pages are the enterprise, what each dataset's runs say, and what was last asked of the regimes, each in English and
    Chinese. They are views: what they say follows from the entries beside them.

    Args:
        pdf: pages as PDF/A in place of HTML.
        every, data, models, stays: as for the evidence of one name.

    Returns:
        file, bytes, name, entries, signer, pages.

    Raises:
        NotFound: nothing was finished here yet.
        Missing: PDF was asked for, and typst is not here.
    """
    with TemporaryDirectory() as folder:
        pages = _pages(ws, Path(folder), ".pdf" if pdf else ".html")
        made = evidence.export(
            ws, WHOLE, path, every=every, data=data, models=models, facts=True, pages=pages, stays=stays
        )
    return {**made, "pages": list(pages)}


def _pages(ws: Workspace, folder: Path, end: str) -> dict[str, bytes]:
    """Each page in each language, by its file name."""
    asked = attest.result(ws, "comply")
    now = _again(ws, asked["plan"]["settings"]) if asked else None
    for language in _LANGUAGES:
        last = f".{language}{end}"
        enterprise.run(ws, to=folder / f"enterprise{last}", language=language)
        if now is not None:
            comply.page(ws, now, folder / f"{now['role']}{last}", language)
        for name in ws.lake.datasets():
            ws.progress(Text("pages", "页面"), -1, name)
            report.run(ws, name, to=folder / f"dataset-{file_name(name)}{last}", language=language)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def _again(ws: Workspace, said: Mapping[str, Any]) -> dict[str, Any]:
    """What was last asked of the regimes, answered by what the ledger holds now."""
    return comply.run(ws, regimes=said["regimes"], role=str(said["role"]), days=int(said["days"]))
