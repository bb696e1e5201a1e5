"""Answers to lesson 14, modules, two Jacobians, devices.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, prediction, question

Array = NDArray[np.float64]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 14.1

linear = exercise("14.1", "A linear module", points=2, strict=True, without=("Linear", "gradients", "jacobian"))


@linear.reference
class Linear:
    """The way there keeps z, because dW is made of it; the way back is two products and a sum.

    Rows are samples. Each sample's g goes back through the transposed W; all samples share one W and one b, so what
    they say about these adds up: in the product zᵀg by itself, for b by a sum over the rows.
    """

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, z: Array) -> Array:
        self.z = z
        return z @ self.W + self.b

    def backward(self, g: Array) -> tuple[Array, list[Array]]:
        return g @ self.W.T, [self.z.T @ g, g.sum(axis=0)]


@linear.mutant("Your dW is transposed. It belongs to W, so it has W's shape, (n_in, n_out).")
class _Transposed:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, z: Array) -> Array:
        self.z = z
        return z @ self.W + self.b

    def backward(self, g: Array) -> Any:
        return g @ self.W.T, [g.T @ self.z, g.sum(axis=0)]


@linear.mutant("Your db has a row for each sample. One b serves all of them: sum over the samples.")
class _NotSummed:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, z: Array) -> Array:
        self.z = z
        return z @ self.W + self.b

    def backward(self, g: Array) -> Any:
        return g @ self.W.T, [self.z.T @ g, g]


@linear.mutant("g goes back through W as if it went forward. On the way back the weights are transposed.")
class _NotTurned:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, z: Array) -> Array:
        self.z = z
        return z @ self.W + self.b

    def backward(self, g: Array) -> Any:
        return g @ self.W, [self.z.T @ g, g.sum(axis=0)]


@linear.mutant("You averaged over the samples. Whether the loss is a mean is the loss's affair; g knows it already.")
class _Averaged:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, z: Array) -> Array:
        self.z = z
        return z @ self.W + self.b

    def backward(self, g: Array) -> Any:
        return g @ self.W.T, [self.z.T @ g / len(g), g.mean(axis=0)]


@linear.mutant("The bias is missing on the way there: z @ W + b.")
class _NoBias:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, z: Array) -> Array:
        self.z = z
        return z @ self.W

    def backward(self, g: Array) -> Any:
        return g @ self.W.T, [self.z.T @ g, g.sum(axis=0)]


@linear.mutant("You kept the z of the first call. Each forward brings a new z; backward belongs to the latest.")
class _FirstCall:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, z: Array) -> Array:
        if not hasattr(self, "z"):
            self.z = z
        return z @ self.W + self.b

    def backward(self, g: Array) -> Any:
        return g @ self.W.T, [self.z.T @ g, g.sum(axis=0)]


@linear.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # the first is square, so that a forgotten transpose gives a wrong value and not only an error
    for n, n_in, n_out in [(3, 3, 3), (4, 2, 3), (5, 3, 1), (1, 4, 2)]:
        z = [rng.normal(size=(n, n_in)) for _ in range(2)]
        yield dict(W=rng.normal(size=(n_in, n_out)), b=rng.normal(size=n_out), z=z, g=rng.normal(size=(n, n_out)))


@linear.observe
def _(answer: type[Any], case: Case) -> list[Any]:
    module = answer(case["W"], case["b"])
    return [module.forward(case["z"][0]), module.forward(case["z"][1]), module.backward(case["g"])]


linear.part("forward", 1, lambda observed: observed[:2])

linear.hints(
    "backward gets g, the slope of the loss by the module's output. It owes two answers: one for the module below, "
    "one for its own weights.",
    "z is (N, n_in), g is (N, n_out). dz has z's shape, dW has W's, db has b's. z was there in forward only: keep it.",
    "forward keeps self.z = z. backward returns g @ W.T, and the list of self.z.T @ g and g.sum(axis=0).",
)

# ------------------------------------------------------------------------------------------------ 14.2

stack = exercise(
    "14.2", "Modules one after the other", points=2, strict=True, without=("Sequential", "gradients", "jacobian")
)


@stack.reference
class Sequential:
    """Forward hands z from module to module; backward hands g down the same modules, the last one first.

    Each module is asked once, and answers twice: what goes on to the one below, and what is for its own weights.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def forward(self, z: Array) -> Array:
        for layer in self.layers:
            z = layer.forward(z)
        return z

    def backward(self, g: Array) -> tuple[Array, list[Array]]:
        grads: list[Array] = []
        for layer in reversed(self.layers):
            g, own = layer.backward(g)
            grads = own + grads
        return g, grads


