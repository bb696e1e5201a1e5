"""Questions and progress: stable text, and what is told to Python when an answer is given."""

import pytest

from dlcourse.figures import choices, view
from dlcourse.figures.choices import Question, as_text, ask, show_progress
from tests.figures.walk import Walk

WHERE = Question("02.a", "Where does the step go?", {"left": "Downhill.", "right": "That is uphill."}, "left")
WHEN = Question("02.b", "When does it stop?", {"never": "It creeps.", "soon": "No."}, "never")


@pytest.fixture
def shown(monkeypatch):
    """What is displayed: (data, metadata) of each bundle, with the widget behind it."""
    bundles = []
    real = view.display_bundle

    def keep(widget, *args, **kwargs):
        def display(data, metadata, raw):
            assert raw
            bundles.append((data, metadata, widget))

        with monkeypatch.context() as m:
            m.setattr("IPython.display.display", display)
            real(widget, *args, **kwargs)

    monkeypatch.setattr(view, "display_bundle", keep)
    return bundles


def test_one_question_is_text_with_lettered_options():
    assert as_text([WHERE]) == "Where does the step go?\n  a) left\n  b) right"


def test_several_questions_are_numbered():
    assert as_text([WHERE, WHEN]).splitlines()[0] == "1. Where does the step go?"
    assert as_text([WHERE, WHEN]).splitlines()[4] == "2. When does it stop?"


def test_the_text_output_does_not_depend_on_what_was_chosen(shown):
    ask([WHERE])
    ask([WHERE], chosen={"02.a": "right"})
    assert shown[0][0]["text/plain"] == shown[1][0]["text/plain"] == as_text([WHERE])
    assert list(shown[0][0]) == ["text/plain", "application/vnd.jupyter.widget-view+json"]


def test_an_answer_is_told_with_whether_it_is_right_and_kept_for_other_views(shown):
    told = []
    ask([WHERE, WHEN], on_choice=lambda *news: told.append(news))
    widget = shown[0][2]
    widget._told(None, {"id": "02.a", "option": "right"}, None)
    widget._told(None, {"id": "02.a", "option": "left"}, None)
    assert told == [("02.a", "right", False), ("02.a", "left", True)]
    assert widget.state["chosen"] == {"02.a": "left"}


def test_what_was_chosen_before_is_shown_unless_it_is_no_option_any_more(shown):
    ask([WHERE, WHEN], chosen={"02.a": "right", "02.b": "an old option", "01.a": "another lesson"})
    assert shown[0][2].state["chosen"] == {"02.a": "right"}


def test_a_choice_that_cannot_be_kept_is_said_and_not_lost(shown):
    def full(*news):
        raise OSError("the disk is full")

    ask([WHERE], on_choice=full)
    widget, sent = shown[0][2], []
    widget.send = sent.append
    widget._told(None, {"id": "02.a", "option": "left"}, None)
    assert sent == [{"id": "02.a", "problem": "This could not be kept: the disk is full (OSError)."}]


def test_a_checkup_sends_each_topic_with_its_route_to_the_page(shown):
    asked = [Question("00.c1", "How steep?", {"flat": "Look.", "2": "Two up."}, "2", topic="slopes")]
    routes = {"slopes": "Read about slopes.", "": "Go on."}
    ask(asked, commit=True, routes=routes)
    data, _, widget = shown[0]
    assert data["text/plain"] == as_text(asked)
    assert (widget.state["routes"], widget.state["questions"][0]["topic"]) == (routes, "slopes")


@pytest.mark.parametrize(
    ("routes", "lost"), [({"": "Go on."}, "'slopes'"), ({"slopes": "Read."}, "''"), ({}, "'', 'slopes'")]
)
def test_a_topic_without_a_route_is_refused(routes, lost):
    asked = [Question("00.c1", "How steep?", {"flat": "Look.", "2": "Two up."}, "2", topic="slopes")]
    with pytest.raises(ValueError, match=f"^there is no route for {lost}$"):
        ask(asked, routes=routes)


@pytest.mark.parametrize(
    ("options", "answer", "sentence"),
    [
        ({"left": ""}, "left", "question 02.x: there must be at least two options to choose from"),
        ({"a": "", "b": ""}, "c", "question 02.x: the answer 'c' is not among its options a, b"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(options, answer, sentence):
    with pytest.raises(ValueError) as caught:
        Question("02.x", "?", options, answer)
    assert str(caught.value) == sentence


def test_progress_counts_what_is_passed_and_prints_only_the_given_text(shown):
    show_progress("Lesson 02", [("02.1", "passed"), ("02.2", "tried"), ("02.3", "to do")], "Your progress.")
    data, _, widget = shown[0]
    assert data["text/plain"] == "Your progress."
    assert widget.state["done"] == 1
    assert [i["symbol"] for i in widget.state["items"]] == [choices.STATES[s] for s in ("passed", "tried", "to do")]


def test_a_figure_displays_one_bundle_with_picture_text_and_alt_text(shown):
    Walk(frame=1).show()
    [(data, metadata, _)] = shown
    assert list(data) == ["text/plain", "image/png", "application/vnd.jupyter.widget-view+json"]
    assert data["text/plain"] == "step 1: x = 0.90"
    assert metadata["image/png"]["alt"] == "A walk. step 1: x = 0.90"


def test_showing_a_figure_again_shows_the_same_widget(shown):
    fig = Walk()
    fig.show()
    fig.show()
    assert shown[0][2] is shown[1][2]
