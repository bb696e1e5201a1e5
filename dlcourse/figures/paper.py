"""The same scene on paper: a PNG drawn by matplotlib, for everywhere that runs no widgets.

matplotlib's objects are used directly. pyplot is never imported, so no global state, no window and no backend
choice is touched, and the learner's own plots stay as they are.
"""

from __future__ import annotations

import functools
import io
import itertools
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import matplotlib
import numpy as np
from matplotlib import patheffects
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Paper
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Affine2D, IdentityTransform

from dlcourse.figures import labels
from dlcourse.figures.scene import COLOURS, ROLES, Mark, Panel, Style, resolve

if TYPE_CHECKING:
    from dlcourse.figures.figure import Figure

DPI = 120
SVG_DPI = 72  # what matplotlib writes SVG at; shapes are laid out in pixels, and have to be the same ones
WIDTH, HEIGHT, CAPTION_LINE = 6.4, 3.6, 0.19  # inches; the caption adds a line or two below
PIXEL = 72 / 100  # a role's widths are CSS pixels of a figure 640 wide: this many points each
MARKERS = {"circle": "o", "triangle": "^", "square": "s"}
FONT: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "dlcourse",
}
HALO = [patheffects.withStroke(linewidth=2.5, foreground="white")]


def picture(figure: Figure, words: bool = True, form: Literal["png", "svg"] = "png") -> bytes:
    """The figure at its current frame, as a PNG or SVG file. The same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
    words : bool
        With its title and its sentence.
    form : "png" or "svg"

    Examples
    --------
    >>> from dlcourse.figures import Figure, Panel, curve
    >>> class Line(Figure):
    ...     title = "A line"
    ...     def scene(self):
    ...         return [Panel([curve([0, 1], [0, 1])], (0, 1), (0, 1))]
    ...     def describe(self):
    ...         return "it goes up"
    >>> picture(Line())[:4]
    b'\\x89PNG'
    """
    with matplotlib.rc_context(FONT):
        out = io.BytesIO()
        nameless = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
        drawn(figure, words, DPI if form == "png" else SVG_DPI).savefig(out, format=form, metadata=nameless)
    return out.getvalue()


def drawn(figure: Figure, words: bool = True, dpi: int = DPI) -> Paper:
    """The figure at its current frame, laid out with every word in its place but not yet made pixels."""
    panels = resolve(figure._checked_scene(), figure.frame)
    title, caption = (figure.title, _wrapped(figure.on_paper())) if words else ("", [])
    top, bottom = (0.3 if title else 0.05), 0.08 + CAPTION_LINE * len(caption)
    with matplotlib.rc_context(FONT):
        paper = Paper(figsize=(WIDTH, HEIGHT + bottom), dpi=dpi, facecolor="white")
        FigureCanvasAgg(paper)
        height = HEIGHT + bottom
        if title:
            paper.text(0.012, 1 - 0.08 / height, title, va="top", weight="bold", size=10.5, color=COLOURS["ink"])
        for i, line in enumerate(reversed(caption)):
            paper.text(0.012, (0.06 + i * CAPTION_LINE) / height, line, va="bottom", size=9, color=COLOURS["ink"])
        _draw_panels(paper, panels, bottom / height, 1 - top / height)
    return paper


def _wrapped(sentence: str) -> list[str]:
    """The caption's lines: about 98 letters each, fewer where wide ones would run off the paper."""

    def fits(line: str) -> bool:
        if len(line) < 70:
            return True
        width, _, _ = _pen().get_text_width_height_descent(
            line, FontProperties(family=FONT["font.family"], size=9), False
        )
        return float(width) <= (1 - 2 * 0.012) * WIDTH * DPI

    ways = (textwrap.wrap(sentence, most) for most in range(98, 60, -2))
    return next((lines for lines in ways if all(map(fits, lines))), textwrap.wrap(sentence, 60))


@functools.cache
def _pen() -> Any:
    """What measures words before there is a paper to write them on."""
    return FigureCanvasAgg(Paper(figsize=(1, 1), dpi=DPI)).get_renderer()  # type: ignore[no-untyped-call]