@stack.mutant("You went back from the first module to the last. g comes from the loss: the last module gets it first.")
class _FirstToLast:
    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def forward(self, z: Array) -> Array:
        for layer in self.layers:
            z = layer.forward(z)
        return z

    def backward(self, g: Array) -> Any:
        grads: list[Array] = []
        for layer in self.layers:
            g, own = layer.backward(g)
            grads = grads + own
        return g, grads


@stack.mutant("The gradients are listed from the last module to the first. Put them in the order of the modules.")
class _Reversed:
    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def forward(self, z: Array) -> Array:
        for layer in self.layers:
            z = layer.forward(z)
        return z

    def backward(self, g: Array) -> Any:
        grads: list[Array] = []
        for layer in reversed(self.layers):
            g, own = layer.backward(g)
            grads = grads + own
        return g, grads


@stack.mutant("Every module was handed the same g. Hand each one what the module above it gave back.")
class _SameRow:
    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def forward(self, z: Array) -> Array:
        for layer in self.layers:
            z = layer.forward(z)
        return z

    def backward(self, g: Array) -> Any:
        grads: list[Array] = []
        for layer in reversed(self.layers):
            down, own = layer.backward(g)
            grads = own + grads
        return down, grads


@stack.mutant("Only one module's gradients came back. Collect those of all of them.")
class _OnlyOne:
    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def forward(self, z: Array) -> Array:
        for layer in self.layers:
            z = layer.forward(z)
        return z

    def backward(self, g: Array) -> Any:
        grads: list[Array] = []
        for layer in reversed(self.layers):
            g, own = layer.backward(g)
            grads = own or grads
        return g, grads


@stack.mutant("Forward, every module was handed the input itself. Hand each one what the module before it gave.")
class _OnlyInput:
    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def forward(self, z: Array) -> Array:
        for layer in self.layers:
            out: Array = layer.forward(z)
        return out

    def backward(self, g: Array) -> Any:
        grads: list[Array] = []
        for layer in reversed(self.layers):
            g, own = layer.backward(g)
            grads = own + grads
        return g, grads


@stack.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # square, so that a wrong order gives wrong values; a pair (W, b) is a linear module, None is tanh
    for n, d, kinds in [(2, 2, "LTL"), (3, 3, "LTLT"), (4, 2, "TLTLL")]:
        layers = [(rng.normal(size=(d, d)), rng.normal(size=d)) if kind == "L" else None for kind in kinds]
        yield dict(layers=layers, z=rng.normal(size=(n, d)), g=rng.normal(size=(n, d)))


@stack.observe
def _(answer: type[Any], case: Case) -> list[Any]:
    class Tanh:
        def forward(self, z: Any) -> Any:
            self.z = z
            return np.tanh(z)

        def backward(self, g: Any) -> Any:
            return g * (1 - np.tanh(self.z) ** 2), []

    class Affine:
        def __init__(self, W: Any, b: Any) -> None:
            self.W, self.b = W, b

        def forward(self, z: Any) -> Any:
            self.z = z
            return z @ self.W + self.b

        def backward(self, g: Any) -> Any:
            return g @ self.W.T, [self.z.T @ g, g.sum(axis=0)]

    model = answer([Tanh() if layer is None else Affine(*layer) for layer in case["layers"]])
    return [model.forward(case["z"]), model.backward(case["g"])]


stack.hints(
    "Two walks over one list: z walks up, g walks down.",
    "layer.forward(z) gives the next z. layer.backward(g) gives a pair: the next g, and a list, empty for tanh.",
    "In backward, for layer in reversed(self.layers): g, own = layer.backward(g), then grads = own + grads, so that "
    "the first module's stand first.",
)

