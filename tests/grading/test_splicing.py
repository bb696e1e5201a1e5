"""Answers are found however a notebook was mangled, and nothing but code is taken from it."""

from __future__ import annotations

import copy
import json
import random
import textwrap
import time
from collections.abc import Callable

import pytest

from dlcourse.grading.intake import Rejected, cells_of
from dlcourse.grading.splicing import Found, Probe, evasions, find_answers, splice
from dlcourse.lesson import files
from tests.grading.corpus import Book

EXERCISES = files.exercises("12")
ANSWERS = {id: exercise.source() for id, exercise in EXERCISES.items()}


def found(book: Book) -> Found:
    return find_answers(cells_of(book.bytes()), "12")


def mangled(change: Callable[[Book], object], *, solved: bool = True) -> Book:
    book = Book(solved=solved)
    change(book)
    return book


# ------------------------------------------------------------------------------------------------------- finding


def no_metadata(book: Book) -> None:
    for cell in book.cells:
        cell["metadata"] = {}


def no_ids(book: Book) -> None:
    for number, cell in enumerate(book.cells):
        cell["id"] = f"other-{number}"


def retyped(book: Book) -> None:
    """Only the setup and the answers, in cells of the student's own."""
    book.keep(lambda cell: cell["id"] == "setup")
    for source in ANSWERS.values():
        book.add(source, "nowhere")


def shuffled(book: Book) -> None:
    random.Random(1).shuffle(book.cells)


def marked_as_another(book: Book) -> None:
    """Every answer was typed into a copy of the first answer's cell."""
    for id in ANSWERS:
        book.answer_cell(id)["metadata"]["dlcourse"]["exercise"] = "12.1"


def made_raw(book: Book) -> None:
    cell = book.answer_cell("12.2")
    cell["cell_type"] = "raw"


def stub_left_behind(book: Book) -> None:
    cell = copy.deepcopy(book.answer_cell("12.1"))
    cell["source"] = files.stub("12.1")
    book.cells.append(cell)


def no_change(book: Book) -> None:
    pass


CHANGES = [no_change, no_metadata, no_ids, retyped, shuffled, marked_as_another, made_raw, stub_left_behind]


@pytest.mark.parametrize("change", [*CHANGES, lambda book: (no_metadata(book), no_ids(book), shuffled(book))])
def test_every_answer_is_found(change):
    assert found(mangled(change)).answers == ANSWERS


def test_of_two_answers_the_last_one_counts_and_the_other_is_not_run():
    book = Book()
    again = book.add("def softmax(Z):\n    return Z")
    result = found(book)
    assert result.answers["12.1"] == ANSWERS["12.1"]  # added above it
    assert again["source"] not in [piece.source for piece in result.pieces]
    book = Book()
    book.add("def softmax(Z):\n    return Z", "ex-1-check")
    assert found(book).answers["12.1"] == "def softmax(Z):\n    return Z"


def test_two_answers_in_one_cell_are_two_answers():
    book = Book(solved=False)
    book.answer_cell("12.1")["source"] = ANSWERS["12.1"] + "\n\n" + ANSWERS["12.2"]
    assert set(found(book).answers) == {"12.1", "12.2"}


def test_a_helper_that_is_called_like_an_exercise_does_not_take_its_place():
    book = Book()
    book.answer_cell("12.3")["source"] = "def softmax(z):\n    return z\n\n" + ANSWERS["12.3"]
    assert found(book).answers["12.1"] == ANSWERS["12.1"]


@pytest.mark.parametrize("line", range(1, 5))
@pytest.mark.parametrize("indented", [True, False])
def test_a_function_split_over_two_cells_is_put_together(line, indented):
    lines = [
        "def softmax(Z):",
        "    Z = Z - Z.max(1, keepdims=True)",
        "    E = np.exp(Z)",
        "    S = E.sum(1)[:, None]",
        "    return E / S",
    ]
    book = Book()
    book.answer_cell("12.1")["source"] = "\n".join(lines[:line])
    second = book.add("\n".join(lines[line:]), "ex-1-answer")
    if indented:
        second["source"] = textwrap.indent(second["source"], "    ")
    result = found(book)
    assert result.answers["12.1"] == result.pieces[0].source == "\n".join(lines)
    assert len(result.pieces) == len(ANSWERS)


def test_helpers_and_imports_elsewhere_are_run_in_the_order_of_the_student():
    book = Book()
    book.add("import math")
    book.add("def helper():\n    return 1", "ex-1-check")
    sources = [piece.source for piece in found(book).pieces]
    assert sources[0] == "import math" and sources[1] == ANSWERS["12.1"] and sources[2].startswith("def helper")


def test_a_method_that_a_class_gets_afterwards_belongs_to_it():
    book = Book()
    book.add("softmax.note = 1", "ex-1-check")
    assert found(book).answers["12.1"] == ANSWERS["12.1"] + "\nsoftmax.note = 1"


def test_what_was_handed_out_is_not_run_again():
    assert found(Book(solved=False)) == Found()
    book = Book(solved=False)
    for cell in book.code:
        cell["source"] += "  \n"  # as some editors do
    assert found(book) == Found()


