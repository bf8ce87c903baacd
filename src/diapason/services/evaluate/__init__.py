"""Bring your own model: a table of predictions or an ONNX file gets the same evaluation as ours."""

from diapason.services.evaluate.running import run

__all__ = ["run"]
