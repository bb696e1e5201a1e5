"""The practice of lesson 10: shapes by moving each input, and multiplications counted one by one."""

from __future__ import annotations

from dlcourse.lesson.practice import Problem

Table = list[list[float]]


class Count:
    """A product of tables that notes how often it multiplies two numbers."""

    def __init__(self) -> None:
        self.times = 0

    def product(self, A: Table, B: Table) -> Table:
        out = []
        for row in A:
            assert len(row) == len(B)
            out.append([0.0] * len(B[0]))
            for j in range(len(B[0])):
                for k, value in enumerate(row):
                    out[-1][j] += value * B[k][j]
                    self.times += 1
        return out


def table(rows: int, columns: int) -> Table:
    return [[1.0] * columns for _ in range(rows)]


def shape(table: Table) -> str:
    return f"{len(table)} by {len(table[0])}"


def shapes(problem: Problem) -> dict[str, float | str]:
    given, names, times = problem.given, {box.name for box in problem.boxes}, Count()
    if "row" in given:
        J2, J1 = (
            table(given["the number of outputs"], given["the inner size"]),
            table(given["the inner size"], given["the number of inputs"]),
        )
        chain = [table(1, len(J2)), J2, J1] if given["row"] == "v first" else [J2, J1, table(len(J1[0]), 1)]
        left, right = Count(), Count()
        left.product(left.product(*chain[:2]), chain[2])
        right.product(chain[0], right.product(*chain[1:]))
        cheaper = "left" if left.times < right.times else "right"
        return {"left": left.times, "right": right.times, "cheaper": cheaper}
    if "cost" in names:
        first = times.product(table(1, given["the size of y"]), table(given["the size of y"], given["the size of z"]))
        second = times.product(first, table(given["the size of z"], given["the size of u"]))
        third = times.product(second, table(given["the size of u"], given["the size of x"]))
        return {"first": shape(first), "second": shape(second), "third": shape(third), "cost": times.times}
    J1 = table(
        given["the inner size"], given["the number of inputs"]
    )  # a row for each output, found by moving each input
    J2 = table(given["the number of outputs"], given["the inner size"])
    J = times.product(J2, J1)
    if "entries" in names:
        return {"f": shape(J1), "g": shape(J2), "all": shape(J), "entries": sum(len(row) for row in J)}
    v = table(1, len(J))
    return {
        "v": shape(v),
        "vJ": shape(times.product(v, J)),
        "Jv": shape(times.product(J, table(len(J[0]), 1))),
        "half": shape(times.product(v, J2)),
    }


second_way = {"10.shapes": shapes}
