"""Each use of a dataset under terms: decided before it happens, and written to the ledger either way."""

from collections.abc import Sequence
from typing import Any

from diapason.engines.usage import Use, Verdict, decide
from diapason.errors import Refused
from diapason.ports.workspace import Workspace
from diapason.services.exchange.binding import Bound, bound, place_of
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["use"]


def use(ws: Workspace, service: str, name: str, *, counts: bool = True) -> tuple[str, ...]:
    """Ask for one use of a dataset; what the terms say is written down, and a use that they forbid is refused.

    Args:
        service: one of `engines.usage.SERVICES`.
        name: dataset, with or without its version.
        counts: False only asks ahead: a use that would be allowed is neither counted nor written down.

    Returns:
        Who must be named, from all terms; nothing where the dataset is under none.

    Raises:
        Refused: names the contract and everything that stands against it.
    """
    held = bound(ws, name)
    if not held:
        return ()
    verdicts = [(one, _decided(ws, service, one)) for one in held]
    against = [(one, verdict) for one, verdict in verdicts if not verdict.allowed]
    for one, verdict in verdicts if counts or against else ():
        _written(ws, service, name, one, verdict, granted=not against)
    if against:
        raise _refused(name, against)
    return tuple(dict.fromkeys(one.terms.attribution for one in held if one.terms.attribution))


def _decided(ws: Workspace, service: str, one: Bound) -> Verdict:
    entries = ws.ledger.entries(kind="use", subject=f"contract:{one.contract}")
    before = sum(bool(e.body["granted"]) for e in entries)
    return decide(one.terms, Use(service, ws.clock().date(), before, place_of(ws) if one.terms.places else ""))


def _written(  # roomy: a decision has that many sides
    ws: Workspace, service: str, name: str, one: Bound, verdict: Verdict, *, granted: bool
) -> None:
    body: dict[str, Any] = {
        "contract": one.contract,
        "terms": one.digest,
        "dataset": name,
        "of": one.of,
        "service": service,
        "allowed": verdict.allowed,
        "granted": granted,
        "why": [{"en": w.en, "zh": w.zh} for w in verdict.why],
        "person": ws.person,
        "on": [ground("entry", one.seq)],
    }
    ws.ledger.append("use", subject=f"contract:{one.contract}", body=body)


def _refused(name: str, against: Sequence[tuple[Bound, Verdict]]) -> Refused:
    why = [w for _, verdict in against for w in verdict.why]
    by = ", ".join(dict.fromkeys(one.contract for one, _ in against))
    first = against[0][0]
    own = (
        Text("", "")
        if first.of == name.partition("@")[0]
        else Text(f", made from {first.of},", f"（派生自 {first.of}）")
    )
    return Refused(
        Text(
            f"{name}{own.en} is under terms: {'; '.join(w.en for w in why)}",
            f"{name}{own.zh} 受条款约束：{'；'.join(w.zh for w in why)}",
        ),
        at=by,
        fix=Text(
            f"see the terms: diapason offer {first.of}; agree on others, and bind them: --bind FILE",
            f"查看条款：diapason offer {first.of}；另行约定后以 --bind FILE 登记",
        ),
    )
