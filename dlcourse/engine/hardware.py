"""Devices: where a compiled program runs. The graph is the same; the functions come from another array module.

A program belongs to the device that was chosen when it was made. Arrays travel to the device when they are fed and
back when they are fetched, and at no other time; parameters stay where the last step has left them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from dlcourse.engine import on_cuda
from dlcourse.engine.errors import EngineError
from dlcourse.engine.values import Array


class DeviceError(EngineError, RuntimeError):
    """A device that is not here."""


@dataclass(frozen=True, eq=False)
class Device:
    """A place to compute: see :func:`device`. As a context manager it is used for what is made and run inside."""

    name: str
    module: ModuleType  # where programs import their functions from
    put: Callable[[Any], Any]  # an array of NumPy or of the device, to the device
    get: Callable[[Any], Array]  # an array of NumPy or of the device, to NumPy

    def __enter__(self) -> Device:
        if self is not CPU:
            others.add(self)
        _chosen.set((*_chosen.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        _chosen.set(_chosen.get()[:-1])

    def __repr__(self) -> str:
        return f'dlcourse.device("{self.name}")'

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.name,)


def to_host(array: Any) -> Array:
    """An array of any device, as an array of NumPy; one of NumPy comes back as it is."""
    if isinstance(array, np.ndarray):
        return array
    return np.asarray(array.get() if hasattr(array, "get") and hasattr(array, "dtype") else array)


CPU = Device("cpu", np, to_host, to_host)
_chosen: ContextVar[tuple[Device, ...]] = ContextVar("devices chosen", default=(CPU,))


others: set[Device] = set()  # the devices besides the CPU that were ever chosen, so that parameters may live there


def current_device() -> Device:
    """The device of the innermost ``with dl.device(...)``, or the CPU."""
    return _chosen.get()[-1]


def device(name: str | Device) -> Device:
    """The device "cpu" (NumPy) or "cuda" (CuPy, an NVIDIA GPU), to be used in a `with` or as an argument.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None,))
    >>> with dl.device("cpu"):
    ...     print(dl.run(dl.sum(x), {x: [1, 2, 3]}))
    6.0
    """
    if isinstance(name, Device):
        return name
    if name == "cpu":
        return CPU
    if name == "cuda":
        return _cuda()
    raise DeviceError(f'there is no device {name!r}: use "cpu" or "cuda".')


def devices() -> list[str]:
    """The names of the devices that can be used here: always "cpu", and "cuda" where CuPy finds a GPU.

    >>> import dlcourse as dl
    >>> dl.devices()[0]
    'cpu'
    """
    try:
        return ["cpu", _cuda().name]
    except DeviceError:
        return ["cpu"]


@cache
def _cuda() -> Device:
    try:
        import cupy
    except ImportError as error:
        raise DeviceError(
            'the device "cuda" needs CuPy, which is not installed: pip install "dlcourse[cuda]" '
            "(that is for CUDA 12; cupy.dev says what other versions need)."
        ) from error
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # no driver, or one that is too old
        raise DeviceError(f'CuPy is installed, but finds no NVIDIA GPU for the device "cuda": {error}.') from error
    if not count:
        raise DeviceError('CuPy is installed, but this machine has no NVIDIA GPU for the device "cuda".')
    return Device("cuda", on_cuda, cupy.asarray, to_host)
