"""What was watched of a dataset: its key, its drift from a reference, its deliveries and their repair."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from diapason.engines.measures import Compared, Guarded, Keyed
from diapason.engines.scan import Scan
from diapason.errors import BrokenEvidence, DiapasonError
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import facts
from diapason.services.facts import guarded as deliveries
from diapason.services.ingest import contract as contract_of
from diapason.services.scan import datasets
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["compared", "guarded", "keyed", "reference_of"]

_HOUR = 3600.0
_STOPS = "act"
"""How grave an incident is whose break refuses rows."""


def keyed(scan: Scan) -> Keyed | None:
    """How often a key of the contract comes twice; None where it names none."""
    if not scan.shape.key:
        return None
    told = scan.told_of_keys()
    value, low, high = (float(told["repeated"][k]) for k in ("value", "low", "high"))
    return Keyed(scan.shape.key, scan.rows, int(told["missing"]), (value, low, high), told["how"] != "sampled")


def reference_of(ws: Workspace, version: Version, said: str) -> str:
    """What a version is held against: what the needs say, else what it was last scanned against; "" where neither."""
    return said or datasets.held_against(ws, version)


def compared(
    ws: Workspace, version: Version, scan: Scan, reference: str, fallen: Mapping[str, Text]
) -> Compared | None:
    """Each column against the reference, from the kept states of both; None where there is no reference.

    Of a version that only adds rows to the reference, those alone are compared.
    """
    if not reference:
        return None
    try:
        other = ws.lake.version(VersionRef.parse(reference))
        where = ground("dataset", other.ref)
        if other.ref == version.ref:
            return Compared(where, why=Text("it is the reference itself", "该版本就是参照本身"))
        if where in fallen:
            return Compared(where, why=Text(f"its reference {other.ref} stands no more", f"其参照 {other.ref} 已失效"))
        from diapason.engines.scan import drifts  # of versions with a reference only

        held, _ = datasets.state(ws, other, contract_of(ws, other.ref.name))
        new = datasets.added(ws, version, other.ref, contract_of(ws, version.ref.name))
        found = drifts(held, new or scan)
    except DiapasonError as error:
        said = Text(error.said("en")["what"], error.said("zh")["what"])
        return Compared(ground("dataset", reference), why=said)
    verdicts = {v: tuple(d.column for d in found if d.verdict == v) for v in ("drifted", "steady")}
    return Compared(where, verdicts["drifted"], verdicts["steady"])


def guarded(ws: Workspace, ref: VersionRef, fallen: Iterable[str]) -> Guarded | None:
    """Deliveries into a dataset, how long their rows waited, and the hours until what broke was put right.

    None where no delivery was judged, or where the ledger does not hold, so that nothing in it counts.
    """
    try:
        book = facts.read(ws, tuple(fallen))
        judged = [(run, v) for run, v in deliveries.judged(book) if run.name == ref.name]
        stories = deliveries.stories(book)
    except BrokenEvidence:
        return None
    if not judged:
        return None
    mine = [s for s in stories.values() if ref.name in (d.partition("@")[0] for d in s[0].said["datasets"])]
    now = book.now
    spans = [_span(opened.said, None if closed is None else closed.said, now) for opened, closed in mine]
    stops = [span for span, (opened, _) in zip(spans, mine, strict=True) if opened.said.get("severity") == _STOPS]
    streams = [(run, v) for run, v in judged if v.waits and (v.version or 0) <= ref.version]
    entries = [ground("entry", one.entry.seq) for story in mine for one in story if one]
    return Guarded(
        runs=tuple(ground("run", run.run) for run, _ in streams),
        waits=tuple(w for _, v in streams for w in v.waits),
        stored=sum(v.stored for _, v in streams),
        refused=sum(v.refused for _, v in judged if v.upto is not None and (v.version or 0) <= ref.version),
        hours=_hours([(datetime.fromisoformat(judged[0][0].at), now)]),
        down=_hours(stops),
        repairs=tuple(_hours([s]) for s, (_, closed) in zip(spans, mine, strict=True) if closed is not None),
        open=sum(closed is None for _, closed in mine),
        on=(*(ground("run", run.run) for run, _ in judged), *entries),
    )


def _span(opened: Mapping[str, Any], closed: Mapping[str, Any] | None, now: datetime) -> tuple[datetime, datetime]:
    begin = datetime.fromisoformat(str(opened["found"]))
    return begin, now if closed is None else datetime.fromisoformat(str(closed["at"]))


def _hours(spans: Iterable[tuple[datetime, datetime]]) -> float:
    """Hours that lie in any of the spans."""
    total, upto = 0.0, None
    for begin, end in sorted(spans):
        at = begin if upto is None else max(begin, upto)
        total += max(0.0, (end - at).total_seconds())
        upto = end if upto is None else max(upto, end)
    return total / _HOUR
