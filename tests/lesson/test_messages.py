"""What check says, word for word: a learner, a stored output and a class report rely on it."""

from __future__ import annotations

import signal
import textwrap
from pathlib import Path

import pytest

from dlcourse.lesson import diagnose, files
from dlcourse.lesson.explaining import explained, observed
from dlcourse.lesson.judging import Verdict
from dlcourse.lesson.running import Report, TimeUp, time_limit

RIGHT = "def step(x, df, lr):\n    return x - lr * df(x)"
STUB = "02.1: not attempted yet. Put your own code where the ... is, run the cell, then check again.\n"
TRIED = "02.1: tried step(x=1.0, df=x ↦ 2.0 * x, lr=0.1)\n"


def test_a_right_answer_prints_exactly_one_pass_line(open_notebook):
    assert open_notebook("02").check("02.1", RIGHT) == "PASS 02.1\n"


def test_an_answer_that_was_never_run_is_asked_for(open_notebook):
    said = open_notebook("02").check("02.1")
    assert said == "02.1: there is no step yet. Run the cell that defines it, then check again.\n"


def test_the_untouched_stub_is_not_attempted(open_notebook):
    assert open_notebook("02").check("02.1", "def step(x, df, lr):\n    return ...") == STUB


def test_a_stub_with_a_beginning_is_not_attempted_either(open_notebook):
    assert open_notebook("02").check("02.1", "def step(x, df, lr):\n    slope = df(x)\n    return ...") == STUB


def test_a_stub_inside_a_list_is_noticed_through_the_observer(open_notebook):
    assert open_notebook("02").check("02.5", "def classify(history):\n    return ...") == STUB.replace("02.1", "02.5")


LIST = "A list is no array: to compute with all its entries at once, make an array of it, np.array(...)."
NO_ENTRIES = "A single number has no entries: an array or a list is wanted where one number stands."


@pytest.mark.parametrize(
    ("returned", "meaning"),
    [
        ("knobs[np.argmin(abs(losses))]", LIST),
        ("knobs[np.argmin(-losses)]", LIST),
        ("knobs[0] if losses < 3.0 else knobs[1]", LIST),
        (
            "knobs[0] * (1 + losses)",
            "A number meets a whole list there: take an entry of the list, or make an array of it, np.array(...).",
        ),
        (
            "0.1 * {'w': losses}",
            "A dictionary does not compute: take an entry of it by its key, or go through its keys one by one.",
        ),
        (
            "knobs[max([])]",
            "Nothing is in there to choose from. Was nothing put in, or is there a case in which all is left out?",
        ),
        (
            "np.max([])",
            "Nothing is in there to choose from. Was nothing put in, or is there a case in which all is left out?",
        ),
        ("losses[0][1]", NO_ENTRIES),
        ("len(losses[0])", NO_ENTRIES),
        ("max(losses[0])", NO_ENTRIES),
        ("len(np.array(losses[0]))", NO_ENTRIES),
        (
            "knobs[np.argmin[losses]]",
            "Square brackets pick an entry. A function is called with round ones, as in f(x).",
        ),
        ("list(range(len(knobs) / 2))[0]", "A whole number is wanted there: 2, not 2.0."),
        ("np.array(knobs)[1.0]", "A place in an array is a whole number, or a slice such as 0:2."),
        (
            "best\n    best = 0",
            "Nothing is in that name yet: give it a value above, or see why its line is not reached.",
        ),
    ],
)
def test_what_python_says_of_lists_numbers_and_brackets_is_put_in_other_words(returned, meaning):
    verdict = diagnose("00.2", f"def best_knob(knobs, losses):\n    return {returned}")
    assert (verdict.outcome, verdict.lines[-1]) == ("error", meaning)


@pytest.mark.parametrize(
    ("returned", "meaning"),
    [
        (
            "x - lr(df(x))",
            "Brackets behind a number call it, and only functions can be called. A product needs its *: 2 * (x + 1).",
        ),
        ("x - 2lr", "A product needs its sign: 2 * h, not 2h. And no name begins with a digit."),
        ("[x](0)", "Round brackets call a function. An entry is taken with square ones, as in a[0]."),
        ("np.zeros(np.array([x]))[0]", "A whole number is wanted there: 2, not 2.0."),
    ],
)
def test_what_python_says_of_products_and_brackets_is_put_in_other_words(returned, meaning):
    verdict = diagnose("02.1", f"def step(x, df, lr):\n    return {returned}")
    assert (verdict.outcome, verdict.lines[-1]) == ("error", meaning)


