"""A file that is written piece by piece takes its place once it is whole; an error leaves the old one alone."""

from pathlib import Path

import pytest

from diapason.errors import Conflict
from diapason.ports.disk import filling


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    """Folders are made on the way."""
    place = tmp_path / "sub" / "a.txt"
    for text in ("one", "two"):
        with filling(place) as new:
            assert not place.exists() or place.read_text() == "one"
            new.write_text(text)
        assert place.read_text() == text
    assert [p.name for p in place.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_an_error_midway_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    """Whatever it is; what the system refuses is said with its place and the way."""
    place = tmp_path / "a.txt"
    place.write_text("old")

    def stopped() -> None:
        with filling(place) as new:
            new.write_text("half")
            raise error

    with pytest.raises(Conflict if error is OSError else error):
        stopped()
    assert place.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where a folder should be."""
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(Conflict) as told, filling(tmp_path / "taken" / "a.txt"):
        pytest.fail("there is no place to write")
    assert told.value.at == str(tmp_path / "taken" / "a.txt")
