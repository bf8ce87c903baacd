"""Facts about how datasets are kept: who looks after them, what is said of them, whether anybody uses them."""

import re
from collections.abc import Mapping

from diapason.engines.evidence import dsse
from diapason.engines.schema.wording import named
from diapason.errors import DiapasonError
from diapason.knowledge.columns import lexicon
from diapason.services.facts.book import Book
from diapason.services.facts.data import versions
from diapason.services.facts.declared import DESCRIBED, declared
from diapason.services.facts.registry import Known, Value, by_person, counts, on_runs, share
from diapason.vocabulary.facts import Fact, ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import file_name, proper

__all__ = ["IDLE", "NEEDED", "fact_of", "said"]

NEEDED = ("title", "description", "licence", "owner", "steward", "grade", "source")
"""What must be said of a dataset before its entry in the catalogue is complete; the list is ours."""
IDLE = ("ingest", "appraise", "statement", "count", "comply")
"""Verbs that bring data in, or only count what is there: they are no use of it."""
DAYS = 90
_TOKEN = re.compile(r"\w[\w-]*")  # no dot: the last dot of a fact's name is the one before its key
_SAY = "diapason describe DATASET {}=…"


def fact_of(dataset: str, key: str) -> str:
    """The name of the fact as which a word about a dataset is kept: `dataset.turbofan.title`."""
    token = dataset if _TOKEN.fullmatch(dataset) else file_name(proper(dataset))
    return f"{DESCRIBED}{token}.{key}"


def said(book: Book) -> dict[str, dict[str, Fact]]:
    """What people have said of each dataset that is here and what holds still, by key."""
    known = {fact.name: fact for fact in declared(book) if fact.value is not None}
    here = versions(book)
    return {name: {key: known[fact_of(name, key)] for key in NEEDED if fact_of(name, key) in known} for name in here}


_WORDS: Mapping[str, tuple[str, Text]] = {
    "steward": ("share_datasets_with_steward", Text("with a steward who has a role here still", "管理者仍在册")),
    "owner": ("share_datasets_with_named_owner", Text("whose owner is named", "已指明所有者")),
    "grade": ("share_datasets_graded", Text("with a grade of protection", "已分级")),
    "licence": ("share_datasets_licensed", Text("whose licence is said", "已说明许可")),
}


@counts(
    *(
        Known(name, Text(f"share of datasets {w.en}", f"{w.zh}的数据集占比"), "1", _SAY.format(key))
        for key, (name, w) in _WORDS.items()
    ),
    Known(
        "share_datasets_described",
        Text(
            f"share of datasets of which {', '.join(NEEDED)} are said",
            "标题、说明、许可、所有者、管理者、等级、来源齐全的数据集占比",
        ),
        "1",
        "diapason catalogue --missing",
    ),
)
def _told(book: Book) -> dict[str, Value | None]:
    told, roles = said(book), by_person(book)
    having = {key: [n for n, words in told.items() if key in words] for key in NEEDED}
    having["steward"] = [n for n in having["steward"] if roles.get(str(told[n]["steward"].value))]
    whole = [n for n, words in told.items() if all(key in words for key in NEEDED)]
    on = _here(book)

    def part(names: list[str]) -> Value | None:
        words = (g for n in names for fact in told[n].values() for g in fact.on)
        return share(len(names), len(told), (*on, *words))

    return {name: part(having[key]) for key, (name, _) in _WORDS.items()} | {"share_datasets_described": part(whole)}


def _here(book: Book) -> tuple[str, ...]:
    return tuple(ground("dataset", f"{name}@{max(kept)}") for name, kept in versions(book).items())


@counts(
    Known(
        "share_datasets_used",
        Text("share of datasets that a signed run has read within 90 days", "90 天内有签名运行读取的数据集占比"),
        "1",
        "diapason catalogue --unused",
    ),
)
def _used(book: Book) -> dict[str, Value | None]:
    here = versions(book)
    runs = [r for verb in book.verbs() if verb not in IDLE for r in book.done(verb)]
    lately = {r.name: r for r in runs if r.name in here and book.days(r.at) <= DAYS}
    return {"share_datasets_used": share(len(lately), len(here), (*_here(book), *on_runs(lately.values())))}


