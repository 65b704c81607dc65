# Line charts side by side, as SVG.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import html
import math

WIDTH, HEIGHT = 420, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 48
COLOURS = ("#0b6bcb", "#c4420a", "#2a7d2e", "#8a3ffc", "#6b4e16", "#b0186e", "#444444", "#00838f", "#e6a700", "#7aa95c",
           "#e2729b", "#5b6fb5", "#a0a0a0")
# What a number below the axis needs, and a name in the legend, whose lines are so far apart.
NUMBER, NAME, LINE = 28, 170, 18


@dataclasses.dataclass(frozen=True)
class Chart:
    """`lines` is {name: [(x, y)]}; both axes are logarithmic."""

    title: str
    x_label: str
    y_label: str
    lines: dict


def ticks(low, high):
    """Powers of ten that the span holds or touches."""
    return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def short(value):
    return f"{value:g}"


def text(x, y, words, anchor="middle", colour="#333333"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{html.escape(words)}</text>'


class Axis:
    """Maps values to places; the ends are whole ticks, or the values themselves where these are `marks`."""

    def __init__(self, values, begin, end, marks=None):
        self.marks = marks or ticks(min(values), max(values))
        low, high = self.marks[0], self.marks[-1]
        self.low, self.span = math.log(low), math.log(high / low) or 1.0
        self.begin, self.end = begin, end

    def at(self, value):
        return self.begin + (math.log(value) - self.low) / self.span * (self.end - self.begin)


def draw(chart, offset):
    points = [point for line in chart.lines.values() for point in line]
    xs = sorted({x for x, _ in points})
    left, bottom = offset + LEFT, HEIGHT - BOTTOM
    right = offset + WIDTH - RIGHT
    across = Axis(xs, left, right, xs)
    up = Axis([y for _, y in points], bottom, TOP)
    yield text((left + right) / 2, 20, chart.title)
    yield text((left + right) / 2, HEIGHT - 12, chart.x_label)
    yield text(left - 8, TOP - 12, chart.y_label, "end")
    for mark in up.marks:
        y = up.at(mark)
        yield f'<path d="M{left} {y:.1f}H{right}" stroke="#dddddd"/>' + text(left - 8, y + 4, short(mark), "end")
    for mark, after in zip(xs, [*xs[1:], math.inf]):
        if across.at(after) - across.at(mark) >= NUMBER:
            yield text(across.at(mark), bottom + 18, short(mark))
    for (name, line), colour in zip(chart.lines.items(), COLOURS):
        path = "L".join(f"{across.at(x):.1f} {up.at(y):.1f}" for x, y in line)
        yield f'<path d="M{path}" stroke="{colour}" stroke-width="2" fill="none"/>'
        yield from (f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="3" fill="{colour}"/>' for x, y in line)


def legend(names, width):
    per_line = (width - LEFT) // NAME
    for number, (name, colour) in enumerate(zip(names, COLOURS)):
        x, y = LEFT + number % per_line * NAME, HEIGHT + 10 + number // per_line * LINE
        yield f'<path d="M{x} {y}h18" stroke="{colour}" stroke-width="3"/>'
        yield text(x + 24, y + 4, name, "start")


def svg(charts):
    """The charts share one legend, so their lines have the same names in the same order."""
    width = WIDTH * len(charts)
    parts = [part for number, chart in enumerate(charts) for part in draw(chart, number * WIDTH)]
    names = list(charts[0].lines)
    parts += legend(names, width)
    height = HEIGHT + 28 + (len(names) - 1) // ((width - LEFT) // NAME) * LINE
    head = ('<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12" '
            f'viewBox="0 0 {width} {height}">')
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#ffffff"/>', *parts, "</svg>", ""])
