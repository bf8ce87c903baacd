"""From files and a workspace to sources of a tally: verified, judged by the rules asked for, or named as broken."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

from diapason.engines.acceptance.criteria import Rule, State, Verdict
from diapason.engines.acceptance.records import Evidence
from diapason.engines.acceptance.rules import COUNTERS, RULES, newest
from diapason.engines.acceptance.tally import Source
from diapason.errors import DataError, DiapasonError, NotFound
from diapason.knowledge.sectors import sectors
from diapason.ports.workspace import Progress, Workspace, silent
from diapason.services import verify
from diapason.services.count.levels import anew, here
from diapason.services.count.reading import from_bundle, from_workspace
from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Maturity

__all__ = [
    "Demand",
    "Known",
    "demanded",
    "known_signers",
    "named_files",
    "of_file",
    "of_files",
    "of_workspace",
]

_MARK = 16
"""Hex digits of each entry's hash that are kept to see whether two ledgers are one."""

Demand = Mapping[str, Rule | str]
"""The rule of each counter, or the name of one that nobody here knows."""

Known = Mapping[str, Mapping[str, str]]
"""Fingerprints that are known, and what whoever keeps the list says of each: sector, region."""

_SAID = ("sector", "region")


def demanded(asked: Sequence[str]) -> Demand:
    """The newest rule of each counter, or the one that was asked for; what is unknown stays a name.

    Raises:
        DataError: it names no counter.
    """
    found: dict[str, Rule | str] = {counter: newest(counter) for counter in COUNTERS}
    for name in (part.strip() for text in asked for part in text.split(",") if part.strip()):
        counter = name.partition("@")[0]
        if counter not in found:
            raise DataError(
                Text(f"'{name}' is a rule for nothing that is counted", f"“{name}”不对应任何计数对象"),
                at="--rules",
                fix=Text("choose of: ", "可选：") + ", ".join(RULES),
            )
        found[counter] = newest(counter) if name == counter else RULES.get(name, name)
    return found


def named_files(asked: Iterable[str | Path]) -> list[Path]:
    """The files that were named, and the bundles in folders that were named; each once.

    Raises:
        NotFound: there is nothing of that name, or no bundle in a folder.
    """
    found: dict[Path, None] = {}
    for path in map(Path, asked):
        inside = sorted(path.rglob("*.evidence")) if path.is_dir() else [path] if path.exists() else []
        if not inside:
            raise NotFound(
                Text(f"there is no bundle at {path}", f"{path} 处没有证据文件"),
                at=str(path),
                fix=Text("diapason evidence NAME writes one", "可用 diapason evidence 名称 生成"),
            )
        found |= dict.fromkeys(inside)
    return list(found)


def known_signers(file: Path | None) -> Known | None:
    """Fingerprints that are known, one a line: `4be1… sector=RM1 region=320000 any note`; None where nobody said.

    Raises:
        NotFound: there is no such file.
        DataError: a line is no fingerprint.
    """
    if file is None:
        return None
    if not file.is_file():
        raise NotFound(Text(f"there is no file {file}", f"没有文件 {file}"), at="--signers")
    found: dict[str, dict[str, str]] = {}
    for words in (line.split() for line in file.read_text("utf-8").splitlines()):
        if not words or words[0].startswith("#"):
            continue
        if len(words[0]) != 64 or set(words[0].lower()) - set("0123456789abcdef"):
            raise DataError(
                Text(f"'{words[0]}' is no fingerprint", f"“{words[0]}”不是指纹"),
                at=str(file),
                fix=Text("64 hexadecimal digits at the beginning of each line", "每行开头写 64 位十六进制指纹"),
            )
        pairs = (word.partition("=") for word in words[1:])
        found[words[0].lower()] = {name: value for name, _, value in pairs if name in _SAID}
    _sectors(file, found)
    return found


