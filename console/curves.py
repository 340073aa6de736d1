"""Curves and strips as small as a word."""

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT, _POINTS = 200, 28, 60


def sparkline(values: Sequence[float | None]) -> Markup:
    """An SVG of the values, the newest at the right. Moments without a value are left out of the curve."""
    step = -(-max(len(values), 1) // _POINTS)
    # The largest of each step, so that no short peak goes.
    heights = [
        max((value for value in values[start : start + step] if value is not None), default=None)
        for start in range(0, len(values), step)
    ]
    top = max((height for height in heights if height is not None), default=0.0) * 1.1 or 1.0
    pieces: list[list[tuple[float, float]]] = [[]]
    for number, height in enumerate(heights):
        if height is None:
            pieces.append([])
        else:
            pieces[-1].append((number * _WIDTH / max(len(heights) - 1, 1), _HEIGHT - height / top * _HEIGHT))
    drawn = "".join(_piece(piece) for piece in pieces if len(piece) > 1)
    frame = f'class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true"'
    return Markup(f"<svg {frame}>{drawn}</svg>")


def _piece(points: Sequence[tuple[float, float]]) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    left, right = points[0][0], points[-1][0]
    return (
        f'<polygon class="area" points="{left:.1f},{_HEIGHT} {line} {right:.1f},{_HEIGHT}"/>'
        f'<polyline class="stroke" points="{line}"/>'
    )


def halves(first: float | None, second: float | None) -> Markup:
    """An SVG of two numbers as parts of one bar."""
    whole = (first or 0.0) + (second or 0.0)
    if not whole:
        return Markup("")
    width = _WIDTH * (first or 0.0) / whole
    return Markup(
        f'<svg class="strip" viewBox="0 0 {_WIDTH} 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="rest" width="{width:.1f}" height="12"/>'
        f'<rect class="cell" x="{width:.1f}" width="{_WIDTH - width:.1f}" height="12"/></svg>'
    )


def strip(shares: Sequence[float]) -> Markup:
    """An SVG of shares from 0 to 1, side by side: the more of a piece is finished, the darker it is."""
    if not shares:
        return Markup("")
    width = _WIDTH / len(shares)
    cells = "".join(
        f'<rect class="cell" x="{number * width:.2f}" width="{width:.2f}" height="12" '
        f'opacity="{0.12 + 0.88 * share:.2f}"/>'
        for number, share in enumerate(shares)
    )
    frame = f'class="strip" viewBox="0 0 {_WIDTH} 12" preserveAspectRatio="none" aria-hidden="true"'
    return Markup(f"<svg {frame}>{cells}</svg>")
