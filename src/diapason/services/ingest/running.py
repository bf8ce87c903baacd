"""The story of an ingest: read, agree, seal the plan, store, keep what was refused, sign."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePath
from typing import Any

import polars as pl

from diapason.engines.contracts import Judge
from diapason.errors import DataError, DiapasonError, NotFound, Unsure
from diapason.errors import Refused as Refusal
from diapason.ports import find, reader_of
from diapason.ports.connector import Batch, Connector
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.ingest.agreeing import Agreement, Asked, agree, beside
from diapason.services.ingest.aside import QUARANTINE, Aside
from diapason.services.ingest.contracts import contract, contract_text, hold, keep_contract, release, unhold
from diapason.services.ingest.counting import Counted
from diapason.services.ingest.deriving import ends_of
from diapason.services.ingest.feeding import Feed
from diapason.services.ingest.following import newer, nothing_new
from diapason.services.ingest.guarding import digest_of, judging, other_columns, record
from diapason.services.ingest.refused import REFUSED, Refused
from diapason.services.ingest.widening import after, stored, widened
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper
from diapason.vocabulary.policy import Act
from diapason.vocabulary.tables import Contract, Role, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["run"]


async def run(  # noqa: PLR0913  # roomy: what a person may say about a table, one argument each
    ws: Workspace,
    source: str,
    *,
    name: str,
    asset: str | None = None,
    time: str | None = None,
    target: str | None = None,
    batch: str | None = None,
    leak: Sequence[str] = (),
    columns: tuple[str, ...] | str | None = None,
    units: Mapping[str, str] | None = None,
    run_to_failure: bool = False,
    append: bool = False,
    since: str = "",
    options: Mapping[str, Any] | None = None,
    connector: str | Connector = "",
    final: bool = False,
) -> dict[str, Any]:
    """Bring a table into the workspace as a new version of a dataset.

    Args:
        ws: the workspace.
        source: what the connector reads: a file, a folder, a pattern.
        name: of the dataset.
        asset: column (name or number) that says which asset a row is of.
        time: column of the time of a row.
        target: column to predict; `A+B+C` joins flags of which one is set into a class.
        batch: column that says which batch, heat or recording a row is of.
        leak: columns that are known only after the target; no model sees them.
        columns: names of the columns where the file has none.
        units: unit of columns, as UCUM or as plants write it.
        run_to_failure: every asset ends in failure; remaining life is derived where it is absent.
        append: add the rows to the newest version.
        since: of a database, a column of a key or time that only grows: rows beyond the last one stored are appended.
        options: how to read, see the connector; `changes: accept` where the columns are others than before.
        connector: a plug-in's name, or a reader itself; default the one that the source names (`plant:history`), else
            files.
        final: nobody will be asked: columns that the contract refuses are written to the ledger as refused.

    Returns:
        dataset, version, rows, rejected, quarantined, seen, guard (the verdict, where there are rules), same, contract,
        assumed, questions, changes, source, and the run.

    Raises:
        DataError: the source can't be read; says where, and the fix.
        Refused: the contract is broken by what its policy refuses; nothing is stored.
        Unsure: only a person can say what it means; carries the questions.
    """
    name = _free(name)
    connector = connector or reader_of(str(source))
    reader: Connector = find("connectors", connector) if isinstance(connector, str) else connector
    called = connector if isinstance(connector, str) else type(connector).__name__
    said = dict(options or {})
    accept = said.pop("changes", "") == "accept"
    asked = Asked(asset, time, target, batch, units or {}, run_to_failure, tuple(leak), accept, _joined(ws, name))
    said |= newer(ws, name, since, called) if since else {}
    append = append or "after" in said
    said |= {"columns": columns} if columns else {}
    said |= {"time": time} if time and called == "files" else {}
    ws.progress(Text("Looking at every row of", "正在查看每一行："), -1, str(source))
    with Feed(reader, str(source), said) as feed:
        first = await asyncio.to_thread(next, feed, None)
        if first is None and "after" in said:
            return nothing_new(ws, name)
        if first is None:
            raise _nothing(source)
        known = _known(ws, name)
        lacking = _lacking(known, first.rows)
        first = _filled(first, lacking)
        try:
            agreement = agree(name, first.rows, first.facts, asked, known, ws.language)
        except Unsure as unsure:
            if final and known is not None and known.guarded and unsure.at.startswith("contracts/"):
                sent = first.seen + sum(batch.seen for batch in feed)
                digest = str(first.facts.get("digest", ""))
                record(ws, name, PurePath(source).name, digest, other_columns(str(unsure.what), sent))
            raise
        order = _Order(ws, name, str(source), said, called, append, agreement, first)
        same = order.same()
        if same is not None:
            return same
        order.check_append()
        if agreement.derived.life:
            ends = await asyncio.to_thread(_ends, reader, order)
            order = replace(order, agreement=replace(agreement, derived=replace(agreement.derived, ends=ends)))
        if order.shares():
            order = replace(order, over=await asyncio.to_thread(_over, reader, order))
        return order.carry_out(_filled(batch, lacking) for batch in feed)


@dataclass(frozen=True, slots=True)
class _Order:
    """One ingest, agreed and not yet done."""

    ws: Workspace
    name: str
    source: str
    options: Mapping[str, Any]
    connector: str
    append: bool
    agreement: Agreement
    first: Batch
    over: frozenset[str] = frozenset()  # shares of missing cells that are broken, whose rows are set aside

    @property
    def digest(self) -> str:
        """Of the source's bytes."""
        return str(self.first.facts.get("digest", ""))

    def same(self) -> dict[str, Any] | None:
        """The ingest that has brought these very bytes in, in this way, if its version is still there."""
        last = attest.result(self.ws, "ingest", self.name)
        if last is None or not self.digest or not self.ws.lake.versions(self.name):
            return None
        done = last["result"]
        made = done["made"]
        again = self.digest in made["digests"] if self.append else made["digests"] == [self.digest]
        if not again or made["options"] != plain(self.options) or made["derived"] != self._derivation():
            return None
        if made.get("rules", "") != digest_of(self.agreement.contract):
            return None
        changed = plain(done["contract"]) != plain(self.agreement.contract)
        path = keep_contract(self.ws, self.agreement.contract)
        questions = [_asked(q) for q in self.agreement.questions]
        said = {"same": True, "contract_changed": changed, "contract": plain(self.agreement.contract)}
        said |= {"contract_file": str(path), "questions": questions, "run": last["run"]}
        return {**done, **said}

    def check_append(self) -> None:
        """Rows of an asset that is there already would change its remaining life.

        Raises:
            NotFound: there is nothing to append to.
        """
        if self.append and not self.ws.lake.versions(self.name):
            raise NotFound(
                Text(f"there is no {self.name} to append to", f"没有可追加的数据集 {self.name}"),
                at=f"--append --name {self.name}",
                fix=Text("leave out --append the first time", "首次导入请去掉 --append"),
            )

    def carry_out(self, feed: Iterator[Batch]) -> dict[str, Any]:
        """Seal, store, sign."""
        run = attest.begin(self.ws, self._plan())
        for file in self.first.facts.get("files", ())[:200]:
            run.subject(f"file/{file['name']}", file["sha256"])
        hold(self.ws, self.agreement.contract, run.id)
        try:
            with Refused() as refused, Aside() as aside:
                counted = Counted(self.ws, self.name, self.source, self.agreement.derived, self.judge(), self.over)
                version = self._version(run.id, counted.frames(self.first, feed, refused, aside))
                kept = refused.commit(self.ws, self.name, run.id, version, append=self.append)
                beside = aside.commit(self.ws, self.name, run.id)
        except DiapasonError as error:
            run.abandon(str(error.what))
            unhold(self.ws, self.name, run.id)
            if isinstance(error, Refusal) and (judged := counted.verdict(refused=True)) is not None:
                record(self.ws, self.name, PurePath(self.source).name, self.digest, judged)
            raise
        release(self.ws, self.name)
        run.subject(f"dataset/{version.ref}", version.digest)
        result = self._result(version, counted, kept) | {"quarantine_dataset": beside}
        run.finish(result)
        return {**result, "run": run.id, "contract_file": str(keep_contract(self.ws, self.agreement.contract))}

    def judge(self) -> Judge | None:
        """Who judges the rows, where there is anything that they could break."""
        agreed = self.agreement
        if not agreed.contract.guarded:
            return None
        return judging(agreed.contract, agreed.derived.add(self.first.rows.clear()).schema)

    def shares(self) -> bool:
        """Whether rows are set aside by a share, which only the whole delivery tells."""
        judge = self.judge()
        return judge is not None and any(r.act is Act.QUARANTINE and not r.of_rows for r in judge.rules)

    def _version(self, run: str, frames: Iterator[pl.DataFrame]) -> Version:
        """Commit, unless this run has committed before it was killed."""
        done = [v for v in self.ws.lake.versions(self.name) if v.run == run]
        if done:
            for _ in frames:
                pass
            return done[-1]
        wider = widened(self.ws.lake, self.name, self.first.rows.schema) if self.append else {}
        if not wider:
            return self.ws.lake.commit(self.name, frames, run=run, note="ingest", append=self.append)
        newest = self.ws.lake.version(VersionRef(self.name))
        every = after(stored(self.ws.lake, newest.ref, wider), frames)
        return self.ws.lake.commit(self.name, every, run=run, note="ingest", expected=newest.ref.version)

    def _plan(self) -> Plan:
        settings = {
            "source": PurePath(self.source).name,  # the same file by another path is the same plan
            "connector": self.connector,
            "options": plain(self.options),
            "append": self.append,
            "roles": {c.name: c.role.value for c in self.agreement.contract.columns if c.role is not Role.FEATURE},
            "derived": self._derivation(),
            "contract": sha256(contract_text(self.agreement.contract).encode()).hexdigest(),
        }
        return Plan("ingest", self.name, self.digest, "", "", "", (), 0, {}, 0.0, settings)

    def _derivation(self) -> dict[str, Any]:
        derived = self.agreement.derived
        how: dict[str, Any] = {}
        if derived.life:
            how[derived.life] = {"last_minus": derived.time, "of": derived.asset}
        if derived.classes:
            how[derived.classes] = {"one_of": list(derived.flags)}
        return how

    def _result(self, version: Version, counted: Counted, kept: str) -> dict[str, Any]:
        facts = self.first.facts
        before = attest.result(self.ws, "ingest", self.name) if self.append else None
        earlier = list(before["result"]["made"]["digests"]) if before else []
        made = {"digests": [*earlier, self.digest], "options": plain(self.options), "derived": self._derivation()}
        made |= {"rules": digest_of(self.agreement.contract)}
        return {
            "dataset": str(version.ref),
            "version": version.ref.version,
            "rows": counted.stored,
            "rows_in_all": version.rows,
            "rejected": counted.refused,
            "quarantined": counted.aside,
            "guard": counted.verdict(),
            "seen": counted.seen,
            "rejected_dataset": kept,
            "rejected_because": counted.reasons(),
            "digest": version.digest,
            "same": False,
            "contract": plain(self.agreement.contract),
            "assumed": facts.get("assumed", []),
            "missing_words": facts.get("missing_words", {}),
            "questions": [_asked(q) for q in self.agreement.questions],
            "changes": list(self.agreement.changes),
            "source": {"path": self.source, "digest": self.digest, "files": facts.get("files", [])},
            "made": made,
        }