def _draw_panels(paper: Paper, panels: Sequence[Panel], low: float, high: float) -> None:
    """Panels side by side; those with equal units get the width that their height asks for."""
    if not panels:
        return
    inches = WIDTH, (high - low) * paper.get_figheight()
    left, right, above, below = 0.52, 0.1, 0.42, 0.48  # room for ticks and words around each plot, in inches
    if not any(panel.axes for panel in panels):
        left, below = 0.1, 0.1
    tall = inches[1] - above - below
    free = inches[0] - len(panels) * (left + right)
    wanted = []
    for panel in panels:
        ratio = (panel.xlim[1] - panel.xlim[0]) / (panel.ylim[1] - panel.ylim[0])
        share = panel.width / sum(p.width for p in panels)
        wanted.append(min(tall * ratio, free * share) if panel.aspect == "equal" else 0.0)
    shares = sum(p.width for p, w in zip(panels, wanted, strict=True) if not w) or 1.0
    rest = free - sum(wanted)
    x = left if not all(wanted) else left + rest / 2
    for panel, equal in zip(panels, wanted, strict=True):
        wide = equal or rest * panel.width / shares
        bounds = (x / inches[0], low + below / paper.get_figheight(), wide / inches[0], tall / paper.get_figheight())
        _draw_panel(paper, panel, bounds)
        x += wide + left + right


def _draw_panel(paper: Paper, panel: Panel, bounds: tuple[float, float, float, float]) -> None:
    axes = paper.add_axes(bounds)
    axes.set(xlim=panel.xlim, ylim=panel.ylim, xscale=panel.xscale, yscale=panel.yscale)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#8A8A8A")
    axes.tick_params(color="#8A8A8A", labelcolor="#333333", length=3)
    axes.grid(color="#E4E4E4", linewidth=0.7)
    for axis, scale in ((axes.xaxis, panel.xscale), (axes.yaxis, panel.yscale)):
        axis.set_major_locator(_log_ticks(axis) if scale == "log" else MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_minor_locator(NullLocator())
        if scale == "log":
            axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    if panel.aspect == "equal":
        axes.set_aspect("equal", adjustable="box")
    if not panel.axes:
        axes.set_axis_off()
    axes.set_xlabel(panel.xlabel, labelpad=2, color="#333333")
    # the name of the upward axis stands level above it: easier to read than turned words
    above: Any = {"xy": (0, 1), "xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom"}
    left = -14 if panel.axes else 0  # without numbers beside it, a panel may begin at the picture's edge
    axes.annotate(panel.ylabel, xytext=(left, 5), color="#333333", **above)
    axes.annotate(panel.title or "", xytext=(left, 18 if panel.ylabel else 5), weight="bold", **above)
    for order, mark in enumerate(panel.marks):
        _draw_mark(axes, mark, panel, 2 + order * 0.01)
    _write_words(paper, axes, panel)
    _keep_last_tick(paper, axes)


def _keep_last_tick(paper: Paper, axes: Any) -> None:
    """A number at the right end of an axis ends there, where in the middle of its tick it would leave the paper."""
    renderer: Any = paper.canvas.get_renderer()  # type: ignore[attr-defined]
    for tick in axes.xaxis._update_ticks():
        if tick.label1.get_window_extent(renderer).x1 > paper.bbox.width:
            tick.label1.set_horizontalalignment("right")


def _log_ticks(axis: Any) -> LogLocator:
    """Powers of ten; over so few decades that they say too little, 1, 2 and 5 times them."""
    low, high = axis.get_view_interval()
    few = np.log10(high / low) < 2.2
    return LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=12 if few else 6)


def _line_style(style: Style) -> dict[str, Any]:
    dash = tuple(float(v) * PIXEL for v in style.dash.split())
    return {
        "color": COLOURS[style.colour],
        "linewidth": style.width * PIXEL,
        "linestyle": (0, dash) if dash else "solid",
        "solid_capstyle": "round",
        "solid_joinstyle": "round",
    }


def _marker_style(style: Style) -> dict[str, Any]:
    size = 2 * style.size * PIXEL * (1.1 if style.marker == "triangle" else 1)
    colour = COLOURS[style.colour]
    return {
        "marker": MARKERS[style.marker],
        "markersize": size,
        "linestyle": "none",
        "markerfacecolor": colour,
        "markeredgecolor": "white",
        "markeredgewidth": 0.5,
    }


def _area_style(style: Style, opacity: float | None = None) -> dict[str, Any]:
    """A pale fill; the hatch, where there is one, is the second cue."""
    colour = COLOURS[style.colour]
    alpha = style.fill if opacity is None else opacity
    face = (*matplotlib.colors.to_rgb(colour), alpha)
    edge = (*matplotlib.colors.to_rgb(colour), 0.5) if style.hatch else (0, 0, 0, 0)
    return {"facecolor": face, "edgecolor": edge, "linewidth": 0, "hatch": style.hatch * 2 or None}


