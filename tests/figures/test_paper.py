"""The picture on paper: the same scene, the same bytes, and no trace left in matplotlib."""

import io
import struct
import subprocess
import sys

import matplotlib
import matplotlib.image
import numpy as np
import pytest

from dlcourse.figures import (
    ROLES,
    Figure,
    Panel,
    arrow,
    band,
    bars,
    curve,
    edge,
    image,
    node,
    picture,
    point,
    points,
    polygon,
    polyline,
    text,
)
from dlcourse.figures.labels import Label, along, around, overlap, place
from dlcourse.figures.scene import COLOURS
from tests.figures.walk import Walk


class Everything(Figure):
    """Every mark in every role."""

    title = "Everything"

    def scene(self):
        xs = np.linspace(0.1, 1, 5)
        first = [
            image(np.full((2, 2, 4), 128), (0, 0.2, 0, 0.2)),
            *(polygon([0, k / 9, k / 9], [0, 0, 0.2], role=role) for k, role in enumerate(ROLES)),
            *(curve(xs, xs * k / 9, role=role, label=role) for k, role in enumerate(ROLES)),
            polyline(xs, 1 - xs, shown=0, label="nothing yet"),
            polyline(xs, 1 - xs, shown=3, markers=True),
            bars([0.5], [0.2]),
            band(xs, xs / 2, xs, label="band"),
            arrow(0, 0, 0.5, 0.5, label="pull"),
            points(xs, xs, role="class_b"),
            point(0.5, 0.5, label="you", drag={"x": "start"}),
            text(9, 9, "outside"),
            point(float("nan"), 0.5, label="nowhere"),
        ]
        graph = [node(0.2, 0.5, "x"), node(0.8, 0.5, "σ"), edge(0.2, 0.5, 0.8, 0.5, label="∂")]
        return [
            Panel(first, (0.05, 1), (0.05, 1), xscale="log", yscale="log", xlabel="x", ylabel="y", title="log"),
            Panel(first, (0, 1), (0, 1), aspect="equal"),
            Panel(graph, (0, 1), (0, 1), axes=False),
        ]

    def describe(self):
        return "one of everything; " * 12


def test_every_mark_in_every_role_can_be_drawn():
    assert size(picture(Everything())) == (768, pytest.approx(470, abs=60))


def size(png):
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


def test_the_same_figure_gives_the_same_bytes():
    assert picture(Walk(frame=2)) == picture(Walk(frame=2))


def test_another_frame_gives_another_picture():
    assert picture(Walk()) != picture(Walk(frame=3))


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(matplotlib.rcParams)
    picture(Walk())
    assert dict(matplotlib.rcParams) == before


def test_the_learners_own_settings_do_not_change_the_picture():
    plain = picture(Walk())
    with matplotlib.rc_context({"font.family": "serif", "lines.linewidth": 9, "axes.grid": True, "figure.dpi": 30}):
        assert picture(Walk()) == plain


def test_importing_figures_loads_neither_matplotlib_nor_widgets_nor_pyplot():
    code = (
        "import sys, dlcourse.figures as f; print([m for m in ('matplotlib', 'ipywidgets') if m in sys.modules]);"
        "f.prepare()(); print([m for m in ('matplotlib.figure', 'anywidget') if m not in sys.modules],"
        " 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[] False"]


def test_an_array_becomes_the_picture_it_holds():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 4))
    png = image(pixels, (0, 1, 0, 1)).png
    assert np.array_equal(np.round(matplotlib.image.imread(io.BytesIO(png)) * 255), pixels)


# ------------------------------------------------------------------------------------- colours and labels


def contrast(a, b):
    def luminance(colour):
        c = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def css_colours():
    """The colours of style.css: of the light theme, of JupyterLab's dark one, of a dark system."""
    from dlcourse.figures.front_end import static

    blocks = static("style.css").split("{")
    found = []
    for block in blocks:
        lines = [line.strip() for line in block.split("}")[0].splitlines()]
        pairs = [line.removeprefix("--dlfig-").rstrip(";").split(": ", 1) for line in lines if line[:8] == "--dlfig-"]
        names = {name: value for name, value in pairs if "#" in value}
        if "ink" in names:
            names["paper"] = "#" + names["paper"].split("#")[1].rstrip(")")
            found.append(names)
    return found


def test_strokes_and_words_can_be_told_from_the_ground_in_every_theme():
    themes = css_colours()
    assert len(themes) == 3
    assert themes[1] == themes[2]
    for theme in themes:
        for name in COLOURS:
            assert contrast(theme[name], theme["paper"]) >= 3, (name, theme["paper"])
        for name in ("ink", "soft"):
            assert contrast(theme[name], theme["paper"]) >= 4.5
    for name, colour in COLOURS.items():
        assert contrast(colour, "white") >= (4.5 if name == "ink" else 3)


def test_roles_that_stand_side_by_side_differ_in_more_than_colour():
    lines = [ROLES[r] for r in ("function", "derivative", "guide")]
    assert len({s.dash for s in lines}) == 3
    classes = [ROLES[r] for r in ("class_a", "class_b", "class_c")]
    assert len({s.marker for s in classes}) == 3
    regions = [ROLES[r] for r in ("region_a", "region_b", "region_c")]
    assert len({s.hatch for s in regions}) == 3


def test_labels_lie_neither_on_each_other_nor_outside():
    line = [(float(x), 100.0) for x in range(0, 300, 6)]
    found = [Label(str(k), 60, 14, along(line, 60, 14)) for k in range(4)]
    corner = Label("corner", 60, 14, around(298, 2, 60, 14, 8))
    frame = (0.0, 0.0, 300.0, 200.0)
    place([*found, corner], [], line, frame)
    boxes = [label.box for label in (*found, corner)]
    for i, a in enumerate(boxes):
        assert overlap(a, frame) == pytest.approx(60 * 14)
        assert [b for b in boxes[:i] if overlap(a, b)] == []
        assert [(x, y) for x, y in line if a[0] <= x <= a[2] and a[1] <= y <= a[3]] == []
