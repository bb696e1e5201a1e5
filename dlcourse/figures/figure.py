"""A figure: controls, a model that computes, a scene to draw, a sentence to read.

A lesson's figure is a subclass of `Figure` with controls as class attributes and three methods: ``compute``,
``scene`` and ``describe``. It is plain Python. Tests drive it by calling ``set``, ``step`` and its own methods;
nothing here knows of a browser or of matplotlib until ``show`` is called.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from dlcourse.figures.scene import Panel, check_frames
from dlcourse.figures.spelling import minus

if TYPE_CHECKING:
    from dlcourse.figures.view import FigureView

T = TypeVar("T")


class Control(Generic[T]):
    """Something the reader can change. On the class it is the control, on a figure it is its value."""

    kind: ClassVar[str]

    def __init__(self, value: T, label: str = "") -> None:
        self.value, self.label, self.name = value, label, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.label = self.label or name

    @overload
    def __get__(self, figure: None, owner: type) -> Self: ...
    @overload
    def __get__(self, figure: Figure, owner: type) -> T: ...
    def __get__(self, figure: Figure | None, owner: type) -> Self | T:
        if figure is None:
            return self
        value: T = figure._values[self.name]
        return value

    def __set__(self, figure: Figure, value: T) -> None:
        figure.set(**{self.name: value})

    def clean(self, value: Any) -> T:
        """The value as it will be kept: within range, of the right type. Raises one sentence if it cannot be."""
        raise NotImplementedError

    def spec(self) -> dict[str, Any]:
        """What the browser has to know to draw this control."""
        return {"kind": self.kind, "name": self.name, "label": self.label, "initial": self.value}


class Number(Control[float]):
    """A number that is typed in; see `number`."""

    kind = "number"

    def __init__(
        self, low: float, high: float, value: float | None = None, step: float | None = None, label: str = ""
    ) -> None:
        if not low < high:
            raise ValueError(f"a control goes from a lower to a higher number, not from {low} to {high}")
        self.low, self.high = float(low), float(high)
        self.step = float(step) if step else (self.high - self.low) / 100
        super().__init__(self.clean(self.low if value is None else value), label)

    def clean(self, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if math.isnan(number):
            raise ValueError(f"{getattr(self, 'name', '') or 'this control'} takes a number, not {value!r}")
        return min(max(number, self.low), self.high)

    def spec(self) -> dict[str, Any]:
        return {**super().spec(), "low": self.low, "high": self.high, "step": self.step}


class Slider(Number):
    """A number that is slid; see `slider`."""

    kind = "slider"

    def __init__(
        self,
        low: float,
        high: float,
        value: float | None = None,
        step: float | None = None,
        label: str = "",
        log: bool = False,
    ) -> None:
        if log and low <= 0:
            raise ValueError(f"a logarithmic slider needs numbers above 0, but this one starts at {low}")
        self.log = log
        super().__init__(low, high, value, step, label)

    def spec(self) -> dict[str, Any]:
        return {**super().spec(), "log": self.log}


class Select(Control[str]):
    """One of several; see `choice`."""

    kind = "choice"

    def __init__(self, options: Mapping[str, str] | Sequence[str], value: str | None = None, label: str = "") -> None:
        self.options = dict(options) if isinstance(options, Mapping) else {name: name for name in options}
        if not self.options:
            raise ValueError("a choice needs at least one option")
        super().__init__(self.clean(next(iter(self.options)) if value is None else value), label)

    def clean(self, value: Any) -> str:
        if value not in self.options:
            name = getattr(self, "name", "") or "this choice"
            raise ValueError(f"{name} is one of {', '.join(self.options)}, not {value!r}")
        return str(value)

    def spec(self) -> dict[str, Any]:
        return {**super().spec(), "options": list(self.options.items())}


class Toggle(Control[bool]):
    """Yes or no; see `toggle`."""

    kind = "toggle"

    def clean(self, value: Any) -> bool:
        if value not in (True, False):
            raise ValueError(f"{getattr(self, 'name', '') or 'this control'} is True or False, not {value!r}")
        return bool(value)


class TextField(Control[str]):
    """A line of text that is typed; see `entry`."""

    kind = "entry"
    most = 200  # characters: more is a mistake, or a nuisance

    def clean(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{getattr(self, 'name', '') or 'this entry'} is a line of text, not {value!r}")
        return value[: self.most]

    def spec(self) -> dict[str, Any]:
        return {**super().spec(), "most": self.most}


class Action:
    """A button; see `action`. On a figure it is a function that does what the button does."""

    kind = "action"

    def __init__(self, label: str, method: str) -> None:
        self.label, self.method, self.name = label, method, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, figure: None, owner: type) -> Self: ...
    @overload
    def __get__(self, figure: Figure, owner: type) -> Any: ...
    def __get__(self, figure: Figure | None, owner: type) -> Any:
        return self if figure is None else lambda: figure._call(self.method)

    def spec(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "label": self.label}


class Form(Control[dict[str, Any]]):
    """Several values and a button that hands them over; see `form`."""

    kind = "form"

    def __init__(self, label: str, method: str, **fields: Control[Any]) -> None:
        self.method, self.fields = method, fields
        for name, control in fields.items():
            control.__set_name__(type(self), name)
        super().__init__({name: control.value for name, control in fields.items()}, label)

    def clean(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not set(value) <= set(self.fields):
            raise ValueError(f"{self.name} takes {', '.join(self.fields)}, not {value!r}")
        return {**self.value, **{name: self.fields[name].clean(v) for name, v in value.items()}}

    def spec(self) -> dict[str, Any]:
        return {**super().spec(), "fields": [control.spec() for control in self.fields.values()]}


def slider(
    low: float, high: float, value: float | None = None, step: float | None = None, label: str = "", log: bool = False
) -> Slider:
    """A number between ``low`` and ``high`` on a slider; ``log=True`` makes equal steps equal factors."""
    return Slider(low, high, value, step, label, log)


def number(low: float, high: float, value: float | None = None, step: float | None = None, label: str = "") -> Number:
    """A number between ``low`` and ``high`` that is typed in."""
    return Number(low, high, value, step, label)


def choice(options: Mapping[str, str] | Sequence[str], value: str | None = None, label: str = "") -> Select:
    """One of several: a list of names, or a dict from the name that Python sees to the words that the reader sees."""
    return Select(options, value, label)


def toggle(value: bool = False, label: str = "") -> Toggle:
    """Something that is on or off."""
    return Toggle(value, label)


def entry(value: str = "", label: str = "") -> TextField:
    """A line of text; the figure follows while it is typed, so ``compute`` must bear what is half written."""
    return TextField(value, label)


def action(label: str, method: str) -> Action:
    """A button that calls the figure's method ``method``, then computes anew."""
    return Action(label, method)


