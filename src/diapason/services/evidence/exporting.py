"""Hand evidence over: one signed file per name, and small signed anchors that hold the ledger in place."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any

from diapason.engines.evidence import bundle, container, dsse
from diapason.engines.evidence.canonical import canonical
from diapason.errors import NotFound
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.evidence.below import outlined, shown
from diapason.vocabulary.evidence import Entry, Statement, Subject
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
) -> dict[str, Any]:
    """Write all evidence about a name (a dataset and its models) into one signed file.

    Args:
        every: kept predictions of every run, not only of the newest of each verb and of those behind a model.
        data: the newest version of the dataset too, as Parquet with its contract.
        models: the parts of its models too.
        facts: what people declared of the enterprise and what was appraised too, for a count elsewhere.

    Raises:
        NotFound: no run was ever made about that name.
    """
    entries = tuple(workspace.ledger.entries())
    if not any(e.kind == "result" and bundle.about(e.subject) == name for e in entries):
        raise NotFound(
            Text(f"there is no finished run about '{name}'", f"没有关于 '{name}' 的已完成运行"),
            at=str(workspace.folder),
            fix=Text("see: diapason status", "请查看：diapason status"),
        )
    open_ = shown(workspace, name, entries, facts=facts)
    members = dict(_members(workspace, name, entries, open_, every=every))
    members |= dict(_data(workspace, name)) if data else {}
    members |= dict(_models(workspace, name, entries)) if models else {}
    signed = _signed(workspace, name, entries, members, open_)
    ordered = [(bundle.README, members.pop(bundle.README)), (bundle.MANIFEST, signed), *members.items()]
    packed = b"".join(container.pack(ordered))
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
    yield bundle.README, README.format(name=name).encode()
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
    found = list(attest.results(workspace, subject=name))
    behind = {str(e.body.get("run")) for e in workspace.ledger.entries(kind="model") if bundle.about(e.subject) == name}
    newest = {facts["verb"]: facts["run"] for facts in found}
    return [f for f in found if every or f["run"] in behind or newest[f["verb"]] == f["run"]]


def _data(workspace: Workspace, name: str) -> Iterator[tuple[str, bytes]]:
    """The versions that models and repairs were learnt on, and the contract that says what the columns are."""
    versions = {f["dataset"] for verb in ("learn", "resonate") if (f := attest.result(workspace, verb, name))}
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
        if entry.kind == "model" and bundle.about(entry.subject) == name:
            for part, sha256 in sorted(entry.body["parts"].items()):
                ref = VersionRef.parse(entry.subject)
                yield f"models/{file_name(ref.name)}@{ref.version}/{part}", workspace.vault.get(sha256)


def _data_member(ref: VersionRef) -> str:
    return f"data/{file_name(ref.name)}@{ref.version}.parquet"


def _facts(workspace: Workspace, name: str, members: dict[str, bytes]) -> dict[str, Any]:
    """What the signer says of the bundle as a whole, with the digest of each dataset version that goes along."""
    along = {_data_member(v.ref): v for v in workspace.lake.versions(name)}
    data = {m: {"dataset": str(v.ref), "digest": v.digest} for m, v in along.items() if m in members}
    return {"workspace": workspace.name, "made": _now(workspace), "data": data}


def _now(workspace: Workspace) -> str:
    return workspace.clock().astimezone(UTC).isoformat(timespec="seconds")
