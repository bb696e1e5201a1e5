"""The lesson object: hints, solutions, given answers, wrong names, and silence where there are no answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcourse.lesson import files, open_lesson
from dlcourse.lesson.files import Unknown
from dlcourse.lesson.notebook import UnknownSetting

RIGHT = "def step(x, df, lr):\n    return x - lr * df(x)  # mine"


def test_hints_come_one_by_one_and_by_number(open_notebook):
    notebook = open_notebook("02")
    texts = files.exercises("02")["02.1"].hint_texts
    said = [notebook.run('lesson.hint("02.1")') for _ in range(4)]
    assert said == [f"Hint {n} of 3: {texts[n - 1]}\n" for n in (1, 2, 3, 3)]
    assert notebook.run('lesson.hint("02.1", 1)') == said[0]
    assert notebook.run('lesson.hint("02.1", 4)') == "02.1 has the hints 1 to 3.\n"


def test_the_solution_opens_after_an_attempt(open_notebook):
    notebook = open_notebook("02")
    closed = '02.1: try it first and press check. Or say lesson.solution("02.1", i_give_up=True).\n'
    assert notebook.run('lesson.solution("02.1")') == closed
    notebook.check("02.1", "def step(x, df, lr):\n    return ...")
    assert notebook.run('lesson.solution("02.1")') == closed
    notebook.check("02.1", "def step(x, df, lr):\n    return x")
    said = notebook.run('lesson.solution("02.1")')
    assert said.startswith('def step(x, df, lr):\n    """Go against the slope.')
    assert "A positive slope says" in said  # why


def test_who_gives_up_sees_the_solution_at_once(open_notebook):
    assert "return x - lr * df(x)" in open_notebook("02").run('lesson.solution("02.1", i_give_up=True)')


def test_given_is_ours_until_the_check_passes_and_then_the_learners_own(open_notebook):
    notebook = open_notebook("02")
    notebook.run("def step(x, df, lr):\n    return 'mine'")
    assert notebook.run('print(lesson.given("02.1")(1.0, lambda x: 2 * x, 0.1))') == "0.8\n"
    notebook.check("02.1", "def step(x, df, lr):\n    step.used = True\n    return x - lr * df(x)")
    said = notebook.run('f = lesson.given("02.1"); f(1.0, lambda x: 2 * x, 0.1); print(f.used)')
    assert said == "True\n"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            "def stp(x, df, lr):\n    return x - lr * df(x)",
            "your cell defines stp; asked for is step. Rename it, run the cell, then check again.",
        ),
        (
            "step = 1.0 - 0.1 * 2.0",
            "your cell defines no step. Begin it with `def step(x, df, lr):`, run it, then check again.",
        ),
        ("1 + 1", "your cell defines no step. Begin it with `def step(x, df, lr):`, run it, then check again."),
        ("step(x, df, lr):\n    return x - lr * df(x)", "Python cannot read line 1 of your cell: step(x, df, lr):"),
    ],
)
def test_the_answers_own_cell_counts_even_where_it_no_longer_defines_the_answer(open_notebook, cell, said):
    notebook = open_notebook("02")
    first = "def step(x, df, lr):\n    return x + lr * df(x)"
    notebook.run(first, "ex-1-answer")
    assert "came back: 1.2" in notebook.check("02.1")
    notebook.run(cell, "ex-1-answer")
    told = notebook.check("02.1").splitlines()[0]
    assert told == f"02.1: {said}"
    notebook.run("print(1)", "six-rides")  # another cell changes nothing
    assert notebook.check("02.1").splitlines()[0] == told
    notebook.run(first, "a-cell-of-their-own")  # a later one that defines it does
    assert "came back: 1.2" in notebook.check("02.1")
    notebook.run(RIGHT, "ex-1-answer")
    assert notebook.check("02.1") == "PASS 02.1\n"


def test_who_answers_in_another_cell_may_leave_a_remark_in_the_answers_own(open_notebook):
    notebook = open_notebook("02")
    notebook.run(RIGHT, "a-cell-of-their-own")
    notebook.run("# my answer is above\n", "ex-1-answer")
    assert notebook.check("02.1") == "PASS 02.1\n"


