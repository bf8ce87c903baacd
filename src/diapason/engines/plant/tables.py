"""Ready-made learning tables: soft sensor, fault watch, batch release; rows a person would really have assembled."""

from datetime import timedelta

import polars as pl

from diapason.engines.plant.defects import Defect
from diapason.engines.plant.history import History
from diapason.engines.plant.tags import STATES, TAGS
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["TARGETS", "batch_release", "changed_cells", "fault_watch", "soft_sensor", "soft_sensor_menu"]

TARGETS = ("purity", "residual", "by_product", "solvent")
"""Lab results that a soft sensor may predict."""

_NUMBERS = [t.name for t in TAGS]


def soft_sensor(history: History, *, target: str = "residual", minutes: int = 60) -> pl.DataFrame:
    """One row per lab result: mean of every tag over the minutes before the sample was taken, and the result.

    Columns: sample, time (taken), reported, batch, grade, crew, tags …, target. Other lab results are left out: they
    come with the target and would leak it. Samples without a result or without readings have no row.

    Args:
        target: one of TARGETS.
        minutes: length of the window.
    """
    if target not in TARGETS:
        known = ", ".join(TARGETS)
        what = Text(f"no lab result '{target}'", f"没有化验项“{target}”")
        raise DataError(what, at="soft_sensor", fix=Text(f"choose one of: {known}", f"可选：{known}"))
    extra = [c for c in history.lab.columns if "." in c]
    lab = history.lab.filter(pl.col(target).is_not_null()).unique("sample", keep="first", maintain_order=True)
    lab = lab.select("sample", "time", "reported", "batch", "grade", *extra, target).sort("time")
    ends = lab.select("sample", pl.col("time").alias("taken"))
    rows = history.history.select("time", "crew", *_NUMBERS).sort("time")
    span = timedelta(minutes=minutes)
    near = rows.join_asof(ends, left_on="time", right_on="taken", strategy="forward", tolerance=span)
    means = near.drop_nulls("sample").group_by("sample").agg(pl.col("crew").last(), pl.col(_NUMBERS).mean().round(4))
    joined = lab.join(means, on="sample", how="inner", maintain_order="left")
    return joined.select("sample", "time", "reported", "batch", "grade", "crew", *_NUMBERS, *extra, target)


def soft_sensor_menu(days: float, *, target: str = "residual") -> tuple[Defect, ...]:
    """What is wrong in the first two thirds of the soft sensor's record; the last third is left clean.

    Results of other samples, results typed wrongly, a fortnight in another unit, results one sample late, and the
    reactor temperature in °F for some days: each as plants have known it.
    """
    return (
        Defect("swapped_lab", "lab", target, 0.02 * days, 0.64 * days, 0.10),
        Defect("wrong_lab", "lab", target, 0.02 * days, 0.64 * days, 0.06),
        Defect("lab_unit", "lab", target, 0.22 * days, 0.04 * days, 0.01),
        Defect("lab_shift", "lab", target, 0.45 * days, 0.12 * days, 1.0),
        Defect("unit", "history", "TIC-201.PV", 0.34 * days, 0.06 * days, 1.0),
        Defect("drift", "history", "DI-101", 0.50 * days, 0.14 * days, 3.0),
    )


def fault_watch(history: History, *, minutes: int = 10) -> pl.DataFrame:
    """Means over each few minutes with the planted fault, for monitoring and fault diagnosis.

    Columns: time, grade, mode, tags …, state (kind of fault or "normal"), abnormal (0 or 1).
    """
    kept = pl.col("grade", "mode").last()
    rows = (
        history.history.sort("time")
        .group_by_dynamic("time", every=f"{minutes}m")
        .agg(kept, pl.col(_NUMBERS).mean().round(4))
    )
    state = pl.lit("normal")
    for fault in history.truth.filter(pl.col("layer") == "fault").iter_rows(named=True):
        inside = (pl.col("time") >= fault["start"]) & (pl.col("time") < fault["end"])
        state = pl.when(inside).then(pl.lit(fault["kind"])).otherwise(state)
    return rows.with_columns(state.alias("state")).with_columns(
        (pl.col("state") != "normal").cast(pl.Int64).alias("abnormal")
    )


def batch_release(history: History) -> pl.DataFrame:
    """One row per finished batch with a verdict: means and spread of its tags, its feed lots, and the disposition.

    Columns: batch, time (ended), grade, crew, mass, share_a and poison of the lots, tags …, disposition.
    """
    done = history.batches.filter(pl.col("ended").is_not_null() & (pl.col("disposition") != "pending")).sort("started")
    ends = done.select("batch", "started", "ended")
    rows = history.history.select("time", *_NUMBERS).sort("time")
    inside = rows.join_asof(ends, left_on="time", right_on="started").filter(pl.col("time") < pl.col("ended"))
    means = inside.group_by("batch").agg(pl.col(_NUMBERS).mean().round(4))
    mixed = (
        history.genealogy.filter(pl.col("relation") == "lot-batch")
        .join(history.lots, left_on="parent", right_on="lot")
        .group_by("child")
        .agg((pl.col("share") * pl.col(name)).sum().round(3).alias(name) for name in ("share_a", "poison"))
    )
    joined = done.join(mixed, left_on="batch", right_on="child").join(means, on="batch", maintain_order="left")
    ended = pl.col("ended").alias("time")
    return joined.select("batch", ended, "grade", "crew", "mass", "share_a", "poison", *_NUMBERS, "disposition")


def changed_cells(clean: pl.DataFrame, dirty: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """Cells in which two tables of the same rows differ: row (position in `dirty`), column.

    Raises:
        DataError: `key` does not identify the same rows in both.
    """
    if clean[key].n_unique() != clean.height or set(clean[key]) != set(dirty[key]):
        raise DataError(Text(f"the tables do not hold the same {key}", f"两表的 {key} 不一致"), at="changed_cells")
    before = dirty.select(key).join(clean, on=key, how="left", maintain_order="left")
    rows = [
        pl.DataFrame({"row": before[name].ne_missing(dirty[name]).arg_true()}).select(
            pl.col("row").cast(pl.Int64), pl.lit(name).alias("column")
        )
        for name in dirty.columns
        if name != key and name in clean.columns and name not in STATES
    ]
    return pl.concat(rows)
