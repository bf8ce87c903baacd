"""The tags of the historian: what each measures, its unit, range and resolution."""

from dataclasses import dataclass

from diapason.vocabulary.language import Text

__all__ = ["ASSETS", "STATES", "TAGS", "Tag"]


@dataclass(frozen=True, slots=True)
class Tag:
    """One column of the history. Signals come from the cell's record (`source`), then noise, lag, drift, resolution."""

    name: str  # ISA 5.1
    asset: str
    title: Text
    unit: str  # UCUM
    low: float  # range of the transmitter; readings stop there
    high: float
    resolution: float  # one over a whole number
    source: str  # column of the true record
    noise: float = 0.0  # standard deviation
    share: float = 0.0  # standard deviation as a share of the reading, added to noise
    lag: float = 0.0  # s
    drift: float = 0.0  # standard deviation gained per square root of a day, wandering back within 60 days


ASSETS = {
    "TK-101": Text("Feed tank", "原料罐"),
    "P-101": Text("Feed pump", "进料泵"),
    "E-101": Text("Feed preheater", "进料预热器"),
    "R-101": Text("Hydrogenator", "加氢反应器"),
    "A-201": Text("Agitator", "搅拌器"),
    "K-201": Text("Hydrogen compressor", "氢气压缩机"),
    "E-301": Text("Flash heater", "闪蒸加热器"),
    "V-301": Text("Solvent flash", "溶剂闪蒸罐"),
    "P-301": Text("Product pump", "产品泵"),
    "U-001": Text("Utilities", "公用工程"),
}


def _tag(
    name: str,
    asset: str,
    title: str,
    unit: str,
    span: tuple[float, float, float],
    source: str,
    *noise: float,
    **rest: float,
) -> Tag:
    """One tag; `title` is "English|Chinese", `span` is low, high, resolution, `noise` as in Tag: noise, share."""
    sigma, share = (*noise, 0.0, 0.0)[:2]
    return Tag(name, asset, Text(*title.split("|")), unit, *span, source, sigma, share, **rest)


def _loop(
    name: str, asset: str, title: str, unit: str, span: tuple[float, float, float], *, sp: bool = True
) -> tuple[Tag, ...]:
    """PV, SP and OP of one loop; arguments as for `_tag`."""
    key, (en, zh) = name.replace("-", "").lower(), title.split("|")
    parts = [_tag(f"{name}.PV", asset, title, unit, span, f"{key}.pv")]
    if sp:
        parts.append(_tag(f"{name}.SP", asset, f"{en}, set point|{zh}设定值", unit, span, f"{key}.sp"))
    valve = _tag(f"{name}.OP", asset, f"{en}, output|{zh}输出", "%", (0, 100, 0.1), f"{key}.out")
    return (*parts, valve)


