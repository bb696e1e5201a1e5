"""The examples of the engine's pages run as they are printed there, and are right: flip, convolution and pooling.

The page on convolution shows that an operation of your own needs nothing of the engine but `operation` and
`register_gradient`, so nothing else is used.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine import operations
from dlcourse.engine.graph import LEARNERS_OPERATIONS, OPERATIONS

ENGINE = Path(dl.__file__).parent / "engine"
PAGE = ENGINE / "convolution.md"


@pytest.fixture(scope="module")
def page() -> Iterator[dict[str, Any]]:
    """The names that the page's example defines; its last block compares the gradients with differences."""
    example = PAGE.read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    before = dict(LEARNERS_OPERATIONS)
    for block in re.findall(r"```python\n(.*?)```", example, re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)
    yield names
    LEARNERS_OPERATIONS.clear()
    LEARNERS_OPERATIONS.update(before)


def convolved(x: Any, F: Any) -> Any:
    """The sums as they are written, number by number."""
    n, height, width, _ = x.shape
    a, b, _, channels = F.shape
    y = np.zeros((n, height - a + 1, width - b + 1, channels))
    for k, i, j, o in np.ndindex(y.shape):
        y[k, i, j, o] = np.sum(x[k, i : i + a, j : j + b, :] * F[:, :, :, o])
    return y


def pooled(x: Any, size: int) -> Any:
    n, height, width, channels = x.shape
    y = np.zeros((n, height // size, width // size, channels))
    for k, i, j, c in np.ndindex(y.shape):
        y[k, i, j, c] = x[k, i * size : (i + 1) * size, j * size : (j + 1) * size, c].max()
    return y


def drawn(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def test_the_values_are_the_sums_and_the_largest(page: dict[str, Any]) -> None:
    x, F = drawn(3, 6, 9, 2), drawn(2, 4, 2, 5, seed=1)
    images = dl.placeholder("images", shape=(None, 6, 9, 2))
    y = page["convolution"](images, F)
    assert y.shape == (None, 5, 6, 5)
    np.testing.assert_allclose(dl.run(y, {images: x}), convolved(x, F), atol=1e-12)
    z = page["max_pooling"](images, size=3)
    assert z.shape == (None, 2, 3, 2)
    np.testing.assert_array_equal(dl.run(z, {images: x}), pooled(x, 3))


@pytest.mark.parametrize("open_batch", [True, False])
def test_first_and_second_derivatives_agree_with_differences(page: dict[str, Any], open_batch: bool) -> None:
    """A gradient's length is a function, too; its gradient uses the rules of all three convolutions."""
    x = dl.placeholder("x", shape=(None if open_batch else 2, 4, 5, 2))
    F, G = dl.parameter(drawn(2, 3, 2, 4, seed=1), name="F"), dl.parameter(drawn(1, 2, 4, 1, seed=2), name="G")
    feeds = {x: drawn(2, 4, 5, 2, seed=3)}
    loss = dl.sum(dl.sin(page["convolution"](dl.tanh(page["convolution"](x, F)), G)))
    lengths = [dl.sum(dl.square(g)) for g in dl.gradients(loss, [x, F, G])]
    for f in (loss, *lengths):
        dl.check_gradients(f, feeds, wrt=[x, F, G])


def test_the_second_derivatives_of_pooling_agree_with_differences(page: dict[str, Any]) -> None:
    x = dl.placeholder("x", shape=(None, 4, 4, 2))
    loss = dl.sum(dl.sin(page["max_pooling"](x)))
    feeds = {x: drawn(2, 4, 4, 2, seed=4)}
    dl.check_gradients(loss, feeds)
    dl.check_gradients(dl.sum(dl.square(dl.gradients(loss, x))), feeds)


def test_equal_numbers_of_a_block_share_what_arrives(page: dict[str, Any]) -> None:
    x = dl.parameter([[[[1.0], [3.0]], [[3.0], [0.0]]]])
    slope = dl.gradients(dl.sum(page["max_pooling"](x)), x)
    assert dl.run(slope).tolist() == [[[[0.0], [0.5]], [[0.5], [0.0]]]]


def test_float32_stays(page: dict[str, Any]) -> None:
    x, F = dl.parameter(drawn(2, 5, 5, 1).astype(np.float32)), dl.parameter(drawn(2, 2, 1, 3).astype(np.float32))
    loss = dl.mean(page["max_pooling"](page["convolution"](x, F)))
    assert [array.dtype for array in dl.run([loss, *dl.gradients(loss, [x, F])])] == [np.float32] * 3


@pytest.mark.parametrize("name", ["convolution", "to_images", "to_filters", "max_pooling"])
def test_a_rule_of_the_page_that_is_twice_too_large_is_found(
    page: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above can fail."""
    kind = page[name].kind
    rule = kind.rule
    monkeypatch.setattr(kind, "rule", lambda op, g: [2 * part for part in rule(op, g)])
    with pytest.raises(dl.GradientError, match="differences"):
        test_first_and_second_derivatives_agree_with_differences(page, True)
        test_the_second_derivatives_of_pooling_agree_with_differences(page)


def test_a_small_network_learns_whether_a_bar_lies_or_stands(page: dict[str, Any]) -> None:
    """Wherever the bar is: eight places of each kind, half of them never seen in training."""
    bars = np.zeros((16, 8, 8, 1))
    for k, (place, stands) in enumerate(itertools.product(range(8), (0, 1))):
        bars[k, place, 1:7, 0] = 1
        if stands:
            bars[k] = bars[k].transpose(1, 0, 2)
    kinds = np.arange(16) % 2
    seen = np.arange(16) // 2 % 2 == 0
    images, labels = dl.placeholder("images", shape=(None, 8, 8, 1)), dl.placeholder("labels", (None,), dtype=int)
    F = dl.parameter(0.5 * drawn(3, 3, 1, 4), name="F")
    last = dl.Linear(4, 2, rng=0)
    found = dl.relu(page["max_pooling"](page["convolution"](images, F), size=2))
    logits = last(dl.max(found, axis=(1, 2)))
    loss = dl.mean(dl.softmax_cross_entropy(logits, labels))
    step = dl.Adam(learning_rate=0.05).minimize(loss, [F, *last.parameters()])
    for _ in range(150):
        step({images: bars[seen], labels: kinds[seen]})
    answers = dl.run(dl.argmax(logits, axis=1), {images: bars[~seen]})
    assert answers.tolist() == kinds[~seen].tolist()


def test_images_of_another_number_of_channels_are_refused_when_they_are_run(page: dict[str, Any]) -> None:
    with pytest.raises(dl.EngineError, match="convolution"):
        dl.run(page["convolution"](drawn(1, 5, 5, 3), drawn(2, 2, 1, 4)))


def test_the_operation_that_the_page_adds_to_the_engine_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ENGINE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    names = dict(vars(operations))
    with monkeypatch.context() as patch:
        patch.setitem(OPERATIONS, "flip", None)
        exec(compile(block, "README.md", "exec"), names)
    x = dl.parameter(drawn(3, 2), name="x")
    for y, expected in ((names["flip"](x), x.value[::-1]), (names["flip"](x, axis=1), x.value[:, ::-1])):
        np.testing.assert_array_equal(dl.run(y), expected)
        dl.check_gradients(dl.sum(y * drawn(3, 2, seed=1)))
