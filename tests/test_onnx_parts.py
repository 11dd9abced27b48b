"""ONNX files of calls that users' parts make, and what is refused."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.base import functions

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
import tinynet.onnx
from tests.test_onnx import Named, built, require_same, run


class Plain(tn.Activation):
    def value(self, Z):
        return Z + 1


class Choosing(Plain):
    steady = True

    def value(self, Z):
        return np.where(Z > 0, Z, 0)


class Steady(tn.Activation):
    """One whose value is given."""

    steady = True

    def __init__(self, what):
        super().__init__()
        self.what = what

    def value(self, Z):
        return (VALUES | RIGHT)[self.what](Z)


VALUES = {
    "no operator": np.cbrt,
    "arctan": np.arctan,
    "where": lambda Z: np.where(Z > 0, Z, 0.0),
    "the size": lambda Z: Z / Z.shape[1],
    "a mean": lambda Z: Z - Z.mean(axis=1, keepdims=True),
    "a sum": lambda Z: Z - Z.dot(np.ones_like(Z[:1]).T),
    "other calls": lambda Z: Z + 1 if Z.shape[1] == 3 else 1 + Z + Z,
    "a part of the examples": lambda Z: Z + Z[:, : Z.shape[1] - 2].sum(),
    "a shape": lambda Z: np.zeros_like(Z) + Z.max(axis=0),
    "ones": np.ones_like,
    "two lengths": lambda Z: Z + Z.T.dot(Z).reshape(Z.shape[1], 1, Z.shape[1]).sum(),
    "a constant of the size": lambda Z: Z * (np.ones_like(Z[:, :1]) * Z.shape[1]),
    "one over integers": lambda Z: Z * np.reciprocal(Z.argmax(axis=0) + 1),
    "an eighth": lambda Z: Z / max(1, Z.shape[1] // 8),
    "odd": lambda Z: Z * (Z.shape[1] % 2),
    "a place in the batch": lambda Z: Z * Z.argmax(),
    "float16": lambda Z: Z * np.exp(Z > 0),
    "two sizes": lambda Z: (Z.dot(Z.T.copy()) + Z.T.dot(Z).sum()).dot(Z),
}


@pytest.mark.parametrize(
    ("activation", "sentence"),
    [
        (Plain(), "parts that an ONNX file can hold, got Plain, which is not steady: say steady"),
        (Choosing(), "Choosing, which is not steady"),
        (Steady("no operator"), "calls that have an operator in ONNX, got cbrt"),
        (Steady("where"), r"an ONNX file can hold, got .* where, in layer 1, Dense\(2\)"),
        (Steady("the size"), "the same calls for any batch in an ONNX file, got others for"),
        (Steady("a mean"), "the same calls for any batch"),
        (Steady("a sum"), "the same calls for any batch"),
        (Steady("a shape"), "the same calls for any batch"),
        (Steady("ones"), "the same calls for any batch"),
        (Steady("two lengths"), "the same calls for any batch"),
        (Steady("a constant of the size"), "the same calls for any batch"),
        (Steady("one over integers"), r"tinynet\.onnx: expected a net that onnx\.checker takes"),
        (Steady("an eighth"), "the same calls for any batch"),
        (Steady("odd"), "the same calls for any batch"),
        (Steady("a place in the batch"), "calls that have an operator in ONNX, got argmax"),
        (Steady("float16"), "calls that have an operator in ONNX, got numbers of float16"),
        (Steady("other calls"), "the same calls for any batch"),
        (Steady("a part of the examples"), "the same calls for any batch"),
    ],
)
def test_what_has_no_place_in_a_file(activation, sentence, tmp_path):
    model = tn.Sequential([tn.Dense(2, activation)], seed=0).build(2)
    with pytest.raises(TypeError, match=sentence):
        tinynet.onnx.save(model, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


RIGHT = {
    "sinh": np.sinh,
    "cosh": np.cosh,
    "expm1": np.expm1,
    "log1p": lambda Z: np.log1p(np.abs(Z)),
    "logaddexp": lambda Z: np.logaddexp(Z, 0),
    "of inf": lambda Z: Z / np.log1p(np.exp(100 * np.abs(Z))),
    "booleans": lambda Z: Z * ((Z > 0) * (Z < 5) + ((Z > -9) > (Z > 3)) + ((Z > 0) == (Z > 1))),
    "the largest of booleans": lambda Z: Z * (Z > 0).max(axis=0),
    "not": lambda Z: Z + np.logical_not(Z) + np.logical_and(Z, Z > 0),
    "bits": lambda Z: Z * ((Z > 0) & ~(Z > 1) | (Z < -3)),
    "no axis": lambda Z: Z + Z.sum(axis=()),
    "float64": lambda Z: Z * np.sqrt(2.0) + Z.argmax(axis=0) * np.float64(0.5),
}


@pytest.mark.parametrize("what", RIGHT)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_calls_of_ones_own_at_each_size(what, dtype):
    """Example by example, so that no large output hides the error of a small one."""
    sizes = [1e-12, 1e-3, 0.3, 1, 5, 10, 15, 20, 40, 80, 88.6] + [300, 709] * (dtype == "float64")
    layers = [tn.Dense(2, Steady(what), use_bias=False), tn.Dense(1)]
    model = tn.Sequential(layers, seed=0, dtype=dtype).build(2)
    model.set_weights([np.eye(2), np.array([[1.0, 0.0]]), np.zeros((1, 1))])
    made = tinynet.onnx.to_model(model)
    for size in (*sizes, *(-size for size in sizes)):
        X = np.array([[size], [0.5]], dtype)
        with np.errstate(all="ignore"):
            expected = model.predict(X)
        close = 32 * np.finfo(dtype).eps
        np.testing.assert_allclose(
            run(made, X), expected, rtol=close, atol=1e-37, err_msg=f"{size}"
        )


class Gate(tn.Layer):
    """A product with True and False."""

    steady = True

    def make_params(self, n_in, rng):
        return {"V": rng.standard_normal((self.units, n_in))}

    def preactivation(self, X):
        return self.params["V"] @ (X > 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_product_with_booleans(dtype):
    model = built([Gate(3), tn.Dense(2)], 4, dtype=dtype)
    require_same(model, np.random.default_rng(0).standard_normal((4, 5)))


class Shares(tn.Activation):
    """It computes in float64."""

    steady = True

    def value(self, Z):
        return Z / (1.0 + (Z > 0).sum(axis=0)) * np.abs(Z > 0)


@pytest.mark.parametrize("examples", ["columns", "rows"])
def test_a_last_layer_in_float64_in_a_net_of_float32(examples):
    model = built([tn.Dense(4, Shares())], 3, dtype="float32", examples=examples)
    require_same(model, np.random.default_rng(0).standard_normal((3, 5)))


class Above(tn.Layer):
    """It looks into tinynet's row of ones."""

    steady = True

    def make_params(self, n_in, rng):
        return {"V": rng.standard_normal((self.units, n_in))}

    def preactivation(self, X):
        return self.params["V"].dot(functions.with_ones(X)[:-1])


