"""What is not kept is refused; what is kept is ODRL by a vocabulary of others; a decision tells every reason."""

import json
import random
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld
from rdflib import Graph, URIRef
from rdflib.namespace import ODRL2

from diapason.engines.usage import (
    PURPOSES,
    SERVICES,
    Offered,
    Terms,
    Use,
    Wanted,
    contract_number,
    decide,
    match,
    policy,
    proper_number,
    read,
)
from diapason.engines.usage.policy import CONTEXT
from diapason.errors import DataError

ODRL = "http://www.w3.org/ns/odrl/2/"
OURS = {
    "@version": 1.1,
    "@vocab": ODRL,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "uid": "@id",
    **{k: {"@type": "@vocab"} for k in ("action", "leftOperand", "operator")},
    **{k: {"@type": "@id"} for k in ("target", "profile")},
}
"""What the public context says of the words that are used here, so that no test needs the network."""

words = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
days = st.dates(date(2020, 1, 1), date(2099, 12, 31))
terms = st.builds(
    Terms,
    kind=st.sampled_from(["Set", "Offer", "Agreement"]),
    uid=words,
    assigner=words,
    assignee=words,
    purposes=st.lists(st.sampled_from(sorted(PURPOSES)), unique=True).map(tuple),
    until=st.none() | days,
    uses=st.none() | st.integers(1, 10**6),
    places=st.lists(st.sampled_from(["CN", "CN-31", "DE"]), unique=True).map(tuple),
    derive=st.booleans(),
    hand_out=st.booleans(),
    attribution=st.just("") | words,
    delete_by=st.none() | days,
)


def full() -> dict[str, Any]:
    """A policy in which everything stands that can be kept."""
    whole = Terms("Offer", "urn:x:1", "Works 2", "Works 3", ("train",), date(2027, 1, 1), 3, ("CN",), False, False, "W2", date(2027, 2, 1))  # fmt: skip  # noqa: E501
    return policy(whole, target="urn:diapason:dataset:furnace")


@given(terms)
def test_what_is_written_is_read_back(told: Terms) -> None:
    """Through the bytes of a file too."""
    assert read(json.loads(json.dumps(policy(told, target="urn:x"))), at="p.json") == told


@given(terms)
def test_every_word_is_one_of_odrl(told: Terms) -> None:
    """The graph that others' JSON-LD processors make of it has only words of ODRL 2.2, as rdflib's vocabulary lists."""
    said = policy(told, target="urn:x:data")
    expanded = jsonld.expand(said, {"documentLoader": _loaded, "base": "urn:base:"})
    graph = Graph().parse(data=json.dumps(expanded), format="json-ld")
    used = {t for triple in graph for t in triple if isinstance(t, URIRef) and t.startswith(ODRL)}
    assert {URIRef(ODRL + "permission"), URIRef(ODRL + "use")} <= used
    assert "sellTwice" not in ODRL2
    assert all(str(t).removeprefix(ODRL) in ODRL2 for t in used), used
    assert len(expanded) == 1


def _loaded(url: str, _: Any) -> dict[str, Any]:
    assert url == CONTEXT
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": {"@context": OURS},
    }


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"remedy": []}, "remedy"),
        ({"inheritFrom": "urn:other"}, "inheritFrom"),
        ({"@type": "Ticket"}, "@type"),
        ({"@context": "https://example.org/own"}, "@context"),
        ({"profile": "urn:other"}, "profile"),
        ({"permission": []}, "permission"),
        ({"permission": [{"action": "use"}, {"action": "use"}]}, "permission"),
        ({"permission": [{"action": "sell"}]}, "action"),
        ({"permission": [{"action": "use", "assignee": "x"}]}, "assignee"),
        ({"permission": [{"action": "use", "duty": [{"action": "compensate"}]}]}, "duty"),
        ({"permission": [{"action": "use", "duty": [{"action": "attribute"}]}]}, "attributedParty"),
        ({"prohibition": [{"action": "print"}]}, "prohibition"),
        ({"prohibition": [{"action": "derive", "constraint": []}]}, "constraint"),
        ({"obligation": [{"action": "delete"}]}, "obligation"),
        ({"permission": "use"}, "permission"),
        ({"permission": [None]}, "permission"),
        ({"assigner": {"uid": "x"}}, "assigner"),
    ],
)
def test_what_is_not_kept_is_refused_and_not_passed_over(change: dict[str, Any], at: str) -> None:
    with pytest.raises(DataError) as refused:
        read(full() | change, at="p.json")
    assert at in refused.value.at
    assert refused.value.said("zh")["fix"]