def test_the_notebook_of_another_lesson_is_rejected():
    with pytest.raises(Rejected, match="of lesson 02: hand in that of lesson 12"):
        find_answers(cells_of(Book("02").bytes()), "12")
    book = Book("02")
    no_metadata(book)
    with pytest.raises(Rejected, match="of lesson 02"):
        find_answers(cells_of(book.bytes()), "12")


def test_a_notebook_about_something_else_is_rejected_and_an_empty_one_is_empty():
    book = Book(solved=False).keep(lambda cell: False)
    assert found(book) == Found()
    book.add("print('hello')")
    with pytest.raises(Rejected, match="No exercise of lesson 12"):
        found(book)


def test_broken_answers_are_found_too():
    book = Book().answers({"12.1": "def softmax(Z)\n    return Z", "12.2": "def cross_entropy(P, Y):\nreturn 3"})
    answers = found(book).answers
    assert answers["12.1"].startswith("def softmax(Z)\n") and answers["12.2"].startswith("def cross_entropy")


@pytest.mark.parametrize("source", ["(" * 5000, "-" * 50_000 + "1", "a." * 50_000 + "a", "1" + "+1" * 50_000, "\0"])
def test_sources_made_to_break_a_parser_break_nothing(source):
    book = Book()
    book.add(source)
    assert found(book).answers == ANSWERS


# ------------------------------------------------------------------------------------------------------- splicing


def spliced(book: Book, **options: object) -> list[dict[str, object]]:
    probes = {id: Probe(e, e.draw(5), f"expected of {id}") for id, e in EXERCISES.items() if id in found(book).answers}
    text = splice(found(book), "12", options.pop("probes", probes), **options)  # type: ignore[arg-type]
    return json.loads(text)["cells"]


def test_a_probe_stands_behind_each_answer_with_what_the_key_gave():
    cells = spliced(Book())
    assert [cell["id"] for cell in cells if not str(cell["id"]).startswith("student-")] == [
        "prelude",
        "setup-0",
        *[f"probe-{id.replace('.', '-')}" for id in EXERCISES],
    ]
    for cell in cells:
        is_probe = str(cell["id"]).startswith("probe-")
        assert (cell["execution_count"] == 1) == is_probe == bool(cell["outputs"])
        assert cell["metadata"]["tags"] == (
            ["nbval-check-output"] if is_probe else ["nbval-ignore-output", "raises-exception"]
        )


def test_nothing_but_code_is_taken_from_the_student():
    book = Book()
    for cell in book.code:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "PASS"}]
        cell["metadata"] |= {"points": 100, "nbval": 1, "editable": False}
    cell = book.add("# NBVAL_SKIP\n  ## PYTEST_VALIDATE_IGNORE_OUTPUT \nx = 1")
    cell["metadata"]["tags"] = ["nbval-skip", "check"]
    text = json.dumps(spliced(book))
    for taken in ("PASS", "points", "editable", "nbval-skip", "# NBVAL_SKIP", "## PYTEST"):
        assert taken not in text
    assert "# (NBVAL_SKIP)" in text


def test_a_probe_holds_no_answer_of_ours():
    book = Book().answers({id: f"def {e.name}(*args):\n    return args" for id, e in EXERCISES.items()})
    text = json.dumps(spliced(book))
    for exercise in EXERCISES.values():
        assert exercise.why()[:40] not in text
        assert [mutant.message for mutant in exercise.mutants if mutant.message in text] == []


def test_what_broke_a_run_can_be_left_out():
    book = Book()
    book.add("import os")
    first = found(book).pieces[0]
    ids = [cell["id"] for cell in spliced(book, without={first.number})]
    assert f"student-{first.number}" not in ids and "probe-12-5" in ids
    probes = {"12.2": Probe(EXERCISES["12.2"], [])}
    assert [c["id"] for c in spliced(book, probes=probes, alone=True)] == ["prelude", "setup-0", "probe-12-2"]


def test_what_an_answer_uses_of_the_lessons_own_cells_is_run_and_nothing_else():
    book = Book("05").answers({"05.3": "def accumulate(micro, w):\n    return mine(w, micro)"})
    book.add("def mine(w, rows):\n    return gradient(w, rows)")
    pieces = find_answers(cells_of(book.bytes()), "05").pieces
    of_the_lesson = [piece.source for piece in pieces if not piece.answers and "mine" not in piece.source]
    assert len(of_the_lesson) == 1 and "def gradient(w, rows)" in of_the_lesson[0]
    for lesson in files.numbers():
        assert all(piece.answers for piece in find_answers(cells_of(Book(lesson).bytes()), lesson).pieces), lesson


@pytest.mark.parametrize(
    ("later", "counts"),
    [
        ("rate = 3\nsoftmax = rate", False),
        ("softmax = 3", False),
        ("for softmax in range(3): pass", False),
        ("def mine(Z):\n    return Z\nsoftmax = mine", True),
        ("softmax = lambda Z: Z", True),
        ("softmax = np.exp", True),
    ],
)
def test_the_name_of_an_exercise_given_to_something_else_is_no_answer(later, counts):
    book = Book()
    book.add(later, "nowhere")
    assert (found(book).answers["12.1"] == ANSWERS["12.1"]) != counts


