"""Small charts as SVG; colours come from the stylesheet, because the policy of the pages allows no inline style."""

from collections.abc import Sequence

from markupsafe import Markup

from functions.console.domain import Series, Traffic

WIDTH, HEIGHT = 120, 24
CHART_WIDTH, CHART_HEIGHT = 600, 140


def traffic_chart(traffic: Traffic) -> Markup:
    """Draw the requests of each period as bars, and the failed ones in front of them."""
    most = max(*traffic.requests, 1.0)
    bars = [
        *_bars(traffic.requests, most=most, css="requests"),
        *_bars([min(each, most) for each in traffic.failed], most=most, css="failed"),
    ]
    label = f"{round(traffic.total)} requests, {round(traffic.total_failed)} failed"
    return _svg(WIDTH, HEIGHT, label, bars, css="sparkline")


def threshold_chart(series: Series, *, threshold: float) -> Markup:
    """Draw the values of an alarm as points that a line joins, and its threshold as a line."""
    known = [value for value in series.values if value is not None]
    top = max([*known, threshold, 1e-9]) * 1.1
    step = CHART_WIDTH / max(len(series.values) - 1, 1)

    def y(value: float) -> float:
        return CHART_HEIGHT - 1 - max(value, 0.0) / top * (CHART_HEIGHT - 2)

    lines = [
        _line([(place * step, y(value)) for place, value in run], css="values") for run in _runs(series.values) if run
    ]
    limit = _line([(0.0, y(threshold)), (float(CHART_WIDTH), y(threshold))], css="threshold")
    shown = f"newest value {series.newest:g}" if series.newest is not None else "no values"
    return _svg(CHART_WIDTH, CHART_HEIGHT, f"{shown}, threshold {threshold:g}", [*lines, limit], css="chart")


def _bars(values: Sequence[float], *, most: float, css: str) -> list[str]:
    width = WIDTH / max(len(values), 1)
    return [
        f'<rect class="{css}" x="{place * width:.1f}" y="{HEIGHT - height:.1f}" width="{width * 0.8:.1f}"'
        f' height="{height:.1f}"/>'
        for place, value in enumerate(values)
        # A single request is to be seen, too.
        if (height := max(value / most * HEIGHT, 1.5) if value else 0.0)
    ]


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the values that follow each other without a gap, each with its place."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return runs


def _line(points: Sequence[tuple[float, float]], *, css: str) -> str:
    if len(points) == 1:
        [(x, y)] = points
        # A short line: a circle would be cut off at the edge, and drawn as an ellipse.
        return f'<polyline class="{css}" points="{max(x - 4, 0):.1f},{y:.1f} {max(x, 4):.1f},{y:.1f}"/>'
    return f'<polyline class="{css}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def _svg(width: int, height: int, label: str, drawn: Sequence[str], *, css: str) -> Markup:
    # Only numbers, and words of this module.
    return Markup(  # noqa: S704 - see above
        f'<svg class="{css}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img"'
        f' aria-label="{label}">{"".join(drawn)}</svg>'
    )
