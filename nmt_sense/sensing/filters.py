"""The causal low-pass of the contact force: no overshoot, a stated delay, state carried from block to block."""

from __future__ import annotations

import math

import numpy as np

from nmt_sense.blocks import Float64Array, Int64Array

CUTOFF_HZ = 8.0
"""-3 dB. Voluntary changes of force lie below about 5 Hz, physiological tremor at 8-12 Hz (assumed, not measured)."""


class LowPass:
    """Two equal one-pole low-passes in series (critically damped), -3 dB at ``CUTOFF_HZ``.

    Chosen because its step response never overshoots: a press must not seem to overshoot the band. A 2nd-order Bessel
    of the same cut-off overshoots by 0.4 % and is 1.5 ms slower. All its weights are positive, so that a band of
    uncertainty filtered by it stays a band.

    With Ω = tan(π fc / rate) / sqrt(sqrt(2) - 1) and p = (1 - Ω) / (1 + Ω) (bilinear transform, warped so that the
    cut-off is exact at any rate), H(z) = ((1 - p)/2 * (1 + 1/z) / (1 - p/z))². Its group delay at zero frequency is
    1 + 2p/(1 - p) scans.

    Filters any number of columns at once. The first scan, and the first one after a gap in the scan numbers, starts it
    settled at that scan's values: what did not arrive is not imagined.
    """

    def __init__(self, period_s: float, columns: int) -> None:
        # Imported when a glove is there, not when the program starts: scipy.signal alone takes half a second.
        from scipy.signal import lfilter, lfilter_zi

        self._lfilter = lfilter
        warped = math.tan(math.pi * CUTOFF_HZ * period_s) / math.sqrt(math.sqrt(2.0) - 1.0)
        pole = (1.0 - warped) / (1.0 + warped)
        gain = ((1.0 - pole) / 2.0) ** 2
        self.name = f"critically damped low-pass, 2nd order, {CUTOFF_HZ:g} Hz"
        self.delay_s = (1.0 + 2.0 * pole / (1.0 - pole)) * period_s
        self._b = np.array([gain, 2.0 * gain, gain])
        self._a = np.array([1.0, -2.0 * pole, pole * pole])
        self._settled: Float64Array = np.repeat(lfilter_zi(self._b, self._a)[:, np.newaxis], columns, axis=1)
        self._state = self._settled
        self._next_scan: int | None = None

    def feed(self, scan: Int64Array, values: Float64Array) -> Float64Array:
        """Filtered values (N, columns) for values (N, columns) of the scans (N,); however cut, the same bits."""
        out = np.empty_like(values)
        start = 0
        for end in ends_of_runs(scan):
            out[start:end] = self._run(int(scan[start]), values[start:end])
            start = end
        return out

    def _run(self, first_scan: int, values: Float64Array) -> Float64Array:
        if first_scan != self._next_scan:
            self._state = self._settled * values[0]
        filtered, self._state = self._lfilter(self._b, self._a, values, axis=0, zi=self._state)
        self._next_scan = first_scan + len(values)
        return np.asarray(filtered)


def ends_of_runs(scan: Int64Array) -> list[int]:
    """Where each run of consecutive scans ends; [] for no scans."""
    count = len(scan)
    if count == 0:
        return []
    if scan[-1] - scan[0] == count - 1:  # the numbers rise strictly, so nothing is missing
        return [count]
    return [*(np.flatnonzero(np.diff(scan) != 1) + 1).tolist(), count]