# ------------------------------------------------------------------------------------------------------- evasions


@pytest.mark.parametrize(
    "source",
    [
        "def softmax(Z):\n    return dl.run(dl.softmax(Z))",
        "from dlcourse import softmax as s",
        "from dlcourse.engine.operations import log_softmax",
        "s = getattr(dl, 'soft' + 'max')",
        "import importlib",
        "__import__('dlcourse').operations",
        "layer = dl.Softmax()",
        "def softmax(Z):\n    return np.exp(-dl.run(dl.softmax_cross_entropy(Z, labels)))",
    ],
)
def test_ways_around_an_exercise_are_listed(source):
    assert len(evasions(EXERCISES["12.1"], source)) >= 1
    assert evasions(EXERCISES["12.4"], source) == []  # nothing is forbidden there


STEP = "step = dl.Adam(0.1).minimize(loss)"


@pytest.mark.parametrize(
    ("others", "listed"),
    [
        ([STEP], ["uses minimize: " + STEP]),
        ([STEP, "def slope(*a): return step(*a)"], []),  # nobody uses it
        ([STEP, "def helper(*a): return step(*a)"], ["uses minimize: " + STEP]),
        (["trained = dl.Adam(0.1).minimize(loss)"], []),
    ],
)
def test_what_an_answer_takes_up_from_another_cell_is_listed_and_what_it_leaves_is_not(others, listed):
    exercise = files.exercises("13")["13.2"]
    used = "helper" if len(others) > 1 and "helper" in others[1] else "step" if len(others) == 1 else "other"
    assert evasions(exercise, f"def backward(params, caches, dY):\n    return {used}({{}})", others) == listed


def test_another_library_that_may_have_the_answer_ready_is_listed_everywhere():
    source = "from scipy.special import softmax"
    assert evasions(EXERCISES["12.4"], source) == [f"uses scipy: {source}"]


def test_a_line_of_the_lesson_itself_is_not_listed():
    book = Book()
    [graph] = [cell for cell in book.cells if "softmax_cross_entropy" in cell["source"] and cell["id"] == "graph"]
    graph["source"] += "\nprint('my own line')"
    assert found(book).evasions == {id: [] for id in ANSWERS}


def test_honest_answers_are_not_listed():
    assert [id for id, exercise in EXERCISES.items() if evasions(exercise, ANSWERS[id])] == []
    looked = "print(dl.run(dl.softmax(dl.constant(Z))) - softmax(Z))"
    assert evasions(EXERCISES["12.1"], ANSWERS["12.1"], [looked]) == []
    kept = "theirs = dl.softmax"
    assert evasions(EXERCISES["12.1"], ANSWERS["12.1"], [kept]) == [f"uses softmax: {kept}"]


# ------------------------------------------------------------------------------------------------ made to be slow

SLOW = {
    "comments": "#\n" * 400_000 + "x = 1",
    "comment signs": "#" * 800_000,
    "comment signs and blanks": "# " * 400_000,
    "semicolons": "1;" * 100_000,
    "question marks": "? " * 400_000 + "x",
    "names of exercises": "def softmax(Z)\n" * 50_000,
    "open_lesson": "open_lesson(" * 60_000,
}


@pytest.mark.parametrize("what", SLOW)
def test_reading_takes_no_more_than_a_time_linear_in_the_size(what):
    """Measured in CPU time, and against the same at a quarter of the size."""
    spent = []
    for part in (4, 1):
        book = Book()
        book.add(SLOW[what][: len(SLOW[what]) // part])
        begin = time.process_time()
        result = found(book)
        splice(result, "12", {})
        spent.append(time.process_time() - begin)
    assert result.answers == ANSWERS
    assert spent[1] < 8 * spent[0] + 1 and spent[1] < 20, spent


def test_a_function_in_hundreds_of_cells_is_read_quickly():
    book = Book(solved=False)
    book.answer_cell("12.1")["source"] = "def softmax(Z):\n    y = 1"
    for i in range(300):
        book.add(f"    z = [{'1, ' * 100}{i}]\n    return z")
    begin = time.process_time()
    found(book)
    assert time.process_time() - begin < 10


MARKERS = ["# NBVAL_SKIP", "  ## NBVAL_IGNORE_OUTPUT  ", "x = 1\x0c# NBVAL_SKIP", "#\tPYTEST_VALIDATE_IGNORE_OUTPUT"]


@pytest.mark.parametrize("line", MARKERS)
def test_no_comment_speaks_to_nbval(line):
    from nbval.plugin import find_comment_markers

    book = Book()
    book.add(f"y = 2\n{line}\ny")
    assert list(find_comment_markers(line))
    notebook = json.loads(splice(found(book), "12", {}))
    assert not [mark for cell in notebook["cells"] for mark in find_comment_markers(cell["source"])]
