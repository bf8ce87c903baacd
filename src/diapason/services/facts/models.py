"""Facts about models: honest scores, intervals, approvals by a second person, gates, what is in use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from diapason.engines.evidence.bundle import about
from diapason.services.facts.book import Book, Done, Signed
from diapason.services.facts.registry import Known, Value, by_person, counts, on_runs, share
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["Model", "models"]

_LEARN, _PUBLISH = "diapason learn NAME --task TASK", "diapason publish MODEL"
_APPROVE, _PREDICT = "diapason approve MODEL --as PERSON", "diapason predict MODEL FILE"


class _Made(msgspec.Struct, gc=False):
    model: str | None = None


class _Paid(msgspec.Struct, gc=False):
    cost: dict[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A model as the signed result of the run that made it tells of it."""

    name: str  # "turbofan@1"
    dataset: str
    task: str
    trainer: str
    run: str


def models(book: Book) -> dict[str, Model]:
    """Every model version that a signed run made, that was registered, and that was not deleted."""
    registered = {e.subject for e in book.entries("model")}
    gone = {e.subject for e in book.entries("erase") if e.body.get("what") == "model"} | {
        model.partition(":")[2] for model in book.fallen if model.startswith("model:")
    }
    found: dict[str, Model] = {}
    for run in book.done("learn", "adopt"):
        name = run.told(_Made).model
        if name in registered and name not in gone:
            task = str(run.plan["settings"].get("task", ""))
            found[name] = Model(name, run.dataset, task, run.person, run.run)
    return found


def _named(subjects: Iterable[str]) -> tuple[str, ...]:
    return tuple(ground("model", s) for s in subjects)


def _cards(book: Book) -> list[tuple[Done, Mapping[str, Any]]]:
    """Runs that made a model, with its score card on the honest split where there is one."""
    return [(run, run.result.get("honest") or {}) for run in book.done("learn", "adopt") if run.result.get("model")]


@counts(
    Known("models_learnt", Text("models that were learnt and are here still", "已训练且仍保留的模型数"), "1", _LEARN),
    Known("tasks_learnt", Text("kinds of task with a model", "已有模型的任务类型数"), "1", _LEARN),
    Known("datasets_with_model", Text("datasets with a model", "已有模型的数据集数"), "1", _LEARN),
    Known("days_since_learn", Text("days since a model was last learnt", "距最近一次训练的天数"), "d", _LEARN),
)
def _learnt(book: Book) -> dict[str, Value | None]:
    here, done = models(book), book.done("learn")
    on = _named(here)
    return {
        "models_learnt": (len(here), on),
        "tasks_learnt": (len({m.task for m in here.values()}), on),
        "datasets_with_model": (len({about(m.dataset) for m in here.values()}), on),
        "days_since_learn": (book.days(done[-1].at), on_runs(done[-1:])) if done else None,
    }


@counts(
    Known(
        "models_judged_honestly",
        Text("models judged on a split by asset, batch or time", "按设备、批次或时间划分评判的模型数"),
        "1",
        _LEARN,
    ),
    Known(
        "share_models_judged_honestly",
        Text(
            "share of learning runs judged on a split by asset, batch or time", "按设备、批次或时间划分评判的训练占比"
        ),
        "1",
        _LEARN,
    ),
    Known("models_with_interval", Text("models whose score has an interval", "得分带区间的模型数"), "1", _LEARN),
    Known(
        "honesty_gaps_shown",
        Text("models with the random-fold score shown beside the honest one", "同时给出随机划分与诚实划分得分的模型数"),
        "1",
        _LEARN,
    ),
    Known("models_with_slices", Text("models with their weak slices named", "指出薄弱切片的模型数"), "1", _LEARN),
    Known(
        "models_with_guard_pair",
        Text("models with more than one measure stated", "给出一项以上指标的模型数"),
        "1",
        _LEARN,
    ),
)
def _judged(book: Book) -> dict[str, Value | None]:
    cards = _cards(book)

    def having(good: Iterable[tuple[Done, Mapping[str, Any]]]) -> Value:
        runs = [run for run, _ in good]
        return len(runs), on_runs(runs)

    honest = [(r, c) for r, c in cards if c.get("split") not in (None, "", "random")]
    ranged = [(r, c) for r, c in cards if None not in [(c.get("score") or {}).get(k) for k in ("low", "high")]]
    return {
        "models_judged_honestly": having(honest),
        "share_models_judged_honestly": share(len(honest), len(cards), on_runs(r for r, _ in cards)),
        "models_with_interval": having(ranged),
        "honesty_gaps_shown": having((r, c) for r, c in honest if r.result.get("random")),
        "models_with_slices": having((r, c) for r, c in cards if c.get("slices")),
        "models_with_guard_pair": having((r, c) for r, c in cards if c.get("others")),
    }


