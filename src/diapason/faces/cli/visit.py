"""`diapason visit`: another company's learner and repairs, tried on data that never leaves."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.actions import Takes, fitting
from diapason.faces.cli.arguments import Argument, Misused, Option, given
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.visiting import tell_bundle, tell_content, tell_run, tell_withheld
from diapason.vocabulary.language import Text

__all__ = ["visit"]


class Action(StrEnum):
    """What can be done about a visit, in the order in which the two sides do it."""

    PACK = "pack"
    DRAFT = "draft"
    SIGN = "sign"
    CHECK = "check"
    RUN = "run"
    RELEASE = "release"
    READ = "read"


_TAKES: dict[Action, Takes] = {
    Action.PACK: ({"to"}, {"repair", "ask", "slice", "hypothesis", "accept", "budget", "seed", "weights"}),
    Action.DRAFT: ({"to"}, {"plant", "until", "runs"}),
    Action.SIGN: (set(), set()),
    Action.CHECK: (set(), {"contract"}),
    Action.RUN: ({"contract", "on"}, {"map"}),
    Action.RELEASE: ({"contract"}, {"approve", "to", "stays"}),
    Action.READ: ({"contract"}, set()),
}
"""Options that each action needs, and those it takes besides."""


@dataclass(frozen=True, slots=True)
class Words:
    """The options of all actions."""

    contract: Annotated[Path | None, Option("--contract", "The contract that both signed", "双方签署的合同")] = None
    to: Annotated[Path | None, Option("--to", "File to write", "要写出的文件")] = None
    on: Annotated[str, Option("--on", "run: dataset of this plant", "运行：本厂数据集")] = ""
    map: Annotated[
        list[str] | None, Option("--map", "run: THEIRS=OURS or THEIRS=OURS:UNIT", "运行：对方列名=本厂列名[:单位]")
    ] = None
    approve: Annotated[str, Option("--approve", "release: digest of what you have seen", "放行：所看内容的摘要")] = ""
    repair: Annotated[
        list[str] | None, Option("--repair", "pack: NAME or NAME={JSON}", "打包：修复方法名 或 名称={JSON}")
    ] = None
    ask: Annotated[
        list[str] | None,
        Option(
            "--ask",
            "pack: trials, scores, orders, counts, ranges, findings",
            "打包：请求 trials 试验、scores 得分、orders 任务、counts 计数、ranges 范围、findings 发现",
        ),
    ] = None
    slice: Annotated[list[str] | None, Option("--slice", "pack: count rows by this column", "打包：按此列计数")] = None
    hypothesis: Annotated[str, Option("--hypothesis", "pack: what you claim", "打包：所主张的内容")] = ""
    accept: Annotated[
        str, Option("--accept", 'pack: what must hold, such as "robust>=2"', '打包：须成立的条件，如 "robust>=2"')
    ] = ""
    budget: Annotated[str, Option("--budget", "pack: time, such as 90s, 10m", "打包：时间，如 90s、10m")] = ""
    seed: Annotated[int | None, Option("--seed", "pack: same seed, same result", "打包：随机种子", least=0)] = None
    weights: Annotated[bool, Option("--weights", "pack: the trained model too", "打包：连同已训练的模型")] = False
    plant: Annotated[
        str,
        Option(
            "--plant",
            "draft: the plant's key, signer in its status --json",
            "起草：工厂的密钥指纹，即其 status --json 中的 signer",
        ),
    ] = ""
    until: Annotated[
        str,
        Option(
            "--until",
            "draft: last day, such as 2027-01-31; default in 90 days",
            "起草：最后一日，如 2027-01-31；默认 90 天后",
        ),
    ] = ""
    runs: Annotated[
        int | None, Option("--runs", "draft: how many runs; default 1", "起草：运行次数；默认 1", least=1)
    ] = None
    stays: Annotated[
        str, Option("--stays", "release: where it goes, if rules hold it back", "放行：规则限制出境时的实际去向")
    ] = ""


@command(
    Text(
        "Try what another company brings on data that stays here, under a contract both sign.",
        "在双方签署的合同下，用留在本厂的数据试验另一家企业带来的方法。",
    ),
    good="diapason visit run acme.visit --contract acme.yaml --on furnace",
    bad=Text(
        "diapason visit run acme.visit --contract old.yaml --on furnace -> the contract ended on 2026-01-31",
        "diapason visit run acme.visit --contract old.yaml --on furnace -> 合同已于 2026-01-31 到期",
    ),
)
def visit(
    face: Face,
    action: Annotated[
        Action,
        Argument(
            "pack, draft, sign, check, run, release or read",
            "pack 打包、draft 起草、sign 签署、check 检查、run 运行、release 放行、read 阅读",
        ),
    ],
    what: Annotated[
        str, Argument("Model (pack), run (release), else a file", "模型（打包）、运行编号（放行），否则为文件")
    ],
    words: Words,
) -> None:
    """Check that the options are those of the action, call its service, tell what came of it."""
    said = given(words)
    fitting(f"visit {action}", _TAKES[action], said)
    face.result(_DO[action](face, what, said))


def _pack(face: Face, what: str, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import visit as service

    plain = {k: said[k] for k in ("hypothesis", "budget", "seed", "weights") if k in said}
    lists = {k: said[o] for k, o in (("repairs", "repair"), ("asks", "ask"), ("slices", "slice")) if o in said}
    rule = {"accept": _rule(said["accept"])} if "accept" in said else {}
    wishes = service.Wishes(**plain, **lists, **rule)
    done = service.pack(face.open(), what, wishes, to=said["to"])
    face.say(
        Text(
            f"{done['file']} is packed: settings and a plan, no code.",
            f"{done['file']} 已打包：仅含设置与计划，不含代码。",
        )
    )
    tell_bundle(face, done)
    nxt = f"diapason visit draft {face.quoted(done['file'])} --plant KEY --to CONTRACT.yaml"
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    return done


def _draft(face: Face, what: str, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import visit as service

    plant, until, runs = str(said.get("plant", "")), str(said.get("until", "")), int(said.get("runs", 1))
    done = service.draft(face.open(), Path(what), plant=plant, until=until, runs=runs, to=said["to"])
    face.say(
        Text(
            f"{done['file']} is a draft: read and change it, then give it to the other side; it binds once both sign.",
            f"{done['file']} 为草案：请阅读、修改并交给对方；双方签署之前不具约束力。",
        )
    )
    nxt = f"diapason visit sign {face.quoted(done['file'])}"
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    return done


def _sign(face: Face, what: str, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import visit as service

    del said
    done = service.sign(face.open(), Path(what))
    sides = {"provider": Text("provider", "供方"), "plant": Text("plant", "工厂")}
    side, signed = sides[done["side"]], [sides[s] for s in done["signed"]]
    en, zh = " and ".join(s.en for s in signed), "、".join(s.zh for s in signed)
    face.say(
        Text(
            f"{done['person']} signed for the {side.en}; signed so far: {en}. Send {done['file']} along.",
            f"{done['person']} 已代表{side.zh}签署；目前已签署：{zh}。请一并传送 {done['file']}。",
        )
    )
    return done


def _check(face: Face, what: str, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import visit as service

    done = service.look(face.open(), Path(what), said.get("contract"))
    if done["objections"]:
        face.say(Text("This bundle can't run here now:", "该包目前不能在此运行："))
    else:
        face.say(Text("The bundle is whole, and nothing here speaks against it.", "包完整，此处没有不能运行的理由。"))
    for one in done["objections"]:
        face.say(f"· {one['what'][face.language]}")
        face.say(f"  {one['fix'][face.language]}")
    tell_bundle(face, done)
    return done


def _run(face: Face, what: str, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import visit as service

    mapping = service.pairs(said.get("map", ()))
    done = service.run(face.open(), Path(what), said["contract"], said["on"], mapping=mapping)
    tell_run(face, done)
    nxt = f"diapason visit release {done['run']} --contract {face.quoted(said['contract'])}"
    face.say(Text(f"Nothing has left. Next: {nxt}", f"没有任何内容离开。下一步：{nxt}"))
    return done


def _release(face: Face, what: str, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import visit as service

    if ("approve" in said) != ("to" in said):
        raise Misused(
            Text("--approve and --to go together", "--approve 与 --to 须同时给出"),
            at="diapason visit release",
            fix=Text("without both, it only shows what would leave", "两者都不给出时，仅显示将要离开的内容"),
        )
    if "approve" in said:
        done = service.release(
            face.open(), what, said["contract"], approve=said["approve"], to=said["to"], stays=said.get("stays", "")
        )
        face.say(
            Text(
                f"{done['person']} let out {done['file']}: {done['bytes']:,} bytes, exactly what was shown.",
                f"{done['person']} 已放行 {done['file']}：{done['bytes']:,} 字节，与所示内容完全一致。",
            )
        )
        return done
    done = service.prepare(face.open(), what, said["contract"])
    face.say(Text("Exactly this would leave, and nothing else:", "将要离开的全部内容如下，别无其他："))
    face.say("")
    tell_content(face, done["content"], whole=True)
    tell_withheld(face, done["withheld"])
    face.say("")
    contract = face.quoted(said["contract"])
    nxt = f"diapason visit release {what} --contract {contract} --approve {done['digest'][:12]} --to FILE --as APPROVER"
    face.say(Text(f"If it may: {nxt}", f"若同意：{nxt}"))
    return done


def _read(face: Face, what: str, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import visit as service

    done = service.read(face.open(), Path(what), said["contract"])
    tell_content(face, done["content"], whole=False)
    face.say("")
    may = Text("may be published", "可以公开") if done["publish"] else Text("may not be published", "不得公开")
    face.say(
        Text(
            f"Signed by {done['plant']} and approved there; {may.en}; delete it by {done['delete_by']}.",
            f"由 {done['plant']} 签名并经其批准；{may.zh}；请于 {done['delete_by']} 前删除。",
        )
    )
    face.say(Text(f"Kept as evidence: {done['run']}", f"已存为证据：{done['run']}"))
    return done


_DO: dict[Action, Callable[[Face, str, Mapping[str, Any]], dict[str, Any]]] = {
    Action.PACK: _pack,
    Action.DRAFT: _draft,
    Action.SIGN: _sign,
    Action.CHECK: _check,
    Action.RUN: _run,
    Action.RELEASE: _release,
    Action.READ: _read,
}


def _rule(text: str) -> Any:
    """`robust>=2`: the low end of the interval of the gain, in percent of error or in points."""
    from diapason.services.visit import Accept

    read = re.fullmatch(r"\s*(nothing|robust)\s*(?:>=|≥)\s*(\d+(?:\.\d+)?)\s*", text)
    if not read:
        raise Misused(
            Text(f"'{text}' is no acceptance rule", f"“{text}”不是验收规则"),
            at="--accept",
            fix=Text('write "robust>=2" or "nothing>=0"', '请写成 "robust>=2" 或 "nothing>=0"'),
        )
    return Accept(over="robust" if read[1] == "robust" else "nothing", least=float(read[2]))
