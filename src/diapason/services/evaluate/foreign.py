"""A model that comes as an ONNX file, run on the dataset's inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.errors import DataError, Missing
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task

__all__ = ["foreign"]

Array = NDArray[np.float64]

_KINDS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}


def foreign(data: bytes, examples: Examples, at: str) -> Array:
    """Predictions of an ONNX model, in the order of the examples.

    One input of shape (n, d) takes the number columns in the contract's order; several inputs are matched with columns
    by name. For classes the output is (n, k) probabilities, or class codes or names; else the first of n numbers.

    Raises:
        Missing: onnxruntime is not installed.
        DataError: the file is no model, wants other inputs, or gives something else.
    """
    try:
        import onnxruntime
    except ImportError as error:
        fix = "pip install 'diapason[onnx]'"
        raise Missing(Text("onnxruntime is not installed", "未安装 onnxruntime"), at=at, fix=fix) from error
    try:
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        made = session.run(None, _fed(session.get_inputs(), examples, at))
    except DataError:
        raise
    except Exception as error:  # a foreign model fails in ways of its own; the cause is told
        raise DataError(
            Text("the model does not run on these inputs", "模型无法在这些输入上运行"), at=at, fix=_again(error)
        ) from error
    return _classes(made, examples, at) if examples.task is Task.CLASSIFICATION else _numbers(made, len(examples), at)


def _fed(inputs: list[Any], examples: Examples, at: str) -> dict[str, NDArray[Any]]:
    frame = examples.features
    if len(inputs) == 1 and inputs[0].name not in frame.columns:
        numbers = [c for c in frame.columns if frame[c].dtype.is_numeric()]
        width = inputs[0].shape[1] if len(inputs[0].shape) == 2 else None
        if isinstance(width, int) and width != len(numbers):
            raise DataError(
                Text(
                    f"the model takes {width} numbers a row, the dataset has {len(numbers)}",
                    f"模型每行需要 {width} 个数值，数据集有 {len(numbers)} 个",
                ),
                at=at,
                fix=_listed("export it for these numbers, in this order", "请按此顺序的数值列导出", numbers),
            )
        kind = _KINDS.get(inputs[0].type, np.float32)
        return {inputs[0].name: frame.select(numbers).fill_null(np.nan).to_numpy().astype(kind)}
    if lacking := [i.name for i in inputs if i.name not in frame.columns]:
        raise DataError(
            Text(f"the model wants an input '{lacking[0]}'", f"模型需要输入“{lacking[0]}”"),
            at=at,
            fix=_listed("name its inputs as the dataset does", "请按数据集的列名命名输入", frame.columns),
        )
    return {i.name: _column(frame[i.name], i.type)[:, None] for i in inputs}


def _column(column: pl.Series, kind: str) -> NDArray[Any]:
    if kind == "tensor(string)":
        return column.cast(pl.String).fill_null("").to_numpy().astype(object)
    return column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().astype(_KINDS.get(kind, np.float32))


def _numbers(made: list[Any], n: int, at: str) -> Array:
    for array in (np.asarray(m) for m in made):
        if array.size == n and array.dtype.kind in "fiu":
            return array.ravel().astype(np.float64)
    raise _strange(made, Text(f"{n} numbers", f"{n} 个数值"), at)


def _classes(made: list[Any], examples: Examples, at: str) -> Array:
    n, k = len(examples), len(examples.classes)
    for m in made:
        if isinstance(m, list) and m and isinstance(m[0], dict):  # ZipMap: a mapping per row
            return _mapped(m, examples, at)
        array = np.asarray(m)
        if array.shape == (n, k) and array.dtype.kind == "f":
            return array.astype(np.float64)
    for array in (np.asarray(m).ravel() for m in made):
        if array.size == n:
            return _mapped([{x: 1.0} for x in array.tolist()], examples, at)
    raise _strange(made, Text(f"({n}, {k}) probabilities or {n} classes", f"({n}, {k}) 个概率或 {n} 个类别"), at)


def _mapped(rows: list[dict[Any, float]], examples: Examples, at: str) -> Array:
    """Names of classes, or their codes where no class is called so."""
    code: dict[Any, int] = {c: i for i, c in enumerate(examples.classes)}
    code |= {i: i for i in range(len(examples.classes)) if str(i) not in code}
    out = np.zeros((len(rows), len(examples.classes)))
    for i, row in enumerate(rows):
        for name, share in row.items():
            at_class = code.get(name, code.get(str(name)))
            if at_class is None:
                raise DataError(
                    Text(f"the model says a class '{name}'", f"模型给出类别“{name}”"),
                    at=at,
                    fix=_listed("known", "已知", examples.classes),
                )
            out[i, at_class] = share
    return out


def _strange(made: list[Any], wanted: Text, at: str) -> DataError:
    shapes = ", ".join(str(np.asarray(m).shape) for m in made)
    return DataError(
        Text(f"the model gives {shapes}", f"模型的输出为 {shapes}"),
        at=at,
        fix=Text(f"wanted: {wanted.en}", f"需要：{wanted.zh}"),
    )


def _listed(en: str, zh: str, names: Sequence[str]) -> Text:
    return Text(f"{en}: {', '.join(names)}", f"{zh}：{'、'.join(names)}")


def _again(error: Exception) -> Text:
    """What to do, and what the runtime said."""
    said = " ".join(str(error).split())[:240]
    return Text(
        f"export the model again as ONNX; the runtime says: {said}", f"请重新导出 ONNX 模型；运行时提示：{said}"
    )
