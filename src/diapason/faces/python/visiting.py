"""The verb by which another company's method comes to the data, step by step."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from diapason.faces.python.asking import Answer, Asking, story_of
from diapason.services.workspace import Workspace

__all__ = ["VisitVerbs"]

_Step = Callable[[Workspace, str | Path, Mapping[str, Any]], Answer]


class VisitVerbs(Asking):
    """Try what others bring."""

    def visit(self, action: str, what: str | Path, **options: Any) -> Answer:
        """One step of a visiting trial: another company's method comes to the data, under a contract.

        Args:
            action: pack, draft, sign, check, run, release or read.
            what: model (pack), number of the run (release), else the file.
            options: contract, on, to, approve, plant, until and runs as on the command line; for run
                map={"theirs": "ours"}; for pack repairs, asks and slices as lists, accept=("robust", 2.0).
        """
        return _VISIT[action](self.workspace, what, options)


def _pack(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    wishes = {k: v for k, v in options.items() if k != "to"}
    if "accept" in wishes:
        over, least = wishes["accept"]
        wishes["accept"] = story_of("visit", "Accept")(over=over, least=least)
    made: Answer = story_of("visit", "pack")(
        ws, str(what), story_of("visit", "Wishes")(**wishes), to=Path(options["to"])
    )
    return made


def _draft(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    said = {"plant": "", "until": "", "runs": 1, **options, "to": Path(options["to"])}
    made: Answer = story_of("visit", "draft")(ws, Path(what), **said)
    return made


def _release(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    said = {k: Path(v) if k == "to" else v for k, v in options.items() if k != "contract"}
    story = story_of("visit", "release" if said else "prepare")
    made: Answer = story(ws, str(what), Path(options["contract"]), **said)
    return made


def _run(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    story, names = story_of("visit", "run"), options.get("map", {})
    made: Answer = story(ws, Path(what), Path(options["contract"]), options["on"], mapping=names)
    return made


def _looked(story: str) -> _Step:
    """The steps that take a file and its contract, and nothing else."""

    def done(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
        contract = options.get("contract")
        made: Answer = story_of("visit", story)(ws, Path(what), Path(contract) if contract else None)
        return made

    return done


def _sign(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    made: Answer = story_of("visit", "sign")(ws, Path(what), **options)
    return made


_VISIT: Mapping[str, _Step] = {
    "pack": _pack,
    "draft": _draft,
    "sign": _sign,
    "check": _looked("look"),
    "run": _run,
    "release": _release,
    "read": _looked("read"),
}