def form(label: str, method: str, **fields: Control[Any]) -> Form:
    """Fields and a button; the button calls the figure's method with the fields' values, then computes anew.

    On a figure, the attribute is a dict of what the fields hold now.
    """
    return Form(label, method, **fields)


RESERVED = {
    "title",
    "frame",
    "last_frame",
    "step",
    "back",
    "reset",
    "restore",
    "set",
    "adjust",
    "show",
    "setup",
    "compute",
}
RESERVED |= {"scene", "describe", "sentence", "task", "error", "sealed", "counted", "run_again"}


class Figure:
    """Base class of every interactive figure.

    A subclass states its controls as class attributes and defines ``compute``, ``scene`` and ``describe``; where
    something is made once and for all, ``setup``.

    Examples
    --------
    >>> from dlcourse.figures import Figure, Panel, by_frame, point, slider
    >>> class Halving(Figure):
    ...     title = "A number that is halved"
    ...     start = slider(1.0, 8.0, value=8.0, step=1.0, label="start")
    ...     def compute(self):
    ...         self.path = [self.start / 2**k for k in range(4)]
    ...         self.last_frame = 3
    ...     def scene(self):
    ...         return [Panel([point(by_frame(self.path), 0.0)], xlim=(0, 8), ylim=(-1, 1))]
    ...     def describe(self):
    ...         return f"step {self.frame}: {self.path[self.frame]:g}"
    >>> fig = Halving(start=4)
    >>> fig.step()
    >>> fig.describe()
    'step 1: 2'
    >>> fig.set(start=100)          # clamped to the range
    >>> fig.describe()
    'step 1: 4'
    >>> fig.set(stat=3)
    Traceback (most recent call last):
    ...
    ValueError: Halving has no setting 'stat'; it has start, frame
    """

    title: str = ""
    last_frame: int = 0
    sealed: ClassVar[bool] = (
        False  # a prediction comes before it: the stored picture is of the first frame, not the last
    )
    counted: ClassVar[tuple[int, int]] = (
        0,
        1,
    )  # what the slider of the frames counts: its first step, and how many each
    frame: int = 0
    run_again: Sequence[
        str
    ] = ()  # the cells to run after a restart to have this figure back: the setup cell and its own
    error: Exception | None = None  # what a change in the browser last raised; the figure shows it as a sentence

    _controls: ClassVar[dict[str, Control[Any] | Action]] = {}
    _values: dict[str, Any]
    _initial: dict[str, Any]  # the settings that the cell asked for, where "Initial settings" leads back to
    _view: FigureView | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Control | Action)}
        for name, control in own.items():
            if name in RESERVED:
                raise TypeError(f"{cls.__name__}: {name!r} is a name of the figure itself, call the control another")
            if isinstance(control, Action | Form) and not callable(getattr(cls, control.method, None)):
                raise TypeError(f"{cls.__name__}: {name} is to call {control.method!r}, but there is no such method")
        cls._controls = {**cls._controls, **own}

    def __init__(self, **settings: Any) -> None:
        self._values = {name: c.value for name, c in self._controls_of(Control).items()}
        self.adjust(**{name: value for name, value in settings.items() if name != "frame"})
        self._initial = dict(self._values)
        self.setup()
        self.set(**settings)

    # -- what a subclass defines

    def setup(self) -> None:
        """Called once, when the controls have their first values: make what every setting and every frame shares."""

    def compute(self) -> None:
        """Called once after a control changed or a button was pressed: keep on ``self`` what the rest needs."""

    def scene(self) -> list[Panel]:
        """The marks, in data coordinates, for all frames at once."""
        raise NotImplementedError(f"{type(self).__name__} has to say what it shows: define scene(self) -> list[Panel]")

    def describe(self) -> str:
        """One sentence that says what there is to see at this frame."""
        raise NotImplementedError(f"{type(self).__name__} has to say it in words: define describe(self) -> str")

    def task(self) -> str:
        """What is to be done, where a figure asks for something: it stands over the picture, and stays."""
        return ""

    def sentence(self) -> str:
        """What ``describe`` says, as it is shown and read aloud."""
        return minus(self.describe())

    def on_paper(self, *seen: str) -> str:
        """Task, what is to be seen, and sentence in one, for where nothing moves."""
        return " ".join(filter(None, [minus(self.task()), *seen, self.sentence()]))

    # -- what moves it

    def set(self, **settings: Any) -> None:
        """Change controls (or ``frame``), then compute once. Numbers are clamped to their range."""
        frame = settings.pop("frame", self.frame)
        self.adjust(**settings)
        self.frame = int(frame)
        self._recompute()

    def adjust(self, **settings: Any) -> None:
        """Change controls without computing anew: for ``compute`` and for what a button or a click calls."""
        self._values.update({name: self._setting(name).clean(value) for name, value in settings.items()})

    def step(self) -> None:
        """One frame on, up to the last."""
        self._move(self.frame + 1)

    def back(self) -> None:
        """One frame back, down to the first."""
        self._move(self.frame - 1)

    def reset(self) -> None:
        """Back to the first frame; the controls stay as they are."""
        self._move(0)

    def restore(self) -> None:
        """Every control as it was in the beginning, and the first frame."""
        self.set(frame=0, **{name: self._controls_of(Control)[name].value for name in self._settings()})

    def show(self) -> None:
        """Display the figure: live in a notebook, a picture and a sentence everywhere else."""
        from dlcourse.figures import prepare

        prepare()()  # two threads importing the same modules would only wait for each other
        from dlcourse.figures.view import show

        show(self)

    # -- how

    @classmethod
    def _controls_of(cls, kind: type[Control[Any]]) -> dict[str, Control[Any]]:
        return {name: c for name, c in cls._controls.items() if isinstance(c, kind)}

    @classmethod
    def _settings(cls) -> list[str]:
        return [name for name, c in cls._controls_of(Control).items() if not isinstance(c, Form)]

    def _setting(self, name: str) -> Control[Any]:
        known = self._controls_of(Control)
        if name not in known:
            names = ", ".join([*self._settings(), "frame"])
            raise ValueError(f"{type(self).__name__} has no setting {name!r}; it has {names}")
        return known[name]

    def _move(self, frame: int) -> None:
        self.frame = min(max(frame, 0), self.last_frame)
        self._push()

    def _recompute(self) -> None:
        self.error = None
        self.compute()
        self.frame = min(max(int(self.frame), 0), self.last_frame)
        self._push()

    def _push(self) -> None:
        if self._view is not None:
            self._view.push()

    def _call(self, method: str, **arguments: Any) -> None:
        """What a button, a form or a click does."""
        getattr(self, method)(**arguments)
        self._recompute()

    def _checked_scene(self) -> list[Panel]:
        panels = list(self.scene())
        check_frames(panels, self.last_frame)
        return panels
