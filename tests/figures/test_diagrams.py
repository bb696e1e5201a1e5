"""Block diagrams: what stands where, and arrows that meet each shape at its border."""

from typing import get_args

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Paper

from dlcourse.figures import Panel, by_frame, edge, node, paper, resolve
from dlcourse.figures.diagrams import diagram
from dlcourse.figures.encoding import encode
from dlcourse.figures.scene import ROLES, Outline

SHAPES = get_args(Outline)
FIG_1 = {"x": "observed", "G": ("block", "G(x, w)"), "ŷ": "circle", "C": ("square", "C(y, ŷ)"), "y": "observed"}
ROWS = [[None, None, None, "y"], ["x", "G", "ŷ", "C"]]


def at(panel, name):
    label = FIG_1[name][1] if isinstance(FIG_1[name], tuple) else name
    (mark,) = [mark for mark in panel.marks if mark.kind == "node" and mark.label == label]
    return mark.x, mark.y


def test_rows_share_columns_and_arrows_run_from_part_to_part():
    panel = diagram(FIG_1, ROWS, ["x G ŷ C", "y C"])
    assert at(panel, "y")[0] == at(panel, "C")[0]
    assert at(panel, "x")[1] == at(panel, "G")[1] < at(panel, "y")[1]
    arrows = [(mark.x0, mark.y0, mark.x1, mark.y1) for mark in panel.marks if mark.kind == "edge"]
    assert arrows[0] == (*at(panel, "x"), *at(panel, "G"))
    assert arrows[-1] == (*at(panel, "y"), *at(panel, "C"))


def test_arrows_and_parts_take_roles_and_words():
    panel = diagram(FIG_1, ROWS, [("C ŷ", "derivative", "∂"), "x G"], roles={"G": "guide"}, notes={"x": "2.0"})
    assert [(m.role, m.label) for m in panel.marks if m.kind == "edge"] == [("derivative", "∂"), ("function", None)]
    assert [m.role for m in panel.marks if m.kind == "node"].count("guide") == 1
    (note,) = [m for m in panel.marks if m.kind == "text"]
    assert note.string == "2.0" and note.x == at(panel, "x")[0] and note.y < at(panel, "x")[1]


def test_a_wide_diagram_is_shown_whole():
    names = [f"a part with a long name {k}" for k in range(6)]
    panel = diagram(dict.fromkeys(names, "box"), [names], [])
    xs = [mark.x for mark in panel.marks if mark.kind == "node"]
    assert panel.xlim[0] < min(xs) and max(xs) < panel.xlim[1]
    assert np.all(np.diff(xs) > 150)


def test_a_part_without_a_place_is_named():
    with pytest.raises(ValueError, match="every part needs a shape and a place, but w has only one"):
        diagram({"x": "observed", "w": "circle"}, [["x"]], [])


def test_the_shape_travels_to_the_browser():
    (panel,) = encode([diagram(FIG_1, ROWS, ["x G"])])
    assert {m["shape"] for m in panel["marks"] if m["kind"] == "node"} == {"observed", "block", "circle", "square"}


def test_shapes_of_words_that_change_stay_what_they_are():
    panel = Panel([node(0, 0, by_frame(["1", "2"]), shape="circle")], (-1, 1), (-1, 1))
    assert [resolve([panel], k)[0].marks[0].label for k in range(2)] == ["1", "2"]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_edge_ends_at_the_border_of_a_shape_from_every_side(shape):
    sheet = Paper(figsize=(6.4, 3.6), dpi=paper.DPI)
    FigureCanvasAgg(sheet)
    axes = sheet.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    here = node(0.0, 0.0, "G(x, w)", shape=shape)
    outline = paper._outline(shape, *paper._node_size(axes, here))
    path = outline.get_patch_transform().transform_path(outline.get_path())
    middle = axes.transData.transform((0, 0))
    for angle in np.linspace(0, 2 * np.pi, 25):
        far = 0.9 * np.cos(angle), 0.9 * np.sin(angle)
        mark = edge(0.0, 0.0, *far)
        arrow = paper._edge(axes, mark, Panel([here, mark], (-1, 1), (-1, 1)), 1, ROLES["function"])
        start, end = np.array(arrow._posA_posB) - middle
        reach = np.hypot(*start)
        assert not path.contains_point(start), "it starts outside the shape"
        assert path.contains_point(start * (reach - 6) / reach), "but close to it"
        assert np.allclose(end, axes.transData.transform(far) - middle), "where no node stands it ends at the place"
