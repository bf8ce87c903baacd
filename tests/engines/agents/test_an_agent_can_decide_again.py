"""What a crew keeps of each agent is enough to decide again, at whatever pace each of them gets its rows."""

import numpy as np

from diapason.engines.agents import Closed, Crew, Known, RuleStream, parsed


def test_rows_are_kept_however_unevenly_they_come() -> None:
    """Of the busiest agent 64 rows at least, of nobody more than 129; decided again they say what was said, exactly."""
    draw, agents = np.random.default_rng(3), 7
    said = {"kind": "rate", "tag": "T", "limit": 0.05, "over": 20.0}
    high = parsed({"kind": "above", "tag": "T", "limit": 2}, asset="")
    rules = [[parsed(said, asset=f"a{i}"), high] for i in range(agents)]
    crew = Crew(
        [f"a{i}" for i in range(agents)],
        lambda who: RuleStream([rules[i] for i in who]),
        Known.of(("T",), []),
        alarms=True,
    )
    count, anchors = np.zeros(agents, int), [np.zeros(agents, int)]  # rows, and rows at the states that are kept
    pace = np.array([1.0, 0.9, 0.5, 0.2, 0.1, 0.02, 0.0])
    scores: list[list[float]] = [[] for _ in range(agents)]
    for tick in range(400):
        who = np.flatnonzero(draw.random(agents) < pace)
        n, at = len(who), np.full(len(who), 1_000_000 * tick)
        if n and (count - anchors[-1])[who].max() >= 64:
            anchors = [anchors[-1], count.copy()]
        count[who] += 1
        rows = Closed(who, draw.normal(size=(n, 1)), at, at, np.zeros(n, np.uint8), np.ones(n, np.bool_))
        for agent, score in zip(who.tolist(), crew.decide(rows).score.tolist(), strict=True):
            scores[agent].append(score)
        if tick == 230:  # a process that begins again
            crew.restore(crew.state())
            scores, anchors = [[] for _ in range(agents)], [count.copy()]
    for agent, kept in enumerate(crew.recent(range(agents))):
        assert kept.rows == count[agent] - anchors[0][agent] <= 129
        assert kept.rows >= 64 or pace[agent] < 1
        if kept.rows:
            assert crew.again(agent, kept)[0].tolist() == scores[agent][-kept.rows :]
