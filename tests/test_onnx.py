"""ONNX files: what a runtime makes of them is what `predict` gives."""

import copy
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tests import parts

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
import tinynet.onnx  # noqa: E402 - it needs onnx

ULPS = 4  # of the largest output, for each layer
ACTIVATIONS = ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu"]
ACTIVATIONS += ["softplus", "softmax", tn.Gelu(True), tn.Elu(0.3), tn.Softmax(2.5)]


Half = partial(tn.Dropout, 0.5)
KINDS = ["dense", "batch", "layer", "prelu", "dropout", "alone", "residual"]


class Mixed(tn.Activation):
    """Calls that no part of the kit makes."""

    steady = True

    def value(self, Z):
        far = np.power(np.abs(np.sin(Z)), 1.5) - np.log(np.cosh(Z)) + np.sinh(0.1 * Z)
        near = np.ceil(Z) + np.rint(Z) + np.log1p(np.square(Z)) * np.cos(Z) + np.zeros_like(Z)
        chosen = np.logical_or(np.less(Z, -1), np.logical_not(np.less_equal(Z, 1)))
        far = far + np.sign(Z) * np.isnan(Z)
        apart = np.not_equal(Z, 0) * (Z > -2) + np.less(Z, 1) * np.maximum(Z > 0, Z < 2)
        far = far + np.logaddexp(Z, -Z) * apart - Z * np.minimum(Z > 0, Z < 1)
        inner = np.logical_and(np.equal(Z, Z), np.greater_equal(Z, 0))
        return far * chosen + near * inner.astype(Z.dtype) + np.negative(np.sqrt(np.abs(Z)))


class Views(tn.Layer):
    """Parts of X in other forms: slices, numbers, new axes, transposes, shapes, sums."""

    steady = True

    def __init__(self):
        super().__init__(4)

    def make_params(self, n_in, rng):
        return {"V": rng.standard_normal((self.units, n_in)), "s": np.array([[0.5]])}

    def preactivation(self, X):
        V, s = self.params["V"], self.params["s"]
        pairs = X[:2] * X[None, 0] - X[-1] + X[::-1][:2] / 2 + X[-3:-1]
        total = X.T.sum(axis=1) + X.max(axis=0) - X.mean(axis=0) + X[None, ..., :].sum(axis=(0, 1))
        flat = X.T.copy().reshape(-1, 1, X.shape[0])[:, 0].T
        which = X.argmax(axis=0).astype(X.dtype)
        return V @ X + s * total + np.dot(V[:, :2], pairs) + V[:, 1:2] * (flat[0] + which)


def built(layers, n_x, seed=0, dtype="float64", examples="columns"):
    """A net whose parameters and state are drawn."""
    model = tn.Sequential(layers, seed=seed, dtype=dtype, examples=examples).build(n_x)
    rng = np.random.default_rng(seed)
    new = [a + 0.1 * rng.standard_normal(a.shape) for a in model.get_weights()]
    names = model._arrays()
    for i, name in enumerate(names):
        if name.startswith(("variance", "scale")):
            new[i] = np.abs(new[i]) + 0.1
    model.set_weights(new)
    return model


def run(made, X):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(made.SerializeToString(), options)
    (A,) = session.run(None, {"X": np.ascontiguousarray(X)})
    return A


def require_same(model, X):
    """A runtime gives what `predict` gives, to `ULPS` for each layer, and as far as the net shakes
    where its numbers are rounded."""
    dtype = model.layers[0].theta.dtype
    X = (X if model.examples == "columns" else X.T).astype(dtype)
    A, expected = run(tinynet.onnx.to_model(model), X), model.predict(X)
    assert A.dtype == dtype
    assert A.shape == expected.shape
    depth = sum(1 + len(getattr(layer, "_inner", ())) for layer in model.layers)
    other = copy.deepcopy(model)
    other.cast("float64" if dtype == np.float32 else "float32")
    shaken = np.abs(other.predict(X.astype(other.layers[0].theta.dtype)) - expected).max()
    # what a rounding in float32 changes, in units in the last place of float32
    far = ULPS * (depth * np.abs(expected).max() + shaken / np.finfo(np.float32).eps)
    far *= np.finfo(dtype).eps
    np.testing.assert_allclose(A, expected, rtol=0, atol=far)


def dense(draw, units):
    activation = draw(st.sampled_from(ACTIVATIONS))
    return tn.Dense(units, activation, use_bias=draw(st.booleans()))


