"""References, written apart from the package: every forward again in mpmath, at 150 digits, on
arrays of mpmath numbers.

So many digits, because at a saturated unit 1 - 1e-87 must not round to 1. The functions are
analytic, without abs or max, so a complex step (Im f(x + ih) / h) gives their derivatives just as
exactly. On either side of a kink the real part chooses the formula; at the kink it is the
documented one.
"""

import numpy as np
from mpmath import mp

mp.dps = 150
STEP = mp.mpf(10) ** -60


def exact(array):
    """An array's floats as mpmath numbers, without rounding."""
    return np.array([mp.mpf(float(x)) for x in np.ravel(array)], dtype=object).reshape(
        np.shape(array)
    )


def each(function):
    return np.vectorize(function, otypes=[object])


def identity(Z):
    return Z


sigmoid = each(lambda z: 1 / (1 + mp.exp(-z)))
tanh = each(mp.tanh)
log = each(mp.log)


def relu(Z):
    return leaky_relu(Z, 0)


def leaky_relu(Z, slope):
    return np.where(each(lambda z: mp.re(z) > 0)(Z).astype(bool), Z, exact(slope) * Z)


def softmax(Z):
    E = each(mp.exp)(Z)
    return E / E.sum(axis=0)


ACTIVATIONS = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": lambda Z: leaky_relu(Z, 0.01),
    "softmax": softmax,
}


def dense(X, W, b=0):
    return W.dot(X) + b


def mean_squared_error(A, Y):
    return ((A - Y) ** 2).sum() / A.size


def binary_cross_entropy(A, Y):
    return sum(-mp.log(a if y else 1 - a) for a, y in zip(A.flat, Y.flat, strict=True)) / A.size


def cross_entropy(A, Y):
    chosen = [A[k, i] for i in range(A.shape[1]) for k in range(A.shape[0]) if Y[k, i]]
    return -sum(map(mp.log, chosen)) / A.shape[1]


LOSSES = {
    "MeanSquaredError": mean_squared_error,
    "BinaryCrossEntropy": binary_cross_entropy,
    "CrossEntropy": cross_entropy,
}


def sgd(theta, g, v, learning_rate, momentum, nesterov):
    v = momentum * v + g
    return theta - learning_rate * (g + momentum * v if nesterov else v)


def adam(theta, g, m, r, t, learning_rate, beta_1, beta_2, epsilon):
    """Algorithm 1 of Kingma and Ba, with r the root of their v."""
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * r**2 + (1 - beta_2) * g**2
    return theta - learning_rate * m / (1 - beta_1**t) / (
        each(mp.sqrt)(v / (1 - beta_2**t)) + epsilon
    )


def derivative(f, arrays, name):
    """The gradient of the number f(arrays) with respect to arrays[name], entry by entry, by complex
    step."""
    array = arrays[name]
    gradient = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        moved = array.copy()
        moved[index] = mp.mpc(array[index], STEP)
        gradient[index] = mp.im(f({**arrays, name: moved})) / STEP
    return gradient


def along(f, arrays, directions):
    """The derivative of f along the named directions, all moved at once."""
    moved = {
        name: a + mp.mpc(0, STEP) * exact(directions[name]) if name in directions else a
        for name, a in arrays.items()
    }
    return mp.im(f(moved)) / STEP
