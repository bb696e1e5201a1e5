"""A page without Python shows at each recorded step and setting what Python shows there."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from dlcourse.figures.encoding import encode
from dlcourse.figures.front_end import scripts
from dlcourse.figures.still import MOST, by_factors, by_steps, played
from dlcourse.figures.view import FigureView
from dlcourse.lesson import files
from tests.figures.walk import Walk


def patched(panels: list[Any], patch: dict[str, Any] | None) -> list[Any]:
    """As `panels` in still.js."""
    panels = copy.deepcopy(panels)
    if patch and "all" in patch:
        return patch["all"]
    for i, change in (patch or {}).items():
        change = copy.deepcopy(change)
        marks = change.pop("marks", {})
        if "all_marks" in change:
            panels[int(i)]["marks"] = change.pop("all_marks")
        panels[int(i)].update(change)
        for j, fields in marks.items():
            panels[int(i)]["marks"][int(j)].update(fields)
    return panels


def without_clicks(panels: list[Any]) -> list[Any]:
    return [panel | {"click": None, "brush": None} for panel in panels]


@pytest.mark.parametrize("make", [Walk, files.figures("02").Descent, lambda: files.figures("01").Secant(hill="corner")])
def test_each_recorded_setting_is_what_the_model_shows_and_says_there(make: Any) -> None:
    found = json.loads(json.dumps(played(make())))
    state = found["state"]
    assert found["settings"], "something can be moved"
    for name, records in found["settings"].items():
        figure, opened = make(), make()
        for before, record in zip([None, *records], records, strict=False):
            opening = opened._values[name]
            if isinstance(opening, str | bool) or (before and (before["value"] < opening < record["value"])):
                figure = make()  # elsewhere the slider goes on: the secant draws where it has been
            figure.set(**{name: record["value"]})
            assert record["values"] == json.loads(json.dumps(figure._values))
            assert len(record["said"]) == record["last_frame"] + 1 == figure.last_frame + 1
            now = patched(without_clicks(state["panels"]), record["patch"])
            assert without_clicks(now) == without_clicks(json.loads(json.dumps(encode(figure._checked_scene()))))
            assert record["said"][figure.frame] == figure.sentence()
            figure.frame = figure.last_frame
            assert record["said"][-1] == figure.sentence()
            figure.frame = opened.frame


def test_a_recorded_figure_stands_as_before_and_opens_as_it_stood() -> None:
    figure = Walk(start=0.5, frame=1)
    before = (dict(figure._values), figure.frame)
    found = played(figure)
    assert (dict(figure._values), figure.frame) == before
    assert found["state"]["frame"] == 1 and found["state"]["sentence"] == found["said"][1]
    assert {c["name"]: c["initial"] for c in found["state"]["controls"]}["start"] == 0.5


def test_what_a_saved_lesson_keeps_of_a_walk_is_what_a_page_plays_of_it_without_its_controls() -> None:
    figure = Walk(start=0.5, frame=1)
    kept, found = FigureView(figure).walk(), played(figure)
    assert kept is not None and kept["said"] == found["said"]
    assert kept["state"] | {"controls": None} == found["state"] | {"controls": None}
    assert kept["state"]["controls"] == [] and FigureView(files.figures("01").Secant(hill="corner")).walk() is None


def test_positions_are_the_controls_own_and_the_opening_one_is_among_them() -> None:
    descent = files.figures("02").Descent
    for control in descent._controls.values():
        if control.kind != "slider":
            continue
        make = by_factors if control.log else by_steps
        spec, values = make(control, control.value, 9)
        assert len(values) <= 8 and spec["low"] <= min(values) and max(values) <= spec["high"] * 1.01
        assert all(control.clean(value) == value for value in values)


def test_what_needs_python_is_named() -> None:
    assert played(files.figures("07").Expression())["asks"] == ["formula of x, w and b"]


def test_a_large_figure_is_bounded_and_keeps_its_first_controls() -> None:
    figure = files.figures("00").FIGURES["ten-knobs"]()
    found = played(figure)
    assert len(json.dumps(found, ensure_ascii=False)) <= MOST * 1.02
    assert found["settings"] and found["asks"] and len(found["said"]) == figure.last_frame + 1


def test_the_front_end_of_a_page_is_a_plain_script_of_the_same_files() -> None:
    text = scripts()
    assert "export " not in text and "import " not in text
    body = str(FigureView._esm).partition("export default")[0]
    assert body in text
