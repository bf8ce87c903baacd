"""Open an incident, stamp its steps, close it: each a signed entry in the name of who acts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import Conflict, DataError, NotFound
from diapason.knowledge.facts import facts as questions
from diapason.knowledge.incidents import clocks
from diapason.ports.workspace import Workspace
from diapason.services.incident.clocks import MEASURES, grade_of
from diapason.services.incident.viewing import found, kept, told, view
from diapason.services.permit import INCIDENT
from diapason.services.permit.answers import value_of
from diapason.services.publish import find
from diapason.services.workspace import signer_of
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["STEPS", "close", "note", "open_", "signed"]

STEPS = ("detect", "contain", "recover", "report")


def open_(  # roomy: what is known at the first moment
    ws: Workspace,
    what: str,
    *,
    at: str = "",
    model: str = "",
    dataset: str = "",
    regimes: Sequence[str] = ("cn", "eu"),
    facts: Sequence[str] = (),
    rule: str = "",
    owner: str = "",
    severity: str = "",
) -> dict[str, Any]:
    """Write an incident down; every clock counts from the moment at which it was noticed.

    The model, the dataset and the head of the ledger are frozen by their digests.

    Args:
        at: when it was noticed, ISO 8601; without a zone that of this machine; default now.
        facts: `loss_yuan=5000000`, `personal_records=0`, `operator=other`, `person_died=no`, …
        rule: of the dataset's contract, that was broken; such an incident may be of no regime, and no clock runs then.
        owner: who answers for the dataset.
        severity: of a broken rule: act, look or know.

    Returns:
        The record with the time left on each clock.

    Raises:
        DataError: no text, a time that is none or lies ahead, or an unknown fact or regime.
        NotFound: no such model or dataset.
    """
    if not what.strip():
        raise DataError(
            Text("say what happened", "请说明发生了什么"),
            at="--what",
            fix='--what "the soft sensor was fed wrong rows"',
        )
    odd = [r for r in regimes if r not in ("cn", "eu")]
    if odd or not (regimes or rule):
        raise DataError(
            Text(f"no clocks are known for '{', '.join(odd)}'", f"没有“{'、'.join(odd)}”的时限"),
            at="--regimes",
            fix="cn,eu",
        )
    moment = _time(ws, at)
    known, numbers = _facts(facts)
    known |= _graded(numbers)
    evidence, models, datasets = _frozen(ws, model, dataset)
    number = _number(ws, moment)
    said = {
        "act": "open",
        "what": what.strip(),
        "found": moment.isoformat(timespec="seconds"),
        "regimes": list(regimes),
        "models": models,
        "datasets": datasets,
        "facts": known,
        "numbers": numbers,
        "evidence": evidence,
        "owner": owner,
        "rule": rule,
        "severity": severity,
    }
    signed(ws, number, said)
    kept(ws, number)
    return view(ws, number)


def note(  # roomy: what a stamp says
    ws: Workspace, number: str, *, step: str, text: str, clock: str = "", at: str = "", facts: Sequence[str] = ()
) -> dict[str, Any]:
    """Stamp a step that was done, or a report that was made; facts that became known go with it.

    Args:
        step: detect, contain, recover or report.
        clock: of a report, the clock that it meets.

    Raises:
        NotFound: no such incident or clock.
        DataError: no such step, no text, or a time that is none or lies ahead.
        Conflict: the incident is closed.
    """
    record = found(ws, number)
    if record.closed is not None:
        raise Conflict(
            Text(f"{record.id} is closed", f"{record.id} 已关闭"),
            at=record.id,
            fix=f"diapason incident show {record.id}",
        )
    if step not in STEPS or not text.strip():
        raise DataError(
            Text("a note needs a step and a text", "记录须有步骤与说明"),
            at="--step, --text",
            fix=Text("--step one of: " + ", ".join(STEPS), "--step 可选：" + "、".join(STEPS)),
        )
    if clock:
        _clock(clock, step, [c.id for c in record.clocks])
    moment = _time(ws, at)
    if moment < record.found:
        raise DataError(
            Text("that was before the incident was noticed", "早于事件发现时间"),
            at="--at",
            fix=record.found.isoformat(),
        )
    known, numbers = _facts(facts)
    known |= _graded(record.numbers | numbers)
    said = {
        "act": "note",
        "step": step,
        "text": text.strip(),
        "clock": clock,
        "when": moment.isoformat(timespec="seconds"),
    }
    signed(ws, record.id, {**said, "facts": known, "numbers": numbers})
    kept(ws, record.id)
    return view(ws, record.id)


def close(ws: Workspace, number: str, *, because: str = "") -> dict[str, Any]:
    """Close an incident. While a clock surely runs whose report was not made, a reason must be given.

    Raises:
        Conflict: it is closed, was not recovered from, or reports are due and no reason is given.
    """
    record = found(ws, number)
    if record.closed is not None:
        raise Conflict(
            Text(f"{record.id} is closed already", f"{record.id} 已经关闭"), at=record.id, fix="diapason incident show"
        )
    due = [c.id for c in record.clocks if c.state in ("runs", "late") and c.met is None]
    if "recover" not in {s.step for s in record.stamps} and not because.strip():
        raise Conflict(
            Text(f"{record.id} has no step 'recover'", f"{record.id} 没有“恢复”步骤"),
            at=record.id,
            fix=f'diapason incident note {record.id} --step recover --text "…"',
        )
    if due and not because.strip():
        raise Conflict(
            Text(f"reports are due: {', '.join(due)}", f"尚有报告未提交：{'、'.join(due)}"),
            at=record.id,
            fix=f'diapason incident note {record.id} --step report --clock {due[0]} --text "…"   # or --text WHY',
        )
    signed(ws, record.id, {"act": "close", "because": because, "unreported": due})
    kept(ws, record.id)
    return view(ws, record.id)


def signed(ws: Workspace, number: str, said: Mapping[str, Any]) -> int:
    """One entry about an incident, signed by who acts; returns its number in the ledger."""
    at = ws.clock().astimezone(UTC).isoformat(timespec="seconds")
    whole = {"id": number, "person": ws.person, "at": at, **said}
    listed = [Subject(e["name"], e["sha256"]) for e in said.get("evidence", ())]
    subjects = tuple(listed) or (Subject(f"incident:{number}", sha256(number.encode()).hexdigest()),)
    signer = signer_of(ws)
    body = dsse.sign(Statement(subjects, INCIDENT, whole), signer.keyid, signer.sign)
    return ws.ledger.append("incident", subject=f"incident:{number}", body=body).seq


def _clock(name: str, step: str, mine: Sequence[str]) -> None:
    if step != "report" or name not in clocks():
        raise NotFound(
            Text(f"no report has the clock '{name}'", f"没有时限“{name}”的报告"),
            at="--clock",
            fix=Text("with --step report, one of: ", "配合 --step report，可选：")
            + (", ".join(mine) or ", ".join(clocks())),
        )


def _time(ws: Workspace, text: str) -> datetime:
    """A moment with its zone; none lies ahead."""
    now = ws.clock()
    if not text:
        return now
    try:
        read = datetime.fromisoformat(text.strip().replace(" ", "T", 1))
    except ValueError:
        raise DataError(
            Text(f"'{text}' is no time", f"“{text}”不是时间"), at="--at", fix="--at 2026-11-29T08:00+08:00"
        ) from None
    moment = read if read.tzinfo else read.replace(tzinfo=now.astimezone().tzinfo)
    if moment > now:
        raise DataError(
            Text(f"{text} lies ahead", f"{text} 尚未到来"), at="--at", fix=now.isoformat(timespec="minutes")
        )
    return moment


def _facts(given: Sequence[str]) -> tuple[dict[str, Any], dict[str, float]]:
    """Facts and numbers out of `name=value` words; several may stand in one, with commas between."""
    facts: dict[str, Any] = {}
    numbers: dict[str, float] = {}
    for word in (w.strip() for text in given for w in text.split(",") if w.strip()):
        name, equals, value = (part.strip() for part in word.partition("="))
        if name in MEASURES and equals:
            numbers[name] = _amount(name, value)
        elif name in questions() and equals:
            facts[name] = value_of(questions()[name], value)
        else:
            raise DataError(
                Text(f"'{word}' is no fact of an incident", f"“{word}”不是事件事实"),
                at="--grade-facts",
                fix=", ".join(f"{m}=0" for m in MEASURES) + ", operator=other, personal_data_breach=no, person_died=no",
            )
    return facts, numbers


def _graded(numbers: Mapping[str, float]) -> dict[str, str]:
    """The grade as a fact, where the numbers say which it is."""
    grade = grade_of(numbers)
    return {"incident_grade": grade.surely} if grade.surely == grade.perhaps else {}


def _amount(name: str, text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1
    if not 0 <= amount < float("inf"):
        raise DataError(
            Text(f"{name} cannot be '{text}'", f"{name} 不能是“{text}”"), at="--grade-facts", fix=f"{name}=0"
        )
    return amount


def _frozen(ws: Workspace, model: str, dataset: str) -> tuple[list[dict[str, str]], list[str], list[str]]:
    """Digests of what is touched, and of the ledger up to now."""
    evidence, models, datasets = [], [], []
    if model:
        known = find(ws, model)
        models.append(str(known.ref))
        evidence.append({"name": f"model/{known.ref}", "sha256": known.digest})
    if dataset:
        version = ws.lake.version(VersionRef.parse(dataset))
        datasets.append(str(version.ref))
        evidence.append({"name": f"dataset/{version.ref}", "sha256": version.digest})
    seq, head = ws.ledger.head()
    evidence.append({"name": f"ledger/{seq}", "sha256": head})
    return evidence, models, datasets


def _number(ws: Workspace, moment: datetime) -> str:
    day, known = moment.date().isoformat(), {r.id for r in told(ws)}
    return next(name for i in range(1, len(known) + 2) if (name := f"incident-{day}-{i}") not in known)
