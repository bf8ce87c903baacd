"""The gateway: the only writer. A proposal in; a verdict, a person's yes, one write, a read-back, and the way back."""

from diapason.services.gateway.approving import approve, refuse
from diapason.services.gateway.envelopes import assets, bound, in_force, read_envelopes, sign_envelope
from diapason.services.gateway.halts import release, stopped, stops
from diapason.services.gateway.ladder import binding, demote, level, levels, note_shadow, promote, shadow_of
from diapason.services.gateway.leading import roll_back, undo
from diapason.services.gateway.modes import MODES, mode_of, set_mode
from diapason.services.gateway.recovering import recover
from diapason.services.gateway.stopping import fall_back, stop, stop_here
from diapason.services.gateway.story import Action, find, waiting
from diapason.services.gateway.submitting import carry_out, consider, sign, submit
from diapason.services.gateway.watching import Tended, alarmed, beat, hold, silent, tend
from diapason.services.gateway.words import button

__all__ = [
    "MODES",
    "Action",
    "Tended",
    "alarmed",
    "approve",
    "assets",
    "beat",
    "binding",
    "bound",
    "button",
    "carry_out",
    "consider",
    "demote",
    "fall_back",
    "find",
    "hold",
    "in_force",
    "level",
    "levels",
    "mode_of",
    "note_shadow",
    "promote",
    "read_envelopes",
    "recover",
    "refuse",
    "release",
    "roll_back",
    "set_mode",
    "shadow_of",
    "sign",
    "sign_envelope",
    "silent",
    "stop",
    "stop_here",
    "stopped",
    "stops",
    "submit",
    "tend",
    "undo",
    "waiting",
]