TAGS: tuple[Tag, ...] = (
    _tag("LI-101", "TK-101", "Feed tank level|原料罐液位", "%", (0, 100, 0.1), "tank.level", 0.06),
    _tag("TI-101", "TK-101", "Feed tank temperature|原料罐温度", "Cel", (-20, 80, 0.1), "tank.temperature", 0.05),
    _tag("DI-101", "TK-101", "Feed density|进料密度", "kg/m3", (700, 1000, 0.1), "feed.density", 0.25, drift=0.10),
    *_loop("FIC-101", "P-101", "Feed flow|进料流量", "t/h", (0, 8, 0.01)),
    _tag(
        "PI-102", "P-101", "Feed pump discharge pressure|进料泵出口压力", "bar", (0, 60, 0.05), "feed.discharge", 0.08
    ),
    _tag("II-101", "P-101", "Feed pump current|进料泵电流", "A", (0, 50, 0.1), "feed.current", 0.12),
    _tag("VI-101", "P-101", "Feed pump vibration|进料泵振动", "mm/s", (0, 20, 0.01), "feed.vibration", 0.03, 0.06),
    *_loop("TIC-103", "E-101", "Preheater outlet temperature|预热器出口温度", "Cel", (0, 150, 0.1)),
    *_loop("TIC-201", "R-101", "Reactor temperature|反应温度", "Cel", (0, 200, 0.1)),
    _tag(
        "TI-204",
        "R-101",
        "Reactor temperature, second probe|反应温度（第二测点）",
        "Cel",
        (0, 200, 0.1),
        "reactor.temperature",
        0.25,
        lag=90,
        drift=0.05,
    ),
    *_loop("PIC-201", "R-101", "Reactor pressure|反应压力", "bar", (0, 40, 0.01)),
    *_loop("LIC-201", "R-101", "Reactor level|反应器液位", "%", (0, 100, 0.1), sp=False),
    _tag(
        "TI-202",
        "R-101",
        "Jacket outlet temperature|夹套出口温度",
        "Cel",
        (0, 150, 0.1),
        "reactor.jacket",
        0.12,
        lag=30,
    ),
    _tag("TI-203", "R-101", "Cooling water temperature|冷却水温度", "Cel", (0, 60, 0.1), "water", 0.06, lag=60),
    _tag(
        "FI-203", "R-101", "Jacket cooling water flow|夹套冷却水流量", "t/h", (0, 25, 0.02), "jacket.flow", 0.03, 0.01
    ),
    _tag(
        "FI-204",
        "R-101",
        "Hydrogen flow to reactor|入反应器氢气流量",
        "m3/h",
        (0, 800, 0.5),
        "hydrogen.flow",
        1.5,
        0.008,
        drift=0.35,
    ),
    _tag("II-202", "A-201", "Agitator current|搅拌器电流", "A", (0, 60, 0.1), "agitator.current", 0.25),
    *_loop("PIC-211", "K-201", "Hydrogen buffer pressure|氢气缓冲罐压力", "bar", (0, 60, 0.02), sp=False),
    _tag("PI-212", "K-201", "Hydrogen suction pressure|氢气吸入压力", "bar", (0, 25, 0.01), "suction", 0.02),
    _tag(
        "TI-212",
        "K-201",
        "Compressor discharge temperature|压缩机排气温度",
        "Cel",
        (0, 300, 0.2),
        "compressor.outlet",
        0.4,
        lag=60,
    ),
    _tag("JI-211", "K-201", "Compressor power|压缩机功率", "kW", (0, 100, 0.1), "compressor.power", 0.2),
    _tag(
        "VI-211", "K-201", "Compressor vibration|压缩机振动", "mm/s", (0, 20, 0.01), "compressor.vibration", 0.03, 0.06
    ),
    *_loop("TIC-301", "E-301", "Flash temperature|闪蒸温度", "Cel", (0, 200, 0.1)),
    *_loop("PIC-301", "V-301", "Flash pressure|闪蒸压力", "bar", (0, 2, 0.001)),
    *_loop("LIC-301", "V-301", "Flash level|闪蒸罐液位", "%", (0, 100, 0.1), sp=False),
    _tag("FI-301", "P-301", "Product flow|产品流量", "t/h", (0, 5, 0.005), "product.flow", 0.004, 0.006, drift=0.003),
    _tag("FI-302", "V-301", "Solvent vapour flow|溶剂蒸汽流量", "t/h", (0, 5, 0.005), "overhead.flow", 0.01, 0.012),
    _tag("DI-301", "P-301", "Product density|产品密度", "kg/m3", (700, 1000, 0.1), "product.density", 0.4, drift=0.15),
    _tag(
        "PI-302",
        "P-301",
        "Product pump discharge pressure|产品泵出口压力",
        "bar",
        (0, 16, 0.02),
        "product.discharge",
        0.03,
    ),
    _tag("II-301", "P-301", "Product pump current|产品泵电流", "A", (0, 20, 0.05), "product.current", 0.04),
    _tag(
        "VI-301", "P-301", "Product pump vibration|产品泵振动", "mm/s", (0, 20, 0.01), "product.vibration", 0.03, 0.06
    ),
    _tag("TI-001", "U-001", "Ambient temperature|环境温度", "Cel", (-40, 60, 0.1), "ambient", 0.1),
    _tag("PI-401", "U-001", "Steam header pressure|蒸汽总管压力", "bar", (0, 16, 0.01), "steam", 0.015),
)
"""In the order of the flow."""

STATES = ("grade", "crew", "mode")
"""Columns of the history that are words."""
