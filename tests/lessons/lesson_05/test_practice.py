"""The practice of lesson 05, counted by dealing the samples out one by one."""

from __future__ import annotations

from fractions import Fraction

from dlcourse.lesson.practice import Problem


def batches_counted(problem: Problem) -> dict[str, float]:
    given = problem.given
    if "w" in given:
        gradients: list[Fraction] = []
        for k in (1, 2, 3):
            gradients += [Fraction(given[f"the mean of micro-batch {k}"])] * given[f"the size of micro-batch {k}"]
        mean = sum(gradients) / len(gradients)
        return {"sum": float(sum(gradients)), "mean": float(mean), "w": given["w"] - given["η"] * float(mean)}
    updates = seen = micro = last = in_first = 0
    for epoch in range(given["epochs"]):
        batch = bucket = 0
        for sample in range(given["N"]):
            batch, seen = batch + 1, seen + 1
            if batch == given["B"] or sample == given["N"] - 1:
                micro, bucket, last, batch = micro + 1, bucket + 1, batch, 0
                if bucket == given.get("k", 1) or sample == given["N"] - 1:
                    updates, bucket = updates + 1, 0
                    in_first = in_first or sample + 1
        if epoch == 0:
            a_pass, micro_in_a_pass = updates, micro
    if "k" in given:
        return {"micro": micro_in_a_pass, "bucket": in_first, "epoch": a_pass, "all": updates}
    return {"epoch": a_pass, "last": last, "all": updates, "seen": seen}


second_way = {"05.count": batches_counted}
