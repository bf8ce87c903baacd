"""What a change was worth, what it cost, and when it pays back."""

from diapason.services.effect.asking import Asked
from diapason.services.effect.costs import add_cost, costs, withdraw_cost
from diapason.services.effect.paying import payback
from diapason.services.effect.running import rerun, run

__all__ = ["Asked", "add_cost", "costs", "payback", "rerun", "run", "withdraw_cost"]
