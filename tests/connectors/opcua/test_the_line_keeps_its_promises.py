"""The public check of lines, on the embedded plant behind a real server."""

import asyncio
from pathlib import Path
from typing import Any

from diapason.ports import find
from diapason.testing.connectors import check_folder
from diapason.testing.lines import check_line


def test_the_line_keeps_every_public_promise(served: dict[str, Any], tmp_path: Path) -> None:
    """Over an encrypted channel; and readings come again within 5 s of a cut."""
    looked = asyncio.run(
        check_line(
            find("connectors", "opc.tcp"),
            served["addresses"]["opcua"],
            options={"folder": tmp_path, "interval": 0.25},
            tags=["TIC-201.PV", "FIC-101.PV", "PIC-201.SP"],
            units={"TIC-201.PV": "Cel", "FIC-101.PV": "t/h", "PIC-201.SP": "bar"},
        )
    )
    assert len(looked.points) == served["tags"]
    assert looked.history > 3 * 20
    assert 0 <= looked.away < 5


def test_its_folder_says_what_it_promises() -> None:
    """Manifest and checklist, with reasons."""
    import diapason.connectors.opcua as opcua

    assert set(check_folder(Path(opcua.__file__).parent).values()) <= {"done", "exempt"}