def _lacking(known: Contract | None, rows: pl.DataFrame) -> tuple[str, ...]:
    """Columns of words among numbers that the dataset has, and these rows had no need of."""
    there = set(rows.columns)
    return tuple(c.name for c in known.columns if c.name not in there and beside(c.name, there)) if known else ()


def _filled(batch: Batch, lacking: tuple[str, ...]) -> Batch:
    """The batch with those columns, empty."""
    if not lacking:
        return batch
    return replace(batch, rows=batch.rows.with_columns(pl.lit(None, pl.String).alias(c) for c in lacking))


def _nothing(source: str) -> DataError:
    return DataError(
        Text("there are no rows", "没有数据行"), at=source, fix=Text("export the table again", "请重新导出表格")
    )


def _free(name: str) -> str:
    name = proper(name, at="--name")
    if name.endswith((REFUSED, QUARANTINE)):
        raise DataError(
            Text(
                f"names that end in {REFUSED} or {QUARANTINE} are kept for rows beside a dataset",
                f"以 {REFUSED} 或 {QUARANTINE} 结尾的名称保留给数据集旁的行",
            ),
            at="--name",
            fix=Text("choose another name", "请另取名称"),
        )
    return name


def _known(ws: Workspace, name: str) -> Contract | None:
    """The contract of a dataset that exists; a file left from one that does not exist says nothing."""
    try:
        return contract(ws, name) if ws.lake.versions(name) else None
    except NotFound:
        return None


