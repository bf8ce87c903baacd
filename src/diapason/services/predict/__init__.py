"""Predict new rows with a model that may: verified, conditioned as in training, each row with its doubt."""

from diapason.services.predict.running import run

__all__ = ["run"]