def _draw_mark(axes: Any, mark: Mark, panel: Panel, order: float) -> None:
    style = ROLES[str(mark.role)]
    match mark.kind:
        case "curve" | "polyline":
            count = len(mark.xs) if mark.fields.get("shown") is None else int(mark.shown)
            axes.plot(mark.xs[:count], mark.ys[:count], zorder=order, **_line_style(style))
            if mark.fields.get("markers"):
                axes.plot(mark.xs[:count], mark.ys[:count], zorder=order, **_marker_style(style))
        case "point":
            axes.plot([mark.x], [mark.y], zorder=order + (2 if mark.drag else 0), **_marker_style(style))
        case "points":
            axes.plot(mark.xs, mark.ys, zorder=order, **_marker_style(style))
        case "arrow":
            ends = (mark.x0, mark.y0), (mark.x1, mark.y1)
            axes.add_patch(FancyArrowPatch(ends[0], ends[1], zorder=order, **_arrow_style(style)))
        case "edge":
            axes.add_patch(_edge(axes, mark, panel, order, style))
        case "band":
            axes.fill_between(mark.xs, mark.low, mark.high, zorder=order, **_area_style(style))
        case "polygon":
            axes.fill(mark.xs, mark.ys, zorder=order, **_area_style(style, mark.fields.get("opacity")))
        case "bars":
            axes.bar(mark.xs, mark.heights, width=mark.width, zorder=order, color=COLOURS[style.colour], alpha=0.8)
        case "image":
            pixels = matplotlib.image.imread(io.BytesIO(mark.png))
            axes.imshow(pixels, extent=mark.extent, aspect=axes.get_aspect(), zorder=order)  # equal units stay equal
            axes.set(xlim=panel.xlim, ylim=panel.ylim)
        case "node":
            _draw_node(axes, mark, style)
        case "blank":
            _draw_blank(axes, mark)


# -- nodes and edges of graphs and block diagrams: the same shapes as in plot.js, in pixels of the paper


def _arrow_style(style: Style) -> dict[str, Any]:
    return {
        "arrowstyle": "-|>",
        "mutation_scale": 11,
        "shrinkA": 0,
        "shrinkB": 0,
        "color": COLOURS[style.colour],
        "linewidth": style.width * PIXEL,
    }


def _node_size(axes: Any, mark: Mark) -> tuple[float, float]:
    """Width and height of a node's shape: its words and some room round them."""
    pixel = PIXEL * axes.figure.dpi / 72
    words, _, _ = axes.figure.canvas.get_renderer().get_text_width_height_descent(str(mark.label), _font(), False)
    width = words / pixel
    match mark.shape:
        case "circle" | "observed":
            width = height = max(36.0, width + 17)
        case "square":
            width = height = max(38.0, width + 16)
        case "block" | "block-left":
            width, height = max(54.0, width + 32), 40.0
        case _:
            width, height = max(34.0, width + 20), 28.0
    return width * pixel, height * pixel


def _outline(shape: str, w: float, h: float) -> Patch:
    """The shape of a node round (0, 0)."""
    if shape in ("circle", "observed"):
        return Circle((0, 0), w / 2)
    if shape == "square":
        return Rectangle((-w / 2, -h / 2), w, h)
    if shape.startswith("block"):
        turn = Path.arc(-90, 90)
        round_side = np.asarray(turn.vertices, dtype=float) * h / 2 + [(w - h) / 2, 0]
        corners = np.vstack([[-w / 2, h / 2], [-w / 2, -h / 2], round_side, [-w / 2, h / 2]])
        corners = corners * [1 if shape == "block" else -1, 1]
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, *np.asarray(turn.codes)[1:], Path.CLOSEPOLY]
        return PathPatch(Path(corners, codes))
    return FancyBboxPatch((-w / 2, -h / 2), w, h, boxstyle=f"round,pad=0,rounding_size={0.28 * h}")


