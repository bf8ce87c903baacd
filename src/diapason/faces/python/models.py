"""Verbs that learn, prove repairs of the data, and put a model to work."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diapason.faces.python.asking import Answer, Asking, story_of

__all__ = ["ModelVerbs"]


class ModelVerbs(Asking):
    """Learn, try repairs, adopt, publish, predict."""

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
            return self._answer("mend", "adopt", name, story_of("mend", "read_sheet")(Path(edited)))
        done = self._do("mend", name, least=least)
        if sheet and done["cells"]:
            story_of("mend", "write_sheet")(done, Path(sheet), self.workspace.language, least=least)
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
        """List the data work orders of a dataset, place or close one; without a name: the order book.

        Args:
            place: id of a proposed order; with cost, by (a day, ISO 8601) and who.
            close: number of a placed order; measures what it gave.
        """
        if place:
            return self._answer("order", "place", name, place, **options)
        if close:
            return self._answer("order", "close", name, close, **options)
        return self._answer("order", "listed", name) if name else self._answer("desk", "book")

    def adopt(self, name: str, *, candidate: str = "") -> Answer:
        """Adopt a proved repair, or what people have answered, in the name of who acts."""
        return self._do("adopt", name, candidate=candidate)

    def undo(self, name: str, *, reason: str = "") -> Answer:
        """Take the newest adoption back, or an agent's write: `action:KEY`."""
        if name.startswith("action:"):
            return self._answer("gateway", "undo_now", name.removeprefix("action:"), because=reason)
        return self._answer("adopt", "undo", name, reason=reason)

    def publish(self, model: str, *, accept: Sequence[str] = (), waive: str = "") -> Answer:
        """Publish a model if data, score, evidence and a second person allow it."""
        return self._do("publish", model, accept=accept, waive=waive)

    def approve(self, model: str, *, days: int = 365, note: str = "", by_hand: bool = False, **options: str) -> Answer:
        """Sign one exact model, a change (`change-1`) or an action (`action:KEY`) with seen=DIGEST, or refuse=WHY.

        Args:
            by_hand: of an action that is advice: you have set it by hand.
        """
        if model.startswith("action:"):
            key = model.removeprefix("action:")
            if by_hand:
                return self._answer("gateway", "follow_now", key, note=note)
            if "refuse" in options:
                return self._answer("gateway", "refuse", key, because=options["refuse"])
            return self._answer("gateway", "approve_now", key, note=note, **options)
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