# ------------------------------------------------------------------------------------------------ 14.3

rows = exercise("14.3", "Flatten, but not the batch", points=1)


@rows.reference
def flatten(x: Array) -> Array:
    """The first axis counts the images and stays; all other axes become one. `reshape` copies where it has to."""
    x = np.asarray(x)
    return x.reshape(len(x), -1)


@rows.mutant("That is view(-1): the batch is flattened, too, and all images have become one long row.")
def _(x: Array) -> Any:
    return np.asarray(x).reshape(-1)


@rows.mutant("You made one row of everything. Each image is a sample: as many rows as images.")
def _(x: Array) -> Any:
    return np.asarray(x).reshape(1, -1)


@rows.mutant("The shape is right, but the images are mixed: each row has dots of all of them.")
def _(x: Array) -> Any:
    x = np.asarray(x)
    return x.reshape(-1, len(x)).T


@rows.mutant("You flattened the last two axes only. The channels belong to the image, too.")
def _(x: Array) -> Any:
    x = np.asarray(x)
    return x.reshape(*x.shape[:-2], -1)


@rows.mutant("Each image is read column by column (order F). Read it in the order of its axes, the last one fastest.")
def _(x: Array) -> Any:
    x = np.asarray(x)
    return np.stack([image.ravel(order="F") for image in x])


@rows.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(x=rng.normal(size=(2, 3, 2, 2)))
    yield dict(x=rng.normal(size=(2, 3, 4, 2)).transpose(0, 2, 3, 1))  # permuted: no view can do it
    yield dict(x=rng.normal(size=(1, 3, 2, 5)))
    yield dict(x=rng.integers(0, 256, size=(3, 1, 2, 2)))


rows.hints(
    "Which axis counts the samples? That one stays. The others become one.",
    "x is (N, channels, height, width). The answer is (N, channels · height · width).",
    "x.reshape(len(x), -1): NumPy works out the −1.",
)

# ------------------------------------------------------------------------------------------------ 14.4

counting = exercise("14.4", "How many numbers does it learn?", points=1)


@counting.reference
def param_count(dims: Sequence[int]) -> int:
    """A layer from n to m has n·m weights and m biases, one for each of its sums."""
    total = 0
    for k in range(len(dims) - 1):
        total += dims[k] * dims[k + 1] + dims[k + 1]
    return total


@counting.mutant("The biases are missing: nn.Linear adds one to each of its sums.")
def _(dims: Sequence[int]) -> int:
    return sum(dims[k] * dims[k + 1] for k in range(len(dims) - 1))


@counting.mutant("You counted a bias for each number that goes in. There is one for each that comes out.")
def _(dims: Sequence[int]) -> int:
    return sum(dims[k] * dims[k + 1] + dims[k] for k in range(len(dims) - 1))


@counting.mutant("You counted one bias for a whole layer. There is one for each number that comes out.")
def _(dims: Sequence[int]) -> int:
    return sum(dims[k] * dims[k + 1] + 1 for k in range(len(dims) - 1))


@counting.mutant("You multiplied all sizes together. Layers have matrices of their own: add them up.")
def _(dims: Sequence[int]) -> int:
    total = 1
    for d in dims:
        total *= d
    return total


@counting.mutant("The last layer is missing: n sizes make n − 1 layers.")
def _(dims: Sequence[int]) -> int:
    return sum(dims[k] * dims[k + 1] + dims[k + 1] for k in range(len(dims) - 2))


@counting.mutant("You added up the sizes. A layer from n to m has a table of n·m weights, and m biases.")
def _(dims: Sequence[int]) -> int:
    return sum(dims)


@counting.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for n in (4, 3, 5, 4, 6, 2, 3, 4, 5, 3, 4, 6, 3, 5):  # a number alone could be guessed
        yield dict(dims=[int(d) for d in rng.integers(20, 900, size=n)])


