"""`diapason resonate`: repairs tried against nothing, placebo and a better learner."""

from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import padded, width, wrapped
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.strips import gained, scale, strip
from diapason.vocabulary.language import Text

__all__ = ["resonate"]

_ENDED = {True: Text("holds up", "成立"), False: Text("not adopted", "未采纳")}
_ARMS = {
    "over_nothing": Text("over nothing", "对比不处理"),
    "over_placebo": Text("over placebo", "对比安慰剂"),
    "over_robust": Text("over the robust learner", "对比稳健学习器"),
}


@command(
    Text(
        "Try repairs against nothing, a placebo and the most robust learner; plant known defects to say what is seen.",
        "试验修复：与不处理、安慰剂和最稳健的学习器比较；并植入已知缺陷，说明能看见什么。",
    ),
    good="diapason resonate turbofan --budget 10m",
    bad=Text(
        "diapason resonate turbofan --budget soon -> 'soon' is no time",
        "diapason resonate turbofan --budget soon -> “soon”不是时间",
    ),
)
def resonate(
    face: Face,
    name: Annotated[str, Argument("Dataset, or dataset@version", "数据集，或 数据集@版本")],
    budget: Annotated[str, Option("--budget", "Time, such as 90s, 10m, 1h", "时间预算，如 90s、10m、1h")] = "10m",
    task: Annotated[
        str, Option("--task", "As for learn; needed where nothing was learnt yet", "任务类型，同 learn；尚未学习时必填")
    ] = "",
    seed: Annotated[int, Option("--seed", "Same seed, same result", "随机种子；种子相同则结果相同", least=0)] = 0,
) -> None:
    """Call the service; the verdict, the trial table, what was ruled out, the next step."""
    from diapason.services import resonate as service

    done = service.run(face.open(), name, budget=budget, task=task, seed=seed)
    _tell(face, done)
    face.result(done)


def _tell(face: Face, done: Mapping[str, Any]) -> None:
    face.say(wrapped(done["verdict"][face.language]))
    for words in done["sentences"][:8]:
        face.say("· " + wrapped(words[face.language], 2))
    confirmed = [r for r in done["rows"] if _known(r["over_nothing"])]
    if confirmed:
        _confirmed(face, confirmed)
    _early(face, [r for r in done["rows"] if not _known(r["over_nothing"])])
    _controls(face, done.get("controls"))
    face.say("")
    face.say(wrapped(done["ruled_out"][face.language]))
    _spent(face, done)
    _next(face, done)


def _confirmed(face: Face, rows: list[Mapping[str, Any]]) -> None:
    """Each candidate that went to untouched folds: what it does, its gains drawn on one scale, why it ended so."""
    near = [r[k] for r in rows for k in ("over_placebo", "over_robust") if _known(r[k])]
    ends = scale(near, [r[k] for r in rows for k in ("over_nothing",) if _known(r[k])])
    for row in rows:
        face.say("")
        does, why = _does(row, face), _why(row, face)
        face.say(wrapped(f"{row['candidate']['id']}: {does} ({_rows(row['touched'], face)})", 2))
        told = [(words(face.language), row[key]) for key, words in _ARMS.items() if _known(row[key])]
        told += [(f"- {name}", gain) for name, gain in (row.get("parts") or {}).items()]
        cells = [(f"  {name}", gained(e), strip(e, ends)) for name, e in told]
        widths = [max(width(c[i]) for c in cells) for i in range(3)]
        for cell in cells:
            face.say(padded(cell, widths))
        face.say(wrapped(f"  {_ENDED[row['adopted']](face.language)}: {why}", 2))


def _early(face: Face, rows: list[Mapping[str, Any]]) -> None:
    """Those that fell before, together by reason."""
    by: dict[str, list[str]] = {}
    for row in rows:
        by.setdefault(_why(row, face), []).append(row["candidate"]["id"])
    for why, ids in by.items():
        face.say("")
        shown = ", ".join(ids[:12]) + (f" … ({len(ids)})" if len(ids) > 12 else "")
        face.say(wrapped(f"{shown}: {why}", 2))


def _spent(face: Face, done: Mapping[str, Any]) -> None:
    """Which run on this version it is, and what it cost."""
    account = done.get("account")
    if account:
        k, share, spent, total = account["number"], *(100 * account[x] for x in ("share", "spent", "total"))
        said = Text(
            f"Run {k} of trials on this version: fooled by luck with a chance of at most {share:.2g} %; "
            f"{spent:.2g} of {total:.2g} % are spent.",
            f"该版本上的第 {k} 次试验：被偶然误导的概率至多 {share:.2g} %；累计已用 {total:.2g} % 中的 {spent:.2g} %。",
        )
        face.say(wrapped(said(face.language)))
    cost = done["cost"]
    face.say(
        Text(
            f"Cost: {cost['spent']['trainings']} trainings, {cost['spent']['seconds']} s "
            f"(planned at most {cost['planned']['trainings']}, {cost['planned']['seconds']} s).",
            f"花费：{cost['spent']['trainings']} 次训练，{cost['spent']['seconds']} 秒"
            f"（计划至多 {cost['planned']['trainings']} 次，{cost['planned']['seconds']} 秒）。",
        )
    )


def _controls(face: Face, controls: Mapping[str, Any] | None) -> None:
    """What the loop can see in this table: known defects that were planted, decoys, flags on rows left alone."""
    if not controls:
        return
    face.say("")
    said = Text(
        f"Known defects were planted into copies of {controls['rows']:,} rows of this table:",
        f"在本表 {controls['rows']:,} 行的副本中植入了已知缺陷：",
    )
    face.say(said)
    for words in controls["sentences"]:
        face.say("· " + wrapped(words[face.language], 2))


def _next(face: Face, done: Mapping[str, Any]) -> None:
    name = done["dataset"].split("@")[0]
    verb = "adopt" if done["adopted"] else "audit" if done["audit"] else "report"
    face.say(Text(f"Next: diapason {verb} {name}", f"下一步：diapason {verb} {name}"))


def _known(e: Mapping[str, Any] | None) -> bool:
    return bool(e) and e is not None and e["value"] is not None and e["low"] is not None


def _rows(count: int, face: Face) -> str:
    return Text(f"{count:,} row{'' if count == 1 else 's'}", f"{count:,} 行")(face.language)


def _does(row: Mapping[str, Any], face: Face) -> str:
    from diapason.services.resonate import does

    return does(row["candidate"])(face.language)


def _why(row: Mapping[str, Any], face: Face) -> str:
    from diapason.services.resonate import reason

    return reason(row)(face.language)
