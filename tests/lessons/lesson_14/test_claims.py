"""What lesson 14 says of its figures and outputs holds, and PyTorch's numbers are those of the engine."""

import contextlib
import io
import re

import numpy as np
import pytest

from dlcourse.lesson import files, recorded
from tests.lessons.claims import cells, claim
from tests.lessons.lesson_14.record_torch import programs

figures = files.figures("14")


def outputs(cell):
    """What a cell of the lesson prints, as it is stored."""
    (found,) = [c for c in files.cells("14") if c["id"] == cell]
    return "".join("".join(output.get("text", "")) for output in found["outputs"])


def numbers(text):
    return [float(n.replace("−", "-")) for n in re.findall(r"[+-]?\d+\.\d+", text)]


def test_what_is_recorded_is_what_the_lesson_shows():
    known, shown = recorded.records("14"), programs("14")
    assert [program.__name__ for program in shown] == list(known)
    for program in shown:
        assert recorded.code(recorded.source(program)) == recorded.code(known[program.__name__]["source"])
        (cell,) = [id for id, source in cells("14").items() if f"lesson.torch({program.__name__})" in source]
        assert outputs(cell).startswith(known[program.__name__]["printed"])


def test_where_pytorch_is_installed_it_says_the_same():
    torch = pytest.importorskip("torch", reason="PyTorch is optional: the lesson needs it nowhere")
    for program in programs("14"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            program(torch)
        known = recorded.records("14")[program.__name__]["printed"]
        assert numbers(printed.getvalue()) == pytest.approx(numbers(known), abs=1e-6)
        assert re.sub(r"[+-]?\d+\.\d+", "#", printed.getvalue()) == re.sub(r"[+-]?\d+\.\d+", "#", known)


def test_a_program_that_was_changed_is_told_so_where_pytorch_is_not_installed(capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)

    def torch_loop(torch):
        print("something else")

    recorded.show("14", torch_loop)
    said = capsys.readouterr().out
    assert said.startswith("PyTorch is not installed here, so what you changed cannot run.") and "0.74998706" in said

    def unknown(torch): ...

    recorded.show("14", unknown)
    assert "unknown was never recorded" in capsys.readouterr().out


@claim(
    "14",
    "saw-zero-grad",
    "The same losses and slopes, to eight digits.",
    "In `dl`, gradients are values that you ask for, and nothing is kept.",
)
def test_the_two_loops_print_the_same():
    assert len(numbers(outputs("dl-loop"))) == 10
    assert numbers(outputs("dl-loop")) == pytest.approx(numbers(outputs("torch-loop")), abs=1e-8)
    added = numbers(outputs("without-zero-grad"))
    assert added[:3] == pytest.approx([added[0], 2 * added[0], 3 * added[0]], abs=2e-6)
    assert added[3:] == pytest.approx([added[0]] * 3, abs=1e-6)


@claim("14", "saw-class", "Nothing adds up, nothing is learned: that is for others to do.")
def test_each_object_keeps_its_own():
    assert outputs("two-objects") == (
        "forward:  6 40\nbackward: (2, [3]) (10, [4])\nagain:    (10, [15])  the factor is still 2\n"
    )


@claim(
    "14",
    "mended-task",
    "`x.flatten(1)` makes one row of all axes *from axis 1 on*: the batch, axis 0, stays.",
    "Eight images give eight rows of ten outputs; the first row is printed.",
)
@claim("14", "mynet", "Each `nn.Linear` keeps parameters, so it is an object; `torch.relu` has nothing to keep.")
def test_the_mended_network_gives_ten_outputs_for_each_image():
    shape, row = outputs("ten-outputs").splitlines()
    assert shape == "shape (8, 10)   parameters 38910" and len(row.split()) == 10
    assert 600 * 60 + 60 + 60 * 40 + 40 + 40 * 10 + 10 == 38910


@claim(
    "14",
    "saw-hunt",
    "`nn.Module` keeps a list of the modules in it, and its own `__init__` makes that list.",
    "It is right for one image only.",
    "`view` gives the *same memory* another shape.",
)
def test_each_fault_stops_the_program_where_it_is_said_to():
    torch_said = recorded.records("14")
    assert "before Module.__init__()" in torch_said["first_faults"]["printed"]
    assert "8 images, view(-1):    RuntimeError" in torch_said["batch_faults"]["printed"]
    assert figures.attempt(True, "view", "z0", False, False)[1] == ""  # one image
    x = np.zeros((3, 10, 20))
    assert np.shares_memory(figures.view(x, -1), x)


@claim("14", "careful-bias", "Same idea, other numbers: feed zeros, and one of them answers b.")
def test_only_one_formula_answers_the_bias_to_zeros():
    with_formula, with_code = outputs("formula-and-code").splitlines()[:2]
    assert with_formula.endswith("[0. 0.]") and with_code.endswith("[ 0.5 -0.5]")


@claim(
    "14",
    "saw-zero-grad",
    "Where a sum is *wanted*, over micro-batches as in lesson 05, PyTorch calls `backward` several times",
)
def test_a_step_can_accumulate():
    import dlcourse as dl

    x, w = dl.placeholder("x", (None,)), dl.parameter(1.0)
    dl.GradientDescent(0.1).minimize(dl.mean(w * x)).accumulate([{x: [1.0, 2.0]}, {x: [6.0]}])
    assert w.value == pytest.approx(0.7)


@claim("14", "devices", "NumPy knows the CPU only")
@claim(
    "14",
    "surprise",
    "The GPU's line is nearly flat up to a width of 2048.",
    "Each step is 48 operations, and starting one from Python takes about 50 µs, whatever its size.",
    "Up to 256 a single core is faster.",
    "At 4096 the GPU is 84 times as fast as one core, and 20 times as fast as 16.",
)
def test_the_recorded_times_say_what_the_lesson_says_of_them():
    one, all16, gpu = (dict(zip(figures.WIDTHS, times, strict=True)) for times in figures.MEASURED.values())
    assert gpu[2048] / gpu[8] < 1.3
    assert 45 < 1e3 * gpu[8] / 48 < 60
    assert one[256] < gpu[256] and one[512] > gpu[512]
    assert one[4096] / gpu[4096] == pytest.approx(84, abs=0.6) and all16[4096] / gpu[4096] == pytest.approx(20, abs=0.6)