def test_a_place_that_a_list_does_not_have_yet_a_line_that_is_never_reached_and_one_equals_sign_are_named():
    head = "def descend2(grad, p0, lr, n):\n    path = [np.array(p0, dtype=float)]\n"
    body = "    for k in range(n):\n        path[k + 1] = path[k] - lr * grad(path[k])\n    return np.array(path)"
    assert diagnose("03.2", head + body).lines[-1].endswith("A list grows with append, one entry at a time.")
    sides = "def one_sided(f, x, h=1e-6):\n    return (f(x) - f(x - h)) / h\n    return (f(x + h) - f(x)) / h"
    told = "Line 3 is never reached: the `return` above it ends the function."
    assert diagnose("01.4", sides).lines[-1].endswith(told)
    headless = "shape_of(a, b):\n    return None"
    assert diagnose("00.3", headless).lines[-1] == "A function begins with the word def, and a class with class."
    for line in ("if(a[1] = b[0]):", "while(a b):", "for(i in a):", "print(a):"):  # Python's own words need no def
        said = diagnose("00.3", f"def shape_of(a, b):\n    {line}\n        return None")
        assert "begins with the word" not in said.lines[-1]
    compared = "def shape_of(a, b):\n    if a[1] = b[0]:\n        return (a[0], b[1])"
    assert diagnose("00.3", compared).lines[-1] == "One = puts something into a name. To compare, write ==."
    template = "def one_sided(f, x, h=1e-6):\n    return (f(x) - f(x - h)) / h\n    return ..."
    assert "never reached" not in str(diagnose("01.4", template))


