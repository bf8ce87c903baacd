"""The same verbs from Python: `import diapason; plant = diapason.init("plant-a")`."""

# roomy: one method for each verb, and nothing else
import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from diapason.services.workspace import Workspace, open_workspace
from diapason.services.workspace import init as make
from diapason.vocabulary.language import Language
from diapason.vocabulary.names import file_name

__all__ = ["Plant", "demo", "init", "open_plant", "restore", "scan", "verify"]

Answer = dict[str, Any]
_Step = Callable[[Workspace, str | Path, Mapping[str, Any]], Answer]


class Plant:
    """A workspace whose verbs are methods; each returns what `--json` prints.

    Who acts is whoever opened it: `diapason.open_plant("plant-a", person="li").approve("turbofan@1")`.

    Example:
        plant = diapason.init("plant-a")
        plant.ingest("engines.csv", name="turbofan", asset="unit", time="cycle", target="rul")
        plant.learn("turbofan", task="remaining_life")
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def person(self, name: str = "", *, roles: Sequence[str] | None = None, new_key: bool = False) -> Answer:
        """List the people, or give a person roles (none = retired) and a key."""
        people, changed = self._call("workspace", "people"), None
        if name:
            had = people.get(name, {}).get("roles", ["operator"])
            changed = self._call("workspace", "add_person", name, had if roles is None else roles, new_key=new_key)
            people = self._call("workspace", "people")
        return {"person": changed, "people": list(people.values())}

    def ingest(self, source: str, *, name: str, **options: Any) -> Answer:
        """Read files into a new version of a dataset; its contract's policy is obeyed."""
        return self._answer("guard", "bring", source, name=name, **options)

    def plant_serve(self, *, seconds: float = 0.0, **wishes: Any) -> Answer:
        """Serve the embedded plant, live, until Ctrl-C or so many seconds; keys stand in `plant-keys` of the workspace.

        Args:
            wishes: only=("opcua",), copies=, days=, speed=, every=, seed=, ports={"opcua": 0}, open=True, broker=,
                faults=("cooling_loss@R-101:0.5@60/900",), ready= (called with what is served once it is).
        """
        serve = import_module("diapason.services.serve")
        ready = wishes.pop("ready", lambda _: None)
        faults = tuple(serve.planned(one) for one in wishes.pop("faults", ()))
        folder = Path(wishes.pop("folder", self.workspace.folder / "plant-keys"))
        story = serve.run(serve.Wishes(folder=folder, faults=faults, **wishes), ready=ready, seconds=seconds)
        answer: Answer = asyncio.run(story)
        return answer

    def join(self, left: str, other: str, **options: Any) -> Answer:
        """Join another table to a dataset: by key, as-of, or by genealogy."""
        return self._do("join", left, other, **options)

    def datasets(self, name: str = "", other: str = "") -> Answer:
        """All datasets, the versions of one, or what differs between two versions."""
        if name and other:
            return self._answer("workspace", "difference", name, other)
        found = self._call("workspace", "versions", name) if name else self._call("workspace", "datasets")
        return {"datasets": found}

    def scan(self, name: str, *, against: str = "") -> Answer:
        """Look at a dataset in one pass, only at what is new since the last; `against` another version, for drift."""
        return self._answer("scan.datasets", "run", name, against=against)

    def describe(self, name: str, *, evidence: str | Path = "", until: str = "", **said: str) -> Answer:
        """What people say of a dataset: title, licence, owner, …; words by key add to it, "-" takes one back."""
        return self._do("describe", name, said, evidence=evidence, until=until)

    def card(self, name: str = "", *, to: str | Path = "", form: str = "", **options: Any) -> Answer:
        """Write a dataset as others read it (croissant, tc609, aas, dcat, openlineage, prov); no name: the catalogue.

        Args:
            options: data="csv"; window=, rows of a window of records.
        """
        return self._do("card", name, to=to, form=form, **options)

    def classify(self, name: str, *, sign: bool = False) -> Answer:
        """General, industry or expert (TC609-5-2025-03), with reasons; or what is missing to decide it."""
        return self._answer("card", "classify", name, sign=sign)

    def contract(self, name: str, **options: Any) -> Answer:
        """What a dataset must be: proposed=True, take=FILE of others' rules, to=FILE for ODCS."""
        return self._answer("contract", "run", name, **options)

    def guard(self, name: str, source: str | Path = "", **options: Any) -> Answer:
        """Policy, verdicts, incidents and quarantine of a dataset; or judge a stream: "-" with pipe=, or a file.

        Args:
            source: with follow=True the file grows; stop= is asked, tell= is told each verdict, pace= says how often.
        """
        return (
            self._answer("guard", "run", name, str(source), **options)
            if source
            else self._answer("guard", "view", name)
        )

    def quarantine(self, name: str, *, release: str = "", drop: str = "", because: str = "", most: int = 20) -> Answer:
        """Rows set aside; release or drop some ("3,7-9" or "all"), with a reason, in the name of who acts."""
        if release or drop:
            return self._answer(
                "guard", "decide", name, "release" if release else "drop", release or drop, because=because
            )
        return self._answer("guard", "quarantine", name, most=most)

    def assess(self, name: str, **options: Any) -> Answer:
        """Find what is wrong with a dataset."""
        return self._do("assess", name, **options)

    def score(self, name: str, *, to: str | Path = "", needs: str | Path = "", target: str = "") -> Answer:
        """Score a dataset in official words; to=FILE writes a proposal of its needs, needs=FILE takes one in."""
        if to:
            return self._answer("score", "draft", name, Path(to))
        return self._do("score", name, target=target, needs=Path(needs) if needs else None)

    def learn(self, name: str, *, task: str, **options: Any) -> Answer:
        """Learn and evaluate on an honest split, the random one beside it."""
        return self._do("learn", name, task, **options)

    def evaluate(self, name: str, *, task: str, **options: Any) -> Answer:
        """Judge a model made elsewhere: predictions=FILE.csv or onnx=FILE.onnx."""
        return self._do("evaluate", name, task, **options)

    def feasible(self, name: str, *, target: str = "", **options: Any) -> Answer:
        """Say what is reachable before anything is mended; target such as "rmse<=12"."""
        return self._do("feasible", name, target=target, **options)

    def mend(self, name: str, *, least: float = 0.8, sheet: str | Path = "", edited: str | Path = "") -> Answer:
        """Find wrong cells with nothing but the table, or adopt what stands in a sheet that a person edited.

        Args:
            least: how sure a proposal must be to stand in the sheet as `set`, 0.5 to 1.
            sheet: file to write the proposals into; nothing is changed.
            edited: such a file; what stands in it becomes a new version, in the name of who acts.
        """
        if edited:
            return self._answer("mend", "adopt", name, _service("mend", "read_sheet")(Path(edited)))
        done = self._do("mend", name, least=least)
        if sheet and done["cells"]:
            _service("mend", "write_sheet")(done, Path(sheet), self.workspace.language, least=least)
            done = {**done, "sheet": str(sheet)}
        return done

    def resonate(self, name: str, *, budget: str = "10m", **options: Any) -> Answer:
        """Try repairs against nothing, placebo and a better learner; plant known defects to say what is seen."""
        return self._do("resonate", name, budget=budget, **options)

    def audit(self, name: str, *, to: str | Path = "", answers: str | Path = "") -> Answer:
        """Write the sheet of rows that a person should look at, or take in the answers: answers=FILE.csv."""
        if answers:
            return self._answer("resonate", "audit_answers", name, answers)
        return self._answer("resonate", "audit_sheet", name, to=to)

    def order(self, name: str = "", *, place: str = "", close: str = "", **options: Any) -> Answer:
        """List the data work orders of a dataset, place or close one; without a name: how well promises were kept.

        Args:
            place: id of a proposed order; with cost, by (a day, ISO 8601) and who.
            close: number of a placed order; measures what it gave.
        """
        if place:
            return self._answer("order", "place", name, place, **options)
        if close:
            return self._answer("order", "close", name, close, **options)
        return self._answer("order", "listed", name) if name else self._answer("order", "calibration")

    def adopt(self, name: str, *, candidate: str = "") -> Answer:
        """Adopt a proved repair, or what people have answered, in the name of who acts."""
        return self._do("adopt", name, candidate=candidate)

    def undo(self, name: str, *, reason: str = "") -> Answer:
        """Take the newest adoption back."""
        return self._answer("adopt", "undo", name, reason=reason)

    def publish(self, model: str, *, accept: Sequence[str] = (), waive: str = "") -> Answer:
        """Publish a model if data, score, evidence and a second person allow it."""
        return self._do("publish", model, accept=accept, waive=waive)

    def approve(self, model: str, *, days: int = 365, note: str = "", **options: str) -> Answer:
        """Sign one exact model, or a change that waits (`change-1`) with seen=DIGEST, or refuse it with refuse=WHY."""
        if model.startswith("change-") and "@" not in model:
            if "refuse" in options:
                return self._answer("approve", "refuse", model, because=options["refuse"])
            return self._answer("approve", "sign", model, days=days, note=note, **options)
        return self._answer("publish", "approve", model, days=days, note=note)

    def rollback(self, model: str, *, reason: str) -> Answer:
        """Put a former published version in place again."""
        return self._answer("publish", "rollback", model, reason=reason)

    def predict(self, source: str, *, model: str, **options: Any) -> Answer:
        """Predict new rows with a published model."""
        return self._do("predict", source, model=model, **options)

    def effect(self, name: str, **asked: Any) -> Answer:
        """Measure what a change did: metric="energy", since="2026-05-01", covariates=("load", "weekday")."""
        return self._do("effect", name, _service("effect", "Asked")(**asked))

    def cost(self, name: str = "", *, withdraw: int = 0, because: str = "", **options: Any) -> Answer:
        """Show costs; write one down with kind, amount and currency; or take one back.

        Args:
            withdraw: number of the entry to take back, with because.
        """
        if withdraw:
            return self._answer("effect", "withdraw_cost", withdraw, because=because)
        return self._answer("effect", "add_cost" if "kind" in options else "costs", name, **options)

    def payback(self, name: str, **options: Any) -> Answer:
        """Say when the newest effect has paid its costs: rate, years, price_per_hour, exchange=("EUR=7.8",)."""
        return self._answer("effect", "payback", name, **options)

    def visit(self, action: str, what: str | Path, **options: Any) -> Answer:
        """One step of a visiting trial: another company's method comes to the data, under a contract.

        Args:
            action: pack, draft, sign, check, run, release or read.
            what: model (pack), number of the run (release), else the file.
            options: contract, on, to, approve, plant, until and runs as on the command line; for run
                map={"theirs": "ours"}; for pack repairs, asks and slices as lists, accept=("robust", 2.0).
        """
        return _VISIT[action](self.workspace, what, options)

    def appraise(self, model: str, *, item: str = "") -> Answer:
        """Where this workspace stands in a model of maturity: annex2, dcmm, dcmm-2018, cmmm, siri, or a file."""
        return self._do("appraise", model, item=item)

    def roadmap(self, *, model: str = "dcmm", sector: str = "", budget: float = 40.0) -> Answer:
        """Steps from where we stand by effect per day of work, dated, under a budget of days."""
        return self._answer("appraise", "roadmap", model=model, sector=sector, budget=budget)

    def declare(self, fact: str = "", value: str = "", **options: Any) -> Answer:
        """Declare what no machine can count, in the name of who acts; without a fact: what was declared.

        Args:
            fact: name of the fact, or of a clause.
            value: yes, no, a degree, a share or a number; "-" takes it back.
            options: evidence (a file), note, until (a day, ISO 8601); or sheet= or answers=, both files, with model=.
        """
        if "sheet" in options:
            return self._answer("declare", "to_sheet", options["sheet"], model=options.get("model", ""))
        if "answers" in options:
            return self._answer("declare", "from_sheet", options["answers"], model=options.get("model", ""))
        if not fact:
            return {"declared": self._call("declare", "listed")}
        return self._answer("declare", "declare", fact, value, **options)

    def catalogue(self, name: str = "", **options: Any) -> Answer:
        """Every dataset with who answers for it, origin and use: where=("grade=core",), missing=True, unused=True."""
        return self._answer("desk", "catalogue", name, **options)

    def search(self, words: str, *, most: int = 20) -> Answer:
        """Datasets found by names, columns, units and meanings, each with why."""
        return self._answer("desk", "search", words, most=most)

    def inbox(self) -> Answer:
        """What waits for who acts: to sign, with the exact thing and its digest; to do; soon to end."""
        return self._answer("desk", "inbox")

    def orders(self, name: str = "") -> Answer:
        """The order book: promised against delivered, costs, pay-back, and how forecasts held over time."""
        return self._answer("desk", "book", name)

    def statement(self, month: str, *, to: str | Path = "", **options: Any) -> Answer:
        """What data brought and cost in a month such as 2026-11: currency, exchange, price_per_hour, language."""
        return self._answer("desk", "statement", month, to=Path(to) if to else None, **options)

    def offer(self, name: str, *, terms: str | Path = "", bind: str | Path = "", withdraw: bool = False) -> Answer:
        """Offer a dataset under terms=FILE (ODRL), hold it under bind=FILE, take the offer back, or show its terms."""
        if terms:
            agreed = self._call("ingest", "contract", name)
            return self._answer("exchange", "offer", name, Path(terms), agreed)
        if bind:
            return self._answer("exchange", "bind", name, Path(bind))
        return self._answer("exchange", "withdraw" if withdraw else "shown", name)

    def exchange(self, *, export: str | Path = "", take: str | Path = "", want: str = "", **options: Any) -> Answer:
        """Offers, requests and what fits; write (export) or read (take, signer=) a signed list, or ask for data (want).

        Args:
            options: for want: meanings, purposes, sector, rows, derive.
        """
        if export:
            return self._answer("exchange", "exported", Path(export))
        if take:
            return self._answer("exchange", "imported", Path(take), **options)
        return self._answer("exchange", "want", want, **options) if want else self._answer("exchange", "listed")

    def report(self, name: str = "", *, to: str | Path = "", language: Language = "en") -> Answer:
        """Write one self-contained file, HTML or PDF/A: of a dataset, or without a name the enterprise on one page."""
        said = {"to": Path(to) if to else None, "language": language}
        return self._do("report", name, **said) if name else self._do("enterprise", **said)

    def evidence(self, name: str = "", *, to: str | Path = "", **options: Any) -> Answer:
        """Write all evidence about a name into one signed file; every, data, models and facts add to it.

        Without a name: about everything, with pages to read (pdf=True: as PDF/A). `stays` says where data go that
        rules hold back.
        """
        if not name:
            return self._answer(
                "dossier", "export", Path(to or f"{file_name(self.workspace.name)}.evidence"), **options
            )
        return self._answer("evidence", "export", name, Path(to or f"{file_name(name)}.evidence"), **options)

    def anchor(self, to: str | Path = "") -> Answer:
        """Write down, signed, how long the ledger is and what its last hash is."""
        return self._answer("evidence", "anchor", Path(to or f"{self.workspace.ledger.head()[0]}.anchor"))

    def vouch(self, name: str, paper: str | Path, *, kind: str, **options: str) -> Answer:
        """Put a certificate, licence or contract under a dataset, model or person: until, replaces, note."""
        return self._answer("standing", "vouch", name, paper, kind=kind, **options)

    def recall(self, evidence: str, *, because: str, lift: bool = False) -> Answer:
        """Recall evidence, so that what stands on it falls; or take the recall back."""
        return self._answer("standing", "restored" if lift else "recall", evidence, because=because)

    def standing(self, evidence: str = "", *, days: int = 90) -> Answer:
        """What stands, what has fallen and why, what soon runs out; or one claim with what is below and above."""
        if evidence:
            return self._answer("standing", "look", evidence)
        return self._answer("standing", "overview", days=days)

    def comply(self, *, sheet: str | Path = "", answers: str | Path = "", **options: Any) -> Answer:
        """What must be shown in each regime: regimes=("cn", "eu"), role, days, to=FILE.html, language.

        Args:
            sheet: write the open questions into this file instead; takes regimes and role.
            answers: take in such a sheet first, each answer signed by who acts.
        """
        if sheet:
            return self._answer("comply", "ask", Path(sheet), **options)
        taken = {"stored": self._answer("comply", "answer", Path(answers))} if answers else {}
        if "to" in options:
            options["to"] = Path(options["to"])
        return self._answer("comply", "run", **options) | taken

    def incident(self, action: str = "show", number: str = "", **options: Any) -> Answer:
        """One step about an incident: open (what=…), note, show, close, export, drill or schema.

        Args:
            number: of the incident, for note, show, close and export.
            options: what, at, model, dataset, regimes, facts; step, text, clock; because; to.
        """
        return _INCIDENT[action](self, number, options)

    def map(self, measure: int = 0, *, item: int = 0, annex2: bool = False) -> Answer:
        """The 21 measures and safeguards, or the items of Annex 2: computed, asked, not tested, not for software."""
        items = annex2 or bool(item)
        return self._do("map", measure=item or measure, items=items)

    def count(
        self, *files: str | Path, why: str = "", into: str = "", by: Sequence[str] = (), **options: Any
    ) -> Answer:
        """Count this workspace and bundles of others; why=NAME explains, into=ADDRESS files; rules=, signers=."""
        if why:
            return self._answer("count", "explained", files, why, **options)
        if into:
            done = self._answer("count", "file", files, into, **options)
            return done | {"view": _service("count", "view")(into, by=by)}
        return self._do("count", files, **options)

    def status(self) -> Answer:
        """What is here, what was done, what comes next."""
        return self._answer("workspace", "status")

    def doctor(self) -> Answer:
        """Check chain, digests, keys, disk and packages."""
        made: Answer = _service("workspace", "doctor")(self.workspace.folder)
        return made

    def backup(self, to: str | Path = "", *, with_keys: bool = False) -> Answer:
        """Write the workspace into one file, read back before it counts."""
        return self._answer("workspace", "backup", Path(to) if to else None, with_keys=with_keys)

    def forget(self, what: str, *, reason: str, model: bool = False) -> Answer:
        """Really delete a dataset or a model version; digests and reason stay."""
        return self._answer("workspace", "forget", what, reason=reason, model=model)

    def _do(self, verb: str, *values: Any, **options: Any) -> Answer:
        return self._answer(verb, "run", *values, **options)

    def _answer(self, service: str, story: str, *values: Any, **options: Any) -> Answer:
        made: Answer = self._call(service, story, *values, **options)
        return made

    def _call(self, service: str, story: str, *values: Any, **options: Any) -> Any:
        done = _service(service, story)(self.workspace, *values, **options)
        return asyncio.run(done) if inspect.iscoroutine(done) else done


