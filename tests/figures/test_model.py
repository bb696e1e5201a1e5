"""A figure is driven from Python, without a browser: settings, frames, forms, errors."""

import pytest

from dlcourse.figures import Figure, Panel, action, by_frame, choice, curve, point, polyline, resolve, slider
from tests.figures.walk import Walk


def test_settings_given_at_the_start_are_computed_once():
    fig = Walk(start=0.5, hill="flat")
    assert (fig.start, fig.hill, fig.computed) == (0.5, "flat", 1)


def test_numbers_are_clamped_to_their_range():
    assert Walk(rate=99).rate == 1.0
    assert Walk(start=-99).start == -2.0


def test_two_figures_do_not_share_values():
    a, b = Walk(start=0.5), Walk()
    assert (a.start, b.start) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"rat": 1}, "Walk has no setting 'rat'; it has start, rate, hill, mirror, frame"),
        ({"hill": "cubic"}, "hill is one of bowl, flat, not 'cubic'"),
        ({"start": "left"}, "start takes a number, not 'left'"),
        ({"start": float("nan")}, "start takes a number, not nan"),
        ({"mirror": "yes"}, "mirror is True or False, not 'yes'"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence_and_changes_nothing(settings, sentence):
    fig = Walk()
    with pytest.raises(ValueError) as caught:
        fig.set(rate=0.5, **settings)
    assert str(caught.value) == sentence
    assert (fig.rate, fig.computed) == (0.1, 1)


def test_step_and_back_stay_between_the_first_and_the_last_frame():
    fig = Walk()
    fig.back()
    assert fig.frame == 0
    for _ in range(9):
        fig.step()
    assert fig.frame == fig.last_frame == 5
    fig.reset()
    assert (fig.frame, fig.computed) == (0, 1), "frames are moved through without computing anew"


def test_a_shorter_path_clamps_the_frame():
    fig = Walk(frame=5)
    assert fig.frame == 5
    fig.set(hill="flat")
    assert fig.frame == 1


def test_restore_brings_back_every_control_and_the_first_frame():
    fig = Walk(start=-1, rate=0.9, frame=3, mirror=True)
    fig.restore()
    assert (fig.start, fig.rate, fig.mirror, fig.frame) == (1.0, 0.1, False, 0)


def test_an_action_does_what_its_button_does():
    fig = Walk()
    fig.add_point(0.5)
    fig.clear()
    assert fig.added == []
    assert fig.computed == 2, "the button computes anew"


def test_a_form_is_a_dict_of_its_fields():
    assert Walk().add == {"x": 0.5, "group": "a"}


def test_a_control_may_not_take_a_name_of_the_figure():
    with pytest.raises(TypeError, match="'step' is a name of the figure itself"):
        type("Bad", (Figure,), {"step": slider(0, 1)})


def test_a_button_without_its_method_is_noticed_when_the_class_is_written():
    with pytest.raises(TypeError, match="clear is to call 'wipe', but there is no such method"):
        type("Bad", (Figure,), {"clear": action("Clear", "wipe")})


def test_a_figure_without_a_scene_says_what_to_define():
    with pytest.raises(NotImplementedError, match=r"define scene\(self\)"):
        Figure().scene()


# ------------------------------------------------------------------------------------------------ scenes


def test_resolve_gives_plain_values_of_one_frame():
    fig = Walk(rate=0.5)
    panel = resolve(fig.scene(), 2)[0]
    _, path, here = panel.marks
    assert (path.shown, here.x, here.y) == (3, 0.25, 0.25**2 / 2)
    assert type(here.x) is float


def test_resolve_takes_arrays_and_roles_by_frame():
    moving = polyline(by_frame([[0, 1], [0, 2]]), by_frame([[0, 0], [1, 1]]), role=by_frame(["path", "guide"]))
    panel = resolve([Panel([moving], (0, 2), (0, 2))], 1)[0]
    assert panel.marks[0].xs.tolist() == [0, 2]
    assert panel.marks[0].role == "guide"


def test_a_by_frame_of_the_wrong_length_is_one_sentence_that_says_where():
    class Short(Walk):
        def scene(self):
            return [Panel([point(by_frame([1.0, 2.0]), 0.0)], (0, 1), (0, 1), name="hill")]

    with pytest.raises(ValueError) as caught:
        Short()._checked_scene()
    assert str(caught.value) == (
        "panel 'hill': x of a point has 2 entries by frame, but the figure has 6 frames "
        "(last_frame = 5); give one entry for each"
    )


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: curve([0, 1], [0, 1, 2]), "curve: as many of each, but there are 2 xs, 3 ys"),
        (lambda: point(0, 0, role="hero"), "point: there is no role 'hero'"),
        (lambda: Panel([], (1, 0), (0, 1), name="map"), "panel 'map': xlim must go from a lower to a higher number"),
        (lambda: Panel([], (0, 1), (0, 1), xscale="log"), "a log axis shows numbers above 0, but xlim starts at 0"),
        (lambda: slider(1, 1), "a control goes from a lower to a higher number"),
        (lambda: slider(0, 1, log=True), "a logarithmic slider needs numbers above 0"),
        (lambda: choice([]), "a choice needs at least one option"),
    ],
)
def test_a_mistake_in_a_scene_is_named_where_it_is_made(build, sentence):
    with pytest.raises(ValueError) as caught:
        build()
    assert str(caught.value).startswith(sentence) or sentence in str(caught.value)


def test_a_mark_names_the_fields_it_has():
    with pytest.raises(AttributeError, match="a point has no 'xs'; it has x, y, label, drag"):
        _ = point(0, 0).xs