@counts(
    Known(
        "learners_compared",
        Text("fewest learners compared before one was chosen", "选定之前比较的学习器数（取最少的一次）"),
        "1",
        _LEARN,
    ),
    Known(
        "interval_coverage_gap",
        Text("largest gap between promised and kept coverage of intervals", "区间承诺覆盖率与实际覆盖率的最大差距"),
        "1",
        _LEARN,
    ),
    Known(
        "costs_recorded",
        Text("runs whose planned and spent work is recorded", "记录计划与实际开销的运行数"),
        "1",
        _LEARN,
    ),
)
def _chosen(book: Book) -> dict[str, Value | None]:
    done = book.done("learn")
    raced = [run for run in done if run.result.get("race")]
    told = [run for run in done if (run.result.get("coverage") or {}).get("promised") is not None]
    gaps = [abs(float(r.result["coverage"]["promised"]) - float(r.result["coverage"]["value"])) for r in told]
    paid = [run for run in book.done("learn", "resonate", "feasible", "evaluate") if run.told(_Paid).cost.get("spent")]
    return {
        "learners_compared": (min(len(r.result["race"]) for r in raced), on_runs(raced)) if raced else None,
        "interval_coverage_gap": (max(gaps), on_runs(told)) if told else None,
        "costs_recorded": (len(paid), on_runs(paid)),
    }


def _approvals(book: Book) -> dict[str, Signed]:
    """The newest approval of each model that holds now: by an approver, not its trainer, and not ended."""
    here, roles = models(book), by_person(book)
    owners = {str(e.body["keyid"]): str(e.body["person"]) for e in book.entries("person")}
    found: dict[str, Signed] = {}
    for one in book.signed("approve"):
        model, who = here.get(one.entry.subject), str(one.said["person"])
        hand = owners.get(one.keyid) == who and "approver" in roles.get(who, ())
        lasts = datetime.fromisoformat(str(one.said["until"])) > book.now
        if model is not None and hand and lasts and who != model.trainer:
            found[one.entry.subject] = one
    return found


@counts(
    Known(
        "models_approved",
        Text("models with a valid approval by a second person", "经第二人有效批准的模型数"),
        "1",
        _APPROVE,
    ),
    Known(
        "days_to_next_expiry",
        Text("days until the next approval ends", "距最近一项批准到期的天数"),
        "d",
        _APPROVE,
    ),
)
def _approved(book: Book) -> dict[str, Value | None]:
    found = _approvals(book)
    on = (*_named(found), *(ground("entry", one.entry.seq) for one in found.values()))
    left = [(datetime.fromisoformat(str(o.said["until"])) - book.now).days for o in found.values()]
    return {
        "models_approved": (len(found), on),
        "days_to_next_expiry": (min(left), on) if left else None,
    }


def _standing(book: Book) -> dict[str, Signed]:
    """Publications that hold now, by model: not withdrawn, their approval not ended."""
    withdrawn = {m: one.entry.seq for one in book.signed("rollback") for m in one.said["withdrawn"]}
    found: dict[str, Signed] = {}
    for one in book.signed("publish"):
        model = str(one.said["model"])
        lasts = datetime.fromisoformat(str(one.said["approval"]["until"])) > book.now
        if lasts and withdrawn.get(model, 0) < one.entry.seq:
            found[model] = one
    return found


def _published(found: Mapping[str, Signed]) -> tuple[str, ...]:
    return (*_named(found), *_gone_through(found.values()))


def _gone_through(found: Iterable[Signed]) -> tuple[str, ...]:
    """Publications: their runs and their entries, for either may be recalled."""
    return tuple(g for one in found for g in (ground("run", one.entry.run), ground("entry", one.entry.seq)))