counting.hints(
    "Go layer by layer: a table of weights, and a bias for each sum.",
    "dims[k] numbers go into layer k and dims[k + 1] come out; len(dims) − 1 layers.",
    "Add up dims[k] * dims[k + 1] + dims[k + 1] over the layers.",
)

# ------------------------------------------------------------------------------------------------ 14.5

moving = exercise("14.5", "All of it to the device", points=2)


@moving.reference
def to_device(module: Any, dev: Any) -> Any:
    """Everything that forward touches has to live in one place: parameters, buffers, and the same in every child.

    An array on a device is a new object, so it is stored where the old one was.
    """
    for store in (module.parameters, module.buffers):
        for name in store:
            store[name] = dev.put(store[name])
    for child in module.children:
        to_device(child, dev)
    return module


@moving.mutant("The buffers stayed behind. They are no parameters, but forward uses them: move them, too.")
def _(module: Any, dev: Any) -> Any:
    modules = [module]
    for one in modules:
        modules.extend(one.children)
        for name in one.parameters:
            one.parameters[name] = dev.put(one.parameters[name])
    return module


@moving.mutant("Only the outer module moved. Its children hold parameters of their own, and so may their children.")
def _(module: Any, dev: Any) -> Any:
    for store in (module.parameters, module.buffers):
        for name in store:
            store[name] = dev.put(store[name])
    return module


@moving.mutant("The children moved, but not THEIR children: let to_device call itself.")
def _(module: Any, dev: Any) -> Any:
    for one in [module, *module.children]:
        for store in (one.parameters, one.buffers):
            for name in store:
                store[name] = dev.put(store[name])
    return module


@moving.mutant("dev.put gives a NEW array on the device and leaves the old one where it is. Store what it gives.")
def _(module: Any, dev: Any) -> Any:
    modules = [module]
    for one in modules:
        modules.extend(one.children)
        for store in (one.parameters, one.buffers):
            for name in store:
                dev.put(store[name])
    return module


@moving.mutant("What was on another device already stayed there. Wherever it is, it has to go to dev.")
def _(module: Any, dev: Any) -> Any:
    modules = [module]
    for one in modules:
        modules.extend(one.children)
        for store in (one.parameters, one.buffers):
            for name in store:
                if store[name].device == "cpu":
                    store[name] = dev.put(store[name])
    return module


@moving.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # a module is (parameters, buffers, children); an array is (its device, its numbers)
    def arrays(*names: str, device: str = "cpu") -> dict[str, tuple[str, Array]]:
        return {name: (device, rng.normal(size=2)) for name in names}

    norm: Any = (arrays("scale"), arrays("mean", "variance"), [])
    yield dict(module=(arrays("W", "b"), {}, []), dev="gpu")
    yield dict(module=(arrays("W"), arrays("mask"), [norm]), dev="gpu")
    elsewhere: Any = (arrays("V", device="other gpu"), arrays("seen"), [])
    yield dict(module=({}, {}, [(arrays("W"), {}, [elsewhere]), norm]), dev="gpu")
    yield dict(module=(arrays("W", device="gpu"), arrays("mean", device="gpu"), [elsewhere]), dev="cpu")


@moving.observe
def _(answer: Any, case: Case) -> Any:
    class Held:
        """An array and where it lives."""

        def __init__(self, device: str, numbers: Any) -> None:
            self.device, self.numbers = device, numbers

    class Device:
        def put(self, array: Any) -> Any:
            return Held(case["dev"], array.numbers.copy())

    class Module:
        def __init__(self, parameters: Any, buffers: Any, children: Any) -> None:
            self.parameters = {name: Held(*value) for name, value in parameters.items()}
            self.buffers = {name: Held(*value) for name, value in buffers.items()}
            self.children = [Module(*child) for child in children]

    def where(module: Any) -> Any:
        if not isinstance(module, Module):
            return module
        stores = [module.parameters, module.buffers]
        held = [{name: (h.device, h.numbers) for name, h in store.items()} for store in stores]
        return [*held, [where(child) for child in module.children]]

    return where(answer(Module(*case["module"]), Device()))