def test_a_sign_that_is_no_power_is_named():
    verdict = diagnose("00.1", "def loss_at(knob, x, y):\n    return np.mean((knob * x - y)^2)")
    assert verdict.lines[-1] == "One small change in line 2 makes it right: look at `^` or `**`: only `**` is a power."


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            "def step(x, df, lr):\n    return x + lr * df(x)",
            TRIED + "came back: 1.2\n"
            "You walked uphill. A positive slope means that the ground rises to the right; to go down, subtract.\n",
        ),
        (
            "def step(x, df, lr):\n    x - lr * df(x)",
            TRIED
            + "came back: None\nThere is no `return` with a value in it, and a function without one gives back None. "
            "One small change in line 2 makes it right: look at what is given back.\n",
        ),
        (
            "def step(x, df, lr):\n    return [x - lr * df(x)]",
            TRIED + "came back: [0.8]\nThat is a list of 1; a number is asked for. "
            "One small change in line 2 makes it right: look at the brackets: is a part or the whole wanted?\n",
        ),
        (
            "def step(x, df, lr):\n    return str(x - lr * df(x))",
            TRIED + "came back: '0.8'\nThat is a string; a number is asked for. "
            "One small change in line 2 makes it right: look for a call too many.\n",
        ),
        ("def step(x, df, lr):\n    return df", TRIED + "came back: a function\nGive back a number.\n"),
        (
            "def step(x, df, lr):\n    return step",
            TRIED + "came back: a function\nA function came back instead of its value: call it with brackets.\n",
        ),
        (
            "def step(x, df, lr):\n    return range(3)",
            TRIED + "came back: something of type range\nMake it a list: list(...).\n",
        ),
        (
            "def step(x, df, lr):\n    return float('nan')",
            TRIED + "came back: nan\nnan means not a number: "
            "0/0, inf − inf, inf/inf or the log of something negative happened on the way.\n",
        ),
        (
            "def step(x, df, lr):\n    return float('inf')",
            TRIED + "came back: inf\n"
            "inf means that a number grew beyond all bounds: an overflow, or a division by 0.\n",
        ),
        (
            "def step(x, df, lr):\n    return lr * df(x) - x",
            TRIED + "came back: -0.8\n"
            "You subtracted the place from the move. It is the other way round: the place minus the move.\n",
        ),
        (
            "def step(x, df, lr):\n    return 2 * (x - lr * df(x))",
            TRIED + "came back: 1.6\nEvery number comes out twice as large as asked for. "
            "One small change in line 2 makes it right: look for a factor too many.\n",
        ),
        (
            "def step(x, df, lr):\n    return (x - lr * df(x)) * 1.00001",
            TRIED + "came back: 0.800008\nNearly: every number is off by less than a thousandth. "
            "One small change in line 2 makes it right: look for a factor too many.\n",
        ),
        (
            "def step(x, df, lr):\n    return 1.6 + x * df(x) * lr**7",
            TRIED + 'came back: 1.6\nWork this case out by hand and compare; lesson.hint("02.1") gives a hint.\n',
        ),
        (
            "def step(x, df, lr):\n    return 0.123456789",
            TRIED + "came back: 0.1235\nYour answer never uses its argument x.\n",
        ),
        (
            "def step(x, df, lr):\n    y = x - lr * df(x)\n    return y + 1 / 0",
            TRIED + "it raised ZeroDivisionError: division by zero, "
            "in line 3 of your cell: return y + 1 / 0\n"
            "Something you divide by is 0 for these inputs.\n",
        ),
        (
            "def step(x, df, lr):\n    return x - lr * slope(x)",
            TRIED + "it raised NameError: name 'slope' is not defined, "
            "in line 2 of your cell: return x - lr * slope(x)\n"
            "Nothing named slope is in this cell: a typing slip, or something to define here first.\n",
        ),
        (
            "def slope(x):\n    rate = 2 * x\n    return rate\ndef step(x, df, lr):\n    return x - lr * rate",
            TRIED + "it raised NameError: name 'rate' is not defined, "
            "in line 5 of your cell: return x - lr * rate\n"
            "rate is in this cell, but this line does not see it: it is made later, or in another function.\n",
        ),
        (
            "def step(x, df, lr):\n    x = np.zeros((2, 3)).T\n    x.shape = (6,)\n    return x[0]",
            TRIED + "it raised AttributeError: Incompatible shape for in-place modification. Use `.reshape()` to make "
            "a copy with the desired shape, in line 3 of your cell: x.shape = (6,)\n",
        ),
        (
            "def step(x, df, lr):\n    return np.array([x, lr])[0, 1]",
            TRIED + "it raised IndexError: too many indices for array: array is 1-dimensional, but 2 were indexed, "
            "in line 2 of your cell: return np.array([x, lr])[0, 1]\n"
            "More positions are asked for than there are axes: look at its shape.\n",
        ),
        (
            "def step(x, df, lr):\n    return max(1, np.array([x, lr]))",
            TRIED + "it raised ValueError: The truth value of an array with more than one element is ambiguous. "
            "Use a.any() or a.all(), in line 2 of your cell: return max(1, np.array([x, lr]))\n"
            "One True or False is wanted there, and this is a whole array: "
            "np.where and np.maximum go entry by entry.\n",
        ),
        (
            "def step(x, df, lr):\n    return x - lr * df",
            TRIED + "it raised TypeError: unsupported operand type(s) for *: 'float' and 'function', "
            "in line 2 of your cell: return x - lr * df\n"
            "A function stands where its value is wanted: call it, as in f(x).\n",
        ),
        (
            "def step(x, df, lr):\n    return np.linalg.inv(np.ones((2, 3)))",
            TRIED + "it raised LinAlgError: Last 2 dimensions of the array must be square, "
            "in line 2 of your cell: return np.linalg.inv(np.ones((2, 3)))\n"
            "Only a square matrix can be inverted or solved with: look at its shape.\n",
        ),
        (
            "def step(x, df, lr):\n    return x - lr * df(x)^1",
            TRIED + "it raised TypeError: unsupported operand type(s) for ^: 'float' and 'int', "
            "in line 2 of your cell: return x - lr * df(x)^1\n"
            "A power is written ** in Python: x**2. The sign ^ is something else.\n",
        ),
        (
            "def step(x, df):\n    return x",
            TRIED + "it raised TypeError: step() takes 2 positional arguments but 3 were given\n"
            "Keep the names and the order of the arguments as the exercise has them.\n",
        ),
        (
            "def step(x, df, lr):\n    return step(x, df, lr)",
            TRIED + "it raised RecursionError: maximum recursion depth exceeded, "
            "in line 2 of your cell: return step(x, df, lr)\n"
            "It calls itself deeper than Python goes: without an end, or on something that is so deep.\n",
        ),
        (
            "def step(x, df, lr):\n    raise SystemExit",
            TRIED + "it raised SystemExit, in line 2 of your cell: raise SystemExit\n"
            "An answer must not end Python: give the value back with `return`.\n",
        ),
        (
            "def step(x, df, lr):\n    raise MemoryError",
            TRIED + "it raised MemoryError, in line 2 of your cell: raise MemoryError\n"
            "It asked for more memory than there is: look at the shapes it builds.\n",
        ),
        (
            "class Rude(Exception):\n    def __str__(self): raise ValueError\ndef step(x, df, lr):\n    raise Rude",
            TRIED + "it raised Rude, in line 4 of your cell: raise Rude\n",
        ),
        (
            "def step(x, df, lr):\n    input('x? ')",
            TRIED + "it raised RuntimeError: an answer cannot ask with input(); take what you need as an argument, "
            "in line 2 of your cell: input('x? ')\n",
        ),
        (
            "def step(x, df, lr)\n    return x",
            "02.1: Python cannot read line 1 of your cell: def step(x, df, lr)\nIt says: expected ':'\n"
            "A line that starts with def ends with a colon.\n",
        ),
        (
            "def step(x, df, lr):\n    a, b = 5\n    return x",
            TRIED + "it raised TypeError: cannot unpack non-iterable int object, in line 2 of your cell: a, b = 5\n"
            "A single thing is to be shared out among several names. A loop over a dictionary gives its keys alone; "
            ".items() gives pairs.\n",
        ),
        (
            "def step(x, df, lr):\n    return np.ones(3).sum(axis=1)",
            TRIED + "it raised AxisError: axis 1 is out of bounds for array of dimension 1, "
            "in line 2 of your cell: return np.ones(3).sum(axis=1)\n"
            "There is no such axis: those of n axes are 0 to n − 1. Look at its shape.\n",
        ),
        (
            "def step(x, df, lr):\nreturn x",
            "02.1: Python cannot read line 2 of your cell: return x\n"
            "It says: expected an indented block after function definition on line 1\n"
            "Indent the body of the function by four spaces, every line alike.\n",
        ),
        (
            "def step(x, df, lr):\n    return (x",
            "02.1: Python cannot read line 2 of your cell: return (x\nIt says: '(' was never closed\n"
            "Count the brackets: each one that opens must close.\n",
        ),
        (
            "raise ValueError('no')\ndef step(x, df, lr):\n    return x",
            "02.1: ran your cell on its own\n"
            "it raised ValueError: no, in line 1 of your cell: raise ValueError('no')\n",
        ),
        (
            "def step(x, df, lr):\n    return x\ndel step",
            "02.1: your cell ran, but afterwards there was no function named step.\n"
            "It needs to start with `def step` at the left margin.\n",
        ),
        (
            "pi = 3.0\nstep = pi",
            "02.1: step is of type float; a function is asked for.\n"
            "Keep the first line of the exercise: def step(x, df, lr):\n",
        ),
    ],
)
def test_each_mistake_is_told_in_plain_words(open_notebook, cell, said):
    assert open_notebook("02").check("02.1", cell) == said