def test_a_row_of_ones_elsewhere():
    model = tn.Sequential([Above(2)], seed=0).build(3)
    with pytest.raises(TypeError, match="an operator in ONNX, got a row of ones elsewhere"):
        tinynet.onnx.to_model(model)


def test_no_model():
    for value in (3, tn.Dense(3).build(2)):
        with pytest.raises(TypeError, match=r"tinynet\.onnx: expected a Sequential, got "):
            tinynet.onnx.to_model(value)


def test_what_a_runtime_may_have_in_float32_alone():
    model = tn.Sequential([tn.Dense(3, Steady("arctan"))], seed=0, dtype="float32").build(2)
    require_same(model, np.random.default_rng(0).standard_normal((2, 6)))


def test_a_product_of_examples_is_right():
    model = tn.Sequential([tn.Dense(3, Steady("two sizes"))], seed=0).build(2)
    require_same(model, np.random.default_rng(0).standard_normal((2, 6)))


def test_a_parameter_of_a_name_that_values_have():
    model = tn.Sequential([Named("A"), tn.Dense(1)], seed=0).build(2)
    with pytest.raises(TypeError, match="parameters of other names in an ONNX file, got A1"):
        tinynet.onnx.to_model(model)


def test_a_model_without_weights():
    with pytest.raises(RuntimeError, match="a model with weights"):
        tinynet.onnx.to_model(tn.Sequential([tn.Dense(1)]))


def test_no_path(tmp_path):
    model = tn.Sequential([tn.Dense(1)], seed=0).build(1)
    with pytest.raises(TypeError, match="path of a file"):
        tinynet.onnx.save(model, 3)
