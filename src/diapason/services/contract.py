"""The contract of a dataset: show it, propose rules from the data, write it as ODCS, take in rules of others."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from diapason.engines.contracts import Read, propose, read, rules, to_odcs
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.ingest.contracts import contract as agreed
from diapason.services.ingest.contracts import keep_contract
from diapason.services.scan import datasets
from diapason.services.scan.files import foreign
from diapason.vocabulary.tables import Column, Contract, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["run"]


def run(
    ws: Workspace, name: str, *, proposed: bool = False, take: Path | None = None, to: Path | None = None
) -> dict[str, Any]:
    """Show a contract; before that change it, where asked to.

    Args:
        proposed: rules for columns that have none, from one pass over the newest version.
        take: rules that others wrote; they win over those that are there, for columns that are there.
        to: file for the contract as an ODCS document.

    Returns:
        Columns with their rules, how many rules, what changed, and what of a taken file is not looked at here.

    Raises:
        NotFound: there is no such dataset.
        DataError: the file taken is no contract.
    """
    base = VersionRef.parse(name).name
    before = contract = agreed(ws, base)
    form, aside = "", list[str]()
    if take is not None:
        told = read(foreign(take), at=str(take))
        contract, unknown = _merged(contract, told)
        form, aside = told.form, [*told.aside, *unknown]
    if proposed:
        contract = propose(contract, datasets.run(ws, base)["columns"])
    changed = [c.name for c, was in zip(contract.columns, before.columns, strict=True) if c != was]
    if contract != before:
        keep_contract(ws, contract)
    if to is not None:
        write_whole(to, _text(ws, contract))
    return {
        "contract": plain(contract),
        "rules": rules(contract),
        "changed": changed,
        "form": form,
        "aside": aside,
        "file": None if to is None else str(to),
    }


def _merged(contract: Contract, told: Read) -> tuple[Contract, list[str]]:
    """The contract with the rules of others, and the columns of theirs that it does not have."""
    theirs = {c.name: c for c in told.columns}
    unknown = [f"{name}: no such column" for name in theirs if name not in {c.name for c in contract.columns}]
    made = replace(
        contract,
        columns=tuple(_ruled(c, theirs.get(c.name)) for c in contract.columns),
        key=told.key or contract.key,
        relations=tuple(dict.fromkeys([*contract.relations, *told.relations])),
        regime=told.regime or contract.regime,
    )
    return made, unknown


def _ruled(column: Column, other: Column | None) -> Column:
    if other is None:
        return column
    return replace(
        column,
        unit=other.unit or column.unit,
        low=column.low if other.low is None else other.low,
        high=column.high if other.high is None else other.high,
        missing=column.missing if other.missing is None else other.missing,
        values=other.values or column.values,
    )


def _text(ws: Workspace, contract: Contract) -> bytes:
    """The ODCS document; its id is that of the dataset in this workspace."""
    newest = ws.lake.version(VersionRef(contract.name)).ref.version
    identity = str(uuid5(NAMESPACE_URL, f"diapason:{ws.name}/{contract.name}"))
    document = to_odcs(contract, version=f"{newest}.0.0", identity=identity)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(document, Dumper=dumper, allow_unicode=True, sort_keys=False, width=100)).encode()
