"""A sealed qualification once more, from the manifest and the seed that the evidence holds: is the grade the same?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.evidence.bundle import Bundle
from diapason.errors import BrokenEvidence, DiapasonError
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Progress, Workspace, silent
from diapason.services import gateway, publish
from diapason.services.agent.registry import manifest as manifest_of
from diapason.services.qualify.lines import NAMES, graded
from diapason.services.qualify.measuring import Dimension
from diapason.services.qualify.running import tried
from diapason.services.workspace import init, open_workspace
from diapason.vocabulary.acting import Manifest
from diapason.vocabulary.language import Text

__all__ = ["again"]

_LEARNT = 10
"""The dimension whose figures come from training: other machines round otherwise."""
_ROUND = 0.02
_SAME = 1e-9
_TIMED = "stopped within one cycle"
"""A figure of the machine's clock."""


def again(
    held: Bundle, run: str, own: Workspace | None = None, progress: Progress = silent
) -> tuple[list[dict[str, Any]], list[Text]]:
    """Try the agent again on a bench of one's own, and compare each figure and the grade with what was signed.

    Args:
        own: a workspace with the agent's model, for test 5; without it that test stands as stated.

    Returns:
        Figures as stated and as found, the grade last; and what could not be repeated, each in words.

    Raises:
        BrokenEvidence: the manifest is not the sealed one, a figure or the grade differs.
    """
    said = held.statement(run).predicate
    plan, result = said["plan"], said["result"]
    manifest = _manifest(held, run, str(plan["settings"]["manifest"]))
    modelled = bool(manifest.model) and _has(own, manifest.model)
    only = tuple(n for n in NAMES if n != 5 or modelled or not manifest.model)
    with TemporaryDirectory(prefix="diapason-again-") as place:
        ws = replace(_place(Path(place), plan["settings"].get("bounds", {})), progress=progress)
        found = tried(ws, own if modelled and own else ws, manifest, plan, only)
    stated = {int(d["number"]): d for d in result["dimensions"]}
    rows, left = [], [Text("times and delays of answers are those of the machine", "耗时与响应时间取决于机器")]
    for d in found:
        rows += list(_compared(stated[d.number], d, run, left))
    if 5 not in only:
        left.append(Text("5: the agent's model is not here", "5：此处没有该智能体的模型"))
    grade = graded([*found, *(_as_stated(stated[n]) for n in stated if n not in only)], manifest)
    if grade != result["grade"]:
        raise _differs("grade", result["grade"], grade, run)
    return [*rows, {"what": "grade", "stated": result["grade"], "found": grade, "tolerance": 0.0}], left


def _manifest(held: Bundle, run: str, wanted: str) -> Manifest:
    """The manifest that the plan has sealed, as its owner signed it."""
    for _, body in held.said("agent"):
        said = dsse.opened(body).predicate
        if said.get("digest") == wanted and said.get("act") == "register":
            return manifest_of(said["manifest"])
    raise BrokenEvidence(Text("the manifest that was tried is not in it", "文件中没有受试的清单"), at=run, fix=_ASK)


def _has(own: Workspace | None, model: str) -> bool:
    try:
        return own is not None and publish.find(own, model) is not None
    except DiapasonError:
        return False


def _place(folder: Path, bounds: Mapping[str, str]) -> Workspace:
    """A workspace for a moment, with the envelopes that bound the agent then."""
    init(folder / "again", person="stranger")
    for asset, text in bounds.items():
        path = gateway.envelope_file(folder / "again", asset)
        path.parent.mkdir(exist_ok=True)
        write_whole(path, text.encode())
    return open_workspace(folder / "again", person="stranger")


def _compared(stated: Mapping[str, Any], found: Dimension, run: str, left: list[Text]) -> Iterator[dict[str, Any]]:
    """Each figure of a dimension beside the one that was signed."""
    mine = {m.name.en: m for m in found.measures}
    for was in stated["measures"]:
        name = str(was["name"]["en"])
        what, now = f"{found.number} {name}", mine.get(name)
        if now is None or name == _TIMED:
            left.append(
                Text(f"{what}: it needs what only the plant has", f"{found.number} {was['name']['zh']}：须在原工厂环境")
            )
            continue
        room = _ROUND if found.number == _LEARNT else _SAME
        if bool(was["holds"]) != now.holds or not abs(was["value"] - now.value) <= room * max(1.0, abs(was["value"])):
            raise _differs(what, was["value"], now.value, run)
        yield {"what": what, "stated": float(was["value"]), "found": float(now.value), "tolerance": room}
    if not stated["measures"] and stated["state"] != found.state:
        raise _differs(str(found.number), stated["state"], found.state, run)


def _as_stated(d: Mapping[str, Any]) -> Dimension:
    return Dimension(int(d["number"]), str(d["state"]), (), Text("", ""))


def _differs(what: str, was: object, found: object, run: str) -> BrokenEvidence:
    return BrokenEvidence(
        Text(
            f"{what} was stated as {was}, but tried again it is {found}", f"{what} 声明为 {was}，重新试验得到 {found}"
        ),
        at=run,
        fix=Text(
            "ask the signer; another version of the program tries otherwise", "请询问签名方；其他版本的程序试验方法不同"
        ),
    )


_ASK = Text("ask for a file of the agent: diapason evidence AGENT", "索取该智能体的证据文件：diapason evidence 智能体")
