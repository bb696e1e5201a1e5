"""Answers to lesson 05: batch, stochastic, mini-batch, accumulated.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, prediction, question

Array = NDArray[np.float64]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 05.1

deal = exercise("05.1", "Deal the samples out", points=2)


@deal.reference
def batches(N: int, B: int, rng: np.random.Generator) -> list[Any]:
    """Shuffle the whole pack once, then cut it into slices.

    A slice that reaches beyond the end is cut short by itself, so the last batch holds what is left.
    Nobody is dealt twice and nobody is forgotten: that is what one epoch means.
    """
    order = rng.permutation(N)
    return [order[start : start + B] for start in range(0, N, B)]


@deal.mutant("The samples that do not fill a batch are lost. The last batch is shorter; it still counts.")
def _(N: int, B: int, rng: np.random.Generator) -> list[Any]:
    order = rng.permutation(N)
    return [order[k * B : (k + 1) * B] for k in range(N // B)]


@deal.mutant("The samples come in their stored order. Shuffle them first: neighbours in a file are often alike.")
def _(N: int, B: int, rng: np.random.Generator) -> list[Any]:
    return [np.arange(N)[start : start + B] for start in range(0, N, B)]


@deal.mutant("Some samples come twice and others never: in an epoch each comes once. Deal the pack, do not draw anew.")
def _(N: int, B: int, rng: np.random.Generator) -> list[Any]:
    order = rng.integers(N, size=N)
    return [order[start : start + B] for start in range(0, N, B)]


@deal.mutant("You shuffled the batches, not the samples: neighbours still sit together in one batch.")
def _(N: int, B: int, rng: np.random.Generator) -> list[Any]:
    groups = [np.arange(N)[start : start + B] for start in range(0, N, B)]
    return [groups[k] for k in rng.permutation(len(groups))]


@deal.mutant("The batches are evened out. Every batch has B samples, and the last one has what is left.")
def _(N: int, B: int, rng: np.random.Generator) -> list[Any]:
    return np.array_split(rng.permutation(N), -(-N // B))


@deal.mutant("Every epoch is dealt in the same order. Take the randomness from rng, which goes on from call to call.")
def _(N: int, B: int, rng: np.random.Generator) -> list[Any]:
    order = np.random.default_rng(0).permutation(N)
    return [order[start : start + B] for start in range(0, N, B)]


@deal.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # at least 40 samples, so that no honest shuffle looks like one of the mistakes below
    yield dict(N=47, B=10, seed=5)
    for size in (4, 7, 16):
        N = max(40, size * int(rng.integers(8, 12))) // size * size + int(rng.integers(1, size - 1))
        yield dict(N=N, B=size, seed=int(rng.integers(1000)))
    yield dict(N=48, B=48, seed=int(rng.integers(1000)))


@deal.observe
def _(answer: Callable[..., Any], case: Case) -> list[Any]:
    """Two epochs from one generator, and the first once more from a fresh one."""
    rng, again = np.random.default_rng(case["seed"]), np.random.default_rng(case["seed"])
    epochs = [answer(case["N"], case["B"], source) for source in (rng, rng, again)]
    return [[np.asarray(batch).tolist() for batch in epoch] for epoch in epochs]


@deal.accepts
def _(epochs: list[Any], case: Case) -> bool | str:
    """Any order will do. An honest shuffle of 40 or more fails here less than once in 10¹⁵ times."""
    N, B = case["N"], case["B"]
    full, rest = divmod(N, B)
    for epoch in epochs[:2]:
        if not all(isinstance(batch, list) for batch in epoch):
            return "Give back a list of batches, and each batch is a list or an array of sample numbers."
        numbers = [k for batch in epoch for k in batch]
        if not all(isinstance(k, int | float) and k == int(k) for k in numbers):
            return "A batch holds sample numbers: whole numbers from 0 to N − 1."
        if any(not 0 <= k < N for k in numbers):
            return "Sample numbers go from 0 to N − 1."
        if len(set(numbers)) < len(numbers):
            return "Some samples come twice: in an epoch each comes exactly once."
        if len(numbers) < N:
            return "Some samples are missing: in an epoch each comes exactly once. Does the short last batch count?"
        if [len(batch) for batch in epoch] != [B] * full + [rest] * (rest > 0):
            return "Every batch has B samples, and the last one has what is left."
        if sum(b == a + 1 for a, b in pairwise(numbers)) > N / 2:
            return "Neighbours still follow each other: shuffle the samples themselves, before you cut."
    if epochs[0] == epochs[1]:
        return "Two epochs in a row were dealt alike: take the randomness from rng, which goes on from call to call."
    if epochs[0] != epochs[2]:
        return "The same seed gave two different deals: take all randomness from rng and nowhere else."
    return True


deal.hints(
    "Think of a pack of cards: shuffle the pack once, then deal it out until nothing is left.",
    "rng.permutation(N) is an array of N numbers, shuffled. A batch is a slice of it, of length B or shorter.",
    "Starts 0, B, 2B, ... below N come from range(0, N, B). A batch is order[start : start + B]; keep them in a list.",
)

# ------------------------------------------------------------------------------------------------ 05.2

epoch = exercise("05.2", "One epoch of mini-batch descent", points=2)


@epoch.reference
def sgd_epoch(w: Array, X: Array, y: Array, batches: Sequence[Any], lr: float) -> Array:
    """Move after every batch, so that the next batch is looked at from the new place.

    The gradient of the batch's mean of (Xw − y)² is 2Xᵀ(Xw − y) divided by the samples in this batch,
    which may be fewer than in the others.
    """
    for rows in batches:
        error = X[rows] @ w - y[rows]
        w = w - lr * 2 * X[rows].T @ error / len(error)
    return w


@epoch.mutant("The gradients of a batch are added up. Divide by its size, or the step grows with the batch.")
def _(w: Array, X: Array, y: Array, batches: Sequence[Any], lr: float) -> Array:
    for rows in batches:
        error = X[rows] @ w - y[rows]
        w = w - lr * 2 * X[rows].T @ error
    return w


@epoch.mutant("All batches are judged from where the epoch began. Use the new w as soon as you have it.")
def _(w: Array, X: Array, y: Array, batches: Sequence[Any], lr: float) -> Array:
    start = w
    for rows in batches:
        error = X[rows] @ start - y[rows]
        w = w - lr * 2 * X[rows].T @ error / len(error)
    return w


@epoch.mutant("You divide by the size of the first batch. The last one can be shorter: divide by its own size.")
def _(w: Array, X: Array, y: Array, batches: Sequence[Any], lr: float) -> Array:
    size = len(batches[0])
    for rows in batches:
        error = X[rows] @ w - y[rows]
        w = w - lr * 2 * X[rows].T @ error / size
    return w


@epoch.mutant("You return after the first batch: the `return` stands inside the loop.")
def _(w: Array, X: Array, y: Array, batches: Sequence[Any], lr: float) -> Any:
    for rows in batches:
        error = X[rows] @ w - y[rows]
        return w - lr * 2 * X[rows].T @ error / len(error)


@epoch.mutant("You walked uphill: subtract the gradient, and take the error as prediction minus target.")
def _(w: Array, X: Array, y: Array, batches: Sequence[Any], lr: float) -> Array:
    for rows in batches:
        error = X[rows] @ w - y[rows]
        w = w + lr * 2 * X[rows].T @ error / len(error)
    return w


@epoch.mutant("The 2 is missing: the loss of a sample is the square of its error, and the slope of e² is 2e.")
def _(w: Array, X: Array, y: Array, batches: Sequence[Any], lr: float) -> Array:
    for rows in batches:
        error = X[rows] @ w - y[rows]
        w = w - lr * X[rows].T @ error / len(error)
    return w


@epoch.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(
        w=np.array([0.0]), X=np.array([[1.0], [2.0], [1.0]]), y=np.array([1.0, 2.0, 3.0]), batches=[[0, 1], [2]], lr=0.1
    )
    for size, d in ((3, 2), (4, 3), (1, 2)):
        N = 11 if size > 1 else 5
        order = [int(k) for k in rng.permutation(N)]
        yield dict(
            w=rng.normal(size=d),
            X=rng.normal(size=(N, d)),
            y=rng.normal(size=N),
            batches=[order[k : k + size] for k in range(0, N, size)],
            lr=float(rng.uniform(0.02, 0.1)),
        )


epoch.hints(
    "For each batch in turn: where do its samples want you to go? Go there at once, then ask the next batch.",
    "X[rows] is (size, d), y[rows] is (size,), w is (d,). The error is (size,); X[rows].T @ error is (d,), like w.",
    "for rows in batches: error = X[rows] @ w - y[rows]; then w = w - lr * 2 * X[rows].T @ error / len(error).",
)

# ------------------------------------------------------------------------------------------------ 05.3

bucket = exercise("05.3", "The bucket that counts right", points=1)


@bucket.reference
def accumulate(grads: Sequence[Any], sizes: Sequence[int]) -> Any:
    """A mean times its size is the sum it came from; the sum of these sums over all samples is the full mean."""
    total = sum(size * np.asarray(grad) for grad, size in zip(grads, sizes, strict=True))
    return total / sum(sizes)


@bucket.mutant("You added the means up. Two halves of the data would give twice the gradient.")
def _(grads: Sequence[Any], sizes: Sequence[int]) -> Any:
    return sum(np.asarray(grad) for grad in grads)


@bucket.mutant("All micro-batches count alike here, the short one too. A mean of 2 samples weighs less than one of 4.")
def _(grads: Sequence[Any], sizes: Sequence[int]) -> Any:
    return sum(np.asarray(grad) for grad in grads) / len(grads)


@bucket.mutant("This is the gradient of the SUM over all samples. Divide by how many samples there are.")
def _(grads: Sequence[Any], sizes: Sequence[int]) -> Any:
    return sum(size * np.asarray(grad) for grad, size in zip(grads, sizes, strict=True))


@bucket.mutant("You weighed by size, then divided by the number of micro-batches. Divide by the number of samples.")
def _(grads: Sequence[Any], sizes: Sequence[int]) -> Any:
    return sum(size * np.asarray(grad) for grad, size in zip(grads, sizes, strict=True)) / len(grads)


@bucket.mutant("You divided by the number of samples, but added up means. First make each mean a sum: times its size.")
def _(grads: Sequence[Any], sizes: Sequence[int]) -> Any:
    return sum(np.asarray(grad) for grad in grads) / sum(sizes)


@bucket.mutant("Only the last micro-batch is left: each one replaced the one before. Add to the bucket.")
def _(grads: Sequence[Any], sizes: Sequence[int]) -> Any:
    return np.asarray(grads[-1]) * 1.0


@bucket.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(grads=[np.array([1.0]), np.array([4.0])], sizes=[2, 1])
    for sizes, d in (([4, 4, 2], 3), ([8, 8, 8, 5], 2), ([3, 1], 2), ([6], 2)):
        yield dict(grads=[rng.normal(size=d) for _ in sizes], sizes=sizes)
    yield dict(grads=[np.array([v]) for v in (1.5, 2.5, float(rng.uniform(5, 9)))], sizes=[5, 5, 1])  # one parameter


bucket.hints(
    "Each micro-batch hands you a mean. How would you get the mean over all samples out of means of parts?",
    "A mean times its size is a sum. grads[i] has the shape of the parameters, sizes[i] is a whole number.",
    "Add up size * grad over all pairs from zip(grads, sizes), then divide by sum(sizes).",
)

# ------------------------------------------------------------------------------------------------ 05.4

count = exercise("05.4", "Count the updates", points=1)


@count.reference
def n_updates(N: int, B: int, epochs: int, k: int) -> int:
    """An epoch has ⌈N/B⌉ micro-batches, the short one included, and an update for every k of them or what is left.

    −(−a // b) divides whole numbers and rounds up, without a detour through floats.
    """
    micro = -(-N // B)
    return epochs * -(-micro // k)


@count.mutant("The last micro-batch is short, but it is there: N/B is rounded up.")
def _(N: int, B: int, epochs: int, k: int) -> int:
    return epochs * -(-(N // B) // k)


@count.mutant("An epoch that ends with fewer than k micro-batches in the bucket still ends with an update: round up.")
def _(N: int, B: int, epochs: int, k: int) -> int:
    return epochs * (-(-N // B) // k)


@count.mutant("You counted micro-batches. With accumulation an update comes only after every k of them.")
def _(N: int, B: int, epochs: int, k: int) -> int:
    return epochs * -(-N // B)


@count.mutant("Here the bucket is emptied at the end of every epoch: round up in each epoch, then multiply.")
def _(N: int, B: int, epochs: int, k: int) -> int:
    return -(-epochs * -(-N // B) // k)


@count.mutant("These are the updates of one epoch. Multiply by the number of epochs.")
def _(N: int, B: int, epochs: int, k: int) -> int:
    micro = -(-N // B)
    return -(-micro // k)


@count.mutant("A number of updates is a whole number: N/B rarely is. Round up where something is left over.")
def _(N: int, B: int, epochs: int, k: int) -> float:
    return epochs * N / (B * k)


@count.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # first a case for each mistake alone: a short batch, a bucket that is not full
    for N, B, epochs, k in ((10, 4, 2, 1), (12, 4, 2, 2), (10, 4, 2, 2), (64, 64, 3, 1), (7, 10, 4, 3)):
        yield dict(N=N, B=B, epochs=epochs, k=k)
    for _ in range(12):
        B, k = int(rng.integers(3, 12)), int(rng.integers(2, 5))
        N = B * int(rng.integers(20, 60)) + int(rng.integers(1, B))
        yield dict(N=N, B=B, epochs=int(rng.integers(2, 9)), k=k)


count.hints(
    "Go through one epoch by hand: how many micro-batches, and after which of them is there an update?",
    "N/B rounded up gives the micro-batches of an epoch. How many groups of k are these, an incomplete one included?",
    "-(-a // b) is a/b rounded up. Use it twice, first with N and B, then with k; then multiply by epochs.",
)

# ------------------------------------------------------------------------------------------------ 05.5

repair = exercise("05.5", "Repair the loop", points=2, start="...")


@repair.reference
def train(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    """Go on while there are epochs left *and* the last epoch still moved w.

    `range(0, len(X), B)` counts in whole numbers and reaches the short last batch. `w = w - ...` makes a new
    array, so `before` stays what it was; `w -= ...` would change both, and the caller's array with them.
    """
    epoch, moved = 0, np.inf
    while epoch < max_epochs and moved > tol:
        before = w
        for start in range(0, len(X), B):
            error = X[start : start + B] @ w - y[start : start + B]
            w = w - lr * 2 * X[start : start + B].T @ error / len(error)
        epoch, moved = epoch + 1, float(np.linalg.norm(w - before))
    return w, epoch


@repair.mutant("With `or` the loop goes on until BOTH reasons to stop hold. Use `and`: epochs left, and still moving.")
def _(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    epoch, moved = 0, np.inf
    while (epoch < max_epochs or moved > tol) and epoch < 5000:
        before = w
        for start in range(0, len(X), B):
            error = X[start : start + B] @ w - y[start : start + B]
            w = w - lr * 2 * X[start : start + B].T @ error / len(error)
        epoch, moved = epoch + 1, float(np.linalg.norm(w - before))
    return w, epoch


@repair.mutant("len(X) // B leaves out the short last batch: its samples never get a say.")
def _(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    epoch, moved = 0, np.inf
    while epoch < max_epochs and moved > tol:
        before = w
        for k in range(len(X) // B):
            error = X[k * B : k * B + B] @ w - y[k * B : k * B + B]
            w = w - lr * 2 * X[k * B : k * B + B].T @ error / len(error)
        epoch, moved = epoch + 1, float(np.linalg.norm(w - before))
    return w, epoch


@repair.mutant("Each batch starts from the epoch's first w, so only the last batch counts. Go on from the new w.")
def _(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    epoch, moved = 0, np.inf
    while epoch < max_epochs and moved > tol:
        before = w
        for start in range(0, len(X), B):
            error = X[start : start + B] @ before - y[start : start + B]
            w = before - lr * 2 * X[start : start + B].T @ error / len(error)
        epoch, moved = epoch + 1, float(np.linalg.norm(w - before))
    return w, epoch


@repair.mutant("It stops after one epoch: `before` and w are one array, and `-=` changes it. Write w = w - ... there.")
def _(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    w, epoch, moved = w.copy(), 0, np.inf
    while epoch < max_epochs and moved > tol:
        before = w
        for start in range(0, len(X), B):
            error = X[start : start + B] @ w - y[start : start + B]
            w -= lr * 2 * X[start : start + B].T @ error / len(error)
        epoch, moved = epoch + 1, float(np.linalg.norm(w - before))
    return w, epoch


@repair.mutant("Nobody counts the epochs: add 1 after each, or the limit is never reached.")
def _(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    epoch, moved, turns = 0, np.inf, 0
    while epoch < max_epochs and moved > tol and turns < 5000:
        before = w
        for start in range(0, len(X), B):
            error = X[start : start + B] @ w - y[start : start + B]
            w = w - lr * 2 * X[start : start + B].T @ error / len(error)
        moved, turns = float(np.linalg.norm(w - before)), turns + 1
    return w, epoch


@repair.mutant("It always runs max_epochs epochs. Stop earlier once an epoch moves w by no more than tol.")
def _(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    for _ in range(max_epochs):
        for start in range(0, len(X), B):
            error = X[start : start + B] @ w - y[start : start + B]
            w = w - lr * 2 * X[start : start + B].T @ error / len(error)
    return w, max_epochs


@repair.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for size, lr, tol, most in ((3, 0.1, 1e-3, 200), (4, 0.1, 1e-2, 300), (3, 0.02, 1e-6, 6), (10, 0.2, 1e-3, 200)):
        X = np.stack([rng.uniform(-1, 2, 10), np.ones(10)], axis=1)  # 10 is no multiple of 3 or 4; all at once, too
        y = X @ np.array([0.8, 1.0]) + rng.normal(0, 0.6, 10)
        yield dict(w=rng.normal(2.5, 0.3, size=2), X=X, y=y, B=size, lr=lr, tol=tol, max_epochs=most)
    yield dict(
        w=np.array([1.0]),
        X=np.array([[2.0], [2.0], [3.0]]),
        y=np.array([0.0, 0.0, 1.0]),
        B=2,
        lr=0.5,
        tol=0.1,
        max_epochs=4,
    )  # explodes


repair.hints(
    "Four things: when to go on, how to count batches, which w a batch starts from, and who counts the epochs.",
    "epoch is a whole number, moved the length of a vector of shape (d,): np.linalg.norm(w - before).",
    "while epoch < max_epochs and moved > tol: keep before = w, go through range(0, len(X), B), then set moved, add 1.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "05.a",
        "You stand on the hill of an average loss. One sample's pull is a rough guess at the pull of all. You average "
        "over batches of 16 samples instead of asking one. How much narrower does the cloud of guesses get?",
        options={
            "16 times narrower": "Look at the right panel: from B = 1 to B = 16 the scatter falls less than that.",
            "4 times narrower": "The scatter falls as one over the square root of B, and the root of 16 is 4.",
            "No narrower: samples are samples": "Move B and watch: the errors of 16 samples partly cancel.",
        },
        answer="4 times narrower",
    ),
    prediction(
        "05.b",
        "You walk with one sample at a time, a fixed η, and more and more epochs. What does the loss do?",
        options={
            "It falls to the minimum, only slower": "Play to the end: it stops falling long before that.",
            "It falls fast, then hovers above the minimum": (
                "Each sample goes on pulling its own way, and η does not get smaller."
            ),
            "It falls, then rises to where it began": "It does not rise for good. The pulls nearly cancel on average.",
        },
        answer="It falls fast, then hovers above the minimum",
    ),
    prediction(
        "05.c",
        "Four hikers use batches of 1, 8, 64 and all 4096 samples, each with its own good learning rate. "
        "Who first comes down to the finish?",
        options={
            "B = 1": "Switch the axis to samples, and so it is. To updates, and it comes last.",
            "All 4096": "Switch the axis to updates, and so it is. To samples, and it comes last.",
            "It depends on what you count": "Updates, samples and seconds each have another winner.",
        },
        answer="It depends on what you count",
    ),
]

quiz = [
    question(
        "05.q1",
        "N = 1000 samples, B = 64. How many updates has an epoch, and how many samples has the last batch?",
        options={
            "15 updates; the last batch has 64": "15 · 64 = 960. What about the other 40 samples?",
            "16 updates; the last batch has 40": "1000/64 is 15.6, rounded up 16, and 1000 − 15 · 64 = 40.",
            "16 updates; the last batch has 64": "16 · 64 = 1024: more samples than there are.",
        },
        answer="16 updates; the last batch has 40",
    ),
    question(
        "05.q2",
        "You make B nine times as large. The scatter of the batch gradients ...",
        options={
            "falls to a ninth": "The variance does. The scatter, its root, falls less.",
            "falls to a third": "It falls as 1/√B.",
            "stays: only the computer works differently": "That is LeCun's notes' “only reason”. Averaging also calms.",
        },
        answer="falls to a third",
    ),
    question(
        "05.q3",
        "SGD with B = 1 hovers above the minimum. Which of these does NOT bring it closer?",
        options={
            "More epochs with the same η": "The hovering is a balance of pulls, and time does not change it.",
            "A smaller η from now on": "That lowers the floor: it is roughly proportional to η.",
            "A larger batch from now on": "That lowers the floor, too: calmer gradients, smaller jumps.",
        },
        answer="More epochs with the same η",
    ),
    question(
        "05.q4",
        "Micro-batches of 8, 8 and 4 samples have the mean gradients 1, 1 and 6. What is the gradient of the whole?",
        options={
            "8": "That is the sum of the means: the step would be four times too long.",
            "2.67": "That is the mean of the means. The last one stands for 4 samples only.",
            "2": "(8 · 1 + 8 · 1 + 4 · 6)/20 = 40/20.",
        },
        answer="2",
    ),
    question(
        "05.q5",
        "“A larger batch converges faster.” When is that so?",
        options={
            "Always": "Count samples instead of updates, and the smallest batch came first in the race.",
            "Counted in updates": "And only up to a point: from some B on, hardly an update is saved.",
            "Never": "Counted in updates it was: all samples needed the fewest.",
        },
        answer="Counted in updates",
    ),
]