def _service(name: str, story: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(import_module(f"diapason.services.{name}"), story)
    return found


def _pack(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    wishes = {k: v for k, v in options.items() if k != "to"}
    if "accept" in wishes:
        over, least = wishes["accept"]
        wishes["accept"] = _service("visit", "Accept")(over=over, least=least)
    made: Answer = _service("visit", "pack")(
        ws, str(what), _service("visit", "Wishes")(**wishes), to=Path(options["to"])
    )
    return made


def _draft(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    said = {"plant": "", "until": "", "runs": 1, **options, "to": Path(options["to"])}
    made: Answer = _service("visit", "draft")(ws, Path(what), **said)
    return made


def _release(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    said = {k: Path(v) if k == "to" else v for k, v in options.items() if k != "contract"}
    story = _service("visit", "release" if said else "prepare")
    made: Answer = story(ws, str(what), Path(options["contract"]), **said)
    return made


def _run(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    story, names = _service("visit", "run"), options.get("map", {})
    made: Answer = story(ws, Path(what), Path(options["contract"]), options["on"], mapping=names)
    return made


def _looked(story: str) -> _Step:
    """The steps that take a file and its contract, and nothing else."""

    def done(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
        contract = options.get("contract")
        made: Answer = _service("visit", story)(ws, Path(what), Path(contract) if contract else None)
        return made

    return done


def _sign(ws: Workspace, what: str | Path, options: Mapping[str, Any]) -> Answer:
    made: Answer = _service("visit", "sign")(ws, Path(what), **options)
    return made


_INCIDENT: Mapping[str, Callable[[Plant, str, dict[str, Any]], Answer]] = {
    "open": lambda plant, _, said: plant._answer("incident", "open_", said.pop("what"), **said),
    "note": lambda plant, number, said: plant._answer("incident", "note", number, **said),
    "show": lambda plant, number, _: (
        plant._answer("incident", "view", number) if number else {"incidents": plant._call("incident", "listed")}
    ),
    "close": lambda plant, number, said: plant._answer("incident", "close", number, **said),
    "export": lambda plant, number, said: plant._answer("incident", "export", number, Path(said["to"])),
    "drill": lambda plant, _, said: plant._answer("incident", "drill", **said),
    "schema": lambda _, _number, _said: dict(_service("incident", "schema")()),
}


_VISIT: Mapping[str, _Step] = {
    "pack": _pack,
    "draft": _draft,
    "sign": _sign,
    "check": _looked("look"),
    "run": _run,
    "release": _release,
    "read": _looked("read"),
}


def init(folder: str | Path, *, person: str = "") -> Plant:
    """Make a workspace and open it."""
    make(Path(folder), person=person)
    return open_plant(folder, person=person)


def open_plant(folder: str | Path = ".", *, person: str = "", language: Language = "en") -> Plant:
    """Open the workspace in that folder or above it."""
    return Plant(open_workspace(Path(folder), person=person, language=language))


def restore(file: str | Path, folder: str | Path, *, new_key: bool = False) -> Answer:
    """Bring a workspace back from a backup into a new folder."""
    made: Answer = _service("workspace", "restore")(Path(file), Path(folder), new_key=new_key)
    return made


def scan(source: str | Path, **options: Any) -> Answer:
    """Look at a file, folder or pattern of any size in one pass, without a workspace: time=, asset=, key=, against=."""
    found: Answer = _service("scan.files", "run")(str(source), **options)
    return found


def verify(file: str | Path, *, language: Language = "en", **options: Any) -> Answer:
    """Recheck an evidence file, offline and without a workspace: signer=, anchor=, grade=, run=."""
    found: Answer = _service("verify", "verify")(Path(file), **options)
    return found | {"verdict": _service("verify", "verdict")(found)(language)}


def demo(folder: str | Path = ".", **options: Any) -> Answer:
    """The whole path once, on the embedded plant; leaves a report and its evidence."""
    made: Answer = asyncio.run(_service("demo", "run")(Path(folder), **options))
    return made
