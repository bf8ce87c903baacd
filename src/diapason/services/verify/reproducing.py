"""The third grade: the plan run again on the data, and its score within the tolerance that was sealed."""

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import polars as pl

from diapason.engines.evidence.bundle import Bundle
from diapason.engines.evidence.canonical import digest
from diapason.errors import BrokenEvidence, NotFound, Refused
from diapason.ports.workspace import Progress, Workspace, silent
from diapason.services import effect, learn, resonate, workspace
from diapason.services.ingest.contracts import read_contract
from diapason.services.learn.material import LARGEST, frame_of
from diapason.vocabulary.evidence import Statement
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Column, Contract, Role, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["Repeat", "reproduced"]

Repeat = Callable[[Bundle, str, Workspace | None, Progress], tuple[list[dict[str, Any]], list[Text]]]
"""Runs a sealed plan again: its figures as stated and found, and what could not be repeated."""
NONE: Mapping[str, Repeat] = MappingProxyType({})

ARMS = ("over_nothing", "over_placebo", "over_robust")
"""What each repair is compared with."""


def reproduced(
    held: Bundle,
    only: str = "",
    own: Workspace | None = None,
    progress: Progress = silent,
    others: Mapping[str, Repeat] = NONE,
) -> dict[str, Any]:
    """Run the newest plan of learning, of mending and of an effect again, or one run that is named, and compare.

    Args:
        own: a workspace that may have the same dataset version, where the file brings no data.
        others: verbs that other services repeat; the newest run of each where the file has none of the usual ones.

    Returns:
        `reproduced`: for each run its measures as stated, as found again, and the tolerance; `not_repeated`: for each
        run of `others` what could not be, in both languages.

    Raises:
        Refused: there is nothing to run again, or no data to run it on.
        BrokenEvidence: the data is not that of the plan, or the score was not reached again.
    """
    found: dict[str, Any] = {"reproduced": {}, "not_repeated": {}}
    for run, statement in _chosen(held, only, others).items():
        verb = str(statement.predicate["verb"])
        if verb in others:
            found["reproduced"][run], left = others[verb](held, run, own, progress)
            found["not_repeated"][run] = plain(left)
        else:
            found["reproduced"][run] = _again(held, run, statement, own, progress)
    return found


def _again(
    held: Bundle, run: str, statement: Statement, own: Workspace | None, progress: Progress
) -> list[dict[str, Any]]:
    plan, stated = statement.predicate["plan"], statement.predicate["result"]
    verb, settings, ref = plan["verb"], plan["settings"], VersionRef.parse(plan["dataset"])
    said = settings["asked"] if verb == "resonate" else settings
    rerun, compared = _AGAIN[verb]
    contract = _contract(held, run, said["contract"])
    with TemporaryDirectory() as folder:
        source = _from_file(held, plan, Path(folder)) or _from_workspace(own, plan)
        progress(Text("running the plan again", "正在重新运行计划"), -1, run)
        version, most = _version(source, ref, plan), int(said["most"]) if verb == "learn" else LARGEST
        whole = verb == "effect"
        frame = (
            source.lake.scan(version).collect()
            if whole
            else frame_of(source, version, contract, int(plan["seed"]), most)
        )
    return list(compared(stated, rerun(plan, frame, contract), float(plan["tolerance"]), run))


def _chosen(held: Bundle, only: str, others: Mapping[str, Repeat]) -> dict[str, Statement]:
    """The newest finished run of each verb that can be run again, or the one that was asked for."""
    newest: dict[str, tuple[str, Statement]] = {}
    for line in held.lines:
        if line.kind == "result" and line.run in held.payloads and only in ("", line.run):
            statement = held.statement(line.run)
            newest[str(statement.predicate["verb"])] = (line.run, statement)
    found = dict(newest[verb] for verb in _AGAIN if verb in newest)
    found = found or dict(newest[verb] for verb in others if verb in newest)
    if found:
        return found
    raise Refused(
        Text("it is intact, but holds no run that could be done again", "文件完整，但没有可重新进行的运行"),
        at=only,
        fix=Text("use --grade re-scored", "请用 --grade re-scored"),
    )


def _contract(held: Bundle, run: str, wanted: str) -> Contract:
    """What the columns were: wherever the file says it with the digest that the plan has sealed."""
    models = (said["contract"] for _, said in held.said("model") if "contract" in said)
    results = (held.statement(r).predicate["result"].get("contract") for r in held.payloads)
    for said in (*models, *results):
        if isinstance(said, dict) and digest(said) == wanted:
            columns = tuple(Column(**{**c, "role": Role(c["role"])}) for c in said["columns"])
            return Contract(said["name"], columns, bool(said["run_to_failure"]), tuple(said["derived"]))
    for member, text in held.members.items():
        if member.startswith("contracts/") and digest(plain(read := read_contract(text, member))) == wanted:
            return read
    raise BrokenEvidence(
        Text("the contract is not the one that the plan names", "合约与计划所载不符"), at=run, fix=_ASK
    )


