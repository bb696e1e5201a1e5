"""What other libraries offer under other names, and how it is written here; told when a name is not found."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dlcourse.engine.errors import DTypeError

_GRADIENTS = "dl.gradients(loss, [W, b]) returns the gradients as nodes, and dl.run computes them"
_OWN = "there is none here; @dl.operation adds an operation of your own"
_NUMPY = "dl.constant(np.zeros(shape)) never changes, dl.parameter(np.zeros(shape)) is learned"
_RANDOM = "dl.parameter(rng.normal(size=shape)), where rng = np.random.default_rng(0); layers take rng=0"
_DEVICE = 'what is run inside `with dl.device("cuda"):` is computed on a GPU'

_FRONT_PAGE = {  # names of other libraries: what to write here
    "Variable": "dl.parameter(array) makes something to be learned, dl.placeholder an input",
    "Session InteractiveSession": "there is none: dl.run(fetch, feeds) runs a graph",
    "global_variables_initializer initializer": "parameters have their value from the start",
    "Graph get_default_graph": "a graph is what a node depends on: dl.topological_order(node)",
    "Input": "it is dl.placeholder(name, shape)",
    "GradientDescentOptimizer SGD": "it is dl.GradientDescent(learning_rate=0.1).minimize(loss)",
    "MomentumOptimizer": "it is dl.Momentum(learning_rate=0.1).minimize(loss)",
    "AdamOptimizer": "it is dl.Adam(learning_rate=0.001).minimize(loss)",
    "RMSprop RMSPropOptimizer": "it is dl.RMSProp(learning_rate=0.001).minimize(loss)",
    "Adagrad AdagradOptimizer": "it is dl.AdaGrad(learning_rate=0.01).minimize(loss)",
    "optim": "dl.GradientDescent, dl.Momentum and dl.Adam stand on the front page",
    "RegisterGradient custom_gradient": '@dl.register_gradient("name") gives an operation its rule',
    "grad value_and_grad vjp GradientTape": _GRADIENTS,
    "jvp": "dl.jacobian(y, x, feeds) holds all derivatives",
    "hessian": "dl.jacobian(dl.gradients(loss, W), W, feeds) holds the second derivatives",
    "no_grad stop_grad detach": "dl.stop_gradient(x) lets no gradient through",
    "evaluate eval": "dl.run(node, feeds) computes a node; the interpreter is evaluate in dlcourse/engine/graph.py",
    "jit vmap function": "a graph is compiled when it is run: dl.run(node, feeds)",
    "tensor Tensor array asarray as_tensor from_numpy": "dl.constant(array) is a node that always has this value",
    "zeros ones full eye arange linspace": _NUMPY,
    "rand randn random normal uniform seed manual_seed": _RANDOM,
    "np numpy float32 float64 int32 int64 pi inf newaxis": "these are NumPy's: np.float32, np.pi",
    "nn layers keras": "dl.Linear and dl.Sequential stand on the front page",
    "Dense": "it is dl.Linear(n_in, n_out, rng=0)",
    "Model": "dl.Sequential is a network of layers, dl.Module a part of your own",
    "state_dict load_state_dict": "dl.save(path, model) writes all parameters, dl.load(path, model) reads them",
    "conv2d Conv2d max_pool2d MaxPool2d": "they are operations of your own, in dlcourse/engine/convolution.md",
    "reduce_sum": "it is dl.sum(x, axis=...)",
    "reduce_mean": "it is dl.mean(x, axis=...)",
    "reduce_max": "it is dl.max(x, axis=...)",
    "reduce_min": "it is dl.min(x, axis=...)",
    "reduce_prod": "it is dl.prod(x, axis=...)",
    "variance": "it is dl.var(x, axis=...)",
    "std": "dl.sqrt(dl.var(x, axis=...)) is the standard deviation",
    "norm": "dl.sqrt(dl.sum(x * x)) is the length of x",
    "mm bmm mv dot inner": "a @ b is the product of matrices and of vectors",
    "outer": "x[:, None] * y is the outer product",
    "einsum tensordot": "write it with @, *, dl.transpose and dl.sum",
    "cat concat hstack vstack": "it is dl.concatenate([a, b], axis=...)",
    "split chunk unbind": "parts are x[:2] and x[2:]",
    "squeeze": "x[:, 0] or x.reshape(shape) leaves an axis of size 1 out",
    "unsqueeze": "it is dl.expand_dims(x, axis)",
    "flatten ravel": "x.reshape(-1) makes one axis of all",
    "view": "it is dl.reshape(x, shape)",
    "permute swapaxes moveaxis": "it is dl.transpose(x, axes)",
    "take gather index_select": "it is x[indices]",
    "flip": "it is x[::-1]",
    "tile repeat": "dl.concatenate([x, x]) or dl.broadcast_to(x, shape) repeats x",
    "pow": "it is x ** 2, or dl.power(x, y)",
    "rsqrt": "it is 1 / dl.sqrt(x)",
    "reciprocal": "it is 1 / x",
    "exp2": "it is 2 ** x",
    "log2 log10": "it is dl.log(x) / np.log(2)",
    "tan": "it is dl.sin(x) / dl.cos(x)",
    "ceil": "it is -dl.floor(-x)",
    "round": "dl.floor(x + 0.5) rounds",
    "mod remainder fmod": "x - y * dl.floor(x / y) is the remainder",
    "isnan isfinite": "x != x is True where x is NaN; dl.run(x, feeds, check_finite=True) names it",
    "cross_entropy CrossEntropyLoss softmax_cross_entropy_with_logits nll_loss": (
        "it is dl.mean(dl.softmax_cross_entropy(logits, labels))"
    ),
    "binary_cross_entropy BCELoss BCEWithLogitsLoss sigmoid_cross_entropy_with_logits": (
        "it is dl.mean(dl.sigmoid_cross_entropy(logits, targets))"
    ),
    "mse mse_loss MSELoss mean_squared_error": "it is dl.mean(dl.squared_error(prediction, target))",
    "leaky_relu LeakyReLU": "it is dl.where(x > 0, x, 0.01 * x)",
    "elu": "it is dl.where(x > 0, x, dl.expm1(x))",
    "relu6": "it is dl.clip(x, 0, 6)",
    "silu swish": "it is x * dl.sigmoid(x)",
    "erf gelu arctan arcsin sinh cosh sort argsort topk cumprod linalg inv det": _OWN,
}
_NODES = {
    "backward": _GRADIENTS,
    "grad": "dl.gradients(loss, W) is the gradient, a node; dl.run computes it",
    "zero_grad": "gradients are nodes, computed anew in each run: nothing has to be set to zero",
    "requires_grad is_leaf grad_fn retain_grad register_hook": (
        "parameters are learned, and constants and placeholders are not; a gradient is dl.gradients(loss, x), a node"
    ),
    "item": "float(dl.run(x, feeds)) is its number",
    "numpy": "dl.run(x, feeds) is its array",
    "tolist": "dl.run(x, feeds).tolist() is its list",
    "value": "only parameters hold a value; dl.run(x, feeds) computes the array of any node",
    "eval": "dl.run(x, feeds) computes it",
    "data": "dl.run(x, feeds) is its array; that of a parameter is p.value",
    "assign assign_add assign_sub fill": "only parameters can be assigned, as p.assign(array)",
    "size": "sizes may be open until you run; x.shape has those that are known",
    "get_shape": "it is x.shape",
    "dim": "it is x.ndim",
    "t": "it is x.T",
    "astype float double int long": "dl.cast(x, dtype) changes the dtype",
    "copy clone": "nodes are never changed, so none needs a copy",
    "any": "dl.max(x > 0) is True where any is",
    "all": "dl.min(x > 0) is True where all are",
    "to cpu cuda device": _DEVICE,
}
_OPTIMIZERS = {
    "step zero_grad apply_gradients compute_gradients backward update": (
        "step = optimizer.minimize(loss) is a function of the feeds: each call of step({x: data}) is one step"
    ),
    "param_groups": "groups with options of their own are given to minimize",
}
_MODULES = {
    "eval": "model.evaluate() and model.train() switch the mode",
    "zero_grad": "gradients are nodes, computed anew in each run: nothing has to be set to zero",
    "fit compile": "step = dl.Adam(0.001).minimize(loss) is called for each batch: step({x: data, t: labels})",
    "predict": "dl.run(model(x), {x: data}) computes what the model says",
    "state_dict load_state_dict": "dl.save(path, model) writes all parameters, dl.load(path, model) reads them",
    "to cpu cuda": _DEVICE,
    "weight weights bias": "the parameters of a layer are layer.W and layer.b, all of them model.parameters()",
    "add append": "a dl.Sequential gets all its layers when it is made: dl.Sequential(first, second)",
}


def _found(name: str, table: dict[str, str]) -> str:
    return next((f": {sentence}." for names, sentence in table.items() if name in names.split()), "")


def on_front_page(name: str, known: Iterable[str] = ()) -> str:
    """What to write for ``dl.name``, as the end of a sentence; or nothing."""
    near = difflib.get_close_matches(name, set(known) - {name}, 1, 0.75)
    return _found(name, _FRONT_PAGE) or (f": is it dl.{near[0]}?" if near else "")


def of_node(name: str, is_operation: bool = False) -> str:
    """What to write for ``x.name``."""
    if is_operation:
        return f": it is dl.{name}(x)."
    return _found(name, _NODES) or _found(name, _FRONT_PAGE)


def _as_written(parameter: inspect.Parameter) -> str:
    """A parameter as it stands in a call, with its default."""
    stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
    if parameter.default is not parameter.empty:
        return f"{parameter.name}={getattr(parameter.default, '__name__', parameter.default)}"
    return stars + parameter.name + ("=..." if parameter.kind is parameter.KEYWORD_ONLY else "")


class Elsewhere:
    """Answers to names that objects of other libraries have, with the sentence of its table, and to a call that does
    not fit with how it is called.

    Not for what is called often: in a class with a ``__getattr__`` Python is slower to find each attribute.
    """

    _elsewhere: ClassVar[Mapping[str, str]] = {}

    if not TYPE_CHECKING:  # a type checker goes on finding misspelt names

        def __new__(cls, *given: Any, **options: Any) -> Any:
            made = super().__new__(cls)
            if given != (Elsewhere,):  # a copy needs no arguments
                bare = cls.__init__ is object.__init__  # which would take any, says its signature
                signature = inspect.signature((lambda made: None) if bare else cls.__init__)
                try:
                    signature.bind(made, *given, **options)
                except TypeError as error:
                    _, *rest = signature.parameters.values()
                    call = f"{cls.__name__}({', '.join(map(_as_written, rest))})"
                    say = f"{cls.__name__} is called as {call}, which does not fit: {error}."
                    raise DTypeError(say) from None
            return made

        def __getnewargs__(self) -> tuple[Any, ...]:
            """What copying and pickling give to ``__new__``, which thereby knows them."""
            return (Elsewhere,)

        def __getattr__(self, name: str) -> Any:
            if what := _found(name, self._elsewhere):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{what}")
            return object.__getattribute__(self, name)  # raises again: Python's words, and those of a failing property


class LikeOptimizers(Elsewhere):
    _elsewhere = _OPTIMIZERS


class LikeModules(Elsewhere):
    _elsewhere = _MODULES
