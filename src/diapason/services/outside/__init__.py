"""The door for agents from outside: they read, they ask, they propose in a registered name; nothing else."""

from diapason.services.outside.calling import LARGEST, call, started
from diapason.services.outside.pinning import approve_tools, pinned
from diapason.services.outside.proposing import Opener
from diapason.services.outside.toolset import SERVERS, Server, Tool, digest_of, toolset

__all__ = [
    "LARGEST",
    "SERVERS",
    "Opener",
    "Server",
    "Tool",
    "approve_tools",
    "call",
    "digest_of",
    "pinned",
    "started",
    "toolset",
]
