"""Answers to the audit sheet: read with care, signed, and found again by the next trials."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from diapason.engines.resonance.answers import Answers
from diapason.errors import DataError, NotFound
from diapason.ports import find
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.resonate.material import existing
from diapason.services.resonate.playing import Earlier
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["as_answers", "as_earlier", "audit_answers", "known_answers", "proved_before"]

_YES = ("yes", "y", "1", "true", "wrong", "是", "错", "错误")
_YES_NO = Text("write yes or no into is_wrong", "请在 is_wrong 列填写“是”或“否”")
_NO = ("no", "n", "0", "false", "right", "否", "对", "正确")


def audit_answers(ws: Workspace, name: str, sheet: str | Path) -> dict[str, Any]:
    """Take in what a person has written into the audit sheet; the next `resonate` learns and judges by it.

    A line counts where `is_wrong` is filled in (yes or no, 是 or 否). `right_value` may stay empty: the row is then
    left out of training. Nothing in the dataset changes until somebody adopts it.

    Returns:
        answered, wrong, with a right value, left empty, and the estimated share of wrong rows with its standard error.

    Raises:
        NotFound: there is no sheet to answer, or no such file.
        DataError: a line that can't be read, told with its row; nothing is stored then.
    """
    ref = existing(ws, name)
    found = attest.result(ws, "resonate", ref.name)
    kept = (found or {}).get("kept", {}).get("audit")
    path = Path(sheet)
    if found is None or kept is None:
        raise NotFound(
            Text(f"no audit sheet of {ref.name} was written yet", f"尚未写出 {ref.name} 的核对清单"),
            at=ref.name,
            fix=f"diapason resonate {ref.name}; diapason audit {ref.name}",
        )
    asked = pl.read_csv(io.BytesIO(ws.vault.get(str(kept["sha256"]))))
    table, empty = _read(path, asked, found["result"])
    version = ws.lake.version(VersionRef.parse(str(found["dataset"])))
    settings = {"resonate": found["run"], "file": path.name, "person": ws.person, "answers": table.height}
    settings["answered"] = attest.table_bytes(table).decode()
    plan = Plan("audit", str(version.ref), version.digest, "", "", "", (), 0, {}, 0.0, settings)
    run = attest.begin(ws, plan)
    run.keep("answers", table)
    result = {"file": str(path), **_summary(table), "empty": empty, "person": ws.person}
    run.finish(result)
    return {"run": run.id, "dataset": str(version.ref), **result}


def known_answers(ws: Workspace, ref: VersionRef, examples: Examples) -> list[list[Any]]:
    """All answers that still hold for these rows, newest first told: row, wrong, right value, inclusion.

    An answer holds as long as the row has the value that the person was shown.
    """
    given = {int(r): _shown(examples, i) for i, r in enumerate(examples.rows)}
    told: dict[int, list[Any]] = {}
    for run in attest.results(ws, "audit", ref.name):
        table = pl.read_csv(io.BytesIO(ws.vault.get(str(run["kept"]["answers"]["sha256"]))), infer_schema_length=None)
        for line in table.iter_rows(named=True):
            row = int(line["row"])
            if row in given and _same(given[row], line["given"]):
                told[row] = [row, bool(line["wrong"]), _right(line["right"], examples), float(line["inclusion"])]
    return [told[row] for row in sorted(told)]


def proved_before(ws: Workspace, ref: VersionRef) -> dict[str, Any] | None:
    """What the newest trial of this very version has proved, and with which learner; None where nothing was."""
    proved: dict[str, Any] | None = None
    for run in attest.results(ws, "resonate", ref.name):
        if run["dataset"] == str(ref):
            made, adopted = run["result"]["mended"], run["result"]["adopted"]
            proved = {k: made[k] for k in ("candidate", "learner")} if adopted and made else None
    return proved


def as_earlier(sealed: Mapping[str, Any] | None) -> Earlier | None:
    """From the plan; None where nothing was proved."""
    if sealed is None:
        return None
    learner = sealed["learner"]
    return Earlier(str(sealed["candidate"]), find("recipes", str(learner["recipe"])), learner["settings"])


def as_answers(sealed: list[list[Any]] | None) -> Answers | None:
    """From the plan; None without any."""
    if not sealed:
        return None
    rows, wrong, right, inclusion = zip(*sealed, strict=True)
    return Answers(
        np.array(rows, np.int64),
        np.array(wrong, bool),
        np.array([np.nan if r is None else float(r) for r in right]),
        np.array(inclusion, float),
    )


def _read(path: Path, asked: pl.DataFrame, result: Mapping[str, Any]) -> tuple[pl.DataFrame, int]:
    """The lines that are answered, and how many are not."""
    filled = _opened(path)
    shown = {int(line["row"]): line for line in asked.iter_rows(named=True)}
    lines, empty = [], 0
    for number, line in enumerate(filled.iter_rows(named=True), start=2):
        said = str(line["is_wrong"] or "").strip().lower()
        if not said:
            empty += 1
            continue
        row = _row(line["row"], shown, path, number)
        right = str(line["right_value"] or "").strip()
        lines.append(
            {
                "row": row,
                "given": shown[row]["given"],
                "wrong": _wrong(said, path, number),
                "right": _checked(right, result, path, number),
                "inclusion": shown[row]["inclusion"],
                "who": str(line["who"] or "").strip(),
            }
        )
    if not lines:
        raise _refused(
            Text("no line of the sheet is filled in", "清单中没有任何一行填写了结果"),
            path,
            2,
            _YES_NO,
        )
    return pl.DataFrame(lines, schema_overrides={"right": pl.String, "given": pl.String}), empty


def _opened(path: Path) -> pl.DataFrame:
    if not path.exists():
        raise NotFound(Text(f"there is no file {path}", f"没有文件 {path}"), at=str(path), fix="diapason audit NAME")
    try:
        text = path.read_bytes()
        filled = pl.read_csv(io.BytesIO(_utf8(text)), infer_schema=False, truncate_ragged_lines=True)
    except pl.exceptions.PolarsError as error:
        raise _refused(
            Text("the sheet is no CSV table", "清单不是 CSV 表"), path, 1, "diapason audit NAME --to FILE.csv"
        ) from error
    lost = [c for c in ("row", "is_wrong", "right_value", "who") if c not in filled.columns]
    if lost:
        raise _refused(
            Text(f"the sheet has no column {', '.join(lost)}", f"清单缺少列 {'、'.join(lost)}"),
            path,
            1,
            Text("keep the head line of the sheet as it was written", "请保留清单的表头"),
        )
    return filled


def _utf8(data: bytes) -> bytes:
    """As UTF-8 without a mark: spreadsheets here also save in GB 18030."""
    try:
        return data.decode("utf-8-sig").encode()
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace").encode()


def _row(said: Any, shown: Mapping[int, Any], path: Path, number: int) -> int:
    try:
        row = int(float(str(said)))
    except ValueError:
        row = -1
    if row not in shown:
        raise _refused(
            Text(f"row {said} is not on the sheet that was written", f"行 {said} 不在已写出的清单中"),
            path,
            number,
            Text("leave the column `row` as it is", "请勿改动 row 列"),
        )
    return row


def _wrong(said: str, path: Path, number: int) -> bool:
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise _refused(
        Text(f"'{said}' is neither yes nor no", f"“{said}”既不是“是”也不是“否”"),
        path,
        number,
        _YES_NO,
    )


def _checked(right: str, result: Mapping[str, Any], path: Path, number: int) -> str | None:
    """The right value as text, if it can be one."""
    if not right:
        return None
    if result["classes"]:
        if right in result["classes"]:
            return right
        raise _refused(
            Text(f"'{right}' is no class of this dataset", f"“{right}”不是该数据集的类别"),
            path,
            number,
            ", ".join(result["classes"][:30]),
        )
    try:
        return str(float(right))
    except ValueError:
        raise _refused(
            Text(f"'{right}' is no number", f"“{right}”不是数字"), path, number, "right_value: 12.5"
        ) from None


def _refused(what: Text, path: Path, line: int, fix: Text | str) -> DataError:
    return DataError(what, at=f"{path}, line {line}", fix=fix)


def _summary(table: pl.DataFrame) -> dict[str, Any]:
    """The share of wrong rows among all, from known inclusion probabilities (Hajek), and its standard error.

    A handful of answers that all say the same vary by nothing and prove little: the error is never less than that of
    as many independent answers with two of each kind added (Agresti and Coull 1998, effective number of Kish 1965).
    """
    weight = 1 / np.maximum(table["inclusion"].to_numpy(), 1e-9)
    wrong = table["wrong"].to_numpy().astype(float)
    share = float(weight @ wrong / weight.sum())
    error = float(np.sqrt(np.square(weight * (wrong - share)).sum()) / weight.sum())
    answers = float(weight.sum() ** 2 / np.square(weight).sum()) + 4
    near = (share * (answers - 4) + 2) / answers
    error = max(error, float(np.sqrt(near * (1 - near) / answers)))
    known = int(table.filter(pl.col("right").is_not_null())["wrong"].sum())
    return {"answered": table.height, "wrong": int(wrong.sum()), "corrected": known, "share": share, "error": error}


def _shown(examples: Examples, i: int) -> str:
    value = examples.target[i]
    return examples.classes[int(value)] if examples.classes and np.isfinite(value) else str(float(value))


def _same(now: str, then: Any) -> bool:
    try:
        return abs(float(now) - float(then)) <= 1e-9 * max(1.0, abs(float(now)))
    except (TypeError, ValueError):
        return str(now) == str(then)


def _right(said: Any, examples: Examples) -> float | None:
    if said is None or str(said) == "":
        return None
    return float(examples.classes.index(str(said))) if examples.classes else float(said)