def _sectors(file: Path, found: Known) -> None:
    """Sectors are those of Annex 1."""
    for said in found.values():
        if said.get("sector", "") and said["sector"] not in sectors():
            raise DataError(
                Text(f"there is no sector '{said['sector']}'", f"没有行业代码“{said['sector']}”"),
                at=str(file),
                fix=Text("choose one of: ", "可选：") + ", ".join(sectors()),
            )


def of_files(
    files: Sequence[Path],
    demand: Demand,
    today: date,
    known: Known | None = None,
    models: Sequence[Maturity] = (),
    progress: Progress = silent,
) -> Iterator[Source]:
    """Each file as a source; one that does not hold says why and counts as nothing.

    Args:
        models: of maturity, by which whole workspaces are appraised anew.
    """
    for i, path in enumerate(files):
        progress(Text("verifying and counting", "复核并计数"), i / len(files), path.name)
        yield of_file(path, demand, today, known, models)


def of_file(
    path: Path, demand: Demand, today: date, known: Known | None = None, models: Sequence[Maturity] = ()
) -> Source:
    """One file, rechecked by the code of `diapason verify`."""
    try:
        digest = sha256(path.read_bytes()).hexdigest()
        held, _ = verify.checked(path)
        evidence = from_bundle(held, today)
    except DiapasonError as error:
        said = [error.said(language)["what"] for language in ("en", "zh")]
        return _broken(path, today, Text(*said))
    except OSError as error:
        return _broken(path, today, Text(f"it can't be read: {error}", f"无法读取：{error}"))
    if known is not None and held.signer not in known:
        return _broken(path, today, Text("it is signed by a key that is not known", "签名密钥不在已知名单内"))
    marks = tuple(line.hash[:_MARK] for line in held.lines)
    verdicts = judged(evidence, demand)
    where = {name: _declared(evidence, name) for name in _SAID} | dict((known or {}).get(held.signer, {}))
    return Source(
        digest,
        held.signer,
        evidence.workspace,
        today.isoformat(),
        len(marks),
        marks,
        verdicts,
        file=str(path),
        sector=where["sector"],
        region=where["region"],
        levels=anew(held, models, today, evidence),
    )


def of_workspace(ws: Workspace, demand: Demand, models: Sequence[Maturity] = ()) -> Source:
    """This workspace, from its own ledger."""
    evidence = from_workspace(ws)
    marks = tuple(e.hash[:_MARK] for e in ws.ledger.entries())
    today, head = ws.clock().date().isoformat(), ws.ledger.head()[1]
    name = sha256(f"{ws.signer.keyid} {head}".encode()).hexdigest()
    verdicts = judged(evidence, demand)
    return Source(
        name,
        ws.signer.keyid,
        evidence.workspace,
        today,
        len(marks),
        marks,
        verdicts,
        whole=True,
        sector=_declared(evidence, "sector"),
        region=_declared(evidence, "region"),
        levels=here(ws, models, evidence),
    )


def _declared(evidence: Evidence, fact: str) -> str:
    """What a person has declared of the enterprise, "" where nobody has."""
    found = [r for r in evidence.of("declaration", about=f"fact:{fact}") if r.fallen is None]
    said = found[-1].facts if found else {}
    return "" if said.get("withdrawn") else str(said.get("value") or "")


def judged(evidence: Evidence, demand: Demand) -> tuple[Verdict, ...]:
    """What the rules say; under a rule that is not known here every candidate is not tested."""
    found: list[Verdict] = []
    for counter, rule in demand.items():
        if isinstance(rule, Rule):
            found += rule.judge(evidence)
        else:
            why = Text(f"rule {rule} is not known here", f"此处没有判定规则 {rule}")
            alive = [v for v in newest(counter).judge(evidence) if not v.state.dead]
            found += [Verdict(counter, rule, v.name, State.UNTESTED, why, at=v.at) for v in alive]
    return tuple(found)


def _broken(path: Path, today: date, why: Text) -> Source:
    """Named, and counted as nothing; known by its path, since its bytes say nothing that can be trusted."""
    name = sha256(f"broken {path}".encode()).hexdigest()
    return Source(name, "", "", today.isoformat(), broken=why, file=str(path))