@pytest.mark.parametrize(
    ("exercise", "cell", "last"),
    [
        (  # the line that is wrong, not the condition above it, moved to a number that no case would ask for
            "06.1",
            "def subgrad_abs(x):\n    if x == 0:\n        return 2.0\n    return np.sign(x)",
            "At 0 a line this steep does not stay below |x|: it cuts through the ground. "
            "One small change in line 3 makes it right: look at the number 2.0.",
        ),
        (
            "01.3",
            "def is_minimum(f, x, tol):\n    s = (f(x + 1e-5) - f(x - 1e-5)) / 2e-5\n"
            "    return abs(s) <= tol and x - 0.01 >= s and x + 0.01 >= s",
            "You compare places with the slope. Compare heights: f at each neighbour's place with f(x).",
        ),
        (  # the mark of the request is the end of the line
            "01.3",
            "def is_minimum(f, x, tol):\n    s = (f(x + 1e-5) - f(x - 1e-5)) / 2e-5\n"
            "    return abs(s) <= tol and x != 0",
            "A right answer with one slip gives exactly your values: look at the name: is it the one meant?",
        ),
    ],
)
def test_the_mistake_that_was_made_is_told_and_its_line(exercise, cell, last):
    assert diagnose(exercise, cell).lines[-1] == last


def test_a_set_is_shown_as_a_set_and_an_exception_of_a_matmul_in_a_few_words():
    shown = diagnose("07.4", "def ancestors(graph, node):\n    return set(graph[node][1])")
    assert shown.lines[:2] == (
        "07.4: tried ancestors(graph={'y': ('tanh', ['s']), 's': ('multiply', ['w', 'x']), 'w': ('input', []), "
        "'x': ('input', []), 'b': ('input', [])}, node='y')",
        "came back: {'s'}",
    )
    raised = diagnose("04.5", "def closed_form(X, y):\n    return np.linalg.inv(X.T @ X) @ y")
    assert raised.lines[1].startswith(
        "it raised ValueError: matmul: size 3 is different from 2, in line 2 of your cell"
    )


def test_a_name_from_another_cell_is_explained(open_notebook):
    said = open_notebook("02").check("02.1", "scale = 1.0", "def step(x, df, lr):\n    return x - scale * lr * df(x)")
    assert said.splitlines()[1].startswith("it raised NameError: name 'scale' is not defined, in line 2")
    assert said.splitlines()[2] == (
        "Another cell defines scale; an answer stands alone: what it needs belongs into its cell."
    )


METHODS = """class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, z):
        return {there}
    def backward(self, g):
        return g @ self.W.T, [z.T @ g, g.sum(axis=0)]"""


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("z @ self.W + self.b", "Only another method has z: keep it there, in self.z, and write that here."),
        ("z @ W + self.b", "W is kept in the object: write self.W."),
    ],
)
def test_a_name_of_the_cell_itself_is_not_looked_for_in_others(open_notebook, there, said):
    assert open_notebook("14").check("14.1", "z = 3", METHODS.format(there=there)).splitlines()[2] == said


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            "x.flatten(1)",
            "NumPy's flatten takes no axis: it makes one row of everything. reshape takes the shape that you want.",
        ),
        (
            "x.view(len(x), -1)",
            "NumPy's view is for other types, not for other shapes. reshape takes the shape that you want.",
        ),
        ("x.view(-1)", "NumPy's view is for other types, not for other shapes. reshape takes the shape that you want."),
    ],
)
def test_what_pytorch_calls_otherwise(open_notebook, call, said):
    assert open_notebook("14").check("14.3", f"def flatten(x):\n    return {call}").splitlines()[2] == said


def test_nearly_is_said_only_where_it_is_true_of_every_case(open_notebook):
    answer = "def param_count(dims):\n    return sum((a + 1) * (b + 1) for a, b in zip(dims, dims[1:]))"
    said = open_notebook("14").check("14.4", answer)  # 20 for 13 in the first case, near in the large ones
    assert "came back: 20\n" in said and "Nearly" not in said


def test_the_latest_cell_counts(open_notebook):
    notebook = open_notebook("02")
    assert notebook.check("02.1", "def step(x, df, lr):\n    return x + lr * df(x)", RIGHT) == "PASS 02.1\n"
    assert notebook.check("02.1", "def step(x, df, lr):\n    return ...") == STUB


