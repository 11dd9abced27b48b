"""The first room of the museum: the parts of the notes' net and what others make of them."""

import numpy as np

import tinynet as tn
from tests.faults import (
    LOGITS,
    PLAIN_STEP,
    REAL,
    STEP,
    TARGETS,
    Accumulating,
    Exhibit,
    LastEpsilon,
    RowsAgainstColumns,
    Stale,
    WritesToItsInput,
    X,
    Z,
    adam,
    adam_root_constant,
    adam_uncorrected,
    dense,
    faulty,
    gelu,
    momentum_after,
    no_look_ahead,
    parameters,
    warm,
)
from tinynet.base import functions

EXHIBITS = {
    # activations
    "tanh, sign": Exhibit(
        "-(1 - a^2)", faulty(tn.Tanh, derivative=lambda self, Z: np.tanh(Z) ** 2 - 1), Z
    ),
    "tanh, no square": Exhibit(
        "1 - a", faulty(tn.Tanh, derivative=lambda self, Z: 1 - np.tanh(Z)), Z
    ),
    "tanh, plus": Exhibit(
        "1 + a^2", faulty(tn.Tanh, derivative=lambda self, Z: 1 + np.tanh(Z) ** 2), Z
    ),
    "tanh, of the wrong variable": Exhibit(
        "1 - z^2", faulty(tn.Tanh, derivative=lambda self, Z: 1 - Z**2), Z
    ),
    "tanh, scale": Exhibit(
        "a factor of 1 + 1e-6",
        faulty(tn.Tanh, derivative=lambda self, Z: (1 + 1e-6) / np.cosh(Z) ** 2),
        Z,
    ),
    "tanh, stale cache": Exhibit("backward sees the first forward for ever", Stale(), Z),
    "sigmoid, of the wrong variable": Exhibit(
        "z (1 - z)", faulty(tn.Sigmoid, derivative=lambda self, Z: Z * (1 - Z)), Z
    ),
    "sigmoid, plus": Exhibit(
        "a (1 + a)",
        faulty(tn.Sigmoid, derivative=lambda self, Z: tn.sigmoid(Z) * (1 + tn.sigmoid(Z))),
        Z,
    ),
    "sigmoid, upstream dropped": Exhibit(
        "g'(z) without dA",
        faulty(tn.Sigmoid, pullback=lambda self, dA, cache: (self.derivative(cache["Z"]), {})),
        Z,
    ),
    "sigmoid, upstream added": Exhibit(
        "dA + g'(z)",
        faulty(tn.Sigmoid, pullback=lambda self, dA, cache: (dA + self.derivative(cache["Z"]), {})),
        Z,
    ),
    "relu, passes what is positive upstream": Exhibit(
        "dA where dA > 0",
        faulty(tn.ReLU, pullback=lambda self, dA, cache: (np.maximum(dA, 0), {})),
        Z,
    ),
    "relu, passes everything": Exhibit(
        "g' = 1", faulty(tn.ReLU, derivative=lambda self, A: np.ones_like(A)), Z
    ),
    "relu, writes to its input": Exhibit(
        "Z[Z < 0] = 0 in the caller's array", WritesToItsInput(), Z
    ),
    "leaky relu, sides swapped": Exhibit(
        "the slope for z > 0",
        faulty(tn.LeakyReLU, derivative=lambda self, A: np.where(A > 0, self.slope, 1.0)),
        Z,
    ),
    "leaky relu, two slopes": Exhibit(
        "0.01 forward, 0.1 backward",
        faulty(tn.LeakyReLU, derivative=lambda self, A: np.where(A > 0, 1.0, 0.1)),
        Z,
    ),
    "elu, booleans": Exhibit(
        "tinynn: the derivative of ELU is z > 0, True or False",
        faulty(
            tn.Activation,
            value=lambda self, Z: np.where(Z > 0, Z, np.expm1(Z)),
            derivative=lambda self, Z: Z > 0,
        ),
        Z,
    ),
    "gelu, constant": Exhibit(
        "tinynn: 0.1702 for 1.702, forward and backward alike",
        faulty(tn.Activation, **gelu(0.1702)),
        (np.array([1.0, -0.5]),),
        truth=np.array([0.8413447460685429, -0.1542687693629934]),
    ),
    "softmax, diagonal": Exhibit(
        "a (1 - a), as if it were elementwise",
        faulty(
            tn.Softmax, pullback=lambda self, dA, cache: (dA * cache["A"] * (1 - cache["A"]), {})
        ),
        Z,
    ),
    "softmax, wrong axis": Exhibit(
        "the inner sum over the examples",
        faulty(
            tn.Softmax,
            pullback=lambda self, dA, cache: (
                cache["A"] * (dA - (cache["A"] * dA).sum(axis=1, keepdims=True)),
                {},
            ),
        ),
        Z,
    ),
    "softmax, no sum": Exhibit(
        "a dA", faulty(tn.Softmax, pullback=lambda self, dA, cache: (cache["A"] * dA, {})), Z
    ),
    # layers
    "dense, dW transposed": Exhibit("X dZ^T", dense(**parameters(W=lambda dZ, X: X @ dZ.T)), X),
    "dense, dW with a second 1/m": Exhibit(
        "dZ X^T / m", dense(**parameters(W=lambda dZ, X: dZ @ X.T / X.shape[1])), X
    ),
    "dense, dW scale": Exhibit(
        "a factor of 1 + 1e-6", dense(**parameters(W=lambda dZ, X: (1 + 1e-6) * dZ @ X.T)), X
    ),
    "dense, dW from a shuffled batch": Exhibit(
        "columns out of step", dense(**parameters(W=lambda dZ, X: dZ @ np.roll(X, 1, axis=1).T)), X
    ),
    "dense, db not a number": Exhibit(
        "NaN", dense(**parameters(b=lambda dZ: np.full((3, 1), np.nan))), X
    ),
    "dense, dW infinite": Exhibit(
        "inf", dense(**parameters(W=lambda dZ, X: np.full((3, 3), np.inf))), X
    ),
    "dense, db dropped": Exhibit(
        "no gradient for b",
        dense(parameter_gradients=lambda self, dZ, cache: {"W": dZ @ cache["X"].T}),
        X,
    ),
    "dense, db zero": Exhibit(
        "b never learns", dense(**parameters(b=lambda dZ: np.zeros((3, 1)))), X
    ),
    "dense, db wrong axis": Exhibit(
        "the sum over the units",
        dense(**parameters(b=lambda dZ: dZ.sum(axis=0)[:3, np.newaxis])),
        X,
    ),
    "dense, db mean": Exhibit(
        "the mean for the sum", dense(**parameters(b=lambda dZ: dZ.mean(axis=1, keepdims=True))), X
    ),
    "dense, db flat": Exhibit(
        "shape (3,) without keepdims", dense(**parameters(b=lambda dZ: dZ.sum(axis=1))), X
    ),
    "dense, dX not transposed": Exhibit(
        "W dZ", dense(input_gradient=lambda self, dZ, cache: cache["params"]["W"] @ dZ), X
    ),
    "dense, dX sign": Exhibit(
        "-W^T dZ", dense(input_gradient=lambda self, dZ, cache: -cache["params"]["W"].T @ dZ), X
    ),
    "dense, activation skipped": Exhibit(
        "dZ = dA",
        dense(
            pullback=lambda self, dA, cache: (
                self.input_gradient(dA, cache),
                self.parameter_gradients(dA, cache),
            )
        ),
        X,
    ),
    "dense, bias forgotten forward": Exhibit(
        "Z = W X, but a db", dense(preactivation=lambda self, X: self.W @ X), X
    ),
    "dense, gradients add up": Exhibit("grads += for grads =", Accumulating(3).build(3, seed=1), X),
    # losses
    "mse, no 2": Exhibit(
        "A - Y", faulty(tn.MeanSquaredError, derivative=lambda self, A, Y: A - Y), REAL
    ),
    "mse, sign": Exhibit(
        "Y - A", faulty(tn.MeanSquaredError, derivative=lambda self, A, Y: 2 * (Y - A)), REAL
    ),
    "mse, n_outputs too large": Exhibit(
        "scikit-learn#8349: the value is a mean over the outputs, the gradient is not",
        faulty(tn.MeanSquaredError, derivative=lambda self, A, Y: 2 * (A - Y) * A.shape[0]),
        REAL,
    ),
    "mse, a mean that is a sum": Exhibit(
        "joelnet: called mean, never divided, forward and backward alike",
        faulty(tn.MeanSquaredError, weight=lambda self, A: 1.0),
        (np.array([[1.0, 4.0]]), np.array([[1.0, 2.0]])),
        truth=2.0,
    ),
    "binary cross-entropy, sign": Exhibit(
        "y / a - (1 - y) / (1 - a)",
        faulty(tn.BinaryCrossEntropy, derivative=lambda self, A, Y: Y / A - (1 - Y) / (1 - A)),
        TARGETS,
    ),
    "binary cross-entropy, no 1/m": Exhibit(
        "a sum backward, a mean forward",
        faulty(
            tn.BinaryCrossEntropy,
            derivative=lambda self, A, Y: A.shape[1] * (A - Y) / (A * (1 - A)),
        ),
        TARGETS,
    ),
    "binary cross-entropy, half of it": Exhibit(
        "the term of 1 - y forgotten backward",
        faulty(tn.BinaryCrossEntropy, derivative=lambda self, A, Y: -Y / A),
        TARGETS,
    ),
    "binary cross-entropy, dZ for dA": Exhibit(
        "a - y, where a (1 - a) should divide it",
        faulty(tn.BinaryCrossEntropy, derivative=lambda self, A, Y: A - Y),
        TARGETS,
    ),
    "binary cross-entropy, clipped": Exhibit(
        "Keras: probabilities clipped at 1e-7, so z = 1000 against y = 0 costs 15.9",
        faulty(
            tn.MeanSquaredError,
            costs=lambda self, A, Y: -np.log(np.clip(1 - functions.sigmoid(A), 1e-7, 1)),
            derivative=lambda self, A, Y: np.zeros_like(A),
        ),
        (np.array([[1000.0]]), np.array([[0.0]])),
        truth=1000.0,
    ),
    "cross-entropy, log(a + 1e-5)": Exhibit(
        "an epsilon forward, none backward",
        faulty(tn.CrossEntropy, costs=lambda self, A, Y: -Y * np.log(A + 1e-5)),
        TARGETS,
    ),
    "cross-entropy, mean over classes": Exhibit(
        "1 / (n_y m) backward",
        faulty(tn.CrossEntropy, derivative=lambda self, A, Y: -Y / A / A.shape[0]),
        TARGETS,
    ),
    "cross-entropy, a squared gradient": Exhibit(
        "thinc: the value is the sum of (a - y)^2, the gradient a - y",
        faulty(
            tn.CrossEntropy,
            costs=lambda self, A, Y: (A - Y) ** 2,
            derivative=lambda self, A, Y: A - Y,
        ),
        TARGETS,
    ),
    "cross-entropy, weights": Exhibit(
        "tinynn: class weights along the rows forward, along the columns backward",
        RowsAgainstColumns(),
        TARGETS,
    ),
    "softmax pair, no 1/m": Exhibit(
        "A - Y",
        tn.Pair(
            faulty(
                tn.CrossEntropy,
                pair_costs=lambda self, Z, Y: -Y * np.log(tn.softmax(Z)),
                pair_derivative=lambda self, Z, Y, weight: tn.softmax(Z) - Y,
            ),
            "softmax",
        ),
        LOGITS,
    ),
    "any loss, upstream ignored": Exhibit(
        "backward(dJ) does not use dJ",
        faulty(
            tn.MeanSquaredError,
            pullback=lambda self, dJ, cache: tn.MeanSquaredError.pullback(self, 1.0, cache),
        ),
        REAL,
    ),
    # optimizers
    "sgd, uphill": Exhibit(
        "params + learning_rate g",
        faulty(tn.SGD, 0.5, step=lambda self, p, g, slots, rate: (-rate * g, {"v": g})),
        STEP,
    ),
    "sgd, the wrong way, consistently": Exhibit(
        "uphill, and backward agrees",
        faulty(
            tn.SGD,
            0.5,
            step=lambda self, p, g, slots, rate: (-rate * g, {"v": g}),
            step_pullback=lambda self, d, p, g, slots, rate: (0, -rate * d, {"momentum": 0.0}),
        ),
        STEP,
        truth=PLAIN_STEP,
    ),
    "sgd, learning rate forgotten backward": Exhibit(
        "d_grads = -d_params",
        faulty(
            tn.SGD, 0.5, step_pullback=lambda self, d, p, g, slots, rate: (0, d, {"momentum": 0.0})
        ),
        STEP,
    ),
    "sgd, momentum's gradient from the new v": Exhibit(
        "v after the step for v before it",
        warm(faulty(tn.SGD, 0.5, 0.9, step_pullback=momentum_after)),
        STEP,
    ),
    "nesterov, no look ahead backward": Exhibit(
        "d for (1 + momentum) d",
        warm(faulty(tn.SGD, 0.5, 0.9, True, step_pullback=no_look_ahead)),
        STEP,
    ),
    "adam, root held constant": Exhibit(
        "v's share of the gradient forgotten", adam(step_pullback=adam_root_constant), STEP
    ),
    "adam, uncorrected backward": Exhibit(
        "1 - beta_1^t forgotten", adam(step_pullback=adam_uncorrected), STEP
    ),
    "adam, epsilon under the root": Exhibit(
        "a first step of 1e-8 gives -1e-7 for the -5e-4 of Algorithm 1, and backward agrees",
        LastEpsilon(0.001),
        ({"w": np.zeros(1)}, {"w": np.array([1e-8])}),
        truth={"w": np.array([-5e-4])},
    ),
}
