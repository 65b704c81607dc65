# What a comparison must reach: a figure for each pair of runs, and the bound of its median.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import statistics
import typing


@dataclasses.dataclass(frozen=True)
class Goal:
    """`figure` takes provar's seconds and the other's; `reached` judges the median; `show` writes a figure."""

    text: str
    figure: typing.Callable
    reached: typing.Callable
    show: typing.Callable

    def judge(self, ours, theirs):
        """(median, its spread, whether it is reached) over the pairs."""
        figures = [self.figure(a.wall, b.wall) for a, b in zip(ours, theirs)]
        # With itself beside it, one figure is its own spread.
        low, middle, high = statistics.quantiles(figures * (2 if len(figures) == 1 else 1), method="inclusive")
        return self.show(middle), f"{self.show(low)} to {self.show(high)}", self.reached(middle)


def factor(value):
    return f"{value:.2f}x"


def faster(bound):
    return Goal(f"{bound:g}x faster", lambda ours, theirs: theirs / ours, lambda value: value >= bound, factor)


def within(bound):
    return Goal(f"within {bound:g}x", lambda ours, theirs: ours / theirs, lambda value: value <= bound, factor)


def at_most_more(milliseconds):
    return Goal(f"at most {milliseconds:g} ms more", lambda ours, theirs: (ours - theirs) * 1000,
                lambda value: value <= milliseconds, lambda value: f"{value:+.2f} ms")