def test_a_syntax_error_in_the_latest_attempt_hides_the_older_one(open_notebook):
    assert "cannot read line 1" in open_notebook("02").check("02.1", RIGHT, "def step(x, df, lr:\n    return x")


def test_a_demonstration_cell_that_reuses_the_name_is_no_attempt(open_notebook):
    notebook = open_notebook("02")
    assert notebook.check("02.1", RIGHT, 'step = lesson.given("02.1")', "step = 0.1") == "PASS 02.1\n"


def test_a_lambda_is_an_answer(open_notebook):
    assert open_notebook("02").check("02.1", "step = lambda x, df, lr: x - lr * df(x)") == "PASS 02.1\n"


def test_magics_prints_and_checks_in_the_answer_cell_do_not_disturb(open_notebook):
    cell = RIGHT + "\nprint('noise', step(1.0, lambda x: x, 0.5))\n%timeit -n1 -r1 1 + 1\nlesson.check('02.1')"
    assert open_notebook("02").check("02.1", cell) == "PASS 02.1\n"


def test_a_failing_trial_below_the_function_does_not_matter(open_notebook):
    assert open_notebook("02").check("02.1", RIGHT + "\nprint(not_defined_anywhere)") == "PASS 02.1\n"


def test_what_an_answer_prints_is_not_shown_by_the_check(open_notebook):
    cell = "def step(x, df, lr):\n    print('inside')\n    return x - lr * df(x)"
    assert open_notebook("02").check("02.1", cell) == "PASS 02.1\n"


@pytest.mark.usefixtures("lesson_90")
@pytest.mark.parametrize(
    "body",
    [
        "while True:\n        pass",
        "while True:\n        try:\n            x = x + 1\n        except:\n            pass",
        "while True:\n        try:\n            print(abs(x))\n        except BaseException:\n            print(x)",
    ],
    ids=["plain", "catches everything", "prints and catches everything"],
)
def test_an_endless_loop_is_ended_and_named(open_notebook, body):
    said = open_notebook("90").check("90.2", f"def a_root(x):\n    {body}")
    where = said.splitlines()[1]
    assert where.startswith("It had not come back after 1.5 seconds")  # and the line, if it was in the answer just then
    assert said.splitlines()[1:] == [
        where,
        "Usually a loop that never ends, or the same work done again and again: does something change on every turn?",
    ]


@pytest.mark.usefixtures("lesson_90")
def test_an_endless_loop_at_the_top_of_the_cell_is_ended(open_notebook):
    notebook = open_notebook("90")
    cell = "import sys\nif hasattr(sys, 'again'):\n    while True: pass\nsys.again = True\ndef a_root(x): return x"
    notebook.run(cell)
    said = notebook.run('lesson.check("90.2"); del sys.again')
    assert said.startswith(
        "90.2: ran your cell\nIt had not come back after 1.5 seconds; it was in line 3 of your cell then: while"
    )


@pytest.mark.usefixtures("lesson_90")
def test_an_interruption_by_the_learner_is_not_called_an_endless_loop(open_notebook):
    said = open_notebook("90").check(
        "90.2", "import _thread\ndef a_root(x):\n    _thread.interrupt_main()\n    while True: pass"
    )
    assert said.splitlines()[1:] == ["You stopped it before it came back."]


@pytest.mark.usefixtures("lesson_90")
def test_a_changed_argument_is_named(open_notebook):
    said = open_notebook("90").check("90.3", "def twice(v):\n    v *= 2\n    return v")
    assert said == (
        "90.3: your answer changed its argument v for everyone who uses it.\n"
        "Work on a copy, or make a new array: `x = x - step` makes a new one, `x -= step` changes the old one.\n"
    )


@pytest.mark.usefixtures("lesson_90")
def test_a_wrong_shape_is_told_in_shapes(open_notebook):
    said = open_notebook("90").check("90.3", "def twice(v):\n    return (2 * v).reshape(-1, 1)")
    assert said.splitlines()[2] == (
        "That is an array of shape (3, 1); an array of shape (3,) is asked for. "
        "One small change in line 2 makes it right: look for a call too many."
    )


@pytest.mark.usefixtures("lesson_90")
def test_a_list_of_the_right_numbers_passes_for_an_array(open_notebook):
    assert open_notebook("90").check("90.3", "def twice(v):\n    return (2 * v).tolist()") == "PASS 90.3\n"


@pytest.mark.usefixtures("lesson_90")
def test_a_node_of_the_graph_is_recognised(open_notebook):
    said = open_notebook("90").check("90.3", "def twice(v):\n    return dl.constant(2 * v)")
    assert said.splitlines()[2].startswith(
        "That is a node of the graph. Its value is in dl.run(...), a parameter's in .value. "
    )


@pytest.mark.usefixtures("lesson_90")
def test_any_answer_that_the_exercise_accepts_passes_and_others_get_its_words(open_notebook):
    notebook = open_notebook("90")
    assert notebook.check("90.2", "def a_root(x):\n    return -x**0.5") == "PASS 90.2\n"
    assert notebook.check("90.2", "def a_root(x):\n    return x").splitlines()[2].startswith("Squared, that is not x. ")
    assert notebook.check("90.2", "def a_root(x):\n    return x * x").splitlines()[2] == "You squared it."
    assert notebook.check("90.2", "def a_root(x):\n    return 'x'").splitlines()[2] == (
        "That is a string; a number is asked for."
    )


