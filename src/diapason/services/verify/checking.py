"""The story of a verification: open the box, check the signature and the chain, recount the scores, run again."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from diapason.engines.evidence import bundle, container, dsse, merkle, recount
from diapason.engines.evidence.bundle import Bundle
from diapason.errors import BrokenEvidence, DataError, NotFound, Refused
from diapason.vocabulary.evidence import Grade
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.ports.workspace import Progress, Workspace
    from diapason.services.verify.reproducing import Repeat

__all__ = ["CANNOT", "checked", "verdict", "verify"]

CANNOT = Text(
    "What this cannot show: that the input was true. Invented data can be signed, chained and scored as well; "
    "only spot checks at the plant can tell.",
    "无法证明之事：输入数据真实。编造的数据同样可以签名、入链、得分；只有现场抽查才能发现。",
)


def verify(
    path: Path,
    *,
    signer: str = "",
    anchor: Path | None = None,
    grade: Grade | None = None,
    run: str = "",
    own: "Callable[[], Workspace | None]" = lambda: None,
    progress: "Progress | None" = None,
    others: "Mapping[str, Repeat] | None" = None,
) -> dict[str, Any]:
    """Recheck an evidence file.

    Args:
        signer: public key file or fingerprint of the signer you know; without it the signer stays unknown.
        anchor: an earlier anchor of the same ledger, against truncation and roll-back.
        grade: how far to go; default *re-scored* where predictions were kept, else *intact*.
        run: the one run to reproduce; default the newest of learning, of mending and of an effect.
        own: gives a workspace with the data, asked only for *reproduced*.
        others: how other services repeat a run, by verb.

    Returns:
        Grade reached, signer, counts of runs, scores recounted, runs reproduced, seconds.

    Raises:
        BrokenEvidence: something does not hold; says what.
        Refused: it holds, but lacks what the asked grade needs.
    """
    return checked(path, signer=signer, anchor=anchor, grade=grade, run=run, own=own, progress=progress, others=others)[
        1
    ]


def checked(
    path: Path,
    *,
    signer: str = "",
    anchor: Path | None = None,
    grade: Grade | None = None,
    run: str = "",
    own: "Callable[[], Workspace | None]" = lambda: None,
    progress: "Progress | None" = None,
    others: "Mapping[str, Repeat] | None" = None,
) -> tuple[Bundle, dict[str, Any]]:
    """The bundle that holds, and what `verify` says of it; for whoever goes on with its content."""
    started, grade = perf_counter(), _grade(grade)
    members = container.unpack(_bytes(path))
    keys = _keys(members, signer)
    held = bundle.opened(members, keys)
    found = _facts(held) | {"file": str(path), "known_signer": bool(signer), "grade": Grade.INTACT.value}
    with _readable():
        if anchor is not None:
            _, said = bundle.signed_by(_bytes(anchor), keys, bundle.ANCHOR)
            found["since_anchor"] = bundle.anchored(held, said.predicate)
        if grade is not Grade.INTACT:
            found |= _rescored(held, asked=grade is Grade.RESCORED)
        if grade is Grade.REPRODUCED:
            found |= _reproduced(held, run, own, progress, others)
    return held, found | {"cannot_show": CANNOT.en, "seconds": round(perf_counter() - started, 3)}


def _grade(said: Grade | str | None) -> Grade | None:
    """A grade by its word too: one that nobody knows must not pass as a lesser one."""
    if said is None or said in tuple(Grade):
        return None if said is None else Grade(said)
    words = ", ".join(Grade)
    raise DataError(
        Text(f"'{said}' is no grade", f"“{said}”不是复核深度"),
        at="grade",
        fix=Text(f"choose one of: {words}", f"可选：{words}"),
    )


@contextmanager
def _readable() -> Iterator[None]:
    """What an unknown signer has signed may have any shape: odd ones are broken evidence, not accidents."""
    try:
        yield
    except bundle.MALFORMED as error:
        if isinstance(error, DataError):
            raise
        raise BrokenEvidence(
            Text(f"what was signed has another shape ({type(error).__name__})", "签名内容的结构不符"),
            fix=Text("do not trust it; ask the signer", "请勿采信，询问签名方"),
        ) from error


def verdict(found: Mapping[str, Any]) -> Text:
    """The answer in one sentence."""
    grades = {"intact": Text("intact", "完整"), "re-scored": Text("intact and re-scored", "完整且得分复算一致")}
    grades["reproduced"] = Text("intact, re-scored and reproduced", "完整、得分复算一致且可重现")
    grade, runs = grades[found["grade"]], found["runs"]
    lost = runs["abandoned"] + runs["unfinished"]
    name = found["workspace"] if found["name"] == bundle.WHOLE else found["name"]
    en = f"{name} is {grade.en}: {runs['finished']} runs, {lost} abandoned or unfinished"
    zh = f"{name}：{grade.zh}；完成 {runs['finished']} 次运行，放弃或未完成 {lost} 次"
    if found["known_signer"]:
        return Text(f"{en}; signed by the key you named.", f"{zh}；由您指定的密钥签名。")
    return Text(
        f"{en}. But the signer is not known to you: a valid signature by an unknown key is not identity.",
        f"{zh}。但签名者未知：未知密钥的有效签名不能证明身份。",
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            Text(f"there is no file {path}", f"文件 {path} 不存在"),
            at=str(path),
            fix=Text("diapason evidence NAME writes one", "可用 diapason evidence 名称 生成"),
        ) from None
    except OSError as error:
        raise DataError(Text("the file can't be read", "文件无法读取"), at=str(path), fix=str(error)) from error


def _keys(members: Mapping[str, bytes], signer: str) -> dict[str, bytes]:
    """The keys that may have signed: the one that is known, else all that the file brings along."""
    brought = _brought(members)
    if not signer:
        return brought
    wanted = signer.lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if len(wanted) != 64 or not set(wanted) <= set("0123456789abcdef"):
        public = _public(signer)
        return {dsse.fingerprint(public): public}
    if wanted not in brought:
        raise BrokenEvidence(
            Text("it isn't signed by the key you named", "并非由您指定的密钥签名"),
            fix=Text("ask the signer for the fingerprint by another way", "通过另一途径向签名方核对指纹"),
        )
    return {wanted: brought[wanted]}


def _brought(members: Mapping[str, bytes]) -> dict[str, bytes]:
    try:
        listed = json.loads(members[bundle.KEYS])
        return {str(keyid): bytes.fromhex(facts["public"]) for keyid, facts in listed.items()}
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenEvidence(Text("the evidence file has no readable keys", "证据文件中没有可读的密钥")) from error


def _public(file: str) -> bytes:
    """The Ed25519 public key in a PEM file."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(Path(file).read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise _no_key(file) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(file)
    return key.public_bytes_raw()


