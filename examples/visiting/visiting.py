"""A visiting trial between two companies on one machine, from the first word to the last, in well under a minute.

    python visiting.py [FOLDER]

A provider has a model of its own furnace and claims that the way it learns works elsewhere. A plant has a furnace with
other names, temperatures in Fahrenheit, and one lab value in ten written in a wrong unit. The provider's bundle and a
contract go in; a signed result comes out; the plant's rows stay. Every step is a call of the command line.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from diapason.faces.cli.app import called

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="visiting-"))


def furnace(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Temperature in °C, flow in t/h, a blower speed, and the hardness that the lab finds."""
    draw = np.random.default_rng(seed)
    heat, flow, blower = draw.normal(540, 20, rows), draw.normal(50, 5, rows), draw.normal(900, 40, rows)
    hardness = 200 + 0.6 * (heat - 540) - 0.02 * (heat - 540) ** 2 + 2 * (flow - 50) + 0.01 * blower
    return {"heat": heat, "flow": flow, "blower": blower, "hardness": hardness + 2 * draw.normal(size=rows)}


def call(workspace: str, *words: str, person: str = "") -> dict:
    """One call of the command line, as it would be typed, and its answer."""
    where = ["-w", str(ROOT / workspace)] if workspace else []
    asked = [*words, *where, *(["--as", person] if person else [])]
    print("$ diapason", " ".join(asked).replace(str(ROOT) + os.sep, ""))
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        code = called([*asked, "--json"])
    if code:
        sys.exit(code)
    return json.loads(told.getvalue())


def prepared() -> tuple[str, str]:
    """Two companies with a table each; the plant has a second person who may release. Returns the two keys."""
    ROOT.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    own = furnace(160, 1)
    pl.DataFrame(own).write_csv(ROOT / "own.csv")
    theirs = furnace(160, 2)
    wrong = np.random.default_rng(3).random(160) < 0.1
    lab = np.where(wrong, theirs["hardness"] * 2.2046, theirs["hardness"])
    grade = np.where(theirs["heat"] > 545, "Q-blue", "Q-red")
    table = {"TI101": theirs["heat"] * 1.8 + 32, "FI7": theirs["flow"], "SI3": theirs["blower"]}
    pl.DataFrame(table | {"grade": grade, "HV": lab}).write_csv(ROOT / "plant.csv")
    for name, person in (("acme", "zhao"), ("mill", "wang")):
        call("", "init", str(ROOT / name), person=person)
    call("mill", "person", "li", "--role", "approver")
    call("acme", "ingest", "own.csv", "--name", "furnace", "--target", "hardness", "--units", "heat=Cel,flow=t/h")
    call("mill", "ingest", "plant.csv", "--name", "oven", "--target", "HV", "--units", "TI101=[degF],FI7=t/h")
    return call("acme", "status")["signer"], call("mill", "status")["signer"]


def main() -> None:
    """The whole visit."""
    _, plant = prepared()
    call("acme", "learn", "furnace", "--task", "regression")
    asks = [w for field in ("trials", "scores", "orders", "counts", "findings") for w in ("--ask", field)]
    call("acme", "visit", "pack", "furnace@1", "--to", "acme.visit", "--hypothesis", "our learner and repair help here",
         "--repair", "repair_target", "--slice", "heat", "--budget", "5s", *asks)  # fmt: skip
    call("acme", "visit", "draft", "acme.visit", "--plant", plant, "--to", "acme.yaml")
    call("acme", "visit", "sign", "acme.yaml")
    call("mill", "visit", "sign", "acme.yaml", person="li")
    call("mill", "visit", "check", "acme.visit", "--contract", "acme.yaml")
    names = "heat=TI101,flow=FI7,blower=SI3,hardness=HV"
    run = call("mill", "visit", "run", "acme.visit", "--contract", "acme.yaml", "--on", "oven", "--map", names)["run"]
    seen = call("mill", "visit", "release", run, "--contract", "acme.yaml")["digest"]
    call(
        "mill",
        "visit",
        "release",
        run,
        "--contract",
        "acme.yaml",
        "--approve",
        seen,
        "--to",
        "acme.result",
        person="li",
    )
    told = call("acme", "visit", "read", "acme.result", "--contract", "acme.yaml")
    print(json.dumps(told["content"], indent=1, ensure_ascii=False))
    left = (ROOT / "acme.result").read_bytes()
    assert not any(word.encode() in left for word in ("Q-blue", "TI101", "oven", "wang")), "a word of the plant left"
    print(f"In {ROOT}: what left the plant is acme.result, {len(left):,} bytes; none of its words is in there.")


if __name__ == "__main__":
    main()
