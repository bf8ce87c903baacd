"""A sensor's uncertainty budget, and what it makes of a prediction."""

from diapason.engines.uncertainty.budget import Budget, Part, Sensor, budget, combined, step
from diapason.engines.uncertainty.carrying import Carried, carried, errors

__all__ = ["Budget", "Carried", "Part", "Sensor", "budget", "carried", "combined", "errors", "step"]