@pytest.mark.usefixtures("lesson_90")
def test_a_class_is_checked_through_its_methods(open_notebook):
    notebook = open_notebook("90")
    head = "class Counter:\n    def __init__(self, start):\n        self.total = start\n    def add(self, k):\n"
    assert notebook.check("90.1", head + "        self.total += k\n        return self.total") == "PASS 90.1\n"
    assert notebook.check("90.1", head + "        return k").splitlines()[2] == "It forgets what was there before."
    assert notebook.check("90.1", head + "        return ...").startswith("90.1: not attempted yet.")
    assert notebook.check("90.1", "def Counter(start):\n    return start").splitlines() == [
        "90.1: Counter is of type function; a class is asked for.",
        "Keep the first line of the exercise: class Counter:",
    ]


def test_where_several_objects_are_made_it_is_told_whose_method_was_called(open_notebook):
    module = (
        "class Linear:\n    def __init__(self, W, b):\n        self.W, self.b = W, b\n    def forward(self, z):\n"
        "        self.z = getattr(self, 'z', z)\n        return z @ self.W + self.b\n    def backward(self, g):\n"
        "        return g @ self.W.T, [self.z.T @ g, g.sum(axis=0)]"
    )
    tried = open_notebook("14").check("14.1", module).splitlines()[0].split(", then ")
    assert tried[0] == "14.1: tried Linear(W=[[2.0]], b=[1.0])"  # the one whose gradient is wrong, and not the second
    assert tried[3] == "second Linear(W=[[4.0]], b=[-1.0])"
    assert tried[-2:] == ["first Linear(...).forward(z=[[4.0]])", "first Linear(...).backward(g=[[-2.0]])"]


def test_a_list_of_tuples_or_arrays_is_not_called_a_list_of_lists(open_notebook):
    caches = (
        "def forward(params, X):\n    z, caches = X, []\n    for W, b in params:\n        s = z @ W + b\n"
        "        z = np.tanh(s)\n        caches.append(z)\n    return s, caches"
    )
    said = open_notebook("13").check("13.1", caches).splitlines()[2]
    assert said.startswith("That is a list of 2 arrays of shape (1, 1) at [1]; a list of 2 tuples of 2 is asked for.")


def test_arrays_where_pairs_are_asked_for_are_told_in_shapes():
    alone = (
        "def backward(params, caches, dY):\n    return [z.T @ dY for z, s in caches]"  # a right answer has ragged pairs
    )
    said = diagnose("13.2", alone).lines[2]
    assert said.startswith("That is an array of shape (1, 1) at [0]; a tuple of 2 is asked for.")


def test_where_an_answer_is_called_several_times_a_call_is_shown_as_it_is_written_and_never_a_name_of_the_courses():
    small = (
        "def init(dims, rng):\n    return [(rng.normal(size=(a, b)) / a, np.zeros(b)) for a, b in zip(dims, dims[1:])]"
    )
    tried, back, _ = diagnose("13.5", small.replace("/ a", "/ 100")).lines
    assert tried == "13.5: tried init(dims=[90, 50], rng)"
    assert back == "came back: [(array of shape (90, 50), array of shape (50,))]"


@pytest.mark.usefixtures("lesson_90")
def test_the_untouched_stub_of_a_class_is_not_attempted(open_notebook):
    assert open_notebook("90").check("90.1", files.stub("90.1")).startswith("90.1: not attempted yet.")


def test_library_names_that_an_exercise_forbids_say_write_this_one_yourself(open_notebook):
    import dlcourse as dl

    said = open_notebook("12").check("12.1", "def softmax(Z):\n    return dl.run(dl.softmax(Z), {})")
    assert said.splitlines()[1:2] == ["dl.softmax is what this exercise builds: write this one yourself."]
    from_import = "from dlcourse import softmax as s\ndef softmax(Z):\n    return s(Z)"
    assert "write this one yourself" in open_notebook("12").check("12.1", from_import)
    assert dl.run(dl.softmax([[0.0, 0.0]])).tolist() == [[0.5, 0.5]]  # and afterwards they are back


def test_no_message_is_longer_than_three_lines_or_contains_the_answer(open_notebook):
    for exercise in files.exercises("02").values():
        secret = exercise.source().split("return ")[-1].strip()
        for mutant in exercise.mutants:
            assert "\n" not in mutant.message
            assert len(secret) < 8 or secret not in mutant.message  # a word that the task itself asks for is no secret


def test_every_check_is_recorded(open_notebook, progress_file: Path):
    from dlcourse.lesson.progress import Progress

    notebook = open_notebook("02")
    notebook.check("02.1", "def step(x, df, lr):\n    return ...")
    notebook.check("02.1", "def step(x, df, lr):\n    return x")
    notebook.check("02.1", RIGHT)
    record = Progress(progress_file).exercise("02.1")
    assert (record["checks"], record["attempts"], record["passed"]) == (3, 2, True)


