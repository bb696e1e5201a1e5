"""A typed formula becomes a graph, or one sentence."""

import math

import pytest

import dlcourse as dl
from dlcourse.figures import Figure, Panel, entry, text
from dlcourse.figures.formulas import FormulaError, formula


@pytest.fixture
def names():
    return {name: dl.parameter(value, name=name) for name, value in {"x": 2.0, "w": 0.5, "b": -1.0}.items()}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("tanh(w*x + b)**2", math.tanh(0.0) ** 2),
        ("-x", -2.0),
        ("-x**2", -4.0),
        ("2**3 * x", 16.0),
        ("maximum(x, b) / 4", 0.5),
        ("7", 7.0),
        (" exp( b ) ", math.exp(-1)),
    ],
)
def test_a_formula_means_what_it_means_in_python(names, written, value):
    assert float(dl.run(formula(written, names))) == pytest.approx(value)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "Type a formula."),
        ("w*", "ends too early"),
        ("w*(x", "cannot be read|ends too early"),
        ("w x", "cannot be read"),
        ("y + 1", "There is no y here: use x, w, b"),
        ("tan(x)", "There is no function tan"),
        ("tanh", "tanh is a function"),
        ("tanh(x, w)", "tanh takes 1 number in its brackets"),
        ("x.shape", '"x.shape" cannot be read'),
        ("__import__('os')", "There is no function __import__"),
        ("x if w else b", "cannot be read"),
        ("'x' * 3", "cannot be read"),
        ("1/0 + x", "cannot be put together"),
        ("(-1)**0.5 * x", "cannot be put together"),
        ("10.0**400 * x", "cannot be put together"),
        ("+".join(["x"] * 100), "too long"),
        ("(" * 5000 + "x", "cannot be read|ends too early|too long"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(names, written, sentence):
    with pytest.raises(FormulaError, match=sentence) as caught:
        formula(written, names)
    assert "\n" not in str(caught.value)


def test_an_entry_takes_a_line_of_text_and_no_more_than_that():
    class Typed(Figure):
        words = entry("x + 1", label="formula")

        def scene(self):
            return [Panel([text(0, 0, self.words)], (-1, 1), (-1, 1))]

        def describe(self):
            return self.words

    figure = Typed(words="y" * 1000)
    assert len(figure.words) == 200
    with pytest.raises(ValueError, match="words is a line of text, not 3"):
        figure.set(words=3)
    figure.restore()
    assert figure.words == "x + 1"
