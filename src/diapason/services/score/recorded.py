"""What the ledger holds on a dataset version: runs, papers, answers, audits, curves, models, trials."""

import io
from collections.abc import Iterator, Mapping
from statistics import NormalDist
from typing import Any

import polars as pl

from diapason.engines.measures import Assessed, Audited, Fault, Fit, Reach, Trial
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.score.needs import LOWER, Needs, wanted
from diapason.services.standing.claims import Claim
from diapason.services.standing.index import indexed
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.facts import ground
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["Recorded", "assessed", "scanned"]

VERBS = ("assess", "learn", "evaluate", "resonate", "audit", "predict", "effect", "feasible", "join", "mend")


class Recorded:
    """The ledger seen from one version; what has fallen is left out."""

    def __init__(self, ws: Workspace, ref: VersionRef, fallen: Mapping[str, Text]) -> None:
        self.ws, self.ref, self.fallen = ws, ref, fallen
        self.claims = {c.id: c for c in indexed(ws).claims}
        self._brought: dict[str, Any] = {}

    def runs(self, verb: str, subject: str) -> list[dict[str, Any]]:
        """Finished runs that stand, oldest first."""
        found = attest.results(self.ws, verb, subject)
        return [r for r in found if ground("run", r["run"]) not in self.fallen]

    def done(self) -> dict[str, tuple[str, ...]]:
        """Runs of each verb on this very version."""
        made = {verb: tuple(r["run"] for r in self.runs(verb, str(self.ref))) for verb in VERBS}
        return {verb: runs for verb, runs in made.items() if runs}

    def brought(self) -> dict[str, Any]:
        """How it came in: runs, how many of them traced to a digest, and whether simulated rows are said to be."""
        if self._brought:
            return self._brought
        runs = self.runs("ingest", self.ref.name)
        traced = sum(bool((r["result"].get("source") or {}).get("digest")) for r in runs)
        contracts = [r["run"] for r in runs if (r["result"].get("contract") or {}).get("columns")]
        told = all(isinstance(r["result"].get("assumed"), list) for r in runs)
        rejected = sum(int(r["result"].get("rejected") or 0) for r in runs if not r["result"].get("same"))
        sources = {str(r["plan"]["settings"].get("source")) for r in runs}
        self._brought = {
            "runs": [r["run"] for r in runs],
            "traced": traced,
            "told": bool(runs) and told,
            "contracts": contracts[-1:],
            "rejected": rejected,
            "sources": len(sources) + len(self.runs("join", self.ref.name)),
        }
        return self._brought

    def offset(self) -> tuple[str, float | None]:
        """The newest join that looked at two clocks: how far they are apart at worst, in seconds or counts."""
        for run in reversed(self.runs("join", self.ref.name)):
            clock = (run["result"].get("offset") or {}).get("clock") or {}
            ends = [(s["low"], s["high"]) for s in clock.get("stretches") or ()]
            if not ends or any(e is None for pair in ends for e in pair):
                continue
            mended = any(f["kind"] == "offset_applied" for f in run["result"].get("findings") or ())
            far = [(high - low) / 2 if mended else max(abs(low), abs(high)) for low, high in ends]
            return ground("run", run["run"]), max(far)
        return "", None

    def linked(self) -> int:
        """Rows of this version if each version up to it was written by a run that ended signed."""
        ended = {e.run for e in self.ws.ledger.entries(kind="result")}
        versions = [v for v in self.ws.lake.versions(self.ref.name) if v.ref.version <= self.ref.version]
        whole = all(v.run in ended for v in versions)
        return self.ws.lake.version(self.ref).rows if whole else 0

    def papers(self) -> list[Claim]:
        """Papers under this dataset or version that stand."""
        mine = {ground("dataset", self.ref.name), ground("dataset", str(self.ref))}
        papers = [c for c in self.claims.values() if c.kind == "paper" and c.about in mine]
        return [c for c in papers if c.id not in self.fallen]

    def owners(self) -> tuple[str, ...]:
        """Persons who brought it in and have a role still."""
        roles = {str(e.body["person"]): e.body["roles"] for e in self.ws.ledger.entries(kind="person")}
        brought = set(self.brought()["runs"])
        people = [e.body.get("person", "") for e in self.ws.ledger.entries(kind="plan") if e.run in brought]
        return tuple(dict.fromkeys(ground("person", p) for p in people if roles.get(p)))

    def answers(self) -> dict[str, tuple[Any, str]]:
        """Legal facts that people have declared."""
        return {n: (f.value, f.on[0] if f.on else "") for n, f in permit.answers(self.ws, set(self.fallen)).items()}

    def audited(self) -> Audited | None:
        """Rows of this version that people looked at; sheets before the newest are counted one by one."""
        runs = self.runs("audit", str(self.ref))
        if not runs:
            return None
        tables = [self._sheet(r) for r in runs]
        newest = tables[-1]
        rows = set(newest["row"].to_list())
        before = {int(r): not w for t in tables[:-1] for r, w in t.select("row", "wrong").iter_rows() if r not in rows}
        size, share = self._frame(runs[-1], len(before))
        return Audited(
            tuple(ground("run", r["run"]) for r in runs),
            tuple((~newest["wrong"].cast(pl.Boolean)).to_list()),
            tuple((newest["inclusion"].cast(pl.Float64) * share).to_list()),
            size,
            (sum(before.values()), len(before)),
        )

    def _sheet(self, run: Mapping[str, Any]) -> pl.DataFrame:
        data = self.ws.vault.get(str(run["kept"]["answers"]["sha256"]))
        return pl.read_csv(io.BytesIO(data), infer_schema_length=None)

    def _frame(self, run: Mapping[str, Any], before: int) -> tuple[int, float]:
        """Rows among which a sheet was drawn, and the share of them that the trials had taken in at all."""
        stored = self.ws.lake.version(self.ref).rows - before
        trial = [r for r in self.runs("resonate", self.ref.name) if r["run"] == run["plan"]["settings"].get("resonate")]
        used = (trial[-1]["result"].get("rows_used") or {}) if trial else {}
        tried = max(1, int(used.get("tried", stored)) - before)
        return max(stored, 1), min(1.0, tried / max(stored, 1))

    def reach(self) -> Reach | None:
        """The newest learning curve of this version."""
        runs = self.runs("feasible", str(self.ref))
        if not runs or not runs[-1]["result"]["curve"]["band"]:
            return None
        told = runs[-1]["result"]
        far, metric, now = told["curve"]["band"][-1], told["metric"], told["quick"]["value"]
        better = "lower" if metric in LOWER else "higher"
        end = Estimate(far["value"], far["low"], far["high"], int(far["rows"]), told["unit"], level=0.9)
        return Reach(ground("run", runs[-1]["run"]), metric, better, float(now), end)

    def fits(self, needs: Needs, target: str) -> tuple[Fit, ...]:
        """Models and judged predictions of this version, each with what is wanted of it."""
        wishes = self._wishes(needs, target)
        found: list[Fit] = []
        for verb, part in (("learn", "honest"), ("evaluate", "given")):
            for run in attest.results(self.ws, verb, str(self.ref)):
                found += self._fits(run, run["result"].get(part) or {}, wishes)
        newest = {(f.model, f.metric): f for f in found}
        return tuple(newest.values())

    def measured(self) -> set[str]:
        """Every measure that a model of this version was judged by."""
        cards = [(r["result"].get("honest") or r["result"].get("given") or {}) for v in ("learn", "evaluate")
                 for r in attest.results(self.ws, v, str(self.ref))]  # fmt: skip
        return {str((c.get("metric") or {}).get("name")) for c in cards} | {
            n for c in cards for n in c.get("others") or ()
        }

    def _fits(
        self, run: Mapping[str, Any], card: Mapping[str, Any], wishes: Mapping[tuple[str, str], Any]
    ) -> Iterator[Fit]:
        """One for the measure that a scorecard judges by, and one for each other of which something is wanted."""
        metric, task = card.get("metric") or {}, str(run["result"]["task"])
        told = {str(metric.get("name")): card.get("score"), **(card.get("others") or {})}
        model = str(run["result"].get("model") or run["result"].get("source") or run["verb"])
        where = ground("run", run["run"])
        for name, score in told.items():
            limit, by = wishes.get((task, name)) or wishes.get(("", name)) or (None, "")
            whole = score and all(score.get(k) is not None for k in ("value", "low", "high"))
            if not whole or (limit is None and name != metric.get("name")):
                continue
            estimate = Estimate(score["value"], score["low"], score["high"], score["n"], score["unit"], score["level"])
            better = "lower" if name in LOWER else "higher"
            yield Fit(where, task, model, name, better, estimate, limit, by, self.fallen.get(where))

    def _wishes(self, needs: Needs, target: str) -> dict[tuple[str, str], tuple[float, str]]:
        """What is wanted: said now, else in the needs, else at a publication, else as a wish of `feasible`."""
        found: dict[tuple[str, str], tuple[float, str]] = {}
        for run in self.runs("feasible", self.ref.name):
            wish = run["result"].get("wish")
            if wish:
                found["", str(run["result"]["metric"])] = (float(wish["wish"]), run["run"])
        for run in self.runs("publish", self.ref.name):
            for text in run["plan"]["settings"].get("accept", ()):
                test = wanted(text, at=run["run"])
                found["", test.metric] = (test.limit, run["run"])
        for task, text in needs.targets.items():
            test = wanted(text, at=f"targets.{task}")
            found[task, test.metric] = (test.limit, "needs")
        if target:
            test = wanted(target, at="--target")
            found = {k: v for k, v in found.items() if k[1] != test.metric}
            found["", test.metric] = (test.limit, "--target")
        return found

    def lift(self) -> dict[str, Any] | None:
        """The repair that the newest trial of this dataset proved: what it gave the model, before and after."""
        runs = self.runs("resonate", self.ref.name)
        told = runs[-1]["result"] if runs else {}
        adopted = set(told.get("adopted") or ())
        row = next((r for r in told.get("rows") or () if r["candidate"].get("id") in adopted), None)
        if row is None:
            return None
        gains = {k: row[k] for k in ("over_nothing", "over_placebo", "over_robust")}
        return {"run": runs[-1]["run"], "dataset": runs[-1]["dataset"], "candidate": row["candidate"]["id"], **gains}

    def trials(self) -> Iterator[Trial]:
        """Every repair that any trial of this workspace has measured: its gain with the usual learner, over nothing."""
        newest = {(r["dataset"], str(r["plan"]["settings"].get("task"))): r for r in self.runs("resonate", "")}
        for run in newest.values():
            for row in run["result"].get("rows") or ():
                gain = row.get("alone") or row.get("over_nothing") or {}
                if any(gain.get(k) is None for k in ("value", "low", "high")):
                    continue
                factor = 1.0 if gain.get("unit") == "%" else 100.0
                reach = NormalDist().inv_cdf(0.5 + float(gain.get("level") or 0.9) / 2)
                half = (gain["high"] - gain["low"]) / 2 / reach
                treatment = str(row["candidate"]["treatment"])
                yield Trial(run["run"], run["dataset"], treatment, factor * gain["value"], factor * half)


def assessed(run: Mapping[str, Any]) -> Assessed:
    """Findings of a signed assessment."""
    told = run["result"]
    faults = tuple(
        Fault(
            f["kind"], int(f["where"]["count"]), float(f["sure"]), tuple(f["where"]["columns"]), int(f["where"]["of"])
        )
        for f in told["findings"]
    )
    return Assessed(ground("run", run["run"]), faults, int(told["rows"]), int(told["columns"]), full=True)


def scanned(where: str, found: tuple[Finding, ...], rows: int, columns: int) -> Assessed:
    """Faults of one pass, where nothing was assessed."""
    faults = tuple(Fault(f.kind, f.where.count, f.sure, f.where.columns, f.where.of) for f in found)
    return Assessed(where, faults, rows, columns, full=False)
