"""Births, numbers, deaths and what can't be used, without a broker."""

import numpy as np
import pytest

from diapason.connectors.mqtt.nodes import Arrived, Nodes
from diapason.connectors.mqtt.payload import Metric, encoded, metric_bytes
from diapason.connectors.mqtt.selecting import Selection
from diapason.vocabulary.line import Kind, Packet, Seen

NOW = 1_795_979_791_041  # ms
BIRTH = (
    Metric(
        "T", 1, NOW, 10, value=20.0, properties={"engUnit": "Cel", "engLow": 0.0, "engHigh": 200.0, "writable": True}
    ),
    Metric("N", 2, NOW, 3, value=-5),
    Metric("S", 3, NOW, 12, value="auto"),
    Metric("TABLE", 4, NOW, 16, value=b"\x08\x02"),
    Metric("BIG", 5, NOW, 8, value=2**63 + 2048),
)


class Host:
    """Feeds messages and keeps what comes out."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.nodes = Nodes(lambda group, node: self.asked.append((group, node)))
        self.now = NOW * 1000

    def take(
        self, kind: str, metrics=(), sequence: int | None = None, *, device="R", node="E", at=NOW, again=False
    ) -> list[Packet]:
        topic = "/".join(filter(None, ("spBv1.0", "P", kind, node, device if kind[0] == "D" else "")))
        payload = encoded(map(metric_bytes, metrics), at=at, sequence=sequence)
        return self.nodes.take(Arrived(topic, payload, self.now, (1, 1), again))

    def born(self, incarnation: int = 0, **more) -> "Host":
        self.take("NBIRTH", [Metric("bdSeq", type=8, value=incarnation)], 0, **more)
        self.take("DBIRTH", BIRTH, 1, **more)
        return self

    def data(self, sequence: int, *metrics: Metric, **more) -> Packet:
        found = self.take("DDATA", metrics or (Metric(alias=1, at=NOW, value=1.5, type=10),), sequence, **more)
        assert len(found) == 1
        return found[0]


def test_a_birth_says_what_there_is() -> None:
    points = {p.tag: p for p in Host().born().nodes.points()}
    t = points["R/T"]
    assert (t.unit, t.low, t.high, t.writable, t.asset, t.kind) == ("Cel", 0.0, 200.0, True, "R", Kind.NUMBER)
    assert [points[f"R/{n}"].kind for n in ("N", "S")] == [Kind.WHOLE, Kind.TEXT]
    assert "R/bdSeq" not in points


@pytest.mark.parametrize(
    ("sequences", "steps"),
    [
        ((2, 3, 4), (1, 1)),
        ((2, 5, 6), (3, 1)),  # two are lost
        ((254, 255, 0, 1), (1, 1, 1)),  # it begins again after 255
        ((254, 1), (3,)),  # and two are lost over the turn
        ((2, 2), (256,)),  # all of a turn
    ],
)
def test_numbers_go_on_and_gaps_are_seen(sequences: tuple[int, ...], steps: tuple[int, ...]) -> None:
    host = Host().born()
    numbers = [host.data(n, at=NOW + i).sequence for i, n in enumerate(sequences)]
    assert tuple(np.diff(numbers)) == steps


def test_the_same_message_again_keeps_its_number() -> None:
    host = Host().born()
    first, second = host.data(2, at=NOW), host.data(3, at=NOW + 1)
    assert host.data(2, at=NOW).sequence == first.sequence  # repeated by the sender
    assert host.data(3, at=NOW + 1, again=True).sequence == second.sequence  # by the broker
    assert host.data(4, at=NOW + 2).sequence == second.sequence + 1


def test_a_birth_in_between_is_no_gap() -> None:
    host = Host().born()
    before = host.data(2).sequence
    assert [p.sequence for p in host.take("NBIRTH", [Metric("bdSeq", type=8, value=0)], 0)] == [before + 1]
    assert [p.sequence for p in host.take("DBIRTH", BIRTH, 1)] == [before + 2]
    assert host.data(2).sequence == before + 3


def test_values_keep_sign_size_and_time() -> None:
    host = Host().born()
    packet = host.data(
        2,
        Metric(alias=2, at=NOW + 7, value=-9, type=3),
        Metric(alias=5, value=2**63 + 2048, type=8),
        Metric(alias=1, type=10, null=True),
    )  # fmt: skip
    assert packet.values[:2].tolist() == [-9.0, float(2**63 + 2048)]
    assert np.isnan(packet.values[2])
    assert packet.trust.tolist() == [Seen.GOOD, Seen.GOOD, Seen.BAD]
    assert packet.at.tolist() == [(NOW + 7) * 1000, NOW * 1000, NOW * 1000]
    assert not packet.rejected
    without = host.data(3, Metric(alias=2, at=NOW, value=-9, place=10))
    assert without.values.tolist() == [-9.0]  # a type is only said in the birth


def test_the_same_tags_come_as_the_same_tuple() -> None:
    host = Host().born()
    assert host.data(2).tags is host.data(3).tags


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        (Metric(alias=1, at=NOW, value=3, type=3), "announced as Double and came as Int32"),
        (Metric("T", at=NOW, value="hot", type=12), "announced as Double and came as String"),
        (Metric(alias=99, at=NOW, value=3, type=3), "never announced"),
        (Metric("X", at=NOW, value=3, type=3), "never announced"),
        (Metric("TABLE", at=NOW, value=b"\x08\x02", type=16), "a DataSet is no reading"),
        (Metric(alias=4, at=NOW, value=b"\x08\x02", type=16), "a DataSet is no reading"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_its_reason(metric: Metric, why: str) -> None:
    packet = Host().born().data(2, metric)
    assert why in packet.rejected[0].en
    assert packet.rejected[0].zh
    assert np.isnan(packet.values).all()


def test_texts_and_quality_come_along() -> None:
    packet = (
        Host()
        .born()
        .data(
            2,
            Metric(alias=3, at=NOW, value="manual", type=12),
            Metric(alias=1, at=NOW, value=3.0, type=10, properties={"Quality": 64}),
        )
    )
    assert packet.texts == {0: "manual"}
    assert packet.trust.tolist() == [Seen.GOOD, Seen.DOUBTFUL]


def test_data_before_a_birth_waits_for_it_and_asks_for_it() -> None:
    host = Host()
    assert host.take("DDATA", [Metric(alias=1, at=NOW, value=1.0, type=10)], 7) == []
    assert host.take("DDATA", [Metric(alias=1, at=NOW, value=2.0, type=10)], 8, at=NOW + 1) == []
    assert set(host.asked) == {("P", "E")}
    assert host.take("NBIRTH", [Metric("bdSeq", type=8, value=0)], 0) == []  # in its turn, behind those
    came = host.take("DBIRTH", BIRTH, 1)
    assert [p.values[0] for p in came if len(p) == 1] == [1.0, 2.0]
    assert np.diff([p.sequence for p in came]).tolist() == [1, 1, 1]


def test_data_of_a_node_that_died_before_its_birth_is_rejected() -> None:
    host = Host()
    host.take("DDATA", [Metric(alias=1, at=NOW, value=1.0, type=10)], 7)
    lost = host.take("NDEATH", [Metric("bdSeq", type=8, value=0)])
    assert [p.tags for p in lost] == [("spBv1.0/P/DDATA/E/R",)]
    assert "died before" in lost[0].rejected[0].en


def test_data_that_waits_too_long_is_rejected() -> None:
    host = Host()
    host.take("DDATA", [Metric(alias=1, at=NOW, value=1.0, type=10)], 7)
    assert host.nodes.overdue(host.now + 59_000_000) == []
    assert len(host.nodes.overdue(host.now + 61_000_000)) == 1


def test_only_its_own_last_will_kills_a_node() -> None:
    host = Host().born(incarnation=1)
    host.take("NDEATH", [Metric("bdSeq", type=8, value=0)])  # of the connection before
    assert host.nodes.device("R").alive
    host.take("NDEATH", [Metric("bdSeq", type=8, value=1)])
    assert not host.nodes.device("R").alive
    assert host.take("DDATA", [Metric(alias=1, at=NOW, value=1.0, type=10)], 9) == []


def test_a_node_that_comes_back_unheard_announces_itself_before_its_data_counts() -> None:
    host = Host().born(incarnation=1)
    host.take("NBIRTH", [Metric("bdSeq", type=8, value=2)], 0)
    assert host.take("DDATA", [Metric(alias=1, at=NOW, value=1.0, type=10)], 1) == []


def test_two_devices_of_one_name_do_not_mix() -> None:
    host = Host().born().born(node="F")
    assert {p.tag for p in host.nodes.points() if p.tag.endswith("/T")} == {"R/T", "P/F/R/T"}


@pytest.mark.parametrize(
    "topic",
    ["plant/R/data", "spBv1.0/P/DDATA/E", "spBv1.0/P/NDATA/E/R", "spBv1.0//DDATA/E/R", "x", "spBv1.0/P/HELLO/E"],
)
def test_a_topic_that_is_no_sparkplug_is_shown_with_its_reason(topic: str) -> None:
    (packet,) = Nodes(lambda *_: None).take(Arrived(topic, b"\x08\x01", NOW * 1000, (1, 1)))
    assert packet.tags == (topic,)
    assert "none of Sparkplug" in packet.rejected[0].en


@pytest.mark.parametrize("payload", [b"\x08", b"\x12\x05\x08", b"{}", b"\xff" * 30, bytes([0x12, 0x02, 0x08, 0x01])])
@pytest.mark.parametrize("kind", ["DDATA", "DBIRTH"])
def test_a_damaged_payload_is_shown_with_its_reason(kind: str, payload: bytes) -> None:
    host = Host().born()
    arrived = Arrived(f"spBv1.0/P/{kind}/E/R", payload, NOW * 1000, (1, 1))
    (packet,) = host.nodes.take(arrived)
    assert "no message of Sparkplug B" in packet.rejected[0].en
    assert packet.receipt is arrived.receipt
    assert Selection(frozenset({"R/T"})).of(packet) is packet  # whoever asks for few tags sees it too


def test_memory_stays_bounded_when_every_message_holds_other_metrics() -> None:
    host = Host()
    host.take("NBIRTH", [Metric("bdSeq", type=8, value=0)], 0)
    host.take("DBIRTH", [Metric(f"T{i}", i, NOW, 10, value=0.0) for i in range(400)], 1)
    for i in range(1000):
        some = [Metric(alias=k, at=NOW + i, value=float(i), type=10) for k in {i % 400, (i * 7) % 400}]
        host.data((2 + i) % 256, *some, at=NOW + i)
    device = host.nodes.device("R")
    assert len(device.latest) <= 64
    assert len(device.layouts) <= 257
    newest = max(p.at[p.tags.index("R/T7")] for p in device.latest.values() if "R/T7" in p.tags)
    assert newest == (NOW + max(i for i in range(1000) if 7 in (i % 400, (i * 7) % 400))) * 1000


def test_tags_may_be_called_by_the_metric_alone_and_still_do_not_mix() -> None:
    host = Host()
    host.nodes = Nodes(lambda *_: None, names="metric")
    host.born().born(node="F")
    assert {p.tag for p in host.nodes.points() if p.tag.endswith("T")} == {"T", "P/F/R/T"}
    assert {p.tag for p in host.born().nodes.points() if p.tag.endswith("T")} == {"T", "P/F/R/T"}  # again the same