def _draw_node(axes: Any, mark: Mark, style: Style) -> None:
    w, h = _node_size(axes, mark)
    spot = Affine2D().translate(*axes.transData.transform((mark.x, mark.y)))
    rim = _line_style(style) | {"color": None, "edgecolor": COLOURS[style.colour], "linewidth": 1.8 * PIXEL}
    rim = {name: value for name, value in rim.items() if value is not None and not name.startswith("solid_")}
    parts = [_outline(mark.shape, w, h)]
    parts[0].set(facecolor="white", **rim)
    if mark.shape == "observed":  # grey, and a second rim: one cue works without the other
        parts.append(Circle((0, 0), w / 2 - 3.5 * PIXEL * axes.figure.dpi / 72))
        grey = (*matplotlib.colors.to_rgb(COLOURS["grey"]), 0.28)
        parts[1].set(facecolor=grey, edgecolor=COLOURS[style.colour], linewidth=PIXEL)
    for part in parts:
        part.set(transform=spot, zorder=3, clip_on=False)
        axes.add_artist(part)
    axes.text(mark.x, mark.y, mark.label, ha="center", va="center", zorder=3, color=COLOURS["ink"])


VERDICTS = {"": ("#595959", "solid", ""), "right": (COLOURS["green"], "solid", "✓")}
VERDICTS |= {"wrong": (COLOURS["vermillion"], "dashed", "✗"), "shown": (COLOURS["grey"], "dotted", "")}


def _draw_blank(axes: Any, mark: Mark) -> None:
    """A box to write in, 30 pixels high, with what is in it."""
    pixel = PIXEL * axes.figure.dpi / 72
    colour, dash, sign = VERDICTS[mark.verdict]
    w, h = mark.wide * pixel, 30 * pixel
    spot = Affine2D().translate(*axes.transData.transform((mark.x, mark.y)))
    box = FancyBboxPatch((-w / 2, -h / 2), w, h, boxstyle=f"round,pad=0,rounding_size={0.14 * h}")
    box.set(facecolor="white", edgecolor=colour, linestyle=dash, linewidth=1, transform=spot, zorder=3, clip_on=False)
    axes.add_artist(box)
    axes.text(mark.x, mark.y, mark.words, ha="center", va="center", zorder=3, color=COLOURS["ink"])
    corner = Affine2D().translate(w / 2, h / 2) + spot
    axes.text(0, 0, sign, ha="center", va="center", zorder=3, color=colour, weight="bold", transform=corner)
    beside = Affine2D().translate(-w / 2 - 5 * pixel, 0) + spot
    axes.text(0, 0, mark.caption, ha="right", va="center", zorder=3, color=COLOURS["ink"], transform=beside)


def _within(shape: str, w: float, h: float, dx: float, dy: float) -> bool:
    """Whether the place (dx, dy) from its middle is inside a node's shape."""
    if shape in ("circle", "observed"):
        return bool(np.hypot(dx, dy) <= w / 2)
    if abs(dx) > w / 2 or abs(dy) > h / 2:
        return False
    bulge = {"block": dx, "block-left": -dx}.get(shape, -np.inf) - (w - h) / 2
    return bool(bulge <= 0 or np.hypot(bulge, dy) <= h / 2)


def _edge(axes: Any, mark: Mark, panel: Panel, order: float, style: Style) -> Patch:
    """An arrow from border to border of the shapes that stand at the ends of the edge."""
    spots = axes.transData.transform([(mark.x0, mark.y0), (mark.x1, mark.y1)])
    ends: list[Any] = []
    for (x, y), here, there in ((data, *pair) for data, pair in zip(_ends(mark), (spots, spots[::-1]), strict=True)):
        way, low, high = there - here, 0.0, 0.0
        for other in panel.marks:
            if other.kind == "node" and (other.x, other.y) == (x, y):
                w, h = _node_size(axes, other)
                high = 1.0
                for _ in range(16):  # where the line leaves the shape
                    middle = (low + high) / 2
                    inside = _within(other.shape, w, h, *(way * middle))
                    low, high = (middle, high) if inside else (low, middle)
                high = min(high + 2 / max(np.hypot(*way), 1e-9), 0.5)
        pixel = PIXEL * axes.figure.dpi / 72
        right = np.array([way[1], -way[0]]) / max(np.hypot(*way), 1e-9) * mark.aside * pixel
        ends.append(here + way * high + (right if len(ends) == 0 else -right))
    dash = {"linestyle": _line_style(style)["linestyle"]} if style.dash else {}
    arrow = FancyArrowPatch(ends[0], ends[1], zorder=order, **_arrow_style(style), **dash)
    arrow.set_transform(IdentityTransform())
    return arrow


def _ends(mark: Mark) -> tuple[tuple[float, float], tuple[float, float]]:
    return (mark.x0, mark.y0), (mark.x1, mark.y1)


