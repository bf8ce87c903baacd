"""Seal a plan before it runs; end each run in one signed statement; count what was left unfinished."""

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from importlib.metadata import version
from typing import Any

import polars as pl

from diapason.engines.evidence import bundle, container, dsse, merkle, recount
from diapason.engines.evidence.canonical import digest
from diapason.errors import Conflict, DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.vocabulary.evidence import Entry, Plan, Statement, Subject
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["Run", "begin", "finished", "read", "result", "results", "runs", "table_bytes"]

_STOOD_ON = ("diapason", "numpy", "polars", "lightgbm", "scipy")


@dataclass(slots=True)
class Run:
    """One run of a sealed plan, until it is finished or abandoned."""

    workspace: Workspace
    plan: Plan
    id: str
    sealed: Entry
    resumed: bool = False
    _kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    _subjects: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, table: pl.DataFrame, *, scores: Mapping[str, float] | None = None) -> str:
        """Keep rows as CSV under a Merkle root; returns the sha256 under which the vault has them.

        A table with the columns `truth` and `prediction` is recounted, and its scores are stated with it.

        Args:
            name: letters, digits, dots, dashes.
            scores: what the caller claims of these rows; checked against the recount.

        Raises:
            DataError: the name is not proper, or a claimed score does not follow from the rows.
        """
        _proper(name)
        text = table_bytes(table)
        sha256, root = self.workspace.vault.put(text), merkle.root(merkle.lines(text))
        facts = {"sha256": sha256, "root": root, "rows": table.height, "columns": table.columns}
        self._kept[name] = facts | self._recounted(name, text, scores or {})
        return sha256

    def subject(self, name: str, sha256: str) -> None:
        """Name a thing that the statement speaks of: a model part, an input file, an output file."""
        self._subjects[name] = sha256

    def finish(self, result: Mapping[str, Any]) -> Entry:
        """Sign the one statement of this run and chain it.

        Raises:
            Conflict: the run was finished or abandoned before.
        """
        self._open()
        statement = Statement(self._named(), bundle.RESULT, self._predicate(result))
        signer = self.workspace.signer
        envelope = dsse.sign(statement, signer.keyid, signer.sign)
        return self.workspace.ledger.append("result", run=self.id, subject=self.plan.dataset, body=envelope)

    def abandon(self, reason: str) -> None:
        """End the run without a result; it stays counted."""
        self._open()
        body = {"plan": digest(plain(self.plan)), "reason": reason}
        self.workspace.ledger.append("abandoned", run=self.id, subject=self.plan.dataset, body=body)

    def _recounted(self, name: str, text: bytes, claimed: Mapping[str, float]) -> dict[str, Any]:
        kept = recount.table(text)
        if kept is None:
            return {}
        task = recount.kind(kept, str(self.plan.settings.get("task", "")))
        found = recount.scores(kept, task)
        for metric, value in plain(claimed).items():
            if not recount.agree(value, found.get(metric)):
                raise DataError(
                    Text(
                        f"{metric} {value} does not follow from the kept rows: {found.get(metric)}",
                        f"{metric} {value} 与保存的行不符：{found.get(metric)}",
                    ),
                    at=f"{self.id}/{name}",
                    fix=Text("keep the rows that were scored", "请保存实际评分所用的行"),
                )
        return {"task": task.value, "scores": found}

    def _open(self) -> None:
        if _ended(self.workspace, self.id):
            raise Conflict(
                Text(f"run {self.id} has ended already", f"运行 {self.id} 已经结束"),
                fix=Text("begin a new one", "请开始新的运行"),
            )

    def _named(self) -> tuple[Subject, ...]:
        named = {"plan": digest(plain(self.plan))}
        if self.plan.dataset_digest:
            named[f"dataset/{self.plan.dataset}"] = self.plan.dataset_digest
        named |= {f"kept/{name}": str(facts["sha256"]) for name, facts in self._kept.items()}
        return tuple(Subject(n, d) for n, d in sorted((named | self._subjects).items()))

    def _predicate(self, result: Mapping[str, Any]) -> dict[str, Any]:
        ws, sealed = self.workspace, self.sealed
        return {
            "run": self.id,
            "verb": self.plan.verb,
            "plan": plain(self.plan),
            "sealed": {"seq": sealed.seq, "at": sealed.at, "hash": sealed.hash},
            "finished": ws.clock().astimezone(UTC).isoformat(timespec="seconds"),
            "person": ws.person,
            "kept": dict(self._kept),
            "abandoned": _abandoned_before(ws, self.plan, self.id),
            "made_with": {"python": platform.python_version()} | {name: version(name) for name in _STOOD_ON},
            "result": plain(result),
        }


