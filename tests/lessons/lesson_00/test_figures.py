"""Knobs that remember what was tried, blame that agrees with a nudge, and a map that agrees with the lessons."""

from __future__ import annotations

import pytest

from dlcourse.lesson import files
from dlcourse.lesson.progress import Progress

figures = files.figures("00")
COURSE = figures.COURSE
EYE = figures.EYE
Blame = figures.Blame
CourseMap = figures.CourseMap
OneKnob = figures.OneKnob
TenKnobs = figures.TenKnobs
TwoKnobs = figures.TwoKnobs
before = figures.before
in_space = figures.in_space


def test_a_try_is_a_setting_that_was_not_seen_before():
    fig = OneKnob()
    fig.set(w=2.5)
    fig.set(w=4.0)
    fig.set(w=2.5, whole=True)
    assert (fig.tries, fig.best) == (3, (2.5,))
    assert "try 3: w = 2.5" in fig.describe()
    fig.restore()
    assert fig.tries == 1


def test_the_losses_of_two_knobs_are_hidden_until_the_fog_is_lifted():
    fig = TwoKnobs()
    for view, drawn in (("fog", False), ("map", True), ("surface", True)):
        fig.set(view=view)
        assert ("image" in [mark.kind for mark in fig.scene()[1].marks]) == drawn
        assert ("valley" in fig.describe()) == drawn
    assert fig.tries == 1


def test_a_setting_stands_higher_on_the_surface_where_its_loss_is_larger():
    fig = TwoKnobs(view="surface")
    fig.set(w=2.0, b=3.0)
    low, high = fig.spots([(2.0, 3.0)]), fig.spots([(0.5, 8.0)])
    flat = [float(EYE(in_space(w, b, 0.0))[1]) for w, b in ((2.0, 3.0), (0.5, 8.0))]
    assert float(high[1][0]) - flat[1] > float(low[1][0]) - flat[0] >= 0


def test_descent_starts_where_the_hand_stopped_and_a_hand_on_a_knob_stops_it():
    fig = TenKnobs(w3=-3.0)
    assert fig.path[0].tolist() == list(fig.setting)
    assert fig.losses[0] == pytest.approx(fig.now) and fig.losses[-1] < fig.now / 10
    fig.set(frame=fig.last_frame)
    assert fig.frame == fig.last_frame
    fig.set(w5=1.2)
    assert fig.frame == 0


@pytest.mark.parametrize(("knob", "name"), [("first", "w₁"), ("second", "w₂")])
def test_the_blame_of_a_knob_is_what_a_nudge_of_it_does(knob, name):
    fig, h = Blame(), 0.001
    value = getattr(fig, knob)
    up, down = (Blame(**{knob: value + s}).before.forward["ℓ"] for s in (h, -h))
    assert fig.before.backward[name] == pytest.approx((up - down) / (2 * h), rel=1e-4)
    assert fig.after.forward["ℓ"] < fig.before.forward["ℓ"]


def test_a_lesson_builds_on_earlier_lessons_only_and_all_of_them_are_there():
    assert list(COURSE) == files.numbers()
    assert [number for number, entry in COURSE.items() if any(needed >= number for needed in entry.needs)] == []
    assert before("15") == [f"{number:02}" for number in range(15)], "the capstone builds on every lesson before it"


def test_a_click_chooses_the_nearest_lesson():
    fig = CourseMap()
    fig.pick(2.2, 1.9)
    assert fig.lesson == "02"
    assert "builds on 2 lessons (00, 01)" in fig.describe()


def test_the_map_shows_what_sits_and_paper_shows_nothing_of_the_learner(tmp_path):
    progress = Progress(tmp_path / "progress.json")
    assert figures.practised(progress) == {}
    progress.finished("02.step", alone=True)
    for _ in range(3):
        progress.finished("03.map", alone=True)
    fig = CourseMap(lesson="03")
    before = fig.describe()
    fig.by_hand = figures.practised(progress)
    assert fig.by_hand == {"02": "◐", "03": "✓"}
    words = [mark.string for mark in fig.scene()[0].marks if mark.kind == "text"]
    assert words.count("✓") == words.count("◐") == 1 and any("sits" in word for word in words)
    assert "practise by hand sits" in fig.describe() and "sits" not in before
