"""The gateway: the only writer. A proposal in; a verdict, a person's yes, one write, a read-back, and the way back."""

from diapason.services.gateway.advising import follow, follow_now
from diapason.services.gateway.approving import MAY, apart, approve, refuse
from diapason.services.gateway.beating import beat, silent, tends, watched
from diapason.services.gateway.envelopes import (
    assets,
    bound,
    envelope_file,
    in_force,
    read_envelopes,
    shown,
    sign_envelope,
)
from diapason.services.gateway.halts import release, stopped, stops
from diapason.services.gateway.ladder import binding, demote, level, levels, note_shadow, promote, set_level, shadow_of
from diapason.services.gateway.leading import roll_back, undo
from diapason.services.gateway.modes import MODES, mode_of, set_mode
from diapason.services.gateway.reaching import (
    approve_now,
    fall_back_now,
    reached,
    recover_now,
    undo_now,
    watch,
)
from diapason.services.gateway.recovering import recover
from diapason.services.gateway.stopping import fall_back, stop, stop_here, stop_noted
from diapason.services.gateway.story import Action, await_end, find, lapsed, waiting
from diapason.services.gateway.submitting import carry_out, consider, sign, submit
from diapason.services.gateway.watching import Tended, alarmed, hold, tend
from diapason.services.gateway.words import button

__all__ = [
    "MAY",
    "MODES",
    "Action",
    "Tended",
    "alarmed",
    "apart",
    "approve",
    "approve_now",
    "assets",
    "await_end",
    "beat",
    "binding",
    "bound",
    "button",
    "carry_out",
    "consider",
    "demote",
    "envelope_file",
    "fall_back",
    "fall_back_now",
    "find",
    "follow",
    "follow_now",
    "hold",
    "in_force",
    "lapsed",
    "level",
    "levels",
    "mode_of",
    "note_shadow",
    "promote",
    "reached",
    "read_envelopes",
    "recover",
    "recover_now",
    "refuse",
    "release",
    "roll_back",
    "set_level",
    "set_mode",
    "shadow_of",
    "shown",
    "sign",
    "sign_envelope",
    "silent",
    "stop",
    "stop_here",
    "stop_noted",
    "stopped",
    "stops",
    "submit",
    "tend",
    "tends",
    "undo",
    "undo_now",
    "waiting",
    "watch",
    "watched",
]
