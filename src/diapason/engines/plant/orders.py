"""What people write into work orders, in English and in Chinese, as short and as careless as they do."""

from dataclasses import dataclass

import numpy as np

__all__ = ["CAUSES", "Order", "wording"]


@dataclass(slots=True)
class Order:
    """One maintenance work order; times in s since the beginning, `closed` -1 while open."""

    name: str
    opened: float
    asset: str
    kind: str  # "corrective", "preventive", "inspection", "calibration"
    cause: str
    text: str
    language: str
    crew: str
    closed: float = -1.0
    down: float = 0.0  # hours the cell stood because of it


CAUSES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "bearing": (
        "corrective",
        (
            "{a} tripped, DE bearing seized. Replaced brg and coupling insert, aligned, vib ok after start",
            "{a} bearing failure, high vib before trip ({v} mm/s). new bearings fitted",
            "pump {a} stopped on vibration. found inner race spalled. replaced, tested ok",
            "{a} noisy then tripped. Brg collapsed, shaft ok. Repaired.",
        ),
        (
            "{a}跳停，驱动端轴承抱死，更换轴承及联轴器弹性块，重新找正，试车振动正常",
            "{a}轴承损坏，停机前振动{v}mm/s，已更换新轴承",
            "{a} 异响后跳车，拆检发现内圈剥落，更换轴承，试机OK",
            "{a}振动高联锁停机，轴承保持架碎裂，已换，轴无损伤",
        ),
    ),
    "bearing_planned": (
        "preventive",
        (
            "Route vib on {a} {v} mm/s, zone C. Bearing changed in planned window, early spalling seen",
            "{a}: vib trend up, replaced brgs before failure. old ones pitted",
        ),
        (
            "巡检{a}振动{v}mm/s，超C区，计划停机更换轴承，旧轴承有点蚀",
            "{a}振动趋势上升，提前更换轴承，滚道已有麻点",
        ),
    ),
    "valve": (
        "corrective",
        (
            "{a} discharge valve broken, high discharge temp. Valves + gaskets replaced",
            "{a} lost capacity, trip on temp. found cracked valve plates, overhauled",
        ),
        (
            "{a}排气阀片断裂，排气温度高跳车，更换气阀及垫片",
            "{a} 打气量不足，排温高联锁，阀片裂纹，已大修",
        ),
    ),
    "valve_planned": (
        "preventive",
        (
            "{a} disch. temp high on route, valves changed in planned stop",
            "{a}: spillback almost shut, valve leak suspected, valves renewed",
        ),
        ("{a}排温偏高，计划停机更换气阀", "{a}回流阀接近全关，怀疑气阀泄漏，已更换"),
    ),
    "cleaning": (
        "preventive",
        (
            "{a} HP water cleaning, heavy deposit on tube side",
            "cleaned {a}, outlet valve was at {v}% before. fouling 2 mm",
            "{a} chem clean, acid 4h, rinsed",
        ),
        ("{a}高压水清洗，管程结垢严重", "{a}清洗，洗前阀位{v}%，垢厚约2mm", "{a} 化学清洗，酸洗4h，冲洗合格"),
    ),
    "catalyst": (
        "preventive",
        (
            "R-101 catalyst changed, old slurry drained & filtered. activity was low",
            "R-101: fresh cat charged 85 kg, N2 purge, leak test ok",
        ),
        ("R-101更换催化剂，旧浆料排空过滤，活性偏低", "R-101加入新鲜催化剂85kg，氮气置换，试漏合格"),
    ),
    "trip": (
        "corrective",
        (
            "{a} high temp trip TSHH-201. Checked cooling water, reset, restart",
            "R-101 tripped on hi-hi temp. no damage found, interlock reset by shift",
        ),
        ("{a}高温联锁TSHH-201动作，检查冷却水后复位重启", "R-101温度高高跳车，检查无异常，班组复位"),
    ),
    "stem": (
        "corrective",
        ("{a} valve sticky, repacked stem, stroke test ok", "{a} hunting. positioner + packing serviced"),
        ("{a}阀杆卡涩，更换填料，行程测试正常", "{a} 调节波动大，检修定位器及填料"),
    ),
    "calibration": (
        "calibration",
        ("{a} checked at 3 points, as found {v}% off, adjusted", "cal {a} ok, no adj.", "{a} zero and span verified"),
        ("{a}三点校验，偏差{v}%，已调整", "{a} 校验合格，未调整", "{a}零点量程检查正常"),
    ),
    "route": (
        "inspection",
        (
            "{a} vib route ok {v} mm/s",
            "{a} greased, temp normal",
            "small drip at {a} seal, watch",
            "{a} oil level topped up",
            "{a} guard loose, tightened",
        ),
        (
            "{a}巡检振动{v}mm/s，正常",
            "{a}加注润滑脂，温度正常",
            "{a}机封轻微滴漏，继续观察",
            "{a} 补油至正常液位",
            "{a}护罩松动，已紧固",
        ),
    ),
}
"""Cause to kind of order and the ways to say it; `{a}` is the asset, `{v}` a figure."""

_SLIPS = (
    ("bearing", "bearng"),
    ("replaced", "repl"),
    ("vibration", "vib"),
    ("discharge", "dischg"),
    ("checked", "chkd"),
)


def wording(cause: str, asset: str, figure: float, rng: np.random.Generator) -> tuple[str, str]:
    """A text for the cause and its language; four in ten Chinese, one in five English ones with a slip."""
    chinese = bool(rng.random() < 0.4)
    ways = CAUSES[cause][2 if chinese else 1]
    text = ways[int(rng.integers(len(ways)))].format(a=asset, v=f"{figure:.1f}")
    if not chinese and rng.random() < 0.2:
        right, wrong = _SLIPS[int(rng.integers(len(_SLIPS)))]
        text = text.replace(right, wrong)
    if not chinese and rng.random() < 0.1:
        text = text.upper()
    return text, "zh" if chinese else "en"