def begin(workspace: Workspace, plan: Plan) -> Run:
    """Seal a plan; where the same plan was begun and never ended, go on with that run."""
    sealed, count = digest(plain(plan)), 0
    for entry in workspace.ledger.entries(kind="plan", subject=plan.dataset):
        if entry.body.get("digest") == sealed:
            count += 1
            if not _ended(workspace, entry.run):
                return Run(workspace, plan, entry.run, entry, resumed=True)
    run = f"{plan.verb}-{sealed[:10]}-{count + 1}"
    body = {"digest": sealed, "plan": plain(plan), "person": workspace.person}
    return Run(workspace, plan, run, workspace.ledger.append("plan", run=run, subject=plan.dataset, body=body))


def result(workspace: Workspace, verb: str, subject: str = "") -> dict[str, Any] | None:
    """The newest finished run of a verb, for a dataset `turbofan` or one version `turbofan@1`; None if there is none.

    The keys are run, at, seq, hash, dataset, plan, kept, subjects and result.
    """
    newest = None
    for entry in _results(workspace, verb, subject):
        newest = entry
    return None if newest is None else read(newest)


def finished(workspace: Workspace, run: str) -> dict[str, Any]:
    """One finished run by its id, as `result` gives it.

    Raises:
        NotFound: no such run ended with a result.
    """
    for entry in workspace.ledger.entries(run=run):
        if entry.kind == "result":
            return read(entry)
    raise NotFound(
        Text(f"run {run} has no result", f"运行 {run} 没有结果"),
        at=run,
        fix=Text("see: diapason status", "请查看：diapason status"),
    )


def results(workspace: Workspace, verb: str = "", subject: str = "") -> Iterator[dict[str, Any]]:
    """All finished runs, oldest first, as `result` gives them."""
    return (read(entry) for entry in _results(workspace, verb, subject))


def runs(workspace: Workspace, subject: str = "") -> list[dict[str, Any]]:
    """Every sealed plan with what became of it: "finished", "abandoned" or "unfinished"; nothing is left out.

    The keys are run, verb, dataset, at, state and reason.
    """
    ends = {e.run: e for kind in ("result", "abandoned") for e in workspace.ledger.entries(kind=kind)}
    found: dict[str, dict[str, Any]] = {}
    for entry in workspace.ledger.entries(kind="plan"):
        if _about(entry, subject) and entry.run not in found:
            end = ends.get(entry.run)
            state = "unfinished" if end is None else {"result": "finished"}.get(end.kind, "abandoned")
            reason = str(end.body.get("reason", "")) if end is not None and state == "abandoned" else ""
            facts = {"run": entry.run, "verb": _verb(entry), "dataset": entry.subject, "at": entry.at}
            found[entry.run] = {**facts, "state": state, "reason": reason}
    return list(found.values())


def read(entry: Entry) -> dict[str, Any]:
    """A "result" entry as plain facts, its signature not checked (`verify` does that)."""
    statement = dsse.opened(entry.body)
    said = statement.predicate
    return {
        "run": entry.run,
        "at": entry.at,
        "seq": entry.seq,
        "hash": entry.hash,
        "verb": said["verb"],
        "dataset": entry.subject,
        "plan": said["plan"],
        "kept": said["kept"],
        "subjects": {s.name: s.sha256 for s in statement.subjects},
        "result": said["result"],
    }


def table_bytes(table: pl.DataFrame) -> bytes:
    """A table as CSV: UTF-8, one header line, line feeds, shortest numbers that read back the same, null empty."""
    return table.write_csv(line_terminator="\n", null_value="", quote_style="necessary").encode()


def _proper(name: str) -> None:
    if "/" in name or not container.proper(f"{name}.csv"):
        raise DataError(
            Text(f"'{name}' can't name a kept table", f"'{name}' 不能作为保存表的名称"),
            fix=Text("use letters, digits, dots and dashes", "请用字母、数字、点与短横线"),
        )


def _results(workspace: Workspace, verb: str, subject: str) -> Iterator[Entry]:
    exact = subject if "@" in subject else None
    for entry in workspace.ledger.entries(kind="result", subject=exact):
        if _about(entry, subject) and verb in ("", _verb(entry)):
            yield entry


def _about(entry: Entry, subject: str) -> bool:
    return subject in ("", entry.subject) or bundle.about(entry.subject) == subject


def _verb(entry: Entry) -> str:
    return entry.run.split("-", 1)[0]


def _ended(workspace: Workspace, run: str) -> bool:
    return any(e.kind in ("result", "abandoned") for e in workspace.ledger.entries(run=run))


def _abandoned_before(workspace: Workspace, plan: Plan, run: str) -> int:
    """Runs of the same verb on this dataset that were sealed and came to nothing."""
    name = bundle.about(plan.dataset)
    return sum(r["state"] != "finished" and r["verb"] == plan.verb and r["run"] != run for r in runs(workspace, name))
