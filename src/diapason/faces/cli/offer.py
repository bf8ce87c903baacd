"""`diapason offer`: terms of use of a dataset: offer it to others, or hold it under theirs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["offer"]


@command(
    Text(
        "Offer a dataset under terms of use (ODRL), hold one under the terms of others, or show its terms.",
        "按使用条款（ODRL）对外提供数据集，登记他方条款，或查看条款。",
    ),
    good="diapason offer furnace --terms offer.json",
    bad=Text(
        "diapason offer furnace --terms sell.json -> 'sell' is not of the terms that are kept here",
        "diapason offer furnace --terms sell.json -> “sell”不属于此处可执行的条款",
    ),
)
def offer(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    *,
    terms: Annotated[Path | None, Option("--terms", "Offer it under this policy", "按此条款文件对外提供")] = None,
    bind: Annotated[
        Path | None, Option("--bind", "Hold it under this policy from now on", "自此按该条款文件使用")
    ] = None,
    withdraw: Annotated[bool, Option("--withdraw", "Take the offer back", "撤回提供")] = False,
) -> None:
    """Call the service that was asked for."""
    from diapason.services import exchange as service

    if (terms is not None) + (bind is not None) + withdraw > 1:
        raise Misused(
            Text("only one of these at a time", "一次只能选择一项"),
            at="--terms, --bind, --withdraw",
            fix=Text("choose one", "请选择其一"),
        )
    ws = face.open()
    if terms is not None:
        done = _offered(face, ws, name, terms)
    elif bind is not None:
        done = _bound(face, ws, name, bind)
    elif withdraw:
        done = service.withdraw(ws, name)
        face.say(Text(f"{name} is not offered any more.", f"{name} 不再对外提供。"))
    else:
        done = service.shown(ws, name)
        _shown(face, done)
    face.result(done)


def _offered(face: Face, ws: "Workspace", name: str, file: Path) -> dict[str, Any]:
    from diapason.services import exchange as service
    from diapason.services.ingest import contract

    done: dict[str, Any] = service.offer(ws, name, file, contract(ws, name))
    face.say(
        Text(
            f"{done['dataset']} is offered as {done['id']}; nothing has left yet.",
            f"{done['dataset']} 已登记为提供项 {done['id']}；尚无任何内容传出。",
        )
    )
    face.say(Text("Next: diapason exchange --export list.json", "下一步：diapason exchange --export list.json"))
    return done


def _bound(face: Face, ws: "Workspace", name: str, file: Path) -> dict[str, Any]:
    from diapason.services import exchange as service

    done: dict[str, Any] = service.bind(ws, name, file)
    face.say(
        Text(
            f"{done['dataset']}, and all that is made from it, is held under contract {done['contract']} from now on.",
            f"{done['dataset']} 及其派生数据自此受合同 {done['contract']} 约束。",
        )
    )
    face.say(Text(f"Next: diapason offer {name}", f"下一步：diapason offer {name}"))
    return done


def _shown(face: Face, done: Mapping[str, Any]) -> None:
    import json

    if not done["held"]:
        face.say(Text(f"{done['dataset']} is held under no terms.", f"{done['dataset']} 不受使用条款约束。"))
    for one in done["held"]:
        face.say(
            Text(
                f"Held under {one['contract']} (of {one['of']}, bound by {one['by']}, {one['at'][:10]}), "
                f"{one['granted']} uses so far:",
                f"合同 {one['contract']}（对象 {one['of']}，由 {one['by']} 于 {one['at'][:10]} 登记），"
                f"已使用 {one['granted']} 次：",
            )
        )
        face.say(json.dumps(one["policy"], ensure_ascii=False, indent=1))
    for use in done["uses"][-10:]:
        word = Text("allowed", "允许") if use["granted"] else Text("REFUSED", "拒绝")
        why = "; ".join(w[face.language] for w in use["why"])
        face.say(wrapped(f"{use['at'][:16]} {use['service']} {use['person']}: {word(face.language)} {why}".rstrip(), 2))
    if done["offered"]:
        face.say(Text(f"Offered as {done['offered']['id']}.", f"提供项编号 {done['offered']['id']}。"))
