"""The lower edge of points that are all late by unknown amounts, under a truth that bends a little."""

from __future__ import annotations

from nmt_sense.units import NS_PER_SECOND

MEMORY_S = 60.0
"""How long a point is remembered."""
LOOK_BACK_S = (50.0, 10.0)
"""The line goes through the edge at these ages, and keeps as far from its beginning as from its end: the outermost
points are on the edge even when they are late."""
MAX_BEND_PER_S = 0.5e-6
"""How fast the speeds of two clocks may drift apart: ±50 ppm within ten minutes, as a warming resonator does."""
MAX_SLOPE = 0.01
"""Largest credible difference between the two clocks' speeds (a ceramic resonator is good to 0.5 %)."""
Point = tuple[int, float]
"""Scan number and delay, ns."""


class Edge:
    """Keeps the points that a truth bending by at most :data:`MAX_BEND_PER_S` can touch from below.

    With no bend allowed this is the lower convex hull (Andrew's monotone chain, 1979); with some, a point stays as long
    as the pieces to its left and right do not make a sharper corner than the bend explains.
    """

    def __init__(self, period_s: float) -> None:
        self.points: list[Point] = []
        self._per_second = 1.0 / period_s
        self._steepest = MAX_SLOPE * NS_PER_SECOND * period_s
        self._half_bend = MAX_BEND_PER_S * NS_PER_SECOND * period_s * period_s / 2.0

    @property
    def span(self) -> int:
        """Scans from the oldest to the newest point."""
        return self.points[-1][0] - self.points[0][0] if self.points else 0

    def add(self, x: int, y: float) -> None:
        """Take a point newer than all before. Those from which no clock falls so fast were not on the edge."""
        points = self.points
        while points and points[-1][1] - y > self._steepest * (x - points[-1][0]):
            points.pop()
        while len(points) >= 2 and self._is_above(points[-2], points[-1], (x, y)):
            points.pop()
        points.append((x, y))

    def _is_above(self, a: Point, b: Point, c: Point) -> bool:
        corner = (c[1] - b[1]) / (c[0] - b[0]) - (b[1] - a[1]) / (b[0] - a[0])
        return corner + self._half_bend * (c[0] - a[0]) <= 0.0

    def forget(self, now: int) -> None:
        """Drop what is too old at scan ``now``."""
        oldest = now - MEMORY_S * self._per_second
        if self.points and self.points[-1][0] < oldest:
            self.clear()
        while len(self.points) >= 2 and self.points[1][0] < oldest:  # the piece over that age stays whole
            del self.points[0]

    def clear(self) -> None:
        """Drop everything."""
        self.points.clear()

    def level(self, x: int, slope: float) -> float:
        """Height at ``x`` of the line of this slope that touches the edge from below."""
        return min(y + slope * (x - at) for at, y in self.points)

    def line(self, x: int) -> tuple[float, float]:
        """Slope, and height at ``x``, of the line along the edge. Needs two points."""
        newest = self.points[-1][0]
        margin = min(LOOK_BACK_S[1] * self._per_second, 0.3 * self.span)
        old = max(self.points[0][0] + margin, newest - LOOK_BACK_S[0] * self._per_second)
        young = newest - margin
        height = self._height(young)
        slope = (height - self._height(old)) / (young - old)
        return slope, height + slope * (x - young)

    def _height(self, at: float) -> float:
        i = next(i for i in range(1, len(self.points)) if self.points[i][0] >= at)
        (x0, y0), (x1, y1) = self.points[i - 1], self.points[i]
        return y0 + (y1 - y0) * ((at - x0) / (x1 - x0))