def test_a_cell_that_only_reads_the_answer_is_not_its_cell_where_the_page_tells_nothing(open_notebook):
    notebook = open_notebook("02")
    notebook.run(RIGHT)
    assert notebook.check("02.1", "stp = step") == "PASS 02.1\n"


def test_given_may_use_what_the_exercise_forbade(open_notebook):
    notebook = open_notebook("12")
    cell = (
        "def softmax(Z):\n    softmax.helper = dl.softmax\n"
        "    E = np.exp(Z - Z.max(axis=1, keepdims=True))\n    return E / E.sum(axis=1, keepdims=True)"
    )
    assert notebook.check("12.1", cell) == "PASS 12.1\n"
    assert notebook.run('print(lesson.given("12.1")(np.zeros((1, 2))))') == "[[0.5 0.5]]\n"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ('open_lesson("77")', "There is no lesson 77: there are 00, 01, 02"),
        ('open_lesson("two")', "There is no lesson 'two': give its number, for instance \"12\"."),
        ('open_lesson("../12")', "There is no lesson '../12': give its number, for instance \"12\"."),
        ('open_lesson("02").check("02.9")', "There is no exercise '02.9': lesson 02 has 02.1 … 02.5."),
        ('open_lesson("02").hint("12.1")', "There is no exercise '12.1': lesson 02 has 02.1 … 02.5."),
        ('open_lesson("02").given("02.6")', "There is no exercise '02.6': lesson 02 has 02.1 … 02.5."),
        ('open_lesson("02").predict("02.z")', "There is no prediction '02.z': lesson 02 has 02.a … 02.c."),
        (
            'open_lesson("02").show("hill")',
            "Lesson 02 has no figure 'hill': there are descent, dial, basins, momentum, graph.",
        ),
    ],
)
def test_a_name_that_does_not_exist_gets_one_sentence(open_notebook, call, sentence):
    with pytest.raises(Unknown) as caught:
        eval(call)
    assert str(caught.value).startswith(sentence)
    said = open_notebook("02").run(call)
    assert said.strip() == f"{type(caught.value).__name__}: {caught.value}"  # in a notebook no traceback


def test_every_way_to_write_a_number_opens_the_lesson():
    assert {repr(open_lesson(n)) for n in (2, "2", "02")} == {"<lesson 02>"}


def test_predictions_and_quiz_show_the_questions_as_text_and_never_what_was_chosen(open_notebook, progress_file: Path):
    from dlcourse.lesson.progress import Progress

    notebook = open_notebook("02")
    first = notebook.run('lesson.predict("02.a")'), notebook.run("lesson.quiz()"), notebook.run("lesson.progress()")
    assert first[0].startswith("You stand at x = 1.6")
    assert [n for n in range(1, 6) if f"\n{n}. " not in "\n" + first[1]] == []
    assert first[2] == (
        "Your progress in lesson 02: 5 exercises and 1 kind of problems by hand. It is kept on this computer only.\n"
    )
    Progress(progress_file).chose("02.a", "They grow")
    notebook.check("02.1", RIGHT)
    again = notebook.run('lesson.predict("02.a")'), notebook.run("lesson.quiz()"), notebook.run("lesson.progress()")
    assert again == first


def test_a_checkup_remembers_what_was_chosen_and_begins_afresh_when_asked(open_notebook, progress_file, monkeypatch):
    from dlcourse.figures import choices
    from dlcourse.lesson.progress import Progress

    notebook = open_notebook("00")
    asked = []
    monkeypatch.setattr(choices, "ask", lambda questions, **how: asked.append((questions, how)))
    Progress(progress_file).chose("00.c2", "9")
    notebook.run("lesson.checkup()")
    notebook.run("lesson.checkup(again=True)")
    (questions, first), (_, second) = asked
    assert len(questions) == 10 and first["commit"] and "" in first["routes"]
    assert {question.topic for question in questions} | {""} == set(first["routes"])
    assert (first["chosen"], second["chosen"]) == ({"00.c2": "9"}, {})
    second["on_choice"]("00.c2", "6", True)
    assert Progress(progress_file).chosen("00.c2") == "6"


