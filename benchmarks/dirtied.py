"""Made tables as plants keep them, clean, and the errors that people and systems put into them.

`TUNE` are the tables on which the limits of `engines/mending` were fixed; `CHECK` are other domains, with other words
and other dependencies, that were only ever measured. Each seed makes another table and draws other kinds of error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["CHECK", "DAMAGES", "TUNE", "Dirtied", "Made", "dirtied"]

Columns = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Made:
    """A clean table and which kinds of damage its columns can take."""

    columns: Columns
    texts: tuple[str, ...]  # words or codes that can be mistyped
    swaps: tuple[str, ...]  # determined by another column: a wrong value can be told
    units: Mapping[str, str] = field(default_factory=dict)  # number column -> its unit
    shares: tuple[str, ...] = ()  # fractions, at times written with a percent sign
    numbers: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()  # columns that get written into one cell
    blanks: tuple[str, ...] = ()  # columns with empty cells, at times written as a word
    dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dirtied:
    """The same table, clean and dirty."""

    clean: Columns
    dirty: Columns
    kinds: tuple[str, ...]


_CITIES = "Aachen|AC|Bremen|HB|Dresden|DD|Essen|EN|Leipzig|LZ|Rostock|RO|Stuttgart|ST|Ulm|UL|Kassel|KS|Augsburg|AU|Bielefeld|BI|Chemnitz|CH|Duisburg|DU|Erfurt|EF|Freiburg|FR|Hagen|HA|Koblenz|KO|Mannheim|MA|Potsdam|PO|Regensburg|RE"
_TOWNS = "Springfield|IL|Riverside|CA|Jackson|MS|Salem|OR|Madison|WI|Georgetown|TX|Arlington|VA|Ashland|KY|Dover|DE|Hudson|OH|Milton|MA|Newport|RI|Oxford|AL|Clayton|MO|Dayton|OH|Lexington|KY|Franklin|TN|Clinton|IA|Greenville|SC|Bristol|TN"
_FIRST = [
    "Anna",
    "Bernd",
    "Carla",
    "Dieter",
    "Elena",
    "Frank",
    "Gerda",
    "Hans",
    "Ines",
    "Jan",
    "Jana",
    "Karl",
    "Karla",
    "Lena",
    "Lea",
    "Mark",
    "Marc",
    "Nina",
    "Otto",
    "Paula",
    "Ralf",
    "Rolf",
    "Sara",
    "Sarah",
    "Tim",
    "Tom",
    "Uwe",
    "Vera",
    "Willi",
    "Yusuf",
]
_LAST = [
    "Meier",
    "Meyer",
    "Maier",
    "Schmidt",
    "Schmitt",
    "Becker",
    "Wagner",
    "Weber",
    "Hoffmann",
    "Hofmann",
    "Koch",
    "Bauer",
    "Richter",
    "Klein",
    "Wolf",
    "Wolff",
    "Schroeder",
    "Neumann",
    "Schwarz",
    "Braun",
    "Zimmermann",
    "Krause",
    "Lehmann",
    "Huber",
    "Mayer",
    "Fuchs",
    "Peters",
    "Lang",
    "Scholz",
    "Moeller",
]
_KINDS = [
    "centrifugal pump",
    "plate heat exchanger",
    "screw compressor",
    "control valve",
    "belt conveyor",
    "induction motor",
    "gear reducer",
    "cooling tower",
    "rotary dryer",
    "bag filter",
]
_MAKERS = [
    "Nordwerk AG",
    "Halvorsen Industrier",
    "Tanaka Seiki",
    "Bright River Machines",
    "Officine Moretti",
    "Kowalski i Syn",
    "Grand Lac Mecanique",
    "Silverline Controls",
]
_STEELS = [
    "S235JR",
    "S355J2",
    "42CrMo4",
    "16MnCr5",
    "X5CrNi18-10",
    "C45E",
    "34CrNiMo6",
    "100Cr6",
    "X2CrNiMo17-12-2",
    "11SMn30",
    "20MnV6",
    "30CrNiMo8",
]
_GOODS = [
    "hydraulic oil",
    "bearing set",
    "welding wire",
    "sealing ring",
    "copper tube",
    "epoxy resin",
    "control cabinet",
    "steel bracket",
    "filter cartridge",
    "drive belt",
    "ball screw",
    "cable chain",
]
_METHODS = [
    "tensile test",
    "hardness test",
    "grain size",
    "impact test",
    "spectral analysis",
    "surface roughness",
    "ultrasonic inspection",
    "coating thickness",
]
_STREETS = [
    "Main Street",
    "Mill Lane",
    "Harbour Road",
    "Station Road",
    "Church Street",
    "Industrial Avenue",
    "Park Lane",
    "River Walk",
    "Foundry Road",
    "North Gate",
]


def _pick(rng: np.random.Generator, words: list[str], n: int) -> list[str]:
    return [words[i] for i in rng.integers(0, len(words), n)]


def _places(text: str) -> list[tuple[str, str]]:
    parts = text.split("|")
    return list(zip(parts[::2], parts[1::2], strict=True))


def _number(x: float) -> str:
    return f"{x:.10g}"


def _mostly(rng: np.random.Generator, keys: list[str], words: list[str], share: float) -> list[str]:
    """A word that goes with the key in that share of rows and is drawn freely in the others: no dependency."""
    usual = {k: str(rng.choice(words)) for k in sorted(set(keys))}
    return [usual[k] if rng.random() < share else str(rng.choice(words)) for k in keys]


def _firms(rng: np.random.Generator, many: int, rows: int) -> tuple[list[str], list[str], list[str]]:
    """Number, name and town of firms, one for each row; most towns have one firm, and some firms one row."""
    sounds = [
        "ba",
        "den",
        "fel",
        "gor",
        "hal",
        "kir",
        "lin",
        "mar",
        "nor",
        "ost",
        "pel",
        "ros",
        "sand",
        "tal",
        "ulm",
        "ver",
        "wald",
        "zell",
    ]
    words = ["".join(_pick(rng, sounds, 3)).capitalize() for _ in range(2 * many)]
    town = [words[i if i < 0.85 * many else int(rng.integers(0, many // 2))] for i in range(many)]
    which = rng.choice(many, rows, p=(w := 1 / np.arange(2, many + 2)) / w.sum())
    return [f"{500 + i}" for i in which], [f"{words[many + i]} Works" for i in which], [town[i] for i in which]


def customers(rng: np.random.Generator) -> Made:
    """Orders of customers: the customer says address, city, state, phone; names may be near each other."""
    places, many = _places(_CITIES), 90
    name = [f"{a} {b}" for a, b in zip(_pick(rng, _FIRST, many), _pick(rng, _LAST, many), strict=True)]
    town = [places[i] for i in rng.integers(0, len(places), many)]
    street = [f"{rng.integers(1, 180)} {s}" for s in _pick(rng, _STREETS, many)]
    phone = [str(x) for x in rng.integers(2_000_000_000, 9_000_000_000, many)]
    who = np.sort(rng.integers(0, many, 1200))
    goods, price = rng.integers(0, len(_GOODS), len(who)), rng.choice([9.5, 12, 25.75, 40, 199, 310.5], len(_GOODS))
    land = ["dk" if x < 0.03 or k == 0 else "de" for k, x in enumerate(rng.random(many))]
    sort = ["private person" if x < 0.03 or k == 1 else "business customer" for k, x in enumerate(rng.random(many))]
    mails = [
        "" if x < 0.3 else f"{w.split()[1].lower()}{k}@mail.com"
        for k, (w, x) in enumerate(zip(name, rng.random(many), strict=True))
    ]
    columns = {
        "order": [str(10_000 + i) for i in range(len(who))],
        "customer_no": [f"C{1000 + 7 * i}" for i in who],
        "name": [name[i] for i in who],
        "street": [street[i] for i in who],
        "city": [town[i][0] for i in who],
        "state": [town[i][1] for i in who],
        "country": [land[i] for i in who],
        "sort": [sort[i] for i in who],
        "tax_code": [f"{land[i]}_{_GOODS[g][:5].strip()}-{g}" for i, g in zip(who, goods, strict=True)],
        "channel": _mostly(rng, [town[i][0] for i in who], ["shop", "phone", "visit", "web", "fair"], 0.7),
        "pack": _mostly(rng, [f"{g}" for g in goods], ["12", "12", "12", "16", "16", "24", "8.4"], 0.75),
        "phone": [phone[i] for i in who],
        "mail": [mails[i] for i in who],
        "article": [_GOODS[g] for g in goods],
        "price": [_number(price[g]) for g in goods],
        "weight": [_number(x) for x in rng.choice([0.5, 1, 1.5, 2, 5, 10, 12, 20], len(who))],
        "discount": [_number(x) for x in rng.choice([0, 0.02, 0.03, 0.05, 0.075, 0.1], len(who))],
        "rating": [
            "" if m else str(x) for m, x in zip(rng.random(len(who)) < 0.4, rng.integers(1, 90, len(who)), strict=True)
        ],
    }
    texts = ("name", "street", "city", "article", "phone", "state", "country", "sort", "tax_code")
    swaps = ("name", "street", "city", "phone", "state", "price")
    return Made(columns, texts, swaps, {"weight": "kg"}, ("discount",), ("weight",), (("city", "state"),), ("rating",))


def assets(rng: np.random.Generator) -> Made:
    """Master data of machines: tags that differ in one sign, models by maker, readings by inspection."""
    many = 140
    kind = rng.integers(0, len(_KINDS), many)
    model = [
        f"{_KINDS[k][:2].upper()}-{100 + 20 * int(v)}" for k, v in zip(kind, rng.integers(0, 4, many), strict=True)
    ]
    maker = {m: _MAKERS[int(rng.integers(0, len(_MAKERS)))] for m in sorted(set(model))}
    power = {m: _number(float(rng.choice([5.5, 7.5, 11, 15, 22, 37, 55]))) for m in sorted(set(model))}
    which = np.repeat(np.arange(many), rng.integers(3, 9, many))
    tag = [f"P-{101 + i // 2}{'AB'[i % 2]}" for i in range(many)]
    hall, n = [f"hall {x}" for x in rng.integers(1, 9, many)], len(which)
    firm, firm_name, firm_town = _firms(rng, 200, n)
    day = [f"2023-{m:02d}-{d:02d}" for m, d in zip(rng.integers(1, 13, n), rng.integers(1, 29, n), strict=True)]
    columns = {
        "tag": [tag[i] for i in which],
        "kind": [_KINDS[kind[i]] for i in which],
        "model": [model[i] for i in which],
        "maker": [maker[model[i]] for i in which],
        "power": [power[model[i]] for i in which],
        "hall": [hall[i] for i in which],
        "inspected": day,
        "service_no": firm,
        "service": firm_name,
        "service_town": firm_town,
        "rank": _mostly(rng, [hall[i] for i in which], ["high", "middle", "low"], 0.85),
        "owner": _mostly(rng, [tag[i] for i in which], ["own", "own", "own", "own", "own", "own", "leased"], 0.85),
        "vibration": [_number(round(float(np.exp(rng.normal(0.7, 0.35))), 2)) for _ in which],
        "humidity": [_number(round(float(rng.uniform(0.2, 0.8)), 3)) for _ in which],
        "inspector": _pick(rng, [f"{a} {b}" for a, b in zip(_FIRST[:12], _LAST[5:17], strict=True)], n),
        "remark": [
            "" if x < 0.6 else w
            for x, w in zip(
                rng.random(n), _pick(rng, ["noise at start", "seal leaks", "belt worn", "bearing warm"], n), strict=True
            )
        ],
    }
    return Made(
        columns,
        ("kind", "maker", "inspector", "hall", "model", "rank", "owner"),
        ("kind", "maker", "power", "hall", "service", "service_town"),
        {"vibration": "mm/s"},
        ("humidity",),
        ("vibration",),
        (),
        ("remark",),
        ("inspected",),
    )


def orders(rng: np.random.Generator) -> Made:
    """Purchases reported by several systems: each order line stands several times, and must say the same."""
    lines, systems = 110, ["sap", "mes", "wms", "portal", "scan", "edi"]
    article, plant = rng.integers(0, len(_GOODS), lines), rng.integers(0, 6, lines)
    due = [
        f"{h}:{m:02d} {x}"
        for h, m, x in zip(
            rng.integers(1, 13, lines), rng.integers(0, 60, lines), rng.choice(["a.m.", "p.m."], lines), strict=True
        )
    ]
    went = [
        f"{h}:{m:02d} {x}"
        for h, m, x in zip(
            rng.integers(1, 13, lines), rng.integers(0, 60, lines), rng.choice(["a.m.", "p.m."], lines), strict=True
        )
    ]
    said = [(i, s) for s in systems for i in range(lines) if rng.random() < 0.93]
    columns = {
        "source": [s for _, s in said],
        "line": [f"{4000 + i}-{['DE', 'FR', 'CN'][i % 3]}-{plant[i]}" for i, _ in said],
        "article": [_GOODS[article[i]] for i, _ in said],
        "plant": [f"plant {plant[i]}" for i, _ in said],
        "due": [due[i] for i, _ in said],
        "shipped": [went[i] for i, _ in said],
    }
    return Made(columns, ("article", "due", "shipped"), ("article", "plant", "due", "shipped"), blanks=())


def batches(rng: np.random.Generator) -> Made:
    """Heats of steel with their samples: the grade says standard, density, furnace practice."""
    furnaces, n_heats = ["EAF 1", "EAF 2", "BOF A", "BOF B"], 150
    grade, furnace = rng.integers(0, len(_STEELS), n_heats), rng.integers(0, 4, n_heats)
    number = {s: f"1.{int(rng.integers(1000, 9999))}" for s in _STEELS}
    standard = {s: f"EN {int(rng.choice([10025, 10083, 10084, 10088, 10277]))}" for s in _STEELS}
    melter = _pick(rng, [f"{a} {b}" for a, b in zip(_FIRST[10:24], _LAST[12:26], strict=True)], n_heats)
    which = np.repeat(np.arange(n_heats), rng.integers(2, 8, n_heats))
    dealer, dealer_name, dealer_town = _firms(rng, 180, len(which))
    columns = {
        "sample": [f"L{20_000 + 3 * k}" for k in range(len(which))],
        "heat": [f"{700_100 + 11 * i}" for i in which],
        "grade": [_STEELS[grade[i]] for i in which],
        "number": [number[_STEELS[grade[i]]] for i in which],
        "standard": [standard[_STEELS[grade[i]]] for i in which],
        "scrap_no": dealer,
        "scrap_dealer": dealer_name,
        "scrap_town": dealer_town,
        "furnace": [furnaces[furnace[i]] for i in which],
        "melter": [melter[i] for i in which],
        "thickness": [_number(float(x)) for x in rng.choice([4, 5, 6, 8, 10, 12.5, 16, 20, 25], len(which))],
        "carbon": [_number(round(float(rng.uniform(0.02, 0.5)), 3)) for _ in which],
        "yield": [_number(round(float(rng.uniform(0.88, 0.97)), 3)) for _ in which],
        "shift": _mostly(rng, [melter[i] for i in which], ["early", "late", "night"], 0.8),
        "strength": [str(int(rng.normal(520, 60))) for _ in which],
        "note": [
            "" if x < 0.7 else w
            for x, w in zip(
                rng.random(len(which)),
                _pick(rng, ["edge crack", "scale", "rolled twice", "late sample"], len(which)),
                strict=True,
            )
        ],
    }
    return Made(
        columns,
        ("grade", "standard", "melter", "furnace"),
        ("grade", "number", "standard", "furnace", "melter", "scrap_dealer"),
        {"thickness": "mm"},
        ("yield",),
        ("strength", "carbon"),
        (),
        ("note",),
    )


def shipments(rng: np.random.Generator) -> Made:
    """Deliveries to towns that share names across states: carrier, route, town, state, zip code."""
    places, many = _places(_TOWNS), 70
    firm = [
        f"{a} {b}"
        for a, b in zip(
            _pick(rng, ["Acme", "Summit", "Blue Hill", "Pioneer", "Union", "Delta", "Cedar", "Ironside"], many),
            _pick(rng, ["Fabrication", "Tooling", "Plastics", "Foundry", "Castings", "Motors"], many),
            strict=True,
        )
    ]
    town = [places[i] for i in rng.integers(0, len(places), many)]
    code = [str(x) for x in rng.integers(10_000, 99_999, many)]
    who, days = rng.integers(0, many, 1500), ["Mon", "Tue", "Wed", "Thu", "Fri"]
    route = [f"R{int(x):02d}" for x in rng.integers(1, 30, many)]
    land = ["ca" if x < 0.04 or k == 3 else "us" for k, x in enumerate(rng.random(many))]
    terms = [
        "prepaid by sender" if x < 0.04 or k == 5 else "collect on delivery" for k, x in enumerate(rng.random(many))
    ]
    carrier = {
        r: str(rng.choice(["Lightfoot Freight", "Harbour Line", "Prairie Haul", "Keystone Cargo"]))
        for r in sorted(set(route))
    }
    columns = {
        "shipment": [f"S-{i:06d}" for i in range(len(who))],
        "consignee": [firm[i] + f" {i}" for i in who],
        "town": [town[i][0] for i in who],
        "state": [town[i][1] for i in who],
        "zip": [code[i] for i in who],
        "route": [route[i] for i in who],
        "carrier": [carrier[route[i]] for i in who],
        "day": _pick(rng, days, len(who)),
        "land": [land[i] for i in who],
        "terms": [terms[i] for i in who],
        "tariff": [f"{land[i]}_{route[i]}" for i in who],
        "mode": _mostly(rng, [route[i] for i in who], ["truck", "truck", "rail", "van"], 0.8),
        "volume": [_number(float(x)) for x in rng.choice([0.5, 0.8, 1.2, 2, 2.4, 3, 6, 9.6], len(who))],
        "loss": [_number(float(x)) for x in rng.choice([0, 0.01, 0.012, 0.02, 0.045], len(who))],
        "freight": [_number(round(float(np.exp(rng.normal(5, 0.5))), 2)) for _ in who],
        "pallets": [
            "" if m else str(x) for m, x in zip(rng.random(len(who)) < 0.25, rng.integers(1, 33, len(who)), strict=True)
        ],
        "date": [
            f"{d:02d}.{m:02d}.2024"
            for m, d in zip(rng.integers(1, 13, len(who)), rng.integers(1, 29, len(who)), strict=True)
        ],
    }
    return Made(
        columns,
        ("consignee", "town", "carrier", "day", "land", "terms", "tariff"),
        ("town", "state", "zip", "route", "carrier"),
        {"volume": "m3"},
        ("loss",),
        ("freight", "volume"),
        (("town", "state"),),
        ("pallets",),
        ("date",),
    )


def laboratory(rng: np.random.Generator) -> Made:
    """Sheets of a laboratory: few dependencies, long method texts, codes that differ in one digit."""
    methods = [f"{m} according to the works instruction for {g}" for m in _METHODS for g in ("plates", "bars", "wire")]
    code = {m: f"wi-{k // 3:02d}-{k % 3 + 1}" for k, m in enumerate(methods)}
    n = 900
    used = _pick(rng, methods, n)
    desk = {m: str(rng.choice(["north lab", "south lab", "mill lab"])) for m in methods}
    device = {m: f"{rng.choice(['Zeta', 'Orbis', 'Lumen'])!s} {int(rng.integers(10, 99))}" for m in methods}
    order = [f"Q{30_000 + 13 * int(i)}" for i in rng.integers(0, 160, n)]
    customer = {
        o: str(rng.choice(["forge", "rolling mill", "wire plant", "pipe plant", "outside"])) for o in sorted(set(order))
    }
    columns = {
        "order": order,
        "customer": [customer[o] for o in order],
        "code": [code[m] for m in used],
        "method": used,
        "lab": [desk[m] for m in used],
        "device": [device[m] for m in used],
        "result": [f"{int(x)}%" for x in rng.integers(40, 101, n)],
        "pieces": [f"{int(x)} pieces" for x in rng.integers(2, 400, n)],
        "load": [_number(float(x)) for x in rng.choice([10, 20, 30.5, 50, 100], n)],
        "accepted": [str(x) for x in rng.choice(["yes", "no"], n, p=[0.9, 0.1])],
    }
    return Made(
        columns,
        ("customer", "code", "method", "lab", "device", "result", "pieces", "accepted"),
        ("customer", "code", "method", "lab", "device"),
        {"load": "kN"},
        (),
        (),
        (),
        (),
    )


TUNE: dict[str, Callable[[np.random.Generator], Made]] = {"customers": customers, "assets": assets, "orders": orders}
CHECK: dict[str, Callable[[np.random.Generator], Made]] = {
    "batches": batches,
    "shipments": shipments,
    "laboratory": laboratory,
}


class _Spoiler:
    """Damages cells, each once."""

    def __init__(self, made: Made, rng: np.random.Generator, rate: float) -> None:
        self.made, self.rng, self.rate = made, rng, rate
        self.now: Columns = {c: list(v) for c, v in made.columns.items()}
        self.rows = len(next(iter(self.now.values())))

    def draw(self, column: str, share: float = 1.0) -> list[int]:
        """Cells of a column that are filled and still clean."""
        free = [
            i for i in range(self.rows) if self.now[column][i] and self.now[column][i] == self.made.columns[column][i]
        ]
        size = min(len(free), max(1, int(self.rng.binomial(self.rows, min(1.0, self.rate * share)))))
        return [int(i) for i in self.rng.choice(free, size, replace=False)] if free else []

    def each(self, columns: tuple[str, ...], change: Callable[[str, str], str], share: float = 1.0) -> None:
        for column in columns:
            for i in self.draw(column, share):
                self.now[column][i] = change(column, self.now[column][i])

    def whole(self, columns: tuple[str, ...], change: Callable[[str], str], part: float = 1.0) -> None:
        for column in columns:
            hit = self.rng.random(self.rows) < part
            self.now[column] = [change(v) if v and h else v for v, h in zip(self.now[column], hit, strict=True)]


def _typo(s: _Spoiler) -> None:
    def change(_: str, v: str) -> str:
        at, how = int(s.rng.integers(0, len(v))), int(s.rng.integers(0, 4))
        letter = str(s.rng.choice(list("abcdefghijklmnopqrstuvwxyz")))
        if how == 0 or len(v) < 4:
            return v[:at] + letter + v[at + 1 :]
        if how == 1:
            return v[:at] + v[at + 1 :]
        if how == 2 and at + 1 < len(v):
            return v[:at] + v[at + 1] + v[at] + v[at + 2 :]
        return v[:at] + letter + v[at:]

    s.each(s.made.texts, change)


def _smudge(s: _Spoiler) -> None:
    """One letter stands for what could not be read, wherever it is."""
    letter = str(s.rng.choice(list("xqz*#?")))

    def change(_: str, v: str) -> str:
        at = set(s.rng.choice(len(v), min(len(v), int(s.rng.integers(1, 3)) + len(v) // 25), replace=False).tolist())
        return "".join(letter if i in at and c != " " else c for i, c in enumerate(v))

    s.each(s.made.texts, change)


def _swap(s: _Spoiler) -> None:
    def change(c: str, v: str) -> str:
        others = sorted(set(s.made.columns[c]) - {v, ""})
        return str(s.rng.choice(others)) if others else v

    s.each(s.made.swaps, change)


def _empty(s: _Spoiler) -> None:
    s.each(s.made.swaps, lambda _c, _v: "")


def _units(s: _Spoiler) -> None:
    """A number column in which many hands have written the unit."""
    for column, unit in s.made.units.items():
        forms = [f" {unit}", f" {unit}.", f" {unit.upper()}", f"{unit}", f" {unit} net"]
        s.rng.shuffle(forms)
        forms = forms[: int(s.rng.integers(3, 5))]
        point = s.rng.random() < 0.5

        def change(v: str, forms: list[str] = forms, point: bool = point) -> str:
            return (v if "." in v or not point else v + ".0") + str(s.rng.choice(forms))

        s.whole((column,), change, 1.0 if s.rng.random() < 0.6 else 0.3)


def _percent(s: _Spoiler) -> None:
    part = float(s.rng.choice([0.05, 0.3]))
    s.whole(s.made.shares, lambda v: v + "%", part)


def _blank(s: _Spoiler) -> None:
    """A word where nothing should stand."""
    word = str(s.rng.choice(["N/A", "null", "-", "n.a.", "NaN", "unknown"]))
    for column in s.made.blanks:
        s.now[column] = [v or word for v in s.now[column]]


def _fused(s: _Spoiler) -> None:
    for a, b in s.made.pairs:
        for i in s.draw(a):
            if s.now[b][i] == s.made.columns[b][i]:
                s.now[a][i], s.now[b][i] = f"{s.now[a][i]} {s.now[b][i]}", ""


def _moved(s: _Spoiler) -> None:
    """A tenth, thousandfold: the point or the unit slipped."""
    s.each(s.made.numbers, lambda _c, v: _number(float(v) * float(s.rng.choice([1000, 100, 10_000]))), 0.5)


def _long(s: _Spoiler) -> None:
    """A number that went through binary and back."""
    s.each(s.made.shares, lambda _c, v: f"{float(v) + 1e-9:.10f}" if "." in v else v)


def _case(s: _Spoiler) -> None:
    s.each(s.made.texts[:3], lambda _c, v: v.upper() if v.upper() != v else v.lower())


def _dates(s: _Spoiler) -> None:
    def change(_: str, v: str) -> str:
        return v.replace("-", "/") if "-" in v else v.replace(".", "-")

    s.each(s.made.dates, change)


DAMAGES: dict[str, Callable[[_Spoiler], None]] = {
    "typo": _typo,
    "smudge": _smudge,
    "swap": _swap,
    "empty": _empty,
    "units": _units,
    "percent": _percent,
    "blank": _blank,
    "fused": _fused,
    "moved": _moved,
    "long": _long,
    "case": _case,
    "dates": _dates,
}


def dirtied(make: Callable[[np.random.Generator], Made], seed: int, *, kinds: tuple[str, ...] = ()) -> Dirtied:
    """A table of that domain; without `kinds`, four to six are drawn, at 1 to 4 % of the cells of a column.

    Conflicting sources (`orders`) are damaged at 10 to 20 %.
    """
    rng = np.random.default_rng([seed, 77])
    made = make(rng)
    if not kinds:
        drawn = rng.permutation(sorted(DAMAGES))[: int(rng.integers(4, 7))]
        kinds = tuple(k for k in DAMAGES if k in set(drawn.tolist()))
    many = "source" in made.columns
    spoiler = _Spoiler(made, rng, float(rng.uniform(0.05, 0.1) if many else rng.uniform(0.01, 0.04)))
    for kind in sorted(
        kinds, key=lambda k: k in ("units", "percent", "blank")
    ):  # what concerns a whole column comes last
        DAMAGES[kind](spoiler)
    return Dirtied(made.columns, spoiler.now, tuple(kinds))
