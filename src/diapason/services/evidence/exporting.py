"""Hand evidence over: one signed file of a name or of everything, and small signed anchors that hold the ledger."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from diapason.engines.evidence import bundle, container, dsse
from diapason.engines.evidence.canonical import canonical
from diapason.errors import NotFound
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.evidence.below import outlined, shown
from diapason.vocabulary.evidence import Entry, Statement, Subject
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import file_name
from diapason.vocabulary.tables import VersionRef

__all__ = ["anchor", "export"]

README = """\
{name} - evidence of Diapason / 证据文件

What is in here / 内容
  manifest.json   signed list of every member, head and Merkle root of the ledger (DSSE, Ed25519, in-toto Statement v1)
                  已签名的成员清单，含账本末端哈希与默克尔根
  ledger.jsonl    every entry of the ledger: header and chain hash; the body too where it is about {name}, and of papers
                  people, recalls that {name} stands on. Other runs and data below it: their names in manifest.json
                  账本全部条目的条头与链哈希；与 {name} 有关的条目及其所依据的文件、人员与召回附正文；
                  其下的其他运行与数据仅在 manifest.json 中列名
  keys.json       public keys only / 仅公钥
  kept/           predictions as they were scored, one CSV per run / 评分所用的预测，每次运行一个 CSV
  data/, models/  only when they were asked for / 仅在导出时要求才有
  pages/, papers/ in the file of a whole workspace: what the ledger says, to read, and documents behind people's words
                  整个工作区的文件中：供阅读的页面，以及申报与作保所附的文件

How to recheck / 如何复核
  with Diapason, offline, without a workspace / 使用 Diapason，离线，无需工作区:
    diapason verify FILE --signer FINGERPRINT
  with a small program that shares no code with it (examples/recount of its repository; Python and `cryptography`)
  或使用独立的小程序（仓库 examples/recount，仅需 Python 与 cryptography）:
    python recount.py FILE --signer FINGERPRINT
  Ask the signer for the fingerprint by another way than the one by which this file came.
  请通过另一途径向签名方核对指纹。

What this cannot show / 无法证明之事
  That the input was true. Signatures, chain and scores hold for invented data too; only spot checks help.
  无法证明输入数据真实。编造的数据同样可以签名、入链、得分；只有现场抽查才能发现。
