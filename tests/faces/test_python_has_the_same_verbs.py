"""The five lines of the README run."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import diapason


def test_the_verbs_of_the_command_line_work_from_python(tmp_path: Path) -> None:
    """Ingest, assess, learn, report, in a plant of its own."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(300, 2))
    frame = pl.DataFrame({"flow": x[:, 0], "speed": x[:, 1], "hardness": 3 * x[:, 0] + draw.normal(size=300)})
    frame.write_csv(tmp_path / "furnace.csv")
    plant = diapason.init(tmp_path / "plant", person="li")
    plant.ingest(str(tmp_path / "furnace.csv"), name="furnace", target="hardness")
    assert plant.assess("furnace")["rows"] == 300
    assert plant.learn("furnace", task="regression")["model"] == "furnace@1"
    made = plant.report("furnace", to=tmp_path / "furnace.html", language="zh")
    assert "诚实划分" in made["verdict"]


def test_the_package_is_imported_lazily() -> None:
    """Unknown names are refused; known ones come from the face."""
    assert diapason.Plant.__name__ == "Plant"
    with pytest.raises(AttributeError, match="no attribute"):
        _ = diapason.nothing
