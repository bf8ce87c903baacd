"""Our stores pass the checks that authors of other stores run."""

from pathlib import Path

from diapason.engines.evidence.chain import link
from diapason.ports import find
from diapason.testing.stores import check_lake, check_ledger, check_vault


def test_the_ledger_keeps_its_promises(tmp_path: Path) -> None:
    """Found by name, as a plug-in would be."""
    made = find("stores", "ledger")
    check_ledger(lambda: made(tmp_path / "ledger.db", link=link), tmp_path)


def test_the_vault_keeps_its_promises(tmp_path: Path) -> None:
    """Found by name."""
    check_vault(lambda: find("stores", "vault")(tmp_path / "vault"))


def test_the_lake_keeps_its_promises(tmp_path: Path) -> None:
    """Found by name; each handle with its own ledger, as processes have."""
    ledger, lake = find("stores", "ledger"), find("stores", "lake")
    check_lake(lambda: lake(tmp_path / "lake", ledger(tmp_path / "ledger.db", link=link)))
