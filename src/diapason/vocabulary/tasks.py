"""The one list of task types."""

from enum import StrEnum

__all__ = ["Task"]


class Task(StrEnum):
    """What a model is for; the same words in code, command line, cards and documents."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    REMAINING_LIFE = "remaining_life"
    MONITORING = "monitoring"
    FORECASTING = "forecasting"
    INSPECTION = "inspection"
    ROOT_CAUSE = "root_cause"
    SCHEDULING = "scheduling"
    OPTIMISATION = "optimisation"
    KNOWLEDGE = "knowledge"
