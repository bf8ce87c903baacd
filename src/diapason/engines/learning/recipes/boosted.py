"""Gradient-boosted trees (LightGBM) on windows and chosen products; the loss is a setting; stored as text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from diapason.engines.learning.encoding import Encoding, learn_encoding
from diapason.engines.learning.packing import fact_bytes, facts, part
from diapason.engines.learning.pairing import choose_pairs
from diapason.engines.learning.streaming.designed import Coded
from diapason.engines.learning.weighing import counted
from diapason.engines.learning.widening import Widening, learn_widening
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

if TYPE_CHECKING:
    from lightgbm import Booster

__all__ = ["Boosted", "BoostedModel", "recipe"]

Array = NDArray[np.float64]

_FEW = 8
"""Columns that every tree may choose among, at least."""

_NARROW = 40

_ROBUST = ("absolute", "huber", "fair", "quantile")
_LOSSES = {
    "squared": "regression",
    "absolute": "regression_l1",
    "huber": "huber",
    "fair": "fair",
    "quantile": "quantile",
}


@dataclass(frozen=True, slots=True)
class BoostedModel:
    """Trees on coded and added columns; numbers were centred and scaled before."""

    encoding: Encoding
    widening: Widening
    booster: "Booster"
    task: Task
    classes: int
    centre: float
    spread: float
    margins: bool  # the trees give margins of a loss of our own, to be turned into probabilities

    def predict(self, examples: Examples) -> Array:
        """Values, or class probabilities."""
        return self.output(np.hstack([self.encoding.codes(examples.features), self.widening.widen(examples)]))

    def output(self, x: Array) -> Array:
        """The same from coded and added columns."""
        raw = np.asarray(self.booster.predict(x, num_threads=1), np.float64)
        if self.task is not Task.CLASSIFICATION:
            return self.centre + self.spread * raw
        if self.margins:
            return np.asarray(softmax(raw, axis=1))
        return np.column_stack([1 - raw, raw]) if self.classes == 2 else raw

    def parts(self) -> dict[str, bytes]:
        """`model.json` and `trees.txt`."""
        said = {
            "encoding": self.encoding.plain(),
            "widening": self.widening.plain(),
            "task": self.task,
            "classes": self.classes,
            "centre": self.centre,
            "spread": self.spread,
            "margins": self.margins,
        }
        return {"model.json": fact_bytes(said), "trees.txt": self.booster.model_to_string().encode()}


@dataclass(frozen=True, slots=True)
class Boosted:
    """LightGBM with one thread per fit, so that the same seed gives the same trees anywhere."""

    name: str = "boosted"
    family: str = "trees"
    tasks: tuple[Task, ...] = (Task.REGRESSION, Task.REMAINING_LIFE, Task.CLASSIFICATION)

    def settings(self, task: Task) -> tuple[Mapping[str, Any], ...]:
        """Loss and regularisation; the default first, the most robust last."""
        usual: dict[str, Any] = {"rounds": 300, "rate": 0.05, "leaves": 15, "least": 20, "columns": 0.4, "rows": 0.8}
        small = {**usual, "leaves": 8, "least": 40}
        deep = {**usual, "rounds": 500, "leaves": 24, "least": 10, "columns": 0.7}
        if task is Task.CLASSIFICATION:
            usual, small, deep = ({**s, "loss": "log", "pairs": 12, "smoothing": 0.0} for s in (usual, small, deep))
            return (usual, {**small, "pairs": 0}, deep, {**small, "smoothing": 0.1})
        usual, small, deep = ({**s, "loss": "squared", "pairs": 0} for s in (usual, small, deep))
        robust = [{**usual, "loss": "huber", "alpha": 0.5}, {**deep, "loss": "absolute"}, {**small, "loss": "absolute"}]
        return (usual, {**usual, "pairs": 12}, deep, *robust)

    def fit(self, examples: Examples, settings: Mapping[str, Any], seed: int) -> BoostedModel:
        """Learn trees."""
        import lightgbm

        examples = counted(examples)
        encoding = learn_encoding(examples.features)
        widening = _widening(examples, settings, seed)
        x = np.hstack([encoding.codes(examples.features), widening.widen(examples)])
        y, centre, spread = _target(examples)
        asked = _asked(settings, examples, x.shape[1], seed)
        table = lightgbm.Dataset(
            x,
            y,
            weight=_weights(examples, settings),
            categorical_feature=[i for i, c in enumerate(encoding.columns) if c in encoding.levels],
            params={"verbose": -1, "max_bin": _bins(len(x)), "num_threads": 1},
            free_raw_data=True,
        )
        rounds = int(settings["rounds"]) * _factor(examples, x.shape[1])
        booster = lightgbm.train(asked, table, num_boost_round=rounds, keep_training_booster=True)  # no copy as text
        booster.free_dataset()
        shape = (examples.task, len(examples.classes))
        return BoostedModel(encoding, widening, booster, *shape, centre, spread, callable(asked["objective"]))

    def load(self, parts: Mapping[str, bytes]) -> BoostedModel:
        """The inverse of `BoostedModel.parts`."""
        import lightgbm

        said = facts(parts, "model.json")
        booster = lightgbm.Booster(model_str=part(parts, "trees.txt").decode())
        columns = Encoding.of(said["encoding"]), Widening.of(said["widening"])
        shape = Task(said["task"]), said["classes"]
        return BoostedModel(*columns, booster, *shape, said["centre"], said["spread"], said["margins"])

    def stream(self, model: BoostedModel, assets: Sequence[str]) -> Coded:
        """The model at work on these assets; contributions are the trees' Shapley values (Lundberg et al., 2020)."""
        columns = model.encoding.columns
        owners = np.vstack([np.eye(len(columns)), model.widening.owners(columns)])

        def predict(codes: Array, added: Array) -> Array:
            return model.output(np.hstack([codes, added]))

        def explain(codes: Array, added: Array) -> Array:
            x = np.hstack([codes, added])
            made = np.asarray(model.booster.predict(x, num_threads=1, pred_contrib=True), np.float64)
            if model.task is not Task.CLASSIFICATION:
                return model.spread * made[:, :-1] @ owners
            if model.classes == 2 and not model.margins:
                return np.asarray(np.where(model.output(x)[:, 1:] >= 0.5, 1.0, -1.0) * made[:, :-1] @ owners)
            likely = np.argmax(model.output(x), axis=1)
            each = made.reshape(len(x), -1, x.shape[1] + 1)[np.arange(len(x)), likely, :-1]
            return np.asarray(each @ owners)

        return Coded(model.encoding, model.widening, predict, len(assets), explain=explain)


