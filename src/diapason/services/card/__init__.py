"""Cards of datasets: what is known of one, in the forms in which others read it, and its class with reasons."""

from diapason.services.card.classifying import classify
from diapason.services.card.gathering import gather
from diapason.services.card.reading import read
from diapason.services.card.writing import FORMS, run

__all__ = ["FORMS", "classify", "gather", "read", "run"]