"""


def export(  # roomy: each switch adds one kind of content
    workspace: Workspace,
    name: str,
    path: Path,
    *,
    every: bool = False,
    data: bool = False,
    models: bool = False,
    facts: bool = False,
    pages: Mapping[str, bytes] | None = None,
    stays: str = "",
) -> dict[str, Any]:
    """Write all evidence about a name (a dataset and its models), or about everything, into one signed file.

    Args:
        name: a dataset, or `engines.evidence.bundle.WHOLE` for all that is in the workspace.
        every: kept predictions of every run, not only of the newest of each verb and of those behind a model.
        data: the newest version of the dataset too, as Parquet with its contract.
        models: the parts of its models too.
        facts: what people declared of the enterprise and what was appraised too, for a count elsewhere.
        pages: documents to go along, by file name.
        stays: why data and models in this file may go along although rules hold them back: they do not leave. Kept.

    Data and models that were handed out stand in the ledger: an entry "handout" with the digest of the file.

    Raises:
        Refused: by what people have declared a rule stands against data or models leaving.
        NotFound: no run was ever made about that name.
    """
    entries = tuple(workspace.ledger.entries())
    if not any(e.kind == "result" and bundle.concerns(name, e.subject) for e in entries):
        of = Text("", "") if name == bundle.WHOLE else Text(f" about '{name}'", f"关于 '{name}' 的")
        raise NotFound(
            Text(f"there is no finished run{of.en}", f"没有{of.zh}已完成运行"),
            at=str(workspace.folder),
            fix=Text("see: diapason status", "请查看：diapason status"),
        )
    whole = name == bundle.WHOLE
    if (data or models) and not stays.strip():
        _may_leave(workspace, _datasets(workspace, name), entries)
    if data:
        permit.used(workspace, "hand out", *_datasets(workspace, name))
    open_ = {e.seq for e in entries} if whole else shown(workspace, name, entries, facts=facts)
    members = dict(_members(workspace, name, entries, open_, every=every))
    members |= dict(_data(workspace, name)) if data else {}
    members |= dict(_models(workspace, name, entries)) if models else {}
    members |= dict(_papers(workspace, entries)) if whole else {}
    members |= {f"pages/{file}": text for file, text in (pages or {}).items()}
    signed = _signed(workspace, name, entries, members, open_)
    ordered = [(bundle.README, members.pop(bundle.README)), (bundle.MANIFEST, signed), *members.items()]
    packed = b"".join(container.pack(ordered))
    if data or models:
        along = {"file": path.name, "sha256": sha256(packed).hexdigest(), "data": data, "models": models}
        said = {**along, "stays": stays.strip(), "by": workspace.person}
        workspace.ledger.append("handout", subject=name, body=said)
    write_whole(path, packed)
    return {
        "file": str(path),
        "bytes": len(packed),
        "name": name,
        "entries": len(entries),
        "signer": workspace.signer.keyid,
    }


def anchor(workspace: Workspace, path: Path) -> dict[str, Any]:
    """Write a small signed file that says how long the ledger is and what its last hash is."""
    seq, head = workspace.ledger.head()
    said = {"workspace": workspace.name, "seq": seq, "hash": head, "at": _now(workspace)}
    subject = Subject("ledger", head)
    signer = workspace.signer
    signed = dsse.sign(Statement((subject,), bundle.ANCHOR, said), signer.keyid, signer.sign)
    write_whole(path, canonical(signed))
    return {"file": str(path), "signer": signer.keyid, **said}


def _may_leave(workspace: Workspace, names: list[str], entries: tuple[Entry, ...]) -> None:
    for name in names:
        own = {ground("dataset", e.subject) for e in entries if e.kind == "commit" and bundle.about(e.subject) == name}
        own |= {ground("model", e.subject) for e in entries if e.kind == "model" and bundle.about(e.subject) == name}
        permit.demand(workspace, "let out", name, (ground("dataset", name), *sorted(own)))


def _signed(
    workspace: Workspace, name: str, entries: tuple[Entry, ...], members: dict[str, bytes], open_: set[int]
) -> bytes:
    last, signer = entries[-1], workspace.signer
    facts = _facts(workspace, name, members) | {"below": outlined(workspace, open_)}
    return bundle.manifest(name, (last.seq, last.hash), members, facts, signer.keyid, signer.sign)


def _members(
    workspace: Workspace, name: str, entries: tuple[Entry, ...], open_: set[int], *, every: bool
) -> Iterator[tuple[str, bytes]]:
    """Explanation, keys, ledger and kept tables."""
    yield bundle.README, README.format(name=workspace.name if name == bundle.WHOLE else name).encode()
    yield bundle.KEYS, canonical(_keys(workspace, [e for e in entries if e.seq in open_]))
    yield bundle.LEDGER, bundle.ledger(entries, lambda entry: entry.seq in open_)
    for facts in _standing(workspace, name, every=every):
        for table, kept in sorted(facts["kept"].items()):
            with suppress(NotFound):  # really deleted since; its digest stays in the statement
                yield f"kept/{facts['run']}/{table}.csv", workspace.vault.get(kept["sha256"])


def _keys(workspace: Workspace, shown: list[Entry]) -> dict[str, dict[str, str]]:
    """Public keys of those who signed what is shown, by id, and whose they are."""
    signer = workspace.signer
    keys = {signer.keyid: {"public": signer.public.hex(), "of": workspace.name}}
    hands = {str(s.get("keyid")) for entry in shown for s in entry.body.get("signatures", ())}
    for entry in shown:
        if entry.kind == "person" and entry.body["keyid"] in hands:
            keys[str(entry.body["keyid"])] = {"public": str(entry.body["public"]), "of": entry.subject}
    return keys


def _standing(workspace: Workspace, name: str, *, every: bool) -> list[dict[str, Any]]:
    """The runs whose kept tables go along: the newest of each verb and those behind a model, or all."""
    found = list(attest.results(workspace, subject="" if name == bundle.WHOLE else name))
    models = (e for e in workspace.ledger.entries(kind="model") if bundle.concerns(name, e.subject))
    behind = {str(e.body.get("run")) for e in models}
    newest = {_what(facts): facts["run"] for facts in found}
    return [f for f in found if every or f["run"] in behind or newest[_what(f)] == f["run"]]


def _what(facts: Mapping[str, Any]) -> tuple[str, str]:
    return str(facts["verb"]), bundle.about(str(facts["dataset"]))


def _datasets(workspace: Workspace, name: str) -> list[str]:
    return list(workspace.lake.datasets()) if name == bundle.WHOLE else [name]


def _data(workspace: Workspace, name: str) -> Iterator[tuple[str, bytes]]:
    """The versions that models and repairs were learnt on, and the contract that says what the columns are."""
    for one in _datasets(workspace, name):
        yield from _data_of(workspace, one)


def _data_of(workspace: Workspace, name: str) -> Iterator[tuple[str, bytes]]:
    versions = {f["dataset"] for verb in ("learn", "resonate", "effect") if (f := attest.result(workspace, verb, name))}
    for version in sorted(versions) or [name]:
        ref, buffer = VersionRef.parse(version), BytesIO()
        exact = workspace.lake.version(ref).ref
        workspace.lake.scan(exact).collect().write_parquet(buffer)
        yield _data_member(exact), buffer.getvalue()
    contract = workspace.folder / "contracts" / f"{name}.yaml"
    if contract.is_file():
        yield f"contracts/{file_name(name)}.yaml", contract.read_bytes()


def _models(workspace: Workspace, name: str, entries: tuple[Entry, ...]) -> Iterator[tuple[str, bytes]]:
    for entry in entries:
        if entry.kind == "model" and bundle.concerns(name, entry.subject):
            for part, digest in sorted(entry.body["parts"].items()):
                ref = VersionRef.parse(entry.subject)
                yield f"models/{file_name(ref.name)}@{ref.version}/{part}", workspace.vault.get(digest)


def _papers(workspace: Workspace, entries: tuple[Entry, ...]) -> Iterator[tuple[str, bytes]]:
    """Documents that people have vouched for or put behind their word, by digest."""
    found: dict[str, None] = {}
    for entry in entries:
        if entry.kind in ("vouch", "declare"):
            said = dsse.opened(entry.body).predicate
            paper = said.get("sha256") or (said.get("evidence") or {}).get("sha256")
            found |= {str(paper): None} if paper else {}
    for digest in sorted(found):
        with suppress(NotFound):  # really deleted since; its digest stays in the word
            yield f"papers/{digest}", workspace.vault.get(digest)


def _data_member(ref: VersionRef) -> str:
    return f"data/{file_name(ref.name)}@{ref.version}.parquet"


def _facts(workspace: Workspace, name: str, members: dict[str, bytes]) -> dict[str, Any]:
    """What the signer says of the bundle as a whole, with the digest of each dataset version that goes along."""
    stored = (v for one in _datasets(workspace, name) for v in workspace.lake.versions(one))
    along = {_data_member(v.ref): v for v in stored}
    data = {m: {"dataset": str(v.ref), "digest": v.digest} for m, v in along.items() if m in members}
    return {"workspace": workspace.name, "made": _now(workspace), "data": data}


def _now(workspace: Workspace) -> str:
    return workspace.clock().astimezone(UTC).isoformat(timespec="seconds")