@st.composite
def nets(draw):
    """Layers of the kit in a row, and how many inputs they have."""
    n_x = draw(st.integers(1, 6))
    layers, width = [tn.Standardize()] if draw(st.booleans()) else [], n_x
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(KINDS))
        if kind == "dense":
            width = draw(st.integers(1, 7))
            layers.append(dense(draw, width))
        elif kind == "layer":
            width = draw(st.integers(4, 7))  # of few units, nearly equal ones lose their digits
            layers += [tn.Dense(width), tn.LayerNorm()]
        elif kind == "alone":
            layers.append(tn.Activate(draw(st.sampled_from(ACTIVATIONS))))
        elif kind == "residual":
            layers.append(tn.Residual([dense(draw, 3), tn.BatchNorm(), dense(draw, width)]))
        else:
            layers.append(
                {"batch": tn.BatchNorm, "prelu": tn.PReLU}.get(kind, lambda: tn.Dropout(0.5))()
            )
    return [*layers, dense(draw, draw(st.integers(1, 4)))], n_x


@given(
    net=nets(),
    seed=st.integers(0, 99),
    m=st.integers(1, 9),
    dtype=st.sampled_from(["float32", "float64"]),
    examples=st.sampled_from(["columns", "rows"]),
)
def test_drawn_nets(net, seed, m, dtype, examples):
    layers, n_x = net
    model = built(layers, n_x, seed, dtype, examples)
    require_same(model, np.random.default_rng(seed).standard_normal((n_x, m)))


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "exponential"], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1e-30, 1e-8, 1e-3, 1, 30])
def test_activations_keep_their_digits(activation, dtype, size):
    """Where tiny inputs give tiny outputs, these have their digits, too."""
    model = tn.Sequential([tn.Dense(3, activation, use_bias=False)], dtype=dtype).build(3)
    model.set_weights([np.eye(3)])
    require_same(model, size * np.random.default_rng(0).standard_normal((3, 50)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("units", [2, 200])
def test_parts_of_ones_own(dtype, units):
    """200 units are more than a sum takes as a product."""
    layers = [Views(), tn.Dense(units, Mixed()), tn.LayerNorm(), tn.Dense(2)]
    model = built(layers, 4, dtype=dtype)
    for m in (1, 3, 5, 8):
        require_same(model, np.random.default_rng(m).standard_normal((4, m)))


class Named(parts.Named):
    steady = True

    def preactivation(self, X):
        Z = np.exp(-np.square(self.params[self.name] @ X))
        return 7 * Z + 3 * np.maximum(Z, -np.inf) - np.square(5 * Z)


@pytest.mark.parametrize("name", ["v", "c", "X", "m"])
def test_names_of_parameters_are_kept_apart_from_those_of_other_values(name):
    model = built([Named(name), tn.Dense(2, Mixed())], 3)
    require_same(model, np.random.default_rng(0).standard_normal((3, 5)))
    names = [one.name for one in tinynet.onnx.to_model(model).graph.initializer]
    assert f"{name}1" in names


def test_names_are_those_of_the_notes(tmp_path):
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=0).build(2)
    made = tinynet.onnx.to_model(model)
    named = {one.name: onnx.numpy_helper.to_array(one) for one in made.graph.initializer}
    for name, a in model.params.items():
        np.testing.assert_array_equal(named[name], a)
    outputs = [name for node in made.graph.node for name in node.output]
    assert [name for name in outputs if name[0] in "ZA"] == ["Z1", "A1", "Z2", "A2"]
    assert [node.op_type for node in made.graph.node][:3] == ["Gemm", "Tanh", "Gemm"]
    assert (made.ir_version, made.opset_import[0].version) == (8, 18)
    assert len(made.SerializeToString()) < 2048  # of 17 parameters
    path = tmp_path / "net.onnx"
    tinynet.onnx.save(model, path)
    assert path.read_bytes() == made.SerializeToString()
    (X,), (A,) = made.graph.input, made.graph.output
    sizes = [[d.dim_param or d.dim_value for d in x.type.tensor_type.shape.dim] for x in (X, A)]
    assert (X.name, A.name, sizes) == ("X", "A2", [[2, "m"], [1, "m"]])


@pytest.mark.parametrize("examples", ["columns", "rows"])
def test_a_trained_net(examples):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(50, 10, (60, 3)), rng.normal(1000, 5, 60)
    layers = [tn.Standardize(), tn.Dense(5, "relu"), tn.BatchNorm(), tn.Dense(1)]
    model = tn.Sequential([*layers, tn.Standardize(invert=True)], seed=0, examples=examples)
    model.compile()
    model.fit(X if examples == "rows" else X.T, Y, 3, 16, verbose=0)
    before = [a.copy() for a in model.get_weights()]
    require_same(model, X.T)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
