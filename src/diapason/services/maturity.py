"""Which models of maturity there are here: those that come along, those of the workspace, or a file that is named."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diapason.errors import Conflict, DataError, DiapasonError, NotFound
from diapason.knowledge import shown_by
from diapason.knowledge.annex2 import items
from diapason.knowledge.loader import Both
from diapason.knowledge.maturity import parsed, shipped, shipped_model, text_of
from diapason.knowledge.measures import measures, safeguards
from diapason.ports.workspace import Workspace
from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Maturity

__all__ = ["Found", "Question", "every", "find", "names", "questions"]

ALIASES = {"dcmm": "dcmm_2025", "dcmm-2025": "dcmm_2025", "dcmm-2018": "dcmm_2018"}
"""What people call models that come along."""
MAP = "map"
"""What the questions of the map are asked for."""
FOLDER = "models"
"""Where a workspace keeps models of its own."""


@dataclass(frozen=True, slots=True)
class Found:
    """A model, and the text that it was read from."""

    model: Maturity
    text: bytes
    at: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a person can answer: the fact that the answer becomes, and where it counts."""

    fact: str
    model: str
    item: Text
    text: Text
    scale: str  # "yes-no", "dcmm", "share", "number", "words"
    counted: bool = False  # a machine counts this too; a person may claim otherwise


def find(ws: Workspace | None, name: str) -> Found:
    """A model by its name, or by the path of a file.

    Args:
        ws: may have models of its own; without one, those that come along.

    Raises:
        NotFound: there is none; names those there are.
        DataError: the file is not as it must be.
        Conflict: a file has the id of a model that comes along.
    """
    if name.endswith((".yaml", ".yml")):
        return _file(Path(name))
    own = None if ws is None else ws.folder / FOLDER / f"{name}.yaml"
    known = ALIASES.get(name, name)
    if known in shipped():
        return Found(shipped_model(known), text_of(known).encode(), f"knowledge/maturity/{known}.yaml")
    if own is not None and "/" not in name and "\\" not in name and own.is_file():
        return _file(own)
    raise NotFound(
        Text(f"there is no model of maturity '{name}'", f"没有成熟度模型“{name}”"),
        at=str(own.parent) if own else name,
        fix=Text(
            f"choose one of: {', '.join(names(ws))}; or name a file: my-model.yaml",
            f"可选：{'、'.join(names(ws))}；或给出文件：my-model.yaml",
        ),
    )


def names(ws: Workspace | None) -> list[str]:
    """Names by which models can be called here."""
    said = {full: short for short, full in ALIASES.items() if short != "dcmm-2025"}
    own = sorted(p.stem for p in (ws.folder / FOLDER).glob("*.yaml")) if ws is not None else []
    return [*(said.get(name, name) for name in shipped()), *own]


def every(ws: Workspace) -> Iterator[Found]:
    """All models that are here; one of the workspace's own that cannot be read is passed over."""
    for name in names(ws):
        try:
            found = find(ws, name)
        except DiapasonError:  # `appraise` says what is wrong with it; it keeps nobody from answering another
            continue
        yield found


def questions(ws: Workspace, model: str = "") -> dict[str, Question]:
    """What people can answer, by the fact that the answer becomes; of one model, of the map, or of all that is here."""
    found = {} if model not in ("", MAP) else _of_map()
    for one in [] if model == MAP else [find(ws, model)] if model else every(ws):
        for item in one.model.items():
            for clause in item.clauses:
                test = clause.test
                asked = test.ask is not None
                name = test.fact if asked else clause.code
                text, scale = (test.ask, test.scale) if test.ask is not None else (clause.text, "dcmm")
                found.setdefault(name, Question(name, one.model.id, item.title, text, scale, counted=not asked))
    return found


def _of_map() -> dict[str, Question]:
    """What the map of measures and items asks of people."""
    lines = [(m.title, shown_by.measures().get(m.number)) for m in measures()]
    lines += [(s.title, shown_by.safeguards().get(s.id)) for s in safeguards()]
    lines += [(i.title, shown_by.items().get(i.number)) for i in items()]
    asked = [(title, a) for title, shown in lines if shown for a in shown.asked]
    return {a.name: Question(a.name, MAP, _text(title), _text(a.question), "words") for title, a in reversed(asked)}


def _text(said: Both) -> Text:
    return Text(said.en, said.zh)


def _file(path: Path) -> Found:
    if not path.is_file():
        raise NotFound(
            Text(f"there is no file {path}", f"没有文件 {path}"), at=str(path), fix=Text("check the path", "请检查路径")
        )
    data = path.read_bytes()
    try:
        model = parsed(data.decode("utf-8-sig"), at=str(path))
    except UnicodeDecodeError as error:
        raise DataError(
            Text("the file is not UTF-8", "文件不是 UTF-8 编码"),
            at=str(path),
            fix=Text("save it as UTF-8", "请另存为 UTF-8"),
        ) from error
    if model.id in shipped():
        raise Conflict(
            Text(f"the id '{model.id}' belongs to a model that comes along", f"编号“{model.id}”属于自带模型"),
            at=str(path),
            fix=Text("give it an id of its own", "请另取编号"),
        )
    return Found(model, data, str(path))
