"""What stands on recalled evidence falls, nothing else does, and the way back is the cheapest."""

from datetime import date
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.standing.falling import EXPIRED, LOOSE, fall
from diapason.engines.standing.graph import Node, drawn
from diapason.engines.standing.wayback import way_back
from diapason.errors import DataError, NotFound


@st.composite
def graphs(draw, most=9):
    """Random graphs: each node stands on some that came before it, on all of them or on any one."""
    nodes = []
    for i in range(draw(st.integers(1, most))):
        on = draw(st.lists(st.integers(0, i - 1), unique=True, max_size=3)) if i else []
        one = draw(st.booleans()) if len(on) > 1 else False
        nodes.append(Node(f"n{i}", "run", tuple(f"n{j}" for j in on), any=one, cost=draw(st.integers(1, 5))))
    shuffled = nodes[::-1] if draw(st.booleans()) else nodes
    recalled = draw(st.lists(st.sampled_from([n.id for n in nodes]), unique=True, max_size=3))
    return shuffled, dict.fromkeys(recalled, "withdrawn")


def stands(nodes, gone, name):
    """By definition, without any shared work."""
    node = next(n for n in nodes if n.id == name)
    if name in gone:
        return False
    below = [stands(nodes, gone, s) for s in node.on]
    return not below or (any(below) if node.any else all(below))


@given(graphs())
def test_all_that_should_fall_falls_and_nothing_else(made):
    nodes, recalled = made
    found = fall(drawn(nodes), recalled)
    assert set(found.ids()) == {n.id for n in nodes if not stands(nodes, recalled, n.id)}


@given(graphs())
def test_each_fallen_claim_names_a_way_down_to_what_was_recalled(made):
    nodes, recalled = made
    found = fall(drawn(nodes), recalled)
    by_id = {n.id: n for n in nodes}
    for name in found.ids():
        way = found.because(name)
        assert way[0] == name
        assert way[-1] in recalled
        assert found.why(name) == "withdrawn"
        assert all(lower in by_id[upper].on for upper, lower in pairwise(way))
    for node in nodes:
        if node.id not in found.ids():
            assert found.because(node.id) == ()


@given(graphs(), st.data())
def test_a_claim_stands_once_the_steps_are_taken(made, data):
    nodes, recalled = made
    goal = data.draw(st.sampled_from([n.id for n in nodes]))
    again = {step.id for step in way_back(fall(drawn(nodes), recalled), [goal])}
    left = {name: why for name, why in recalled.items() if name not in again}
    assert goal not in fall(drawn(nodes), left).ids()


@given(graphs(most=7), st.data())
def test_no_smaller_set_of_steps_brings_a_claim_back_where_all_supports_are_needed(made, data):
    nodes, recalled = made
    nodes = [Node(n.id, n.kind, n.on, cost=n.cost) for n in nodes]
    found = fall(drawn(nodes), recalled)
    goal = data.draw(st.sampled_from([n.id for n in nodes]))
    steps = {s.id for s in way_back(found, [goal])}
    fallen = set(found.ids())

    def enough(again):
        needed, seen = [goal], set()
        while needed:
            one = needed.pop()
            if one in seen or one not in fallen:
                continue
            if one not in again:
                return False
            seen.add(one)
            needed += next(n.on for n in nodes if n.id == one)
        return True

    assert enough(steps)
    assert not any(enough(set(fewer)) for fewer in combinations(steps, max(len(steps) - 1, 0)) if steps)


def test_steps_come_in_an_order_in_which_they_can_be_taken():
    nodes = [Node("model", "model", ("run",)), Node("run", "run", ("data",)), Node("data", "dataset", ("certificate",))]
    found = fall(drawn([*nodes, Node("certificate", "certificate")]), {"certificate": "withdrawn"})
    steps = way_back(found, ["model"], {"certificate": 2.0})
    assert [(s.id, s.root) for s in steps] == [("certificate", True), ("data", False), ("run", False), ("model", False)]
    assert steps[0].cost == 2.0


def test_of_two_supports_the_cheaper_one_is_brought_back():
    nodes = [
        Node("claim", "run", ("dear", "cheap"), any=True, cost=1),
        Node("dear", "run", ("a",), cost=9),
        Node("cheap", "run", ("a",), cost=2),
        Node("a", "certificate", cost=1),
    ]
    found = fall(drawn(nodes), {"a": "withdrawn"})
    assert [s.id for s in way_back(found, ["claim"])] == ["a", "cheap", "claim"]


def test_what_has_run_out_falls_on_the_day_after_its_last():
    graph = drawn([Node("certificate", "certificate", until="2027-01-31"), Node("claim", "run", ("certificate",))])
    assert fall(graph, {}, date(2027, 1, 31)).ids() == ()
    late = fall(graph, {}, date(2027, 2, 1))
    assert late.ids() == ("certificate", "claim")
    assert late.why("claim") == EXPIRED


def test_a_claim_on_something_unknown_does_not_stand():
    found = fall(drawn([Node("claim", "run", ("lost",)), Node("other", "run")]), {})
    assert found.ids() == ("claim",)
    assert found.why("claim") == LOOSE


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([Node("a", "run"), Node("a", "run")], "twice"),
        ([Node("a", "run", ("b",)), Node("b", "run", ("c",)), Node("c", "run", ("b",))], "b → c → b|c → b → c"),
    ],
)
def test_what_can_be_no_ground_is_refused_by_name(nodes, said):
    with pytest.raises(DataError, match=said):
        drawn(nodes)


def test_recalling_what_nobody_knows_is_an_error():
    with pytest.raises(NotFound, match="ghost"):
        fall(drawn([Node("a", "run")]), {"ghost": "why not"})
