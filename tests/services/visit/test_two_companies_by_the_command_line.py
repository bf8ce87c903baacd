"""From pack to read by commands, on real data of a power plant, in both languages; slips are met with the way."""

import gzip
import io
import json
import re

import polars as pl
import pytest

from diapason.services.workspace import open_workspace
from diapason.testing.killing import whole

HAN = re.compile("[\u4e00-\u9fff]")
ROWS = 120


def tables(data, folder):
    """The first rows for the provider, others for the plant under its own names, its temperature in Fahrenheit."""
    packed = (data / "ccpp" / "Folds5x2_pp.csv.gz").read_bytes()
    whole_ = pl.read_csv(io.BytesIO(gzip.decompress(packed)))
    whole_.head(ROWS).write_csv(folder / "own.csv")
    theirs = whole_.slice(4000, ROWS).with_columns(pl.col("temperature") * 1.8 + 32, unit=pl.lit("Block-Sieben"))
    theirs.rename({"temperature": "TI7", "energy": "MW"}).write_csv(folder / "plant.csv")


def test_a_visit_from_the_first_word_to_the_last(data, tmp_path, monkeypatch, call, learnt):
    monkeypatch.chdir(tmp_path)
    tables(data, tmp_path)

    def done(*words):
        said = call(*words)
        assert said.exit_code == 0, said.output
        return said.stdout

    done("init", "acme", "--as", "zhao")
    done("init", "mill", "--as", "wang")
    done("person", "li", "--role", "approver", "-w", "mill")
    done("ingest", "own.csv", "--name", "power", "--target", "energy", "--units", "temperature=Cel", "-w", "acme")
    done("ingest", "plant.csv", "--name", "block", "--target", "MW", "--units", "TI7=[degF]", "-w", "mill")
    learnt(open_workspace(tmp_path / "acme"), "power")
    learnt(open_workspace(tmp_path / "mill"), "block", "robust")
    key = json.loads(done("status", "--json", "-w", "mill"))["signer"]

    asked = ("--hypothesis", "linear is enough", "--repair", "drop", "--accept", "nothing>=0", "--budget", "1s")
    fields = ("--ask", "trials", "--ask", "counts", "--slice", "temperature")
    packed = done("visit", "pack", "power@1", "--to", "acme.visit", *asked, *fields, "-w", "acme")
    assert "no code" in packed
    done("visit", "draft", "acme.visit", "--plant", key, "--to", "acme.yaml", "-w", "acme")
    done("visit", "sign", "acme.yaml", "-w", "acme")
    halfway = done("visit", "check", "acme.visit", "--contract", "acme.yaml", "-w", "mill", "--lang", "zh")
    assert "工厂尚未签署" in halfway
    signed = done("visit", "sign", "acme.yaml", "-w", "mill", "--as", "li")
    assert "provider and plant" in signed
    ready = done("visit", "check", "acme.visit", "--contract", "acme.yaml", "-w", "mill")
    assert "nothing here speaks against it" in ready

    run = ("visit", "run", "acme.visit", "--contract", "acme.yaml", "--on", "block", "-w", "mill")
    lost = call(*run)
    assert lost.exit_code == 1
    assert "--map temperature=COLUMN" in lost.stderr
    tried = json.loads(done(*run, "--map", "temperature=TI7,energy=MW", "--json"))
    assert tried["rows_used"] == ROWS
    assert {r["entrant"] for r in tried["learners"]} == {"learner"}

    show = ("visit", "release", tried["run"], "--contract", "acme.yaml", "-w", "mill")
    shown = done(*show)
    assert "Exactly this would leave" in shown
    spoken = done(*show, "--lang", "zh")
    assert HAN.search(spoken.split("{")[0])
    assert "Exactly" not in spoken
    digest = json.loads(done(*show, "--json"))["digest"]
    assert digest[:12] in shown
    own = call(*show, "--approve", digest, "--to", "a.result")
    assert "wang is not approver" in own.stderr
    done(*show, "--approve", digest, "--to", "a.result", "--as", "li")
    told = done("visit", "read", "a.result", "--contract", "acme.yaml", "-w", "acme")
    assert "linear" in told
    assert "may not be published" in told
    left = (tmp_path / "a.result").read_bytes()
    assert not any(word in left for word in (b"Block-Sieben", b"TI7", b"block", b"wang"))
    assert "结论" in done("visit", "read", "a.result", "--contract", "acme.yaml", "-w", "acme", "--lang", "zh")
    assert whole(tmp_path / "acme") == []
    assert whole(tmp_path / "mill") == []

    again = call(*run, "--map", "temperature=TI7,energy=MW")
    assert "all 1 runs of the contract are used" in again.stderr
    assert json.loads(call(*run, "--map", "temperature=TI7,energy=MW", "--json").stderr)["error"] == "Refused"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["visit", "pak", "x"], "ACTION cannot be 'pak'"),
        (["visit", "run", "x"], "--contract is missing"),
        (["visit", "sign", "x", "--seed", "0"], "'visit sign' takes no --seed"),
        (["visit", "release", "x", "--contract", "c", "--to", "y"], "--approve and --to go together"),
        (["visit", "pack", "x", "--to", "y", "--accept", "much"], "'much' is no acceptance rule"),
    ],
)
def test_a_slip_is_met_with_the_way(words, what, call):
    """Exit code 2, and the fix; an option that would do nothing is refused."""
    said = call(*words)
    assert said.exit_code == 2
    assert said.stderr.startswith(what)
    assert "fix:" in said.stderr
    assert HAN.search(call(*words, "--lang", "zh").stderr)