def _widening(examples: Examples, settings: Mapping[str, Any], seed: int) -> Widening:
    robust = settings["loss"] in _ROBUST
    made = learn_widening(examples, windows=bool(settings.get("windows", True)), robust=robust)
    if made.windowed or not settings.get("pairs"):
        return made
    return replace(made, pairs=choose_pairs(examples, made.numbers, int(settings["pairs"]), seed))


def _target(examples: Examples) -> tuple[Array, float, float]:
    """The target as the trees see it, and how to come back; numbers robustly centred and scaled."""
    y = examples.target
    if examples.task is Task.CLASSIFICATION:
        return y, 0.0, 1.0
    low, middle, high = np.quantile(y, (0.25, 0.5, 0.75))
    spread = float((high - low) / 1.349 or np.std(y) or 1.0)
    return (y - middle) / spread, float(middle), spread


def _weights(examples: Examples, settings: Mapping[str, Any]) -> Array | None:
    """Row weights: those given, times one over the class's share to the power `balance`; none by default."""
    power = float(settings.get("balance", 0.0))
    if examples.task is not Task.CLASSIFICATION or power == 0:
        return examples.weight
    codes, of, count = np.unique(examples.target, return_inverse=True, return_counts=True)
    weight = (len(of) / len(codes) / count) ** power
    balanced = np.asarray(weight[of] / weight[of].mean())
    return balanced if examples.weight is None else balanced * examples.weight


def _bins(n: int) -> int:
    """Steps of a column: 255, fewer for few rows, of which each step should hold a dozen."""
    return int(np.clip(n // 12, 31, 255))


def _asked(settings: Mapping[str, Any], examples: Examples, width: int, seed: int) -> dict[str, Any]:
    """Our settings in LightGBM's words."""
    return {
        **_objective(settings, examples),
        "learning_rate": settings["rate"],
        "num_leaves": int(settings["leaves"]) * _factor(examples, width),
        "min_data_in_leaf": min(int(settings["least"]), max(1, len(examples) // 10)),
        "feature_fraction": max(float(settings["columns"]), min(1.0, _FEW / width)),
        "bagging_fraction": settings["rows"],
        "bagging_freq": 1,
        "lambda_l2": settings.get("ridge", 1.0),
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }


def _factor(examples: Examples, width: int) -> int:
    """Twice the rounds and leaves where a number is learnt from few columns: there trees are cheap and must go deep."""
    return 2 if width <= _NARROW and examples.task is not Task.CLASSIFICATION else 1


def _objective(settings: Mapping[str, Any], examples: Examples) -> dict[str, Any]:
    if examples.task is not Task.CLASSIFICATION:
        return {"objective": _LOSSES[settings["loss"]], "alpha": settings.get("alpha", 0.5), "fair_c": 1.0}
    k, smoothing = len(examples.classes), float(settings.get("smoothing", 0.0))
    if smoothing > 0:
        return {"objective": _smoothed(k, smoothing), "num_class": k}
    return {"objective": "binary"} if k == 2 else {"objective": "multiclass", "num_class": k}


def _smoothed(k: int, smoothing: float) -> Callable[[Array, Any], tuple[Array, Array]]:
    """Log loss against labels that are believed only to 1 - smoothing (Szegedy et al., CVPR 2016)."""

    def slope(margins: Array, table: Any) -> tuple[Array, Array]:
        p = softmax(margins.reshape(-1, k) if margins.ndim == 2 else margins.reshape(k, -1).T, axis=1)
        wanted = np.full(p.shape, smoothing / k)
        wanted[np.arange(len(p)), np.asarray(table.get_label(), np.int64)] += 1 - smoothing
        weight = table.get_weight()
        scale = np.ones((len(p), 1)) if weight is None else np.asarray(weight)[:, None]
        return scale * (p - wanted), scale * k / (k - 1) * p * (1 - p)

    return slope


recipe = Boosted()