def test_of_two_mistakes_in_one_answer_none_is_named_as_if_it_were_the_whole(open_notebook):
    both = "def softmax(Z):\n    return np.exp(Z) / np.exp(Z).sum()"  # overflows, and one sum for the whole table
    said = open_notebook("12").check("12.1", both)
    messages = [mutant.message for mutant in files.exercises("12")["12.1"].mutants if mutant.message in said]
    assert messages == [
        "You divided by the sum over the whole table: each row needs its own. And exp(1000) overflows to inf."
    ]
    assert "came back" in said


def test_the_time_limit_strikes_where_interrupts_were_ignored_and_leaves_them_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a job that a shell runs in the background
    try:
        with pytest.raises(TimeUp), time_limit(0.2):
            while True:
                pass
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


LOSS = "return np.mean((knob * x - y) ** 2)"


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (f"async def loss_at(knob, x, y):\n    {LOSS}", "That is a coroutine: begin with `def`, without `async`."),
        (
            f"def loss_at(knob, x, y):\n    {LOSS.replace('return', 'yield')}",
            "`yield` makes it a generator; a number is asked for: give it back once, with `return`.",
        ),
        (
            f"def loss_at(knob, x, y):\n    print(“loss”)\n    {LOSS}",
            "Type that sign anew on your keyboard: Python takes plain quotes, signs and blanks only.",
        ),
        (
            f"def log(f):\n    print(f)\n\n@log\ndef loss_at(knob, x, y):\n    {LOSS}",
            "Keep the first line of the exercise: def loss_at(knob, x, y):",
        ),
    ],
)
def test_what_a_stranger_to_the_form_writes_is_told_in_one_sentence(cell, says):
    assert diagnose("00.1", cell).lines[-1] == says


