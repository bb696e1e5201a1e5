"""A small figure that the tests of this folder drive."""

import numpy as np

from dlcourse.figures import (
    Figure,
    Panel,
    action,
    by_frame,
    choice,
    curve,
    form,
    number,
    point,
    polyline,
    slider,
    toggle,
)


class Walk(Figure):
    """A number that is multiplied again and again."""

    title = "A walk"
    start = slider(-2.0, 2.0, value=1.0, step=0.1, label="start")
    rate = slider(0.001, 1.0, value=0.1, log=True, label="rate")
    hill = choice({"bowl": "½x²", "flat": "0"}, label="hill")
    mirror = toggle(False, label="mirror")
    clear = action("Remove all", "clear_points")
    add = form("Add", "add_point", x=number(-1, 1, value=0.5), group=choice(["a", "b"]))

    def __init__(self, **settings):
        self.added = []
        self.computed = 0
        super().__init__(**settings)

    def add_point(self, x, group=None, y=0.0):
        self.added.append((x, y, group or self.add["group"]))

    def clear_points(self):
        self.added = []

    def compute(self):
        self.computed += 1
        if self.start == 2.0:
            raise ZeroDivisionError("the start is\non the wall")
        factor = 1 - self.rate if self.hill == "bowl" else 1.0
        self.path = self.start * factor ** np.arange(6 if self.hill == "bowl" else 2)
        self.last_frame = len(self.path) - 1

    def scene(self):
        xs = np.linspace(-2, 2, 41)
        counts = range(1, len(self.path) + 1)
        marks = [
            curve(xs, xs**2 / 2),
            polyline(self.path, self.path**2 / 2, shown=by_frame(counts), markers=True),
            point(by_frame(self.path), by_frame(self.path**2 / 2), label="you", drag={"x": "start"}),
        ]
        return [Panel(marks, xlim=(-2, 2), ylim=(0, 2), xlabel="x", ylabel="f(x)", name="hill", click="add_point")]

    def describe(self):
        return f"step {self.frame}: x = {self.path[self.frame]:.2f}"
