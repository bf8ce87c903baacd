"""What the embedded plant hands out, table by table, and the words by which it is asked."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import polars as pl

from diapason.engines.plant.asking import Asked
from diapason.engines.plant.damage import plant_defects
from diapason.engines.plant.fleet import pump_life
from diapason.engines.plant.history import History, months, simulate
from diapason.engines.plant.live import LiveCells
from diapason.engines.plant.settings import Settings
from diapason.engines.plant.tables import batch_release, changed_cells, fault_watch, soft_sensor
from diapason.engines.plant.tags import TAGS
from diapason.engines.plant.twin import PlantTwin
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["PHYSICS", "HydrogenationCell"]

PHYSICS = "1"
"""Version of the physics and of its people: the same settings give the same rows as long as it stays."""

_RECORDS: dict[str, Text] = {
    "history": Text("readings of every tag, minute by minute", "各位号逐分钟读数"),
    "lab": Text("laboratory results with sampling and reporting time", "化验结果及取样、报告时间"),
    "maintenance": Text("work orders, partly free text in English and Chinese", "维修工单，含中英文自由文本"),
    "batches": Text("product batches and what became of them", "产品批次及处置"),
    "lots": Text("feed lots with their certificates", "原料批及质检单"),
    "genealogy": Text("which lot is in which batch, which batch in which drum", "原料批—产品批—桶的谱系"),
    "truth": Text("planted faults and defects", "植入的故障与数据缺陷"),
    "cells": Text("every cell that a defect changed", "缺陷改动的每个单元格"),
    "conditions": Text("true wear, fouling, activity and composition", "真实磨损、结垢、活性与组成"),
    "lab_true": Text("what the laboratory would have found without error", "无误差的化验真值"),
}

_LEARNING: dict[str, Text] = {
    "soft_sensor": Text("tags before each sample and the lab result", "取样前各位号均值与化验结果"),
    "soft_sensor_truth": Text("defects planted into soft_sensor", "植入 soft_sensor 的缺陷"),
    "soft_sensor_cells": Text("cells of soft_sensor that are wrong", "soft_sensor 中错误的单元格"),
    "fault_watch": Text("ten-minute means with the planted fault", "十分钟均值与植入故障"),
    "batch_release": Text("tags of each batch and its disposition", "各批次位号均值与处置结果"),
    "pump_life": Text("pumps run to failure", "泵运行至失效"),
    "pump_life_truth": Text("pumps whose failure was recorded too late", "失效记录偏晚的泵"),
}

_ROLES: dict[str, dict[str, str]] = {
    "history": {"time": "time"},
    "lab": {"time": "time", "target": "{target}"},
    "batches": {"time": "started", "target": "disposition"},
    "soft_sensor": {"time": "time", "target": "{target}", "batch": "batch"},
    "fault_watch": {"time": "time", "target": "abnormal"},
    "batch_release": {"time": "time", "target": "disposition"},
    "pump_life": {"asset": "asset", "time": "time", "target": "remaining"},
}

_UNITS = {
    **{tag.name: tag.unit for tag in TAGS},
    **dict.fromkeys(("purity", "residual", "by_product", "solvent", "share_a"), "%"),
    **dict.fromkeys(("reactor_temperature", "bearing_temperature", "ambient"), "Cel"),
    **dict.fromkeys(("reactor_pressure", "discharge"), "bar"),
    **dict.fromkeys(("ua_preheater", "ua_jacket", "ua_flash"), "kW/K"),
    "mass": "kg",
    "poison": "mg/kg",
    "downtime": "h",
    "current": "A",
    "vibration": "mm/s",
    "remaining": "h",
}

_LONG = 400
"""Days above which the history is handed out a month at a time and not kept."""


class HydrogenationCell:
    """The embedded plant as a source of tables; a `SimulatedPlant`."""

    tables: Mapping[str, Text] = _RECORDS | _LEARNING

    def about(self, table: str, said: Mapping[str, str]) -> Mapping[str, Any]:
        """Settings in plain values, units and roles of the columns."""
        asked = self._asked(table, said)
        roles = {role: name.format(target=asked.target) for role, name in _ROLES.get(table, {}).items()}
        units = dict(_UNITS)
        if table == "pump_life":
            units |= {"time": "h", "flow": "t/h"}
        if table == "conditions":
            units |= {"feed": "kg/s", "product": "kg/s"}
        return {"settings": {"physics": PHYSICS, "table": table, **asked.plain()}, "units": units, "roles": roles}

    def rows(self, table: str, said: Mapping[str, str]) -> Iterator[tuple[pl.DataFrame, float]]:
        """The table, in pieces of about a month."""
        asked = self._asked(table, said)
        if table.startswith("pump_life"):
            life = pump_life(asked.seed, pumps=asked.pumps, every=asked.every, wrong=asked.wrong)
            yield life[table.endswith("truth")], 1.0
        elif table == "history" and asked.days > _LONG and not asked.defects:
            yield from _months(asked.settings())
        else:
            yield _MADE.get(table, _record(table))(asked), 1.0

    def live(self, now: datetime, *, seed: int = 7, copies: int = 1, days: float = 7.0) -> LiveCells:
        """The plant as it lives, after some days of history that end now."""
        return LiveCells.begin(now, seed=seed, copies=copies, days=days)

    def twin(self) -> PlantTwin:
        """What foresees a write to a set point."""
        return PlantTwin()

    def _asked(self, table: str, said: Mapping[str, str]) -> Asked:
        if table not in self.tables:
            what = Text(f"the plant has no table '{table}'", f"工厂没有表“{table}”")
            known = ", ".join(self.tables)
            raise DataError(what, at=f"plant:{table}", fix=Text(f"choose one of: {known}", f"可选：{known}"))
        return Asked.read(table, said)


def _months(settings: Settings) -> Iterator[tuple[pl.DataFrame, float]]:
    done = 0
    for month in months(settings):
        done += month.height
        yield month, done * settings.step / (86_400 * settings.days)


_simulated = lru_cache(maxsize=1)(simulate)


def _history(asked: Asked, *, clean: bool = False) -> History:
    """The history asked for, damaged unless `clean`; the last one is kept, since several tables come from it."""
    history = _simulated(asked.settings())
    return plant_defects(history, asked.defects, asked.seed)[0] if asked.defects and not clean else history


def _record(table: str) -> Callable[[Asked], pl.DataFrame]:
    return lambda asked: getattr(_history(asked), table)


def _sensor(asked: Asked, *, clean: bool = False) -> pl.DataFrame:
    return soft_sensor(_history(asked, clean=clean), target=asked.target, minutes=asked.minutes)


_MADE: dict[str, Callable[[Asked], pl.DataFrame]] = {
    "soft_sensor": _sensor,
    "soft_sensor_truth": lambda asked: _history(asked).truth,
    "soft_sensor_cells": lambda asked: changed_cells(_sensor(asked, clean=True), _sensor(asked), key="sample"),
    "fault_watch": lambda asked: fault_watch(_history(asked)),
    "batch_release": lambda asked: batch_release(_history(asked)),
}