@pytest.mark.parametrize(
    ("exercise", "cell", "last"),
    [
        (
            "00.2",
            """
            def best_knob(knobs, losses):
                best_loss, best = losses[0], knobs[0]
                for k, loss in zip(knobs, losses):
                    if loss < best_loss:
                        best = k
                return best
            """,
            "One small change in line 5 makes it right: look for a line left out there.",
        ),
        (
            "01.1",
            """
            def slope(f, x, h=1e-5):
                return (f(x + h / 2) - f(x - h / 2)) / (2 * h)
            """,
            "One small change in line 2 makes it right: look at what stands there more than once "
            "(`h / 2`): change it each time.",
        ),
        (
            "02.1",
            "def step(x, df, lr):\n    return (x - lr) * df(x)",
            "One small change in line 2 makes it right: look at the brackets: what belongs together?",
        ),
        (
            "00.1",
            "def loss_at(knob, x, y):\n    return np.mean((knob * y - x) ** 2)",
            "One small change in line 2 makes it right: look at these two (`x` and `y`): are they exchanged?",
        ),
        (
            "02.5",
            """
            def classify(history):
                d = np.diff(history)
                word = "slow"
                if not np.isfinite(history).all() or abs(d[-1]) > abs(d[0]):
                    word = "diverged"
                if abs(d[-1]) < 1e-6:
                    word = "converged"
                if d[-1] * d[-2] < 0:
                    word = "oscillating"
                return word
            """,
            "One small change in line 6 makes it right: look at the questions: is an `if` an `elif`?",
        ),
        (
            "00.2",
            """
            def best_knob(knobs, losses):
                best, answer = losses[0], knobs[0]
                for i in range(len(losses)):
                    if losses[i] < best:
                        answer = knobs[i]
                return answer
            """,
            "One small change in line 5 makes it right: look for a line left out there.",
        ),
        (
            "02.5",
            """
            def classify(history):
                d = np.diff(history)
                if not np.isfinite(history).all() or abs(d[-1]) > abs(d[0]):
                    return "Diverged"
                if abs(d[-1]) < 1e-6:
                    return "Converged"
                return "Oscillating" if d[-1] * d[-2] < 0 else "Slow"
            """,
            "The word is right, but for capital letters or blanks: write it as the exercise does.",
        ),
        (
            "05.3",
            """
            def accumulate(grads, sizes):
                total = 0
                for g, n in zip(grads, sizes):
                    total += g / n
                return total * sum(sizes)
            """,
            "Two small changes make it right. In line 4 look at times or divided by. "
            "In line 5 look at times or divided by.",
        ),
        (
            "02.5",
            """
            def classify(history):
                d = np.diff(history)
                if not np.all(np.isfinite(history)) or abs(d[-1]) > abs(d[0]):
                    return "diverges"
                if abs(d[-1]) < 1e-6:
                    return "converged"
                return "oscillating" if d[-1] * d[-2] < 0 else "slow"
            """,
            "Each time that it is wrong, 'diverged' is asked for, and 'diverges' comes back.",
        ),
        (  # two slips, of which one is a small one
            "06.5",
            """
            def devil(x, k):
                if k == 0:
                    return x
                if x < 0.33:
                    return devil(3 * x, k - 1)
                if x <= 0.66:
                    return 0.5
                return 0.5 + devil(3 * x - 2, k - 1) / 2
            """,
            "One small change in line 5 mends 27 of the 32 wrong cases: look for a factor left out. "
            "Something else is left.",
        ),
        (  # nothing is looked for where something plainer is known
            "02.3",
            """
            def largest_safe_lr(curvature):
                lr = 0.5
                return lr
            """,
            "Your answer never uses its argument curvature.",
        ),
        (  # what is handed over is put aside, and something else is computed with
            "02.3",
            """
            def largest_safe_lr(curvature):
                curvature = 4
                return 2 / curvature
            """,
            "Line 2 puts something else into curvature: what is handed over is never used.",
        ),
        (
            "06.2",
            """
            def random_search(f, x0, spread, n, rng):
                x = x0
                rng = np.random.default_rng(2)
                for _ in range(n):
                    candidate = x + spread * rng.normal(size=len(x0))
                    if f(candidate) <= f(x):
                        x = candidate
                return x
            """,
            "Line 3 takes its randomness from elsewhere: use rng, which is handed over.",
        ),
        (  # lists and arrays taken for each other
            "06.4",
            """
            def fit_critic(a, r):
                c2, c1, c0 = np.polyfit(a, r, 2)
                return max(c2 * a**2 + c1 * a + c0)
            """,
            "A list is no array: to compute with all its entries at once, make an array of it, np.array(...).",
        ),
        (
            "06.4",
            """
            def fit_critic(a, r):
                return a[r.argmax()]
            """,
            "An array has that, a list has not: make an array of it, np.array(...), or call a function of np.",
        ),
        (
            "04.1",
            """
            def linear(w, b, X):
                return [w @ x for x in X] + b
            """,
            "A list is no array: to compute with all its entries at once, make an array of it, np.array(...).",
        ),
        (
            "05.1",
            """
            def batches(N, B, rng):
                return np.split(rng.permutation(N), B)
            """,
            "np.split cuts into equal parts only, or at the places that a list names.",
        ),
        (
            "05.2",
            """
            def sgd_epoch(w, X, y, batches, lr):
                for k in range(len(batches)):
                    w = w - lr * 2 * X[k].T @ (X[k] @ w - y[k])
                return w
            """,
            "A single number stands beside @, which takes vectors and matrices: print both sides of it.",
        ),
        (
            "07.2",
            """
            def evaluate(graph, feed, functions):
                return {name: kind(*inputs) for name, (kind, inputs) in graph.items()}
            """,
            "A text is no function: look up the function that it names.",
        ),
        (
            "07.3",
            """
            def consumers(graph):
                out = {name: set() for name in graph}
                for name in graph:
                    for i in graph[name][1]:
                        out[i] = out[i] + name
                return out
            """,
            "A set grows by found.add(...), which takes one thing, or by found.update(...), which takes several.",
        ),
        (
            "07.4",
            """
            def ancestors(graph, node):
                found = {}
                for i in graph[node][1]:
                    found.add(i)
                return found
            """,
            "{} makes an empty dict. An empty set is set().",
        ),
        (  # what the engine says of what came back
            "11.7",
            """
            def make_softsign():
                @dl.operation("softsign")
                def softsign(x):
                    return x / (1 + np.abs(x))
                return softsign
            """,
            "dl says: nobody has said how gradients pass through softsign. "
            'Write a rule: @dl.register_gradient("softsign")',
        ),
        (  # 2⁶⁰ paths are counted, not waited for
            "07.4",
            """
            def ancestors(graph, node):
                found = set(graph[node][1])
                for name in graph[node][1]:
                    found |= ancestors(graph, name)
                return found
            """,
            "Some nodes are reached on 2⁶⁰ paths, and you follow each path. "
            "Go on from a name only where it is new in your set.",
        ),
        (
            "11.4",
            """
            def backward(graph, values, loss, vjps):
                return {name: 0.0 for name in values if name != loss}
            """,
            "A key is missing in your dictionary: 'd'.",
        ),
    ],
)
def test_what_no_list_of_mistakes_holds_is_found_out(exercise, cell, last):
    assert diagnose(exercise, textwrap.dedent(cell).strip()).lines[-1] == last


def test_an_answer_that_ran_out_of_time_is_not_run_again_to_explain_it():
    exercise = files.exercises("02")["02.1"]
    cell, cases = "def step(x, df, lr):\n    return x - lr * df(x)", exercise.draw()
    run = observed(exercise, cell, cases)
    run.reports[-1] = Report("time")
    verdict = Verdict("timeout", ("02.1: it had not come back",))
    assert explained(exercise, cases, cell, run, verdict) is verdict


def test_right_values_of_another_kind_are_nobodys_slip():
    cell = """
    class Linear:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, z):
            self.z = z
            return z @ self.W + self.b

        def backward(self, g):
            return g @ self.W.T, (self.z.T @ g, g.sum(axis=0))
    """
    verdict = diagnose("14.1", textwrap.dedent(cell).strip())
    assert verdict.lines[-1] == "That is a tuple of 2 at [1]; a list of 2 is asked for."
    assert verdict.evidence == "form"