def _joined(ws: Workspace, name: str) -> tuple[str, ...]:
    """The flags that were joined to a class when the dataset was ingested last."""
    last = attest.result(ws, "ingest", name)
    derived = last["result"]["made"]["derived"] if last is not None and ws.lake.versions(name) else {}
    return next((tuple(how["one_of"]) for how in derived.values() if "one_of" in how), ())


def _ends(reader: Connector, order: _Order) -> dict[Any, Any]:
    """The last time of each asset; of assets that are in the table already when rows are appended, refuse."""
    derived = order.agreement.derived
    with Feed(reader, order.source, order.options) as feed:
        ends = ends_of(feed, derived.asset, derived.time)
    if order.append:
        stored = order.ws.lake.scan(VersionRef(order.name)).select(derived.asset).unique().collect().to_series()
        both = sorted(str(a) for a in set(stored.to_list()) & set(ends))
        if both:
            raise DataError(
                Text(
                    f"{', '.join(both[:5])} are in {order.name} already: their remaining life would change",
                    f"{'、'.join(both[:5])} 已在 {order.name} 中：其剩余寿命会改变",
                ),
                at=order.source,
                fix=Text("ingest all files of these assets together", "请将这些设备的全部文件一起导入"),
            )
    return ends


def _over(reader: Connector, order: _Order) -> frozenset[str]:
    """Shares of missing cells that the whole source breaks and whose rows are to be set aside."""
    judge = order.judge()
    if judge is None:
        return frozenset()
    with Feed(reader, order.source, order.options) as feed:
        for batch in feed:
            judge.take(order.agreement.derived.add(batch.rows))
    return frozenset(f"{b['column']}:{b['rule']}" for b in judge.broken() if b["rule"] == "missing")


def _asked(question: Any) -> dict[str, Any]:
    return {**plain(question), "say": question.flag()}