def _no_key(file: str) -> DataError:
    return DataError(
        Text(f"'{file}' is neither a fingerprint nor a key file", f"'{file}' 既非指纹也非密钥文件"),
        at="--signer",
        fix=Text(
            "give 64 hexadecimal digits, or an Ed25519 public key in PEM",
            "请给出 64 位十六进制指纹，或 PEM 格式的 Ed25519 公钥文件",
        ),
    )


def _facts(held: Bundle) -> dict[str, Any]:
    runs = {state: held.count(state) for state in ("finished", "abandoned", "unfinished")}
    facts = {"name": held.name, "signer": held.signer, "entries": len(held.lines), "runs": runs}
    return facts | {"head": held.facts["head"], "workspace": held.facts.get("workspace", "")}


def _rescored(held: Bundle, *, asked: bool) -> dict[str, Any]:
    """Recount every score that is stated of a kept table in the file."""
    tables = {}
    for run, name, text in held.kept():
        said = held.statement(run).predicate
        facts = said["kept"][name]
        if merkle.root(merkle.lines(text)) != facts["root"]:
            raise _differs(run, name, "root", facts["root"], None)
        if "scores" in facts:
            tables[f"{run}/{name}"] = found = _recounted(run, name, facts, text)
            _headline(run, name, said["result"], found)
    if tables:
        return {"grade": Grade.RESCORED.value, "scores": tables}
    if asked:
        raise Refused(
            Text("it is intact, but no scored predictions are in it", "文件完整，但不含评分所用的预测"),
            fix=Text(
                "ask for a file that has them, or use --grade intact", "索取包含预测的文件，或使用 --grade intact"
            ),
        )
    return {"scores": {}}


def _reproduced(
    held: Bundle,
    run: str,
    own: "Callable[[], Workspace | None]",
    progress: "Progress | None",
    others: "Mapping[str, Repeat] | None",
) -> dict[str, Any]:
    from diapason.ports.workspace import silent
    from diapason.services.verify.reproducing import reproduced

    return reproduced(held, run, own(), progress or silent, others or {}) | {"grade": Grade.REPRODUCED.value}


def _headline(run: str, name: str, result: Mapping[str, Any], found: Mapping[str, float | None]) -> None:
    """The scorecard that a result states under the name of the table says the same."""
    card = result.get(name)
    if not isinstance(card, dict) or not {"metric", "score"} <= set(card):
        return
    stated = {card["metric"]["name"]: card["score"], **card.get("others", {})}
    for metric, estimate in stated.items():
        if metric in found and not recount.agree(estimate["value"], found[metric]):
            raise _differs(run, name, metric, estimate["value"], found[metric])


def _recounted(run: str, name: str, facts: Mapping[str, Any], text: bytes) -> dict[str, float | None]:
    kept = recount.table(text)
    found = {} if kept is None else recount.scores(kept, recount.kind(kept, facts["task"]))
    if set(found) != set(facts["scores"]):
        raise _differs(run, name, "scores", sorted(facts["scores"]), sorted(found))
    for metric, value in facts["scores"].items():
        if not recount.agree(value, found[metric]):
            raise _differs(run, name, metric, value, found[metric])
    return found


def _differs(run: str, name: str, what: str, stated: object, found: object) -> BrokenEvidence:
    return BrokenEvidence(
        Text(
            f"{what} stated as {stated} does not follow from the kept predictions: {found}",
            f"{what} 声明为 {stated}，与保存的预测不符：{found}",
        ),
        at=f"{run}/{name}",
        fix=Text("do not trust the score; ask the signer", "请勿采信该得分，询问签名方"),
    )