def test_a_checkup_prints_its_questions_whatever_was_chosen(open_notebook, progress_file):
    from dlcourse.lesson.progress import Progress

    first = open_notebook("00").run("lesson.checkup()")
    assert [n for n in range(1, 11) if f"\n{n}. " not in "\n" + first] == []
    Progress(progress_file).chose("00.c2", "9")
    assert open_notebook("00").run("lesson.checkup()") == first
    assert open_notebook("02").run("lesson.checkup()") == ""  # it has none


def test_without_answers_a_lesson_opens_and_keeps_silent(tmp_path, monkeypatch, capsys):
    (tmp_path / "dlcourse").mkdir()
    monkeypatch.setattr(files, "PACKAGE", tmp_path / "dlcourse")
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "p.json"))
    lesson = open_lesson("12")
    lesson.predict("12.a")
    lesson.show("nothing", speed=3)
    lesson.check("12.1")
    lesson.hint("12.1")
    lesson.solution("12.1", i_give_up=True)
    lesson.quiz()
    lesson.checkup()
    lesson.progress()
    assert lesson.given("12.3")(1, steps=2) is ...
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "p.json").exists()


def test_the_lessons_are_found_in_a_wheel_too(lesson_90):
    assert files.notebook("90").parent == lesson_90 / "lessons"
    assert list(files.exercises("90")) == ["90.1", "90.2", "90.3"]


@pytest.mark.parametrize(
    ("setting", "why"),
    [({"rat": 3}, "Line has no setting 'rat'; it has rate, frame"), ({"rate": "fast"}, "fast")],
    ids=["unknown", "unsuitable"],
)
def test_a_figure_that_cannot_start_so_says_why_in_one_sentence(progress_file, setting, why):
    with pytest.raises(UnknownSetting, match="The figure 'line' cannot start like that: ") as caught:
        open_lesson("12").show("line", **setting)
    assert why in str(caught.value)
    assert caught.value._render_traceback_() == [f"UnknownSetting: {caught.value}"]


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (
            "03.1",
            "def grad_num(f, p, h=1e-5):\n    p = np.array(p, dtype=float)\n"
            "    return [(f(p + h * e) - f(p - h * e)) / (2 * h) for e in np.eye(len(p))]",
        ),
        (
            "03.2",
            "def descend2(grad, p0, lr, n):\n    path = [np.array(p0, dtype=float)]\n"
            "    for _ in range(n):\n        path.append(path[-1] - lr * grad(path[-1]))\n    return path",
        ),
    ],
)
def test_a_list_that_passes_for_an_array_is_one_in_the_cells_that_follow(open_notebook, exercise, answer):
    notebook = open_notebook("03")
    assert notebook.check(exercise, answer) == f"PASS {exercise}\n"
    notebook.run(f'given = lesson.given("{exercise}")')
    call = "given(lambda p: p @ p, [1.0, 2.0])" if exercise == "03.1" else "given(lambda p: p, [1.0, 2.0], 0.1, 3)"
    assert notebook.run(f"print(type({call}).__name__)") == "ndarray\n"


def test_a_tuple_where_the_task_says_list_is_refused_by_name(open_notebook):
    source = files.exercises("14")["14.1"].source()
    other = source.replace("[self.z.T @ g, g.sum(axis=0)]", "(self.z.T @ g, g.sum(axis=0))")
    assert other != source
    said = open_notebook("14").check("14.1", other)
    assert "That is a tuple of 2" in said and "a list of 2 is asked for" in said


def test_the_first_lesson_has_nothing_to_remember_and_says_so(capsys):
    open_lesson("00").remember()
    assert capsys.readouterr().out == "There is no earlier lesson to remember yet.\n"


@pytest.mark.parametrize("program", [None, "print(torch)", 3])
def test_what_is_no_program_is_told_so(program, capsys):
    open_lesson("14").torch(program)
    assert "a function with one parameter" in capsys.readouterr().out