def _from_file(held: Bundle, plan: Mapping[str, Any], folder: Path) -> Workspace | None:
    """A workspace for a moment, with the data that the file brings along, checked by its digest."""
    for member, facts in held.facts.get("data", {}).items():
        if facts["dataset"] == plan["dataset"] and member in held.members:
            workspace.init(folder / "again", person="stranger")
            made = workspace.open_workspace(folder / "again", person="stranger")
            name = VersionRef.parse(plan["dataset"]).name
            rows = _rows(held.members[member], member)
            found = made.lake.commit(name, [rows], run="verify", note="verify").digest
            if found != plan["dataset_digest"]:
                raise BrokenEvidence(
                    Text(
                        f"the data in the file is not {plan['dataset']} as sealed",
                        f"文件中的数据与封存的 {plan['dataset']} 不符",
                    ),
                    at=member,
                    fix=_ASK,
                )
            return made
    return None


def _rows(data: bytes, member: str) -> pl.DataFrame:
    try:
        return pl.read_parquet(BytesIO(data))
    except pl.exceptions.PolarsError as error:
        raise BrokenEvidence(
            Text("the data is no Parquet file", "数据不是 Parquet 文件"), at=member, fix=_ASK
        ) from error


def _from_workspace(own: Workspace | None, plan: Mapping[str, Any]) -> Workspace:
    if own is not None and any(v.digest == plan["dataset_digest"] for v in _versions(own, plan)):
        return own
    raise Refused(
        Text(
            f"it holds, but {plan['dataset']} is not here to run the plan again",
            f"文件成立，但此处没有 {plan['dataset']}，无法重新运行",
        ),
        fix=Text(
            "ask for a file exported with --with-data, or use -w with a workspace that has the same version",
            "索取用 --with-data 导出的文件，或用 -w 指定含有同一版本的工作区",
        ),
    )


def _version(source: Workspace, ref: VersionRef, plan: Mapping[str, Any]) -> VersionRef:
    """The version with the sealed digest, whatever number it has there."""
    return next(v.ref for v in source.lake.versions(ref.name) if v.digest == plan["dataset_digest"])


def _versions(own: Workspace, plan: Mapping[str, Any]) -> tuple[Any, ...]:
    try:
        return own.lake.versions(VersionRef.parse(plan["dataset"]).name)
    except NotFound:
        return ()


def _scores(stated: Mapping[str, Any], made: Mapping[str, Any], tolerance: float, run: str) -> Iterator[dict[str, Any]]:
    """The score of each split."""
    for split in sorted(made.keys() & stated.keys()):
        was, found = (card[split]["score"]["value"] for card in (stated, made))
        yield _same(f"{stated[split]['metric']['name']} ({split})", was, found, tolerance, abs(was or 0), run)


def _repairs(
    stated: Mapping[str, Any], made: Mapping[str, Any], tolerance: float, run: str
) -> Iterator[dict[str, Any]]:
    """What was adopted, and each gain tested; a gain may differ by the tolerance times its interval's width."""
    if list(stated["adopted"]) != list(made["adopted"]):
        raise _other("adopted", stated["adopted"] or "-", made["adopted"] or "-", tolerance, run)
    again = {row["candidate"]["id"]: row for row in made["rows"]}
    for row in stated["rows"]:
        name = row["candidate"]["id"]
        for arm in ARMS:
            what, was, found = (
                f"gain of {name} {arm.replace('_', ' ')}",
                _tested(row, arm),
                _tested(again.get(name), arm),
            )
            if was is None and found is None:
                continue
            if was is None or found is None:
                raise _other(what, was, found, tolerance, run)
            width = max(abs(was["value"]), was["high"] - was["low"])
            yield _same(what, was["value"], found["value"], tolerance, width, run)


def _effects(
    stated: Mapping[str, Any], made: Mapping[str, Any], tolerance: float, run: str
) -> Iterator[dict[str, Any]]:
    """The effect in its unit and in percent, with the ends of both intervals."""
    for what in ("effect", "percent"):
        for end in ("value", "low", "high"):
            was, found = (said[what][end] for said in (stated, made))
            if was is not None or found is not None:
                yield _same(f"{what}, {end}", was, found, tolerance, abs(was or 0), run)


_AGAIN: Mapping[str, tuple[Callable[..., dict[str, Any]], Callable[..., Iterator[dict[str, Any]]]]] = {
    "learn": (learn.rerun, _scores),
    "resonate": (resonate.rerun, _repairs),
    "effect": (effect.rerun, _effects),
}
"""Verbs whose plans can be run again, and how what was stated is compared."""


def _tested(row: Mapping[str, Any] | None, arm: str) -> Mapping[str, Any] | None:
    """The gain over an arm, None where it was not tested."""
    gain: Mapping[str, Any] | None = (row or {}).get(arm)
    return gain if gain and gain["value"] is not None else None


def _same(what: str, was: float, found: float, tolerance: float, scale: float, run: str) -> dict[str, Any]:
    if was is None or found is None or not abs(was - found) <= max(tolerance * scale, 1e-12):
        raise _other(what, was, found, tolerance, run)
    return {"what": what, "stated": was, "found": found, "tolerance": tolerance}


def _other(what: str, was: object, found: object, tolerance: float, run: str) -> BrokenEvidence:
    return BrokenEvidence(
        Text(
            f"{what} was stated as {was}, but the plan run again gives {found}",
            f"{what} 声明为 {was}，重新运行得到 {found}",
        ),
        at=run,
        fix=Text(
            f"the sealed tolerance is {tolerance:.2%}; ask the signer", f"封存的容差为 {tolerance:.2%}；请询问签名方"
        ),
    )


_ASK = Text("do not trust it; ask the signer for the original", "请勿采信，向签名方索取原件")