def _write_words(paper: Paper, axes: Any, panel: Panel) -> None:
    """Write texts where they belong, and each label beside what it names, clear of lines and of other words."""
    renderer: Any = paper.canvas.get_renderer()  # type: ignore[attr-defined]
    total = float(paper.bbox.height)

    def pixels(xs: Any, ys: Any) -> list[tuple[float, float]]:
        with np.errstate(all="ignore"):
            spots = axes.transData.transform(np.column_stack([np.atleast_1d(xs), np.atleast_1d(ys)]))
        return [(float(u), total - float(v)) for u, v in spots if np.isfinite(u) and np.isfinite(v)]

    area = axes.get_window_extent(renderer)
    frame = (float(area.x0), total - float(area.y1), float(area.x1), total - float(area.y0))

    def inside(spots: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(u, v) for u, v in spots if frame[0] <= u <= frame[2] and frame[1] <= v <= frame[3]]

    def size(words: str) -> tuple[float, float]:
        width, height, _ = renderer.get_text_width_height_descent(words, _font(), False)
        return float(width), float(height)

    def write(words: str, box: labels.Box) -> None:
        x, y = box[0] / float(paper.bbox.width), 1 - box[3] / total
        paper.text(x, y, words, va="bottom", path_effects=HALO, color=COLOURS["ink"])

    wanted: list[labels.Label] = []
    taken: list[labels.Box] = []
    dots: list[tuple[float, float]] = []
    pixel = PIXEL * axes.figure.dpi / 72
    for mark in panel.marks:
        if mark.kind in ("node", "blank"):
            [(u, v)] = pixels(mark.x, mark.y)
            w, h = _node_size(axes, mark) if mark.kind == "node" else (mark.wide * pixel, 30 * pixel)
            beside = size(mark.caption)[0] + 5 * pixel if mark.kind == "blank" else 0.0
            taken.append((u - w / 2 - beside, v - h / 2, u + w / 2, v + h / 2))
    for mark in sorted(panel.marks, key=lambda m: m.kind != "point"):  # a moving point chooses first
        label = mark.fields.get("label")
        spots: list[tuple[float, float]] = []
        if mark.kind in ("curve", "polyline"):
            count = len(mark.xs) if mark.fields.get("shown") is None else int(mark.shown)
            spots = inside(_dense(pixels(mark.xs[:count], mark.ys[:count])))
            dots += spots
        elif mark.kind == "points":
            spots = inside(pixels(mark.xs, mark.ys))
            dots += spots
        elif mark.kind == "point":
            spots = inside(pixels(mark.x, mark.y))
            taken += [(u - 7, v - 7, u + 7, v + 7) for u, v in spots]
        elif mark.kind in ("arrow", "edge"):
            spots = inside(_dense(pixels([mark.x0, mark.x1], [mark.y0, mark.y1])))
            dots += spots
        elif mark.kind == "band":
            spots = inside(_dense(pixels(mark.xs, (mark.low + mark.high) / 2)))
        elif mark.kind == "text" and mark.string:
            width, height = size(mark.string)
            for u, v in inside(pixels(mark.x, mark.y)):
                left = u - {"start": 0.0, "middle": 0.5, "end": 1.0}[mark.anchor] * width
                left = min(max(left, frame[0] + 3), frame[2] - width - 3)  # words stay inside the plot
                taken.append((left, v - height / 2, left + width, v + height / 2))
                write(mark.string, taken[-1])
        if label and spots and mark.kind != "node":
            width, height = size(label)
            if mark.kind == "point":
                places = labels.around(*spots[0], width, height, 9)
            elif mark.kind == "edge":
                places = labels.around(*spots[len(spots) // 2], width, height, 6) + labels.along(spots, width, height)
            elif mark.kind == "arrow":
                places = labels.around(*spots[-1], width, height, 6) + labels.along(spots, width, height)
            else:
                places = labels.along(spots, width, height)
            wanted.append(labels.Label(label, width, height, places))
    labels.place(wanted, taken, dots, frame)
    for item in wanted:
        write(item.string, item.box)


def _font() -> Any:
    return FontProperties()  # the family and size of rc_context


def _dense(spots: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points every few pixels along a line, so that a label cannot slip between two far corners."""
    out = spots[:1]
    for (a, b), (c, d) in itertools.pairwise(spots):
        n = min(200, 1 + int(max(abs(c - a), abs(d - b)) / 6))
        out += [(a + (c - a) * k / n, b + (d - b) * k / n) for k in range(1, n + 1)]
    return out
