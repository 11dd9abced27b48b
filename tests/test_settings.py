"""Bad settings: an error of one form, wherever a setting is given."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_door import X, Y, binary, many, refused


def fit(**settings):
    return lambda model: model.fit(X, Y, **{"verbose": 0, **settings})


BAD_SETTINGS = {
    "units 0": (lambda _: tn.Dense(0), "units as a whole number of at least 1, got 0"),
    "units -2": (lambda _: tn.Dense(-2), "got -2"),
    "units 2.5": (lambda _: tn.Dense(2.5), "got 2.5"),
    "units True": (lambda _: tn.Dense(True), "got True"),
    "units text": (lambda _: tn.Dense("4"), "got '4'"),
    "activation": (
        lambda _: tn.Dense(4, "tahn"),
        "one of identity, sigmoid, tanh, relu, .*, got 'tahn'",
    ),
    "activation class": (lambda _: tn.Dense(4, tn.Tanh), "activation to be one of"),
    "initializer": (
        lambda _: tn.Dense(4, initializer="xavier"),
        "one of zeros, normal, .*, got 'xavier'",
    ),
    "distribution": (lambda _: tn.He("even"), "one of normal, uniform, got 'even'"),
    "limit": (lambda _: tn.Uniform(-1), r"limit as a number in \(0, inf\), got -1"),
    "alpha": (lambda _: tn.Elu(0), r"alpha as a number in \(0, inf\), got 0"),
    "approximate": (lambda _: tn.Gelu("tanh"), "approximate as True or False"),
    "temperature": (lambda _: tn.Softmax(0), "temperature as a number"),
    "delta": (lambda _: tn.Huber(0), "delta as a number"),
    "label_smoothing": (lambda _: tn.CrossEntropy(1), r"label_smoothing as a number in \[0, 1\)"),
    "weight_decay": (lambda _: tn.AdamW(weight_decay=-1), "weight_decay as a number"),
    "rho": (lambda _: tn.RMSProp(rho=1), "rho as a number"),
    "initial_accumulator_value": (lambda _: tn.Adagrad(0.1, -1), "initial_accumulator_value"),
    "l2": (lambda _: tn.L2(-1), "l2 as a number"),
    "regularizer": (lambda _: tn.Dense(1, regularizer=0.1), "regularizer to be one of l1, l2"),
    "regularizer class": (lambda _: tn.Dense(1, regularizer=tn.L2), r"call it: tn.L2\(\)"),
    "rate of a dropout": (lambda _: tn.Dropout(1), r"rate as a number in \[0, 1\), got 1"),
    "momentum of a batch norm": (lambda _: tn.BatchNorm(1), "momentum as a number"),
    "stddev": (lambda _: tn.Normal(0), r"in \(0, inf\)"),
    "slope": (lambda _: tn.LeakyReLU(1), r"in \[0, 1\)"),
    "use_bias": (lambda _: tn.Dense(4, use_bias=1), "True or False"),
    "learning rate 0": (lambda _: tn.SGD(0), r"learning_rate as a number in \(0, inf\), got 0"),
    "learning rate -1": (lambda _: tn.SGD(-1), "got -1"),
    "learning rate NaN": (lambda _: tn.Adam(np.nan), "got nan"),
    "learning rate text": (lambda _: tn.SGD("0.1"), "got '0.1'"),
    "learning rate array": (lambda _: tn.SGD(np.ones(2)), "learning_rate as a number"),
    "learning rate complex": (lambda _: tn.SGD(np.array(1j)), "learning_rate as a number"),
    "learning rate assigned": (
        lambda m: setattr(m.optimizer, "learning_rate", -1),
        "SGD: expected learning_rate",
    ),
    "momentum 1.5": (
        lambda _: tn.SGD(0.1, momentum=1.5),
        r"momentum as a number in \[0, 1\), got 1.5",
    ),
    "momentum -0.1": (lambda _: tn.SGD(0.1, momentum=-0.1), "got -0.1"),
    "beta 1": (lambda _: tn.Adam(beta_1=1), "beta_1"),
    "epsilon 0": (lambda _: tn.Adam(epsilon=0), "epsilon"),
    "nesterov": (lambda _: tn.SGD(nesterov="yes"), "nesterov as True or False"),
    "batch_size 0": (fit(batch_size=0), "batch_size as a whole number of at least 1, got 0"),
    "batch_size 2.5": (fit(batch_size=2.5), "got 2.5"),
    "epochs -1": (fit(epochs=-1), "epochs as a whole number of at least 0, got -1"),
    "epochs 1.5": (fit(epochs=1.5), "got 1.5"),
    "shuffle": (fit(shuffle="yes"), "shuffle as True or False"),
    "verbose": (fit(verbose="loud"), "verbose"),
    "no layers": (lambda _: tn.Sequential([]), r"a list of layers, got \[\]"),
    "not layers": (lambda _: tn.Sequential([4, 1]), "a list of layers"),
    "one layer": (lambda _: tn.Sequential(tn.Dense(1)), "a list of layers"),
    "dtype": (
        lambda _: tn.Sequential([tn.Dense(1)], dtype="float16"),
        "one of float32, float64, got 'float16'",
    ),
    "examples": (
        lambda _: tn.Sequential([tn.Dense(1)], examples="cols"),
        "one of columns, rows, got 'cols'",
    ),
    "seed text": (
        lambda _: tn.Sequential([tn.Dense(1)], seed="3"),
        "seed as a whole number, a Generator, a RandomState or None, got '3'",
    ),
    "seed -1": (
        lambda _: tn.Sequential([tn.Dense(1)], seed=-1),
        "seed as a whole number of at least 0",
    ),
    "optimizer": (lambda m: m.compile("sgdm"), "optimizer to be one of sgd, adam, .* got 'sgdm'"),
    "optimizer class": (lambda m: m.compile(tn.SGD), "optimizer to be one of"),
    "loss": (lambda m: m.compile(loss="squared"), "one of mse, mae, huber, .* got 'squared'"),
    "metrics": (lambda m: m.compile(metrics="accuracy"), "metrics as a list"),
    "metric": (lambda m: m.compile(metrics=["f2"]), "one of accuracy, precision, .* got 'f2'"),
    "loss of another activation": (
        lambda m: m.compile(loss="sparse_categorical_crossentropy"),
        "to be softmax, got sigmoid",
    ),
    "build": (lambda m: m.build(3), r"one input width, got build\(3\) after build\(2\)"),
    "build 0": (lambda m: m.build(0), "n_x"),
    "threshold of a softmax": (
        lambda _: many().build(2).predict_classes(X, 0.9),
        "the largest output is the class",
    ),
    "threshold": (lambda m: m.predict_classes(X, threshold=2), "threshold"),
    "weights": (
        lambda m: m.set_weights(m.get_weights()[:-1]),
        "a list of W1, b1, W2, b2, got 3 of them",
    ),
    "weights mapping": (lambda m: m.set_weights({}), "a list of W1"),
    "weights shape": (
        lambda m: m.set_weights([w.T for w in m.get_weights()]),
        r"W1 of shape \(4, 2\), got \(2, 4\)",
    ),
    "weights NaN": (
        lambda m: m.set_weights([*m.get_weights()[:-1], [[np.nan]]]),
        "b2 of finite numbers",
    ),
    "dA": (lambda m: (m.forward(X), m.backward(X)), "dA"),
}


def test_a_long_value_is_told_in_60_letters():
    for n, told in [(58, f"'{'a' * 58}'"), (59, f"'{'a' * 56}..."), (10**6, f"'{'a' * 56}...")]:
        with pytest.raises(ValueError, match=f"got {told}$"):
            tn.Dense(4, "a" * n)


def test_a_count_of_another_type_or_size():
    assert tn.ModelCheckpoint("net", every_batches=2**53).every_batches == 2**53
    for value, error in [(2**53 + 1, ValueError), (2.5, ValueError), ("2", TypeError)]:
        with pytest.raises(error, match="every_batches as a whole number"):
            tn.ModelCheckpoint("net", every_batches=value)


@pytest.mark.parametrize(("call", "message"), BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_bad_settings(call, message):
    model = binary().build(2)
    if message == "dA":
        model.forward(X)
    refused(lambda: call(model), message, model)
