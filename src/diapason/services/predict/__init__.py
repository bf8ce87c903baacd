"""Predict new rows with a model that may: verified, conditioned as in training, each row with its doubt."""

from diapason.services.predict.doubting import known_margins, known_ranges
from diapason.services.predict.running import allowed, contract_of, run, training

__all__ = ["allowed", "contract_of", "known_margins", "known_ranges", "run", "training"]
