"""Facts about people and about how the record is kept: roles, duties apart, backups, unfinished runs, declarations."""

from diapason.services.facts.book import Book
from diapason.services.facts.declared import valid
from diapason.services.facts.registry import Known, Value, by_person, counts, on_runs, share
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__: list[str] = []

_PERSON = "diapason person NAME --role ROLE"
_ROLES = ("administrator", "trainer", "approver", "operator")
_ZH = dict(zip(_ROLES, ("管理员", "训练员", "批准人", "操作员"), strict=True))


@counts(
    Known("people", Text("people with a role and a key of their own", "有角色且有个人密钥的人数"), "1", _PERSON),
    *(
        Known(f"{r}s", Text(f"people who are {r}", f"{_ZH[r]}人数"), "1", f"diapason person NAME --role {r}")
        for r in _ROLES
    ),
    Known("roles_filled", Text("kinds of role that somebody has", "已有人担任的角色种数"), "1", _PERSON),
    Known(
        "duties_apart",
        Text("somebody may approve who does not train", "批准人与训练人分离"),
        "1",
        "diapason person NAME --role approver",
    ),
)
def _roles(book: Book) -> dict[str, Value | None]:
    mine = {person: roles for person, roles in by_person(book).items() if roles}

    def having(role: str) -> Value:
        found = [person for person, roles in mine.items() if role in roles]
        return len(found), tuple(ground("person", person) for person in found)

    apart = [person for person, roles in mine.items() if "approver" in roles and "trainer" not in roles]
    every = tuple(ground("person", person) for person in mine)
    return {
        "people": (len(mine), every),
        **{f"{role}s": having(role) for role in _ROLES},
        "roles_filled": (len({role for roles in mine.values() for role in roles}), every),
        "duties_apart": (bool(apart), tuple(ground("person", person) for person in apart) or every),
    }


_LOOKING = ("appraise", "statement")
"""Verbs that only look: counting them would change what they count."""


@counts(
    Known("runs_finished", Text("runs that ended in a signed result", "以签名结果结束的运行数")),
    Known("people_acting", Text("people who have signed runs", "有签名运行的人数"), "1", "diapason VERB … --as PERSON"),
    Known("runs_abandoned", Text("runs that were given up, with the reason", "已放弃的运行数（留有理由）")),
    Known(
        "runs_unfinished",
        Text("runs that were sealed and never ended", "已封存而未结束的运行数"),
        "1",
        "call the same command again",
    ),
    Known(
        "share_runs_ended", Text("share of sealed runs that ended, one way or the other", "已封存运行中有结局的占比")
    ),
)
def _runs(book: Book) -> dict[str, Value | None]:
    done = [run for verb in book.verbs() if verb not in _LOOKING for run in book.done(verb)]
    sealed = [e for e in book.entries("plan") if e.run.split("-", 1)[0] not in _LOOKING]
    given_up = book.entries("abandoned")
    ended = {run.run for run in done} | {e.run for e in given_up}
    loose = [e for e in sealed if e.run not in ended]
    people = dict.fromkeys(run.person for run in done)
    return {
        "runs_finished": (len(done), on_runs(done)),
        "people_acting": (len(people), tuple(ground("person", p) for p in people)),
        "runs_abandoned": (len(given_up), tuple(ground("entry", e.seq) for e in given_up)),
        "runs_unfinished": (len(loose), tuple(ground("entry", e.seq) for e in loose)),
        "share_runs_ended": share(len(sealed) - len(loose), len(sealed), on_runs(done)),
    }


@counts(
    Known(
        "ledger_holds",
        Text("the chain of the ledger holds from end to end", "账本链条首尾完好"),
        "1",
        "diapason doctor",
    ),
    Known("days_of_record", Text("days that the record spans until now", "记录覆盖至今的天数"), "d"),
)
def _record(book: Book) -> dict[str, Value | None]:
    count, first, _ = book.span()
    if not count:
        return {}
    on = (ground("entry", count),)
    return {"ledger_holds": (not book.broken(), on), "days_of_record": (book.days(first), (ground("entry", 1), *on))}


@counts(
    Known(
        "backups",
        Text("backups that were read back when they were made", "备份次数（制作时已回读校验）"),
        "1",
        "diapason backup FILE",
    ),
    Known("days_since_backup", Text("days since the last backup", "距最近一次备份的天数"), "d", "diapason backup FILE"),
)
def _saved(book: Book) -> dict[str, Value | None]:
    found = book.entries("backup")
    on = tuple(ground("entry", e.seq) for e in found)
    return {"backups": (len(found), on), "days_since_backup": (book.days(found[-1].at), on[-1:]) if found else None}


@counts(
    Known("appraisals", Text("appraisals that were made", "已作出的评估次数"), "1", "diapason appraise MODEL"),
    Known(
        "models_of_maturity_used",
        Text("models of maturity that were used", "使用过的成熟度模型数"),
        "1",
        "diapason appraise MODEL",
    ),
    Known(
        "days_since_appraisal",
        Text("days since the last appraisal", "距最近一次评估的天数"),
        "d",
        "diapason appraise MODEL",
    ),
)
def _appraised(book: Book) -> dict[str, Value | None]:
    done = book.done("appraise")
    kinds = {str(run.result.get("model")) for run in done}
    return {
        "appraisals": (len(done), on_runs(done)),
        "models_of_maturity_used": (len(kinds), on_runs(done)),
        "days_since_appraisal": (book.days(done[-1].at), on_runs(done[-1:])) if done else None,
    }


@counts(
    Known(
        "answers_declared",
        Text("answers that people have signed and that are valid", "由人签名且有效的答复数"),
        "1",
        "diapason declare --sheet FILE",
    ),
    Known(
        "share_answers_with_paper",
        Text("share of declared answers with a document in the vault", "附有存档文件的答复占比"),
        "1",
        "diapason declare FACT VALUE --evidence FILE",
    ),
)
def _declared(book: Book) -> dict[str, Value | None]:
    found = valid(book)
    on = tuple(ground("entry", one.entry.seq) for one in found.values())
    paper = sum(bool(one.said.get("evidence")) for one in found.values())
    return {"answers_declared": (len(found), on), "share_answers_with_paper": share(paper, len(found), on)}
