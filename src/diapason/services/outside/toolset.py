"""What agents from outside may call: two sets of tools, one that reads and one that proposes; none approves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from diapason.engines.evidence.canonical import digest

__all__ = ["PROPOSE", "READ", "SERVERS", "Server", "Tool", "digest_of", "toolset"]

Server = Literal["read", "propose"]
SERVERS: tuple[Server, ...] = ("read", "propose")


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool as a client sees it; the digest of all of them together is what people approve."""

    name: str
    description: str
    takes: Mapping[str, Any]  # JSON Schema
    gives: Mapping[str, Any]  # JSON Schema

    @property
    def told(self) -> dict[str, Any]:
        """As plain values."""
        return {"name": self.name, "description": self.description, "takes": self.takes, "gives": self.gives}


def digest_of(tools: tuple[Tool, ...], server: str) -> str:
    """One digest of the whole set: a tool that is renamed, added, taken away or reworded changes it."""
    return digest({"server": server, "tools": sorted((t.told for t in tools), key=lambda t: str(t["name"]))})


def toolset(server: Server) -> tuple[Tool, ...]:
    """The tools of a server."""
    return READ if server == "read" else PROPOSE


def _object(needed: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
    return made | ({"required": list(needed)} if needed else {})


def _word(meaning: str, most: int = 200) -> dict[str, Any]:
    return {"type": "string", "description": meaning, "maxLength": most}


_TEXT, _NUMBER, _BOTH = (
    {"type": "string"},
    {"type": "number"},
    {"type": "object", "properties": {"en": {"type": "string"}, "zh": {"type": "string"}}},
)
_LIST = {"type": "array", "items": {"type": "object"}}
_TEXTS = {"type": "array", "items": _TEXT}
_WAIT = {
    "type": "number",
    "exclusiveMinimum": 0,
    "maximum": 1440,
    "description": "minutes that it may wait, default 15",
}
_CUT = {"type": "boolean", "description": "whether more was there than is shown"}

READ: tuple[Tool, ...] = (
    Tool(
        "diapason_status",
        "What is in this plant's workspace: datasets, models, agents, length of the ledger.",
        _object(),
        _object(workspace=_TEXT, datasets=_NUMBER, models=_NUMBER, agents=_NUMBER, entries=_NUMBER),
    ),
    Tool(
        "diapason_datasets",
        "Datasets with rows, span of time and number of tags.",
        _object(),
        _object(datasets=_LIST, cut=_CUT),
    ),
    Tool(
        "diapason_tags",
        "Tags of one dataset with their units.",
        _object(("dataset",), dataset=_word("name of a dataset")),
        _object(dataset=_TEXT, tags=_LIST, cut=_CUT),
    ),
    Tool(
        "diapason_readings",
        "Readings of one tag between two moments, oldest first.",
        _object(
            ("dataset", "tag"),
            dataset=_word("name of a dataset"),
            tag=_word("exact name of a tag"),
            start=_word("ISO 8601, UTC; default the beginning"),
            end=_word("ISO 8601, UTC; default the end"),
            most={"type": "integer", "minimum": 1, "maximum": 500, "description": "readings at most, default 100"},
        ),
        _object(dataset=_TEXT, digest=_TEXT, tag=_TEXT, unit=_TEXT, readings=_LIST, cut=_CUT),
    ),
    Tool(
        "diapason_ask",
        "Ask about recorded data, models or agents, in English or Chinese. "
        "Numbers come with their source; else it abstains or asks back.",
        _object(("question",), question=_word("one question", 400)),
        _object(state=_TEXT, said=_BOTH, numbers=_LIST, words=_TEXTS, choices=_TEXTS),
    ),
    Tool(
        "diapason_agents",
        "Registered agents in force: owner, last day, grade, what they watch.",
        _object(asset=_word("only those of this asset")),
        _object(agents=_LIST, cut=_CUT),
    ),
    Tool(
        "diapason_explain",
        "What became of an agent's proposals, with every check of the gateway and its reason.",
        _object(("agent",), agent=_word("name of an agent")),
        _object(agent=_TEXT, actions=_LIST, cut=_CUT),
    ),
    Tool(
        "diapason_evidence",
        "A finished run by its id, or the runs about a name: verb, when, plan digest, entry of the ledger.",
        _object(run=_word("id of a run"), about=_word("name of a dataset, model or agent")),
        _object(runs=_LIST, cut=_CUT),
    ),
)  # fmt: skip
"""Nothing here changes anything."""

PROPOSE: tuple[Tool, ...] = (
    Tool(
        "diapason_propose",
        "Propose to move one tag, in the name of the registered agent that this server runs for. "
        "It is judged by the gateway; a person or the gateway decides, never the caller.",
        _object(
            ("asset", "tag", "new", "unit", "reason"),
            asset=_word("exact name of the asset"),
            tag=_word("exact name of the tag"),
            new={"type": "number", "description": "value that it shall have"},
            unit=_word("UCUM code of the value", 20),
            reason=_word("why, for the person who decides"),
            minutes=_WAIT,
            key=_word("to ask for the same again without proposing twice", 80),
        ),
        _object(key=_TEXT, state=_TEXT, said=_BOTH, refused_by=_TEXT, digest=_TEXT),
    ),
    Tool(
        "diapason_action",
        "What became of a proposal of this agent.",
        _object(("key",), key=_word("of the proposal", 80)),
        _object(key=_TEXT, state=_TEXT, said=_BOTH, refused_by=_TEXT, digest=_TEXT),
    ),
)  # fmt: skip
"""Proposals only: no tool approves, writes, stops, releases or changes a limit."""
