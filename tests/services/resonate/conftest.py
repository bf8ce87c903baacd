"""What trials need where something else than their controls is promised."""

import pytest

from diapason.services.resonate import controls


@pytest.fixture
def without_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known defects are planted into tables of 120 rows and more: promised elsewhere, and a third of the time."""
    monkeypatch.setattr(controls, "planned", lambda *_: None)