@counts(
    Known("models_published", Text("models that are published now", "当前已发布的模型数"), "1", _PUBLISH),
    Known("publications", Text("publications through the gate, ever", "历次通过门禁的发布次数"), "1", _PUBLISH),
    Known(
        "published_with_acceptance",
        Text(
            "published models that met a stated threshold with their whole interval",
            "区间整体满足给定阈值的已发布模型数",
        ),
        "1",
        'diapason publish MODEL --accept "rmse<=12"',
    ),
    Known(
        "published_with_waiver",
        Text("published models with findings waived", "带豁免发现发布的模型数"),
        "1",
        "diapason resonate NAME",
    ),
    Known(
        "rollbacks", Text("roll-backs with a reason", "带理由的回滚次数"), "1", 'diapason rollback MODEL --reason "…"'
    ),
    Known("days_since_publish", Text("days since the last publication", "距最近一次发布的天数"), "d", _PUBLISH),
)
def _use(book: Book) -> dict[str, Value | None]:
    every, now, back = book.signed("publish"), _standing(book), book.signed("rollback")
    met = {
        m: o
        for m, o in now.items()
        if any(g["gate"] == "acceptance" and (g.get("facts") or {}).get("test") for g in o.said["gates"])
    }
    waived = {m: o for m, o in now.items() if o.said.get("waiver")}
    return {
        "models_published": (len(now), _published(now)),
        "publications": (len(every), _gone_through(every)),
        "published_with_acceptance": (len(met), _published(met)),
        "published_with_waiver": (len(waived), _published(waived)),
        "rollbacks": (len(back), tuple(ground("entry", o.entry.seq) for o in back)),
        "days_since_publish": (book.days(every[-1].entry.at), _gone_through(every[-1:])) if every else None,
    }


@counts(
    Known("predictions", Text("runs that predicted", "预测运行次数"), "1", _PREDICT),
    Known("rows_predicted", Text("rows that were predicted", "已预测行数"), "1", _PREDICT),
    Known(
        "share_predictions_published",
        Text("share of predicting runs that used a published model", "使用已发布模型的预测占比"),
        "1",
        _PUBLISH,
    ),
    Known(
        "predictions_with_trust",
        Text("predicting runs that mark each row as trusted or doubtful", "逐行标注可信程度的预测次数"),
        "1",
        _PREDICT,
    ),
    Known(
        "share_rows_trusted",
        Text("share of predicted rows that are in known land", "落在已知范围内的预测行占比"),
        "1",
        _PREDICT,
    ),
    Known("days_since_predict", Text("days since the last prediction", "距最近一次预测的天数"), "d", _PREDICT),
)
def _predicted(book: Book) -> dict[str, Value | None]:
    done = book.done("predict")
    on, sure = on_runs(done), [run for run in done if run.result.get("trust")]
    rows = sum(int(run.result.get("rows", 0)) for run in done)
    trusted = sum(int(run.result["trust"].get("good", 0)) for run in sure)
    judged = sum(sum(int(n) for n in run.result["trust"].values()) for run in sure)
    good = [run for run in done if run.result.get("standing") == "published"]
    return {
        "predictions": (len(done), on),
        "rows_predicted": (rows, on),
        "share_predictions_published": share(len(good), len(done), on),
        "predictions_with_trust": (len(sure), on_runs(sure)),
        "share_rows_trusted": share(trusted, judged, on_runs(sure)),
        "days_since_predict": (book.days(done[-1].at), on_runs(done[-1:])) if done else None,
    }


@counts(
    Known(
        "evaluations",
        Text("models of others judged on own data", "用自有数据评判外来模型的次数"),
        "1",
        "diapason evaluate NAME PREDICTIONS",
    ),
    Known(
        "feasibility_studies",
        Text("studies of what is reachable and what more data would give", "可行性研究次数（可达精度与增量数据收益）"),
        "1",
        "diapason feasible NAME",
    ),
)
def _studied(book: Book) -> dict[str, Value | None]:
    given, asked = book.done("evaluate"), book.done("feasible")
    return {"evaluations": (len(given), on_runs(given)), "feasibility_studies": (len(asked), on_runs(asked))}
