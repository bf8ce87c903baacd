"""Pumps and the hydrogen compressor: curves, and what wear does to them."""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from diapason.engines.plant.chemistry import DENSITY, GAS

__all__ = ["Compressor", "Pump"]

Array = NDArray[np.float64]

_HEAD_LOST, _EFFICIENCY_LOST = 0.12, 0.22  # by a failed pump
_CAPACITY_LOST, _COMPRESSION_LOST = 0.45, 0.25  # by a compressor with failed valves


@dataclass(slots=True)
class Pump:
    """A centrifugal pump: pressure rise = shut-off pressure - curve · flow²; wear costs head and efficiency."""

    shutoff: float  # bar
    curve: float  # bar / (kg/s)²
    best: float  # flow at best efficiency, kg/s
    wear: float = 0.0  # 0 new .. 1 failed
    running: bool = True

    def deliver(self, conductance: float, lift: float) -> float:
        """Flow in kg/s through a valve of this conductance (kg/s/√bar) against a pressure difference of `lift` bar."""
        push = self.shutoff * (1.0 - _HEAD_LOST * self.wear) - lift
        if not self.running or conductance <= 0.0 or push <= 0.0:
            return 0.0
        return sqrt(push / (self.curve + 1.0 / (conductance * conductance)))

    def rise(self, flow: Array, wear: Array, running: Array) -> Array:
        """Pressure rise, bar."""
        return running * (self.shutoff * (1.0 - _HEAD_LOST * wear) - self.curve * flow * flow)

    def power(self, flow: Array, wear: Array, running: Array) -> Array:
        """Shaft power, kW: hydraulic over an efficiency that falls away from the best point, and idling losses."""
        off = np.minimum(np.abs(flow / self.best - 1.0), 1.2)
        efficiency = 0.62 * (1.0 - _EFFICIENCY_LOST * wear) * (1.0 - 0.5 * off * off)
        idle = 0.12 * self.shutoff * self.best / DENSITY * 100.0
        return running * (flow / DENSITY * self.rise(flow, wear, running) * 100.0 / efficiency + idle)


@dataclass(slots=True)
class Compressor:
    """A single-stage reciprocating compressor; leaking valves cost capacity and heat the gas."""

    displacement: float  # m3/s
    clearance: float = 0.12
    wear: float = 0.0  # of the valves, 0 new .. 1 failed
    running: bool = True
    flow: float = 0.0  # kmol/s

    def deliver(self, suction: float, discharge: float, temperature: float) -> float:
        """Flow in kmol/s from `suction` to `discharge` (bar) of gas that arrives at `temperature` (Cel)."""
        if not self.running:
            self.flow = 0.0
            return 0.0
        squeezed = exp(log(discharge / suction) / 1.4) - 1.0 if discharge > suction else 0.0
        volumetric = 1.0 - self.clearance * squeezed - _CAPACITY_LOST * self.wear
        flow = volumetric * self.displacement * suction / (GAS * (temperature + 273.15))
        self.flow = flow if flow > 0.0 else 0.0
        return self.flow

    @staticmethod
    def outlet(suction: Array, discharge: Array, temperature: Array, wear: Array, running: Array) -> Array:
        """Discharge temperature, Cel: adiabatic over an efficiency that wear lowers."""
        ideal = (np.maximum(discharge / suction, 1.0)) ** 0.2857 - 1.0
        return temperature + running * (temperature + 273.15) * ideal / (0.80 * (1.0 - _COMPRESSION_LOST * wear))