moving.hints(
    "A module's forward mixes everything that the module holds. One array left behind stops it.",
    "module.parameters and module.buffers are dicts from names to arrays; module.children is a list of modules.",
    "For each of the two dicts: store[name] = dev.put(store[name]). Then to_device(child, dev) for each child, and "
    "return module.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "14.a",
        "A linear module takes 600 numbers to 60, with a bias. Its Jacobian with respect to its own weights, written "
        "out as a table: how many numbers?",
        options={
            "36,060": "That many weights there are, and so long is the row that comes out. The table has 60 such rows.",
            "36,000": "That is W alone, and it is the OTHER Jacobian, the one with respect to the state.",
            "2,163,600": "60 outputs by 36,060 weights. Nearly all are 0, and backpropagation never builds it.",
        },
        answer="2,163,600",
    ),
    prediction(
        "14.b",
        "You type in the lecture's class mynet as its notes print it, and write model = mynet(600, 60, 40, 10). "
        "What happens?",
        options={
            "It runs": "Nobody ran it as printed. A line is missing before the first layer is stored.",
            "It stops where the model is made": "nn.Module keeps a list of its modules, and nobody has made the list.",
            "It stops at the first image": "It does not get there: no model exists yet.",
        },
        answer="It stops where the model is made",
    ),
    prediction(
        "14.c",
        "One training step of three layers, 32 units wide, 256 samples: about 0.1 ms on one CPU core. "
        "Each operation on a GPU costs about 10 µs to start. Which is faster?",
        options={
            "The GPU, by far": "It multiplies faster, but there is hardly anything to multiply here.",
            "About equal": "Count the operations: some dozens, each with a start of its own.",
            "The CPU": "Some dozens of starts at 10 µs are several times 0.1 ms, before anything is computed.",
        },
        answer="The CPU",
    ),
]

quiz = [
    question(
        "14.q1",
        "A module in the middle of a stack gets g = ∂c/∂z' from above. What does it owe?",
        options={
            "∂c/∂z for the module below, and ∂c/∂w for its own weights": "Two products with one g.",
            "Its two Jacobians, as tables": "They would be huge. The products with g are all that is ever needed.",
            "∂c/∂w, and the new weights": "The new weights are the optimiser's work; and the module below waits for g.",
        },
        answer="∂c/∂z for the module below, and ∂c/∂w for its own weights",
    ),
    question(
        "14.q2",
        "Why does LeCun's class make three nn.Linear objects but call torch.relu as a function?",
        options={
            "relu is too fast for an object": "Speed has nothing to do with it.",
            "Each Linear keeps its own parameters, relu has none": "An object is where something can be kept.",
            "relu has no derivative": "It has one, apart from 0. PyTorch knows it.",
        },
        answer="Each Linear keeps its own parameters, relu has none",
    ),
    question(
        "14.q3",
        "x holds 8 images of 3 × 10 × 20. What is the shape of x.view(-1), and of x.flatten(1)?",
        options={
            "(4800,) and (8, 600)": "The first forgets that there are 8 images.",
            "(8, 600) and (4800,)": "The other way round: −1 alone means one axis for everything.",
            "(8, 600) for both": "view(-1) has no way to know that the first axis is special.",
        },
        answer="(4800,) and (8, 600)",
    ),
    question(
        "14.q4",
        "Where does autograd have its derivatives from?",
        options={
            "A list of common losses": "Your own loss would not be on it, and it is differentiated all the same.",
            "From moving every weight a little": "That is a check, and costs two passes for each weight.",
            "A rule for each operation, and the chain rule": "As in the engine that you wrote in lesson 11.",
        },
        answer="A rule for each operation, and the chain rule",
    ),
    question(
        "14.q5",
        "Parameters were moved to the GPU; the running mean that the module subtracts, a buffer, was not. Then?",
        options={
            "forward stops: two devices": "An operation wants all its arrays in one place.",
            "It is slower, but runs": "No framework moves arrays behind your back at each operation.",
            "Nothing, buffers are not learned": "They are not learned, but they are used.",
        },
        answer="forward stops: two devices",
    ),
]
