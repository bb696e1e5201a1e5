"""The figures of lesson 14 show what the lesson says they show; where PyTorch is installed, it agrees."""

import numpy as np
import pytest

from dlcourse.lesson import files

figures = files.figures("14")
CPU_MS = figures.CPU_MS
Bench = figures.Bench
Hunt = figures.Hunt
attempt = figures.attempt
gpu_estimate = figures.gpu_estimate
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
    assert Hunt(initialised=True, fed="z0").describe().endswith("it runs, and gives (10,)")


@pytest.mark.parametrize("launch", [2, 10, 50])
def test_left_of_break_even_the_cpu_wins_and_right_of_it_the_gpu_by_the_stated_assumptions(launch):
    fig = Bench(launch=launch)
    left, right = Bench(launch=launch, width=0.8 * fig.even), Bench(launch=launch, width=1.25 * fig.even)
    assert left.cpu < left.gpu and right.cpu > right.gpu
    assert "measured" in fig.describe() and "estimated" in fig.describe()


def test_with_small_layers_nearly_all_of_the_estimate_is_starting():
    start, transfer, arithmetic = gpu_estimate(32, 10, 15)
    assert start == pytest.approx(0.48)
    assert transfer + arithmetic < 0.05 * start
    assert np.all(np.diff(list(CPU_MS.values())) > 0)
