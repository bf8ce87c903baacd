"""Whatever a transport does to messages, every reading sent is stored, rejected or dropped, once."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.intake import Fate, Intake, Judged, Step
from diapason.vocabulary.line import Kind, Packet, Seen

SECOND = 1_000_000
BEGIN = 1_764_000_000 * SECOND
SHAPES = (("a.1", "a.2"), ("b.1", "b.2", "b.3"), ("c.1",))
TAGS = tuple(tag for shape in SHAPES for tag in shape)


def packet(number: int, *, shapes=SHAPES, wrap: int = 0, source: str = "s", late: int = 0) -> Packet:
    """Message `number` of a source that goes round its assets, one tick a second; no two values are the same."""
    tags = shapes[number % len(shapes)]
    at = BEGIN + number // len(shapes) * SECOND
    n = len(tags)
    values = np.arange(n) + 1000.0 * number
    sequence = number % wrap if wrap else number
    return Packet(
        "", tags, values, np.full(n, at), np.zeros(n, np.uint8), at + late + 1000, sequence=sequence, source=source
    )


def intake(tags=TAGS, kind=Kind.NUMBER, **more) -> Intake:
    return Intake(tags, [kind] * len(tags), **more)


def arrive(mine: Intake, one: Packet) -> Judged:
    judged = mine.judge(one)
    mine.take(judged)
    return judged


def killed(mine: Intake, state: bytes, since: list[Judged], **more) -> Intake:
    """The account after a kill: the state that was kept, and what was made to last since."""
    new = intake(mine.tags, **more)
    new.restore(msgspec.msgpack.decode(state))
    for judged in since:
        look = new.looked(judged.source, judged.sequence, judged.newest)
        new.take(replace(judged, look=look))
    return new


def unexplained(mine: Intake) -> int:
    return sum(abs(b.unexplained) for b in mine.balances())


def disturbed(random: Random, count: int, loss: float, again: float, apart: int) -> list[int]:
    """Numbers of messages as they arrive: some never, some twice, some out of order; the ends undisturbed."""
    clean = 4 * len(SHAPES)
    middle = [n for n in range(clean, count - clean) if random.random() > loss]
    middle += random.choices(middle, k=int(again * len(middle))) if middle else []
    middle.sort(key=lambda n: n + random.uniform(0, apart))
    return [*range(clean), *middle, *range(count - clean, count)]


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    loss=st.sampled_from([0.0, 0.05, 0.5]),
    again=st.sampled_from([0.0, 0.3]),
    apart=st.sampled_from([0, 5, 40]),
    kills=st.sampled_from([0.0, 0.05]),
    wrap=st.sampled_from([0, 256, 65536]),
)
def test_any_loss_repeat_reorder_and_kill_leaves_the_account_as_the_sender_has_it(
    seed, loss, again, apart, kills, wrap
):
    random = Random(seed)
    count = 300
    order = disturbed(random, count, loss, again, apart)
    mine, stored, since = intake(), set(), []
    state = msgspec.msgpack.encode(mine.plain())
    for number in order:
        judged = arrive(mine, packet(number, wrap=wrap))
        fresh = {(t, int(a)) for t, a, f in zip(judged.index, judged.at, judged.fate, strict=True) if not f}
        assert not fresh & stored, "a reading is stored twice"
        stored |= fresh
        since.append(judged)
        assert unexplained(mine) == 0
        if random.random() < kills:
            mine = killed(mine, state, since)
        if random.random() < 0.05:
            state, since = msgspec.msgpack.encode(mine.plain()), []
    arrived = set(order)
    for balance, tag in zip(mine.balances(), TAGS, strict=True):
        numbers = [n for n in range(count) if tag in SHAPES[n % len(SHAPES)]]
        assert balance.sent == len(numbers)
        assert balance.stored == len(arrived & set(numbers))
        assert balance.dropped == len(set(numbers) - arrived)
        assert balance.duplicates == len([n for n in order if n in numbers]) - balance.stored
        assert balance.counted


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), loss=st.sampled_from([0.1, 0.6]))
def test_what_history_brings_back_is_no_longer_lost_and_a_repetition_of_it_is_none(seed, loss):
    random = Random(seed)
    order = disturbed(random, 300, loss, 0.0, 0)
    mine = intake()
    for number in order:
        arrive(mine, packet(number))
    missing = sorted(set(range(300)) - set(order))
    back = random.sample(missing, len(missing) // 2)
    for number in [*back, *back]:  # history is without numbers, and may be asked twice
        arrive(mine, replace(packet(number), sequence=-1, source=""))
    for number in missing:  # and the messages themselves come after all
        arrive(mine, packet(number))
        assert unexplained(mine) == 0
    for balance in mine.balances():
        assert balance.dropped == 0
        assert balance.stored == balance.sent


def test_a_source_that_starts_again_counts_anew_and_nothing_is_called_lost():
    mine = intake()
    for number in range(60, 159):
        arrive(mine, packet(number))
    for number in range(159, 200):  # the same plant, numbers from 0
        assert arrive(mine, replace(packet(number), sequence=number - 159)).look.step is not Step.AGAIN
    assert mine.numbers["s"].lives == 1
    assert sum(b.dropped for b in mine.balances()) == 0
    assert sum(b.stored for b in mine.balances()) == sum(len(SHAPES[n % 3]) for n in range(60, 200))


def test_history_in_one_packet_of_one_tag_many_times_is_stored_once_each():
    mine = intake()
    at = BEGIN + SECOND * np.array([5, 1, 2, 3, 3, 4], np.int64)
    tags = ("a.1",) * 6
    one = Packet("", tags, np.array([5.0, 1, 2, 3, 3, 4]), at, np.zeros(6, np.uint8), BEGIN + 60 * SECOND)
    assert arrive(mine, one).fate.tolist() == [0, 0, 0, 0, Fate.AGAIN, 0]
    assert set(arrive(mine, one).fate.tolist()) == {Fate.AGAIN}


REFUSED = [
    ("a text in a tag of numbers", Kind.NUMBER, {"texts": {0: "off"}, "values": [np.nan]}, Fate.CHANGED),
    ("a number in a tag of texts", Kind.TEXT, {"values": [3.0]}, Fate.CHANGED),
    ("a part in a tag of counts", Kind.WHOLE, {"values": [3.5]}, Fate.CHANGED),
    ("a switch that is neither on nor off", Kind.SWITCH, {"values": [2.0]}, Fate.CHANGED),
    ("not a number", Kind.NUMBER, {"values": [np.nan]}, Fate.UNMEASURED),
    ("infinite", Kind.NUMBER, {"values": [np.inf]}, Fate.UNMEASURED),
    ("an hour ahead", Kind.NUMBER, {"at": [BEGIN + 3600 * SECOND]}, Fate.AHEAD),
    ("without a time", Kind.NUMBER, {"at": [0]}, Fate.UNTIMED),
]


@pytest.mark.parametrize(("what", "kind", "given", "fate"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_no_dataset_can_take_is_rejected_with_its_reason_and_counted_once(what, kind, given, fate):
    mine = intake(("t",), kind)
    values = np.array(given.get("values", [1.0]))
    at = np.array(given.get("at", [BEGIN]), np.int64)
    texts = given.get("texts", {})
    one = Packet("", ("t",), values, at, np.zeros(1, np.uint8), BEGIN, 7, "s", texts)
    assert arrive(mine, one).fate.tolist() == [fate]
    assert arrive(mine, one).fate.tolist() == [Fate.AGAIN]
    (balance,) = mine.balances()
    assert (balance.sent, balance.rejected, balance.stored, balance.unexplained) == (1, 1, 0, 0)


def test_a_bad_reading_is_stored_as_what_it_is_and_a_contradiction_is_kept_aside():
    mine = intake(("t",))
    bad = Packet("", ("t",), np.array([np.nan]), np.array([BEGIN]), np.array([Seen.BAD], np.uint8), BEGIN)
    assert arrive(mine, bad).fate.tolist() == [Fate.STORED]
    other = replace(bad, values=np.array([4.0]), trust=np.zeros(1, np.uint8))
    assert arrive(mine, other).fate.tolist() == [Fate.CONTRADICTS]


def test_beyond_memory_it_asks_and_without_an_answer_it_stores_nothing():
    asked = []

    def known(index, at):
        asked.append(len(at))
        return np.array([a % (2 * SECOND) == 0 for a in at]), np.full(len(at), 1.0)

    for answer, fates in ((known, {Fate.AGAIN, Fate.STORED}), (None, {Fate.OLD})):
        mine = intake(("t",), known=answer)
        mine.moments.forget_before(0, BEGIN + 100 * SECOND)
        old = [
            Packet("", ("t",), np.array([1.0]), np.array([BEGIN + k * SECOND]), np.zeros(1, np.uint8), BEGIN)
            for k in range(4)
        ]
        assert {arrive(mine, one).fate.item() for one in old} == fates
    assert asked == [1, 1, 1, 1]


def test_polls_that_were_due_and_did_not_come_are_dropped_until_they_come():
    mine = intake(("t",), every=[SECOND])
    for k in (0, 1, 2, 6, 7):
        one = Packet("", ("t",), np.array([float(k)]), np.array([BEGIN + k * SECOND]), np.zeros(1, np.uint8), BEGIN)
        arrive(mine, one)
    (balance,) = mine.balances()
    assert (balance.sent, balance.stored, balance.dropped) == (8, 5, 3)
    arrive(mine, replace(one, at=np.array([BEGIN + 4 * SECOND]), values=np.array([4.0])))
    (balance,) = mine.balances()
    assert (balance.sent, balance.stored, balance.dropped, balance.late) == (8, 6, 2, 1)


def test_what_the_line_says_it_lost_is_dropped():
    mine = intake(("t", "u"))
    arrive(mine, Packet("", ("t",), np.array([1.0]), np.array([BEGIN]), np.zeros(1, np.uint8), BEGIN, lost={"u": 4}))
    t, u = mine.balances()
    assert (t.sent, t.dropped, u.sent, u.dropped) == (1, 0, 4, 4)


def test_reports_by_exception_tell_how_many_messages_are_missing_and_claim_no_more():
    random, mine = Random(3), intake()
    numbers = [n for n in range(200) if n % 50 != 7]
    for number in numbers:
        tags = tuple(random.sample(TAGS, random.randint(1, 4)))
        one = packet(number, shapes=(tags,))
        arrive(mine, one)
    assert mine.numbers["s"].missing == 4
    assert not any(b.counted for b in mine.balances())
    assert unexplained(mine) == 0


def test_a_thousand_tags_are_judged_at_once():
    tags = tuple(f"t{i}" for i in range(1000))
    mine = intake(tags)
    for a, b in pairwise(range(0, 200)):
        at = np.full(1000, BEGIN + a * SECOND)
        judged = arrive(mine, Packet("", tags, np.full(1000, float(b)), at, np.zeros(1000, np.uint8), BEGIN + 10**9, a))
        assert not judged.fate.any()


def test_of_a_source_that_numbers_all_its_assets_a_gap_is_counted_for_the_one_that_is_recorded():
    mine = intake(("b.1", "b.2", "b.3"))
    for number in range(90):
        if number in (40, 41, 55):  # 40 is of b, 41 of c, 55 of b
            continue
        one = packet(number)
        asset = one.tags[0][0]
        if asset != "b":
            nothing = np.zeros(0)
            one = Packet(asset, (), nothing, nothing.astype(int), nothing.astype(np.uint8), one.received, number, "s")
        arrive(mine, replace(one, asset=asset))
    assert [(b.sent, b.stored, b.dropped) for b in mine.balances()] == [(30, 28, 2)] * 3