@counts(
    Known(
        "share_columns_with_meaning",
        Text(
            "share of columns of which a unit or a word of their name says what they measure, or a person their role",
            "由单位或名称用语得知所测量、或由人确认角色的列占比",
        ),
        "1",
        "edit contracts/NAME.yaml; diapason ingest FILE --name NAME",
    ),
)
def _meant(book: Book) -> dict[str, Value | None]:
    here, known = versions(book), lexicon()
    words = tuple(w for q in known.quantities for w in q.words)
    runs = {name: run for name, run in book.newest("ingest").items() if name in here}
    columns = [c for run in runs.values() for c in (run.result.get("contract") or {}).get("columns", ())]
    kept = [c for c in columns if c["role"] != "ignored"]
    meant = [c for c in kept if c["unit"] or c["sure"] >= 1 or named(c["name"], words)]
    return {"share_columns_with_meaning": share(len(meant), len(kept), on_runs(runs.values()))}


@counts(
    Known(
        "share_changes_signed_at_first",
        Text("share of answered changes that were signed at the first look", "变更一次签批通过率"),
        "1",
        "diapason inbox",
    ),
    Known(
        "changes_waiting", Text("changes that wait for a second person", "待第二人签批的变更数"), "1", "diapason inbox"
    ),
)
def _signed(book: Book) -> dict[str, Value | None]:
    first: dict[str, tuple[str, str]] = {}
    for one in book.signed("signature"):
        first.setdefault(str(one.said.get("change")), (str(one.said.get("verdict")), ground("entry", one.entry.seq)))
    asked = [(str(one.said.get("id")), ground("entry", one.entry.seq)) for one in book.signed("request")]
    good = sum(verdict == "sign" for verdict, _ in first.values())
    open_ = tuple(g for name, g in asked if name not in first)
    return {
        "share_changes_signed_at_first": share(good, len(first), (g for _, g in first.values())),
        "changes_waiting": (len(open_), open_) if asked else None,
    }


@counts(
    Known(
        "share_incidents_closed",
        Text("share of incidents that were closed", "已关闭事件占比"),
        "1",
        "diapason incident show",
    ),
)
def _closed(book: Book) -> dict[str, Value | None]:
    opened: dict[str, str] = {}
    closed: set[str] = set()
    for entry in book.entries("incident"):
        told = _predicate(entry.body)
        if told.get("act") == "open":
            opened[str(told.get("id"))] = ground("entry", entry.seq)
        elif told.get("act") == "close":
            closed.add(str(told.get("id")))
    return {"share_incidents_closed": share(len(closed & set(opened)), len(opened), opened.values())}


@counts(
    Known(
        "share_orders_on_time",
        Text("share of data work orders whose day has come that were closed by then", "到期任务中按期关闭的占比"),
        "1",
        "diapason order",
    ),
)
def _on_time(book: Book) -> dict[str, Value | None]:
    ended = {str(run.plan["settings"].get("order")): run.at[:10] for run in book.done("order")}
    today = book.now.date().isoformat()
    due = [e for e in book.entries("order") if e.body.get("by") and str(e.body["by"]) < today]
    kept = sum(ended.get(str(e.body["order"]), "9999") <= str(e.body["by"]) for e in due)
    return {"share_orders_on_time": share(kept, len(due), (ground("entry", e.seq) for e in due))}


@counts(
    Known(
        "effects_shown",
        Text("effects that are shown against a baseline", "相对基线已证实的效果数"),
        "1",
        "diapason effect",
    ),
    Known(
        "share_models_with_effect",
        Text("share of published models on whose data an effect was measured", "已发布模型中其数据测得效果的占比"),
        "1",
        "diapason effect NAME --model MODEL",
    ),
    Known(
        "days_since_statement",
        Text("days since data's profit and loss was last stated", "距最近一次数据损益表的天数"),
        "d",
        "diapason statement --month MONTH",
    ),
)
def _paid(book: Book) -> dict[str, Value | None]:
    effects, stated = book.done("effect"), book.done("statement")
    shown = [run for run in effects if run.result.get("shown")]
    published = {one.entry.subject.partition("@")[0]: one for one in book.signed("publish")}
    measured = {run.name: run for run in effects if run.name in published}
    on = (ground("entry", one.entry.seq) for one in published.values())
    return {
        "effects_shown": (len(shown), on_runs(shown)),
        "share_models_with_effect": share(len(measured), len(published), (*on, *on_runs(measured.values()))),
        "days_since_statement": (book.days(stated[-1].at), on_runs(stated[-1:])) if stated else None,
    }


def _predicate(body: Mapping[str, object]) -> Mapping[str, object]:
    """What a signed entry says; nothing where it is no statement."""
    try:
        return dsse.opened(body).predicate
    except DiapasonError:
        return {}