LIMITS = [
    ("purpose", "eq", "marketing"),
    ("purpose", "isNoneOf", "train"),
    ("purpose", "isAnyOf", []),
    ("dateTime", "gteq", "2027-01-01"),
    ("dateTime", "lteq", "soon"),
    ("dateTime", "lteq", {"@value": "2027-01-01", "@type": "xsd:gYear"}),
    ("count", "lteq", 0),
    ("count", "lteq", True),
    ("count", "lteq", "3"),
    ("spatial", "eq", "Europe"),
    ("spatial", "eq", ["CN", "DE"]),
    ("industry", "eq", "steel"),
]


@pytest.mark.parametrize(("left", "operator", "right"), LIMITS)
def test_a_limit_that_is_not_kept_is_refused(left: str, operator: str, right: object) -> None:
    limit = {"leftOperand": left, "operator": operator, "rightOperand": right}
    with pytest.raises(DataError):
        read(full() | {"permission": [{"action": "use", "constraint": [limit]}]}, at="p.json")


def test_a_limit_that_is_said_twice_is_refused() -> None:
    limit = {"leftOperand": "count", "operator": "lteq", "rightOperand": 3}
    with pytest.raises(DataError, match="twice"):
        read(full() | {"permission": [{"action": "use", "constraint": [limit, limit]}]}, at="p.json")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["@type", "permission", "action", "x"]), x)))  # fmt: skip  # noqa: E501
def test_any_json_is_read_or_refused(told: object) -> None:
    """Nothing but our own error ever comes of it."""
    with pytest.raises(DataError):
        read(told, at="p.json")


TODAY = date(2026, 11, 29)
DECISIONS = [
    (Terms("Set"), "learn", 0, "", True),
    (Terms("Set", until=TODAY), "learn", 0, "", True),
    (Terms("Set", until=date(2026, 11, 28)), "learn", 0, "", False),
    (Terms("Set", uses=2), "learn", 1, "", True),
    (Terms("Set", uses=2), "learn", 2, "", False),
    (Terms("Set", purposes=("evaluate",)), "learn", 0, "", False),
    (Terms("Set", purposes=("evaluate",)), "feasible", 0, "", True),
    (Terms("Set", purposes=("evaluate",)), "hand out", 0, "", True),
    (Terms("Set", derive=False), "resonate", 0, "", True),
    (Terms("Set", derive=False), "adopt", 0, "", False),
    (Terms("Set", hand_out=False), "hand out", 0, "", False),
    (Terms("Set", places=("CN",)), "learn", 0, "CN-31", True),
    (Terms("Set", places=("CN-31",)), "learn", 0, "CN", False),
    (Terms("Set", places=("CN",)), "learn", 0, "", False),
    (Terms("Set", delete_by=date(2026, 11, 1)), "evaluate", 0, "", False),
]


@pytest.mark.parametrize(("told", "service", "before", "place", "allowed"), DECISIONS)
def test_terms_are_kept_to_the_letter(told: Terms, service: str, before: int, place: str, allowed: bool) -> None:
    verdict = decide(told, Use(service, TODAY, before, place))
    assert verdict.allowed is allowed
    assert bool(verdict.why) is not allowed


def test_every_reason_is_told_at_once() -> None:
    told = Terms("Set", purposes=("evaluate",), until=date(2020, 1, 1), uses=1, places=("DE",), derive=False)
    assert len(decide(told, Use("learn", TODAY, 5, "CN")).why) == 5
    assert {s.purpose for s in SERVICES.values()} <= {*PURPOSES, ""}


@given(st.integers(0, 46), st.integers(1, 35), st.integers(0, 2**40))
def test_one_wrong_sign_breaks_a_contract_number(place: int, by: int, seed: int) -> None:
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    draw = random.Random(seed)
    parts = ("".join(draw.choices(signs, k=n)) for n in (18, 4, 8))
    entity, area, rest = parts
    number = contract_number(entity=entity, area=area, at=datetime(2026, 11, 29, 8, tzinfo=UTC), random=rest)
    assert proper_number(number)
    wrong = signs[(signs.index(number[place]) + by) % 36]
    assert not proper_number(number[:place] + wrong + number[place + 1 :])


def test_a_request_meets_an_offer_only_where_its_terms_allow() -> None:
    offered = Offered(("temperature", "mass flow"), "RM1", 500, Terms("Offer", purposes=("train",), derive=False))
    half = match(Wanted(("temperature", "pressure"), ("train",), "RM1", 1000), offered, TODAY)
    assert (half.fits, round(half.share, 3)) == (True, round((0.5 + 1 + 0.5) / 3, 3))
    assert len(half.why) == 2
    assert not match(Wanted(purposes=("publish",)), offered, TODAY).fits
    assert not match(Wanted(derive=True), offered, TODAY).fits
    assert match(Wanted(), offered, TODAY).share == 1
