"""The practice of lesson 13, with loops over units, and slopes by moving each number."""

from __future__ import annotations

from dlcourse.lesson.practice import Problem


def network(problem: Problem) -> dict[str, float]:
    given = problem.given
    x = [given["x₁"], given["x₂"]]
    w = {(j, unit): given[f"w{'₁₂'[j]} of {unit}"] for unit in "AB" for j in range(2)}
    v = {unit: given[f"v of {unit}"] for unit in "AB"}

    def forward(moved: object = None, by: float = 0.0) -> dict[str, float]:
        """All values; the sum, the output or the weight that is named is moved."""
        found = {}
        for unit in "AB":
            found[f"s{unit}"] = sum((w[j, unit] + by * (moved == (j, unit))) * x[j] for j in range(2))
            found[f"s{unit}"] += by * (moved == f"s{unit}")
            found[f"z{unit}"] = found[f"s{unit}"] if found[f"s{unit}"] > 0 else 0.0
        found["y"] = sum((v[unit] + by * (moved == f"v{unit}")) * found[f"z{unit}"] for unit in "AB") + by * (
            moved == "y"
        )
        return found

    values = forward()
    if "t" not in given:
        return values

    def slope(moved: object) -> float:
        ends = [(forward(moved, by)["y"] - given["t"]) ** 2 / 2 for by in (-1e-5, 1e-5)]
        return (ends[1] - ends[0]) / 2e-5

    values |= {"d": slope("y"), "dA": slope("sA"), "dB": slope("sB")}
    if "η" in given:
        unit, j = given["unit"], int(given["source"][-1]) - 1
        values["v"] = v[unit] - given["η"] * slope(f"v{unit}")
        values["w"] = w[j, unit] - given["η"] * slope((j, unit))
    return values


second_way = {"13.network": network}
