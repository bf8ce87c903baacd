"""Scan a file, folder or pattern where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from diapason.engines.scan import Scan, packed, unpacked
from diapason.errors import DataError
from diapason.ports import find, reader_of
from diapason.ports.connector import Frames
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Progress, silent
from diapason.services.scan.passing import BATCH, passed, told
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract

__all__ = ["document", "foreign", "run"]


def run(  # noqa: PLR0913  # roomy: what a person may say of a table, one argument each
    source: str,
    *,
    time: str = "",
    asset: str = "",
    tag: str = "",
    value: str = "",
    regime: str = "",
    key: Sequence[str] = (),
    after: Path | None = None,
    keep: Path | None = None,
    contract: Path | None = None,
    against: Path | None = None,
    rules: bool = False,
    options: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Scan a file, folder or pattern where it lies; nothing is stored but the state, where one is asked for.

    Args:
        source: what the files connector reads, or the address of a database.
        time: column of the time; default the first calendar column.
        asset: column that says which asset a row is of.
        tag: column that names the tag of each row, in a long table.
        value: column of its value.
        regime: column that says in which state the process is, at most eight; of measured values, zero or not.
        key: columns of which no two rows are the same; default those of the contract.
        after: a kept state; the source holds the rows that follow.
        keep: where the state is written.
        contract: rules to be kept: an ODCS document, a suite of Great Expectations or a schema of Pandera.
        against: a kept state, the reference from which the rows may have drifted.
        rules: only whether the rules of the contract are kept; other columns are not read, nothing else is told.
        options: how to read, see the connector.

    Returns:
        Rows, columns looked at and left aside, a line per column, findings with sentences in both languages; of rules
        alone the rows, and how the contract is kept.

    Raises:
        DataError: the source can't be read, has no rows, or a column is not there.
        Unsure: what it means isn't clear; carries the questions.
    """
    reader: Frames = find("connectors", reader_of(source))
    if rules:
        return _ruled(reader, source, options or {}, contract, key, progress)
    frames = reader.frames(source, dict(options or {}), BATCH)
    roles = {"time": time, "asset": asset, "tag": tag, "value": value, "regime": regime}
    agreed = None if contract is None else document(contract)
    ruled = replace(agreed or Contract(Path(source).stem, ()), key=tuple(key)) if key else agreed
    before = None if after is None else _kept(after, roles)
    reference = None if against is None else _unpacked(against)
    scan = passed(frames, roles, source, progress, agreed=ruled, before=before)
    if keep is not None:
        write_whole(keep, packed(scan))
    return {"source": str(source), **told(scan, agreed if contract is not None else None, reference)}


def _ruled(
    reader: Frames,
    source: str,
    options: Mapping[str, Any],
    contract: Path | None,
    key: Sequence[str],
    progress: Progress,
) -> dict[str, Any]:
    from diapason.services.scan.ruling import judged, needed, ruled

    if contract is None:
        raise DataError(
            Text("there are no rules", "没有规则"),
            at=source,
            fix=Text("give a contract", "请给出合约") + ": --contract",
        )
    said = document(contract)
    agreed = replace(said, key=tuple(key)) if key else said
    frames = reader.frames(source, dict(options), BATCH, needed(agreed))
    return {"source": str(source), **judged(ruled(frames, agreed, source, progress))}


def document(path: Path) -> Contract:
    """The contract in a file that others wrote; what it asks for and is not looked at here is no part of it."""
    from diapason.engines.contracts import read  # of rules only

    said = read(foreign(path), at=str(path))
    return Contract(path.stem, said.columns, key=said.key, relations=said.relations, regime=said.regime)


def foreign(path: Path) -> Any:
    """What a YAML or JSON file holds.

    Raises:
        DataError: it can't be read, or is neither.
    """
    import yaml

    try:
        return yaml.load(path.read_text(encoding="utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise DataError(
            Text(f"the contract can't be read: {said}", f"合约无法读取：{said}"),
            at=str(path),
            fix=Text("give a YAML or JSON file in UTF-8", "请给出 UTF-8 的 YAML 或 JSON 文件"),
        ) from error


def _kept(path: Path, roles: Mapping[str, str]) -> Scan:
    """The state to go on from; it was begun with its own columns, and others can't be said now."""
    state = _unpacked(path)
    for role, name in roles.items():
        if name and name != (had := getattr(state.shape, role)):
            raise DataError(
                Text(
                    f"the kept state has '{had}' as --{role}, not '{name}'",
                    f"保存的状态以“{had}”为 --{role}，而不是“{name}”",
                ),
                at=str(path),
                fix=Text("scan all of it again with the columns you mean", "请用所需的列重新扫描全部数据"),
            )
    return state


def _unpacked(path: Path) -> Scan:
    try:
        return unpacked(path.read_bytes(), at=str(path))
    except OSError as error:
        raise DataError(
            Text(f"the kept state can't be read: {error.strerror}", f"无法读取保存的状态：{error.strerror}"),
            at=str(path),
            fix=Text("give the file that --keep wrote", "请给出 --keep 写出的文件"),
        ) from error
