"""Practice for lesson 05: batches, updates and epochs counted, and the mean gradient of uneven micro-batches."""

from __future__ import annotations

from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, polygon, text
from dlcourse.figures.spelling import count
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, sheet, stepped

Rng = np.random.Generator


@family("05.count", "Batches counted", levels=("batches that fit", "a rest", "micro-batches", "uneven micro-batches"))
def batches_counted(rng: Rng, level: int) -> Problem:
    """How often w changes, and what a bucket of micro-batches holds."""
    if level == 3:
        return _uneven(rng)
    return _micro_batches(rng) if level == 2 else _mini_batches(rng, rest=level == 1)


def _mini_batches(rng: Rng, rest: bool) -> Problem:
    """N samples, batches of B; with a rest, the last batch is short."""
    while True:
        size, full, epochs = (
            int(rng.choice([4, 5, 8, 10, 20, 25, 50])),
            int(rng.integers(3, 9)),
            int(rng.integers(3, 9)),
        )
        short_batch = int(rng.integers(1, size)) if rest else 0
        n = size * full + short_batch
        if len({size, full, epochs, short_batch, full + 1}) == 5 and n * epochs < 9999:
            break
    rows = np.arange(n)
    batches = [rows[k : k + size] for k in range(0, n, size)]
    # the engine takes one step for each batch; what is counted is how often w has changed
    w = dl.parameter(0.0, name="w")
    step = dl.GradientDescent(learning_rate=1.0).minimize(-w)
    for _ in batches:
        step()
    a_pass, last = round(float(w.value)), len(batches[-1])
    boxes = [
        Box(
            "epoch",
            "updates in an epoch",
            a_pass,
            (0, 0),
            f"{n}/{size}{', rounded up,' if rest else ''} is {a_pass}: one update for each batch.",
            {
                "That is the number of samples; an update comes after each batch.": n,
                "That is the size of a batch.": size,
                "The short batch at the end is an update, too: round up.": n // size,
                "A batch more than there are.": a_pass + 1,
                "That is for all epochs; one is asked.": a_pass * epochs,
                "You multiplied N and B; divide.": n * size,
                "You subtracted B from N; divide.": n - size,
                "N/B is no whole number; count the batches.": n / size,
            },
            digits=1,
        ),
        Box(
            "last",
            "samples in the last batch",
            last,
            (0, 0),
            f"{n} − {count(len(batches) - 1, 'batch', 'batches')} of {size} leaves {last}.",
            {
                "The last batch is short: what is left over goes in.": size,
                "That is how much is missing from a full batch.": size - last,
                "The rest and a full batch are two batches.": size + last,
            }
            if rest
            else {"Nothing is left over, so the last batch is as full as the others.": 0},
        ),
        Box(
            "all",
            f"updates in {epochs} epochs",
            a_pass * epochs,
            (0, 0),
            f"{epochs} · {a_pass} = {a_pass * epochs}.",
            {
                "That is one epoch; there are more.": a_pass,
                "You added; each epoch makes as many updates again.": a_pass + epochs,
                "The short batch makes an update in each epoch.": n // size * epochs,
                **({"It makes one in each epoch, not one in all.": n // size * epochs + 1} if rest else {}),
                "You rounded up once, at the end. Each epoch ends with its own short batch.": -(-n * epochs // size),
                "That counts samples, not updates.": n * epochs,
                "You divided by the number of epochs.": a_pass / epochs,
            },
            follows=lambda v: v["epoch"] * epochs,
        ),
        Box(
            "seen",
            f"samples seen in {epochs} epochs",
            n * epochs,
            (0, 0),
            f"In an epoch each sample is seen once: {epochs} · {n} = {n * epochs}.",
            {
                "That is one epoch.": n,
                "That counts updates.": a_pass * epochs,
                "You took every batch as full.": a_pass * size * epochs,
                "You left out the short batch: its samples are seen, too.": n // size * size * epochs,
                "You multiplied by the batch size, too.": n * epochs * size,
                "You added; each epoch sees them all again.": n + epochs,
            },
        ),
    ]
    boxes, panel = sheet(boxes, panel=1, width=1.0)
    return Problem(
        f"{n} samples, batches of {size}, {epochs} epochs. Count the updates and the samples.",
        [_cards([len(b) for b in batches], f"N = {n}, B = {size}"), panel],
        boxes,
        {"N": n, "B": size, "epochs": epochs},
    )


def _micro_batches(rng: Rng) -> Problem:
    """Micro-batches, and an update after every k of them; what is in the bucket at the end makes one, too."""
    while True:
        size, k, epochs = int(rng.choice([2, 3, 4, 5, 8, 10])), int(rng.integers(2, 5)), int(rng.integers(3, 8))
        micro = int(rng.integers(k + 2, 4 * k + 3))
        n = size * micro - int(rng.integers(0, size))
        updates = -(-micro // k)
        if micro % k and len({size, k, epochs, micro, updates}) == 5:
            break
    rows = np.arange(n)
    batches = [rows[at : at + size] for at in range(0, n, size)]
    buckets = [batches[at : at + k] for at in range(0, len(batches), k)]
    w = dl.parameter(0.0, name="w")
    step = dl.GradientDescent(learning_rate=1.0).minimize(-w)
    for _ in buckets:
        step()
    a_pass = round(float(w.value))
    boxes = [
        Box(
            "micro",
            "micro-batches in an epoch",
            len(batches),
            (0, 0),
            f"{n}/{size}, rounded up, is {len(batches)}.",
            {
                "The short one at the end is a micro-batch, too: round up.": n // size,
                "That is the number of samples.": n,
                "That counts updates: k micro-batches make one.": a_pass,
                "You divided by k, too.": n // (size * k),
                "You multiplied N and B; divide.": n * size,
                "N/B is no whole number; count the micro-batches.": n / size,
                "You divided N by k; k counts micro-batches.": -(-n // k),
            },
            digits=1,
        ),
        Box(
            "bucket",
            "samples in a full bucket",
            size * k,
            (0, 0),
            f"k micro-batches of B samples: {k} · {size} = {size * k}.",
            {
                "That is one micro-batch; k of them fall in.": size,
                "You added; k micro-batches of B samples are k times B.": size + k,
                "That is how many micro-batches fall in, not how many samples.": k,
                "You divided.": size / k,
                "Not all samples: after k micro-batches the bucket is emptied.": n,
            },
        ),
        Box(
            "epoch",
            "updates in an epoch",
            a_pass,
            (0, 0),
            f"{len(batches)}/{k}, rounded up, is {a_pass}: what is in the bucket at the end makes an update, too.",
            {
                "What is in the bucket at the end of an epoch makes an update, too: round up.": len(batches) // k,
                "That would be an update after each micro-batch.": len(batches),
                "You multiplied by k; k micro-batches make one update.": len(batches) * k,
                "Micro-batches over k is no whole number; count the buckets.": len(batches) / k,
                "You divided the samples by k; it is micro-batches that are counted.": -(-n // k),
                "You subtracted k; divide by it.": len(batches) - k,
            },
            follows=lambda v: -(-v["micro"] // k),
            digits=1,
        ),
        Box(
            "all",
            f"updates in {epochs} epochs",
            a_pass * epochs,
            (0, 0),
            f"{epochs} · {a_pass} = {a_pass * epochs}.",
            {
                "That is one epoch.": a_pass,
                "That counts micro-batches.": len(batches) * epochs,
                "The bucket that is not full makes an update in each epoch.": len(batches) // k * epochs,
                "You rounded up once, at the end; each epoch empties its bucket.": -(-len(batches) * epochs // k),
                "You added; each epoch makes as many updates again.": a_pass + epochs,
                "That counts samples.": n * epochs,
            },
            follows=lambda v: v["epoch"] * epochs,
        ),
    ]
    boxes, panel = sheet(boxes, panel=1, width=1.0)
    return Problem(
        f"{n} samples in micro-batches of {size}, an update after every {k} of them and at the end of an epoch, "
        f"{epochs} epochs. Count.",
        [_cards([len(b) for b in batches], f"N = {n}, B = {size}, k = {k}"), panel],
        boxes,
        {"N": n, "B": size, "k": k, "epochs": epochs},
    )


def _uneven(rng: Rng) -> Problem:
    """The mean gradient over all samples, from the means of micro-batches that are not of one size."""
    while True:
        sizes = [int(rng.integers(2, 6)) for _ in range(2)] + [int(rng.integers(1, 4))]
        total = sum(sizes)
        means = [float(rng.choice([-4, -3, -2, 2, 3, 4, 5, 6])) for _ in range(3)]
        sums = [size * mean for size, mean in zip(sizes, means, strict=True)]
        mean, rate = sum(sums) / total, float(rng.choice([0.1, 0.2, 0.5]))
        w = float(rng.integers(-4, 5))
        if (
            len(set(sizes)) > 1
            and len(set(means)) == 3
            and total in (4, 5, 8, 10)
            and mean
            and abs(sum(means) / 3 - mean) > 0.05
            and abs(round(rate * mean, 3) - rate * mean) < 1e-9  # nothing to round
        ):
            break
    # the engine: one gradient for each sample, as large as its micro-batch's mean
    samples = np.concatenate([np.full(size, g) for size, g in zip(sizes, means, strict=True)])
    p = dl.parameter(w, name="w")
    loss = dl.mean(p * samples)
    (gradient,) = dl.gradients(loss, [p])
    whole_sum, whole_mean = float(dl.run(dl.sum(dl.constant(samples)))), float(dl.run(gradient))
    dl.GradientDescent(learning_rate=rate).minimize(loss)()
    new = float(p.value)
    words = " + ".join(f"{size} · {bracketed(g)}" for size, g in zip(sizes, means, strict=True))
    boxes = [
        Box(
            "sum",
            "the sum, of all samples' gradients",
            whole_sum,
            (0, 0),
            f"A mean times its size is a sum: {words} = {exact(whole_sum)}.",
            {
                "You added the means; each stands for as many samples as its micro-batch holds.": sum(means),
                "Only the first micro-batch is in it.": sums[0],
                "The last micro-batch is missing.": sums[0] + sums[1],
                "The first micro-batch is missing.": sums[1] + sums[2],
                "That is the number of samples.": total,
                "You took all micro-batches to be as large as the first.": sizes[0] * sum(means),
                "You added sizes and means.": total + sum(means),
                "You took all gradients as positive.": sum(abs(s) for s in sums),
                "That is the mean of the means.": sum(means) / 3,
            },
        ),
        Box(
            "mean",
            "the mean, over all samples",
            whole_mean,
            (0, 0),
            f"{exact(whole_sum)} over {count(total, 'sample')}: {exact(whole_mean)}.",
            {
                "That is the mean of the means: a small micro-batch counts as much as a large one.": sum(means) / 3,
                "You added the means: as many times too long as there are micro-batches.": sum(means),
                "You divided by the number of micro-batches; divide by the samples.": whole_sum / 3,
                "That is the sum; divide by the number of samples.": whole_sum,
                "You divided the sum of the means by the samples.": sum(means) / total,
                "You turned it round: the sum is divided by the number of samples.": total / whole_sum,
            },
            digits=3,
            follows=lambda v: v["sum"] / total,
        ),
        Box(
            "w",
            "the new w, after one update",
            new,
            (0, 0),
            f"w − η · mean = {exact(w)} − {exact(rate)} · {bracketed(whole_mean)} = {exact(new)}.",
            stepped(
                w,
                rate,
                whole_mean,
                "w",
                {
                    "You walked by the sum; here the mean is the gradient.": w - rate * whole_sum,
                    "You walked by the mean of the means.": w - rate * sum(means) / 3,
                    "That is w itself.": w,
                    "You made an update for each micro-batch; it is one for the bucket.": w - rate * sum(means),
                },
                "the gradient",
            ),
            digits=3,
            follows=lambda v: w - rate * v["mean"],
        ),
    ]
    boxes, panel = sheet(boxes, panel=1, width=1.0, title=f"w = {exact(w)}, η = {exact(rate)}")
    given: dict[str, Any] = {f"the mean of micro-batch {k + 1}": mean for k, mean in enumerate(means)}
    given |= {f"the size of micro-batch {k + 1}": size for k, size in enumerate(sizes)}
    given |= {"w": w, "η": rate}
    notes = [f"mean {exact(g)}" for g in means]
    return Problem(
        f"Three micro-batches fall into one bucket; each has its size and its mean gradient. w = {exact(w)}, "
        f"η = {exact(rate)}. Fill in the sum and the mean over all samples, and w after the update.",
        [_cards(sizes, "", notes), panel],
        boxes,
        given,
        in_words="; ".join(f"{count(n, 'sample')}, {words}" for n, words in zip(sizes, notes, strict=True)) + ".",
    )


def _cards(sizes: list[int], words: str, notes: list[str] | None = None) -> Panel:
    """The first batches of an epoch as bars, as long as they have samples, each with its number."""
    most, shown = max(sizes), sizes if len(sizes) <= 5 else [*sizes[:3], 0, sizes[-1]]
    marks: list[Mark] = []
    for k, size in enumerate(shown):
        y = -1.2 * k
        if size == 0:
            marks.append(text(0.0, y + 0.4, "…"))
            continue
        long = 4 * size / most
        marks.append(polygon([0, long, long, 0], [y, y, y + 0.8, y + 0.8], role="region_a" if k % 2 else "neutral"))
        known = notes is not None or k == 0  # the size of the last one may be asked
        marks.append(text(0.15, y + 0.4, count(size, "sample") if known else "?" if k == len(shown) - 1 else f"{size}"))
        if notes is not None:
            marks.append(text(4.2, y + 0.4, notes[k]))
    low = -1.2 * len(shown) + 0.6
    if words:
        marks.append(text(0.0, 1.1, words))
    return Panel(marks, (-0.2, 6.2 if notes else 4.4), (low, 1.7), axes=False, width=1.0, name="batches")
