"""What trials need where something else than their controls is promised."""

from collections.abc import Iterator

import pytest

from diapason.services.resonate import controls


@pytest.fixture(scope="module")
def without_controls() -> Iterator[None]:
    """Known defects are planted into tables of 120 rows and more: promised elsewhere, and half of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controls, "planned", lambda *_: None)
        yield
