"""The last project, as its cells stand in the notebook: both data sets, both engines, and the page of results."""

from __future__ import annotations

import warnings
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files, open_lesson
from tests.lessons.claims import cells

FIRST_LINE = 'choice, units, rate, steps = "penguins", 16, 0.1, 200'
PROJECT = ["project-data", "project-package", "project-engine", "project-doubts", "project-report"]
SHORT = {"penguins": ("penguins", 8, 0.1, 30), "digits": ("digits", 8, 0.3, 30)}


def given(exercise: str) -> Any:
    """What a learner's answer cell defines, run by itself."""
    answer, space = files.exercises(exercise[:2])[exercise], {"np": np}
    exec(answer.source(), space)
    return space[answer.name]


@pytest.fixture
def project(monkeypatch, tmp_path, capsys):
    """Run the cells as a learner does who has changed the first line; gives their names, and what they printed."""
    monkeypatch.chdir(tmp_path)  # the page is written beside the notebook

    def run(choice: object, units: object, rate: object, steps: object) -> tuple[dict[str, Any], str]:
        space: dict[str, Any] = {"np": np, "dl": dl, "open_lesson": open_lesson, "lesson": open_lesson("15")}
        exec(cells("15")["assemble"], space)
        space |= {"evaluate": given("07.2"), "backward": given("11.4")}
        space["vjps"] |= {k: v for n in "123" for k, v in given(f"11.{n}")().items()}
        for id in PROJECT:
            source = cells("15")[id]
            if id == "project-data":
                assert source.startswith(FIRST_LINE)
                source = source.replace(FIRST_LINE, f"choice, units, rate, steps = {(choice, units, rate, steps)!r}")
            with warnings.catch_warnings():  # of our own files, in front of a sentence that says it better
                warnings.simplefilter("error")
                exec(source, space)
        return space, capsys.readouterr().out

    return run


class Page(HTMLParser):
    """The text of a page, and the elements that it opens."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("choice", SHORT)
def test_both_engines_train_the_same_network_and_a_page_of_results_is_written(project, tmp_path, choice):
    space, printed = project(*SHORT[choice])
    assert space["same"] and space["losses"][-1] < 0.9 * space["losses"][0]
    assert space["own"].mean() == pytest.approx(space["package"]) and space["package"] > 0.5
    assert "No doubts" in printed
    page = Page((tmp_path / "results.html").read_text(encoding="utf-8"))
    assert page.tags == ["meta", "title", "pre"] and "charset" in (tmp_path / "results.html").read_text("utf-8")
    for said in (
        choice,
        f"{len(space['test'])} held out",
        f"{space['package']:.1%} right",
        f"{space['losses'][0]:.3f}",
    ):
        assert said in page.text
    assert max(len(line) for line in page.text.splitlines()) < 92, "it fits on a sheet of paper"


@pytest.mark.parametrize("wrong", [("penguin", 8, 0.1, 30), ("digits", 8, 0.1, 0)], ids=["no such data", "no step"])
def test_a_first_line_that_cannot_be_run_is_told_in_a_sentence(project, wrong):
    with pytest.raises(ValueError, match="choice is 'penguins' or 'digits', in quotes, and steps is 1 or more"):
        project(*wrong)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("penguins", 8, 1e-4, 30), ["The loss has hardly fallen: take more steps, or a larger rate."]),
        (("digits", 4, 3000.0, 6), ["The loss has risen: the rate is too large.", "a probability became 0"]),
    ],
)
def test_what_went_wrong_in_the_training_is_told_in_a_sentence(project, changed, said):
    _, printed = project(*changed)
    assert [sentence for sentence in said if sentence not in printed] == [] and "No doubts" not in printed


def test_a_network_changed_on_one_side_only_is_told(project, capsys):
    space, _ = project(*SHORT["penguins"])
    space["w"], space["rate"] = dict(zip(space["names"], space["start"], strict=True)), 0.2
    exec(cells("15")["project-engine"], space)  # with another rate than the package's
    exec(cells("15")["project-doubts"], space)
    assert "Did you change one network and not the other?" in capsys.readouterr().out
