"""The figures of lesson 14 show what the lesson says they show; where PyTorch is installed, it agrees."""

import numpy as np
import pytest

from dlcourse.lesson import files

figures = files.figures("14")
Bench = figures.Bench
Hunt = figures.Hunt
attempt = figures.attempt
picture = figures.picture
three_modules = figures.three_modules

PROGRAMS = {
    "as printed": (False, "view", "x", False, False),
    "as on the slide": (True, "view", "x", False, False),
    "mended for one image": (True, "view", "z0", False, False),
    "eight images": (True, "view", "z0", True, False),
    "eight images, flatten(1)": (True, "flatten", "z0", True, False),
    "one image, flatten(1)": (True, "flatten", "z0", False, False),
    "moved axes, view": (True, "view", "z0", False, True),
    "moved axes, reshape": (True, "reshape", "z0", False, True),
    "moved axes, eight, flatten(1)": (True, "flatten", "z0", True, True),
    "moved axes, on the slide": (True, "reshape", "x", True, True),
}


@pytest.mark.parametrize("k", range(3))
def test_both_products_are_the_row_times_the_tables(k):
    way = three_modules()[k]
    assert way.arriving @ way.by_state == pytest.approx(way.down)
    assert way.arriving @ way.by_weights == pytest.approx(way.own)


def test_a_product_for_the_state_is_the_row_that_arrives_one_module_below():
    low, middle, high = three_modules()
    assert high.down == pytest.approx(middle.arriving)
    assert middle.down == pytest.approx(low.arriving)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_stand_in_stops_where_pytorch_stops_and_says_the_same(name):
    torch = pytest.importorskip("torch", reason="PyTorch is optional: the lesson needs it nowhere")
    initialised, flat, fed, batch, permuted = PROGRAMS[name]

    class mynet(torch.nn.Module):
        def __init__(self) -> None:
            if initialised:
                super().__init__()
            self.m0, self.m1, self.m2 = (torch.nn.Linear(a, b) for a, b in ((600, 60), (60, 40), (40, 10)))

        def forward(self, x):
            z0 = {"view": lambda: x.view(-1), "reshape": lambda: x.reshape(-1), "flatten": lambda: x.flatten(1)}[flat]()
            z1 = torch.relu(self.m0(z0 if fed == "z0" else x))
            return self.m2(torch.relu(self.m1(z1)))

    told, said = attempt(initialised, flat, fed, batch, permuted)
    try:
        shape = tuple(mynet()(torch.from_numpy(picture(batch, permuted)).float()).shape)
    except (AttributeError, RuntimeError) as error:
        assert said and f"{type(error).__name__}: {error}".startswith(said)
    else:
        assert not said and told[-1] == str(shape)


def test_the_four_faults_come_one_behind_the_other():
    said = [attempt(*PROGRAMS[name])[1] for name in ("as printed", "as on the slide", "eight images")]
    assert "before Module.__init__()" in said[0]
    assert "(30x20 and 600x60)" in said[1]
    assert "(1x4800 and 600x60)" in said[2]
    assert attempt(*PROGRAMS["mended for one image"])[0][-1] == "(10,)"
    assert attempt(*PROGRAMS["eight images, flatten(1)"])[0][-1] == "(8, 10)"
    assert "view size" in attempt(*PROGRAMS["moved axes, view"])[1]
    assert attempt(*PROGRAMS["moved axes, reshape"])[1] == ""


def test_the_program_that_runs_says_what_it_gives():
    assert Hunt(initialised=True, fed="z0", frame=8).describe().endswith("it runs, and gives (10,)")


def test_the_program_stops_at_its_line_and_not_before():
    hunt = Hunt(initialised=True)  # the slide's line, the fourth
    assert "(3, 10, 20)" in Hunt(initialised=True, frame=2).describe()
    hunt.set(frame=3)
    assert "line 3 ran, (600,)" in hunt.describe()
    hunt.step()
    assert "(30x20 and 600x60)" in hunt.describe()


@pytest.mark.parametrize("cpu", ["1 core", "16 cores"])
def test_left_of_where_the_lines_cross_the_cpu_is_faster_and_right_of_it_the_gpu(cpu):
    bench = Bench(cpu=cpu, frame=1)
    ratios = np.array(figures.MEASURED[cpu]) / figures.MEASURED["GPU"]
    assert (ratios[: bench.first] < 1).all() and (ratios[bench.first :] > 1).all()
    assert f"between width {figures.WIDTHS[bench.first - 1]} and {figures.WIDTHS[bench.first]}" in bench.describe()
    assert len(figures.WIDTHS) == len(ratios)
