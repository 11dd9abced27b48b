"""References, written apart from the package: every forward again in mpmath, at 150 digits, on
arrays of mpmath numbers.

So many digits, because at a saturated unit 1 - 1e-87 must not round to 1. The functions are
analytic, without abs or max, so a complex step (Im f(x + ih) / h) gives their derivatives just as
exactly. On either side of a kink the real part chooses the formula; at the kink it is the
documented one.

In a product of an array and a number the array comes first: a number of mpmath's that comes first
writes the whole array out as text before it leaves the product to numpy.
"""

from functools import partial

import numpy as np
from mpmath import mp

import tinynet as tn

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


def elu(Z, alpha=1.0, scale=1.0):
    bent = each(lambda z: z if mp.re(z) > 0 else mp.mpf(alpha) * mp.expm1(z))(Z)
    return bent * mp.mpf(scale)


def selu(Z):
    return elu(Z, 1.6732632423543772, 1.0507009873554805)


softplus = each(lambda z: mp.log(1 + mp.exp(z)))
exponential = each(mp.exp)
silu = each(lambda z: z / (1 + mp.exp(-z)))
gelu = each(lambda z: z * mp.erfc(-z / mp.sqrt(2)) / 2)


def gelu_argument(z):
    return mp.sqrt(2 / mp.pi) * (z + mp.mpf(0.044715) * z**3)


approximate_gelu = each(lambda z: z / (1 + mp.exp(-2 * gelu_argument(z))))


ACTIVATIONS = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": lambda Z: leaky_relu(Z, 0.01),
    "softmax": softmax,
    "elu": elu,
    "selu": selu,
    "softplus": softplus,
    "exponential": exponential,
    "silu": silu,
    "gelu": gelu,
    "Softmax(2.0)": lambda Z: softmax(Z / 2),
}


def dense(X, W, b=0):
    return W.dot(X) + b


def mean_squared_error(A, Y):
    return ((A - Y) ** 2).sum() / A.size


def size(x):
    """|x|, analytic on either side of 0."""
    return x if mp.re(x) > 0 else -x


def mean_absolute_error(A, Y):
    return each(size)(A - Y).sum() / A.size


def huber(A, Y, delta):
    def cost(d):
        return d**2 / 2 if size(mp.re(d)) <= delta else delta * size(d) - delta**2 / 2

    return each(cost)(A - Y).sum() / A.size


def log_cosh(A, Y):
    return each(lambda d: mp.log(mp.cosh(d)))(A - Y).sum() / A.size


def poisson(A, Y):
    return sum(a - times_log(y, a) for a, y in zip(A.flat, Y.flat, strict=True)) / A.size


def hinge(A, Y):
    signs = 2 * Y - 1 if all(y in (0, 1) for y in Y.flat) else Y
    return each(lambda d: d if mp.re(d) > 0 else mp.mpf(0))(1 - signs * A).sum() / A.size


def times_log(y, a):
    return y * mp.log(a) if y else mp.mpf(0)


def binary_cross_entropy(A, Y, smoothing=0):
    Y = Y * (1 - smoothing) + smoothing / 2
    pairs = zip(A.flat, Y.flat, strict=True)
    return -sum(times_log(y, a) + times_log(1 - y, 1 - a) for a, y in pairs) / A.size


def cross_entropy(A, Y, smoothing=0):
    Y = Y * (1 - smoothing) + smoothing / len(Y)
    return -sum(times_log(y, a) for a, y in zip(A.flat, Y.flat, strict=True)) / A.shape[1]


def kullback_leibler(A, Y, smoothing=0):
    own = Y * (1 - smoothing) + smoothing / len(Y)
    entropy = sum(times_log(y, y) for y in own.flat) / A.shape[1]
    return cross_entropy(A, Y, smoothing) + entropy


LOSSES = {
    tn.MeanSquaredError: lambda loss: mean_squared_error,
    tn.MeanAbsoluteError: lambda loss: mean_absolute_error,
    tn.Huber: lambda loss: partial(huber, delta=mp.mpf(loss.delta)),
    tn.LogCosh: lambda loss: log_cosh,
    tn.Poisson: lambda loss: poisson,
    tn.Hinge: lambda loss: hinge,
    tn.BinaryCrossEntropy: lambda loss: partial(binary_cross_entropy, smoothing=smoothing(loss)),
    tn.CrossEntropy: lambda loss: partial(cross_entropy, smoothing=smoothing(loss)),
    tn.KullbackLeibler: lambda loss: partial(kullback_leibler, smoothing=smoothing(loss)),
}


def smoothing(loss):
    return mp.mpf(loss.label_smoothing)


def loss(node):
    """The reference of a loss with its settings."""
    return LOSSES[type(node)](node)


def sgd(theta, g, v, learning_rate, momentum, nesterov):
    v = v * momentum + g
    return theta - (g + v * momentum if nesterov else v) * learning_rate


def adam(theta, g, m, r, t, learning_rate, beta_1, beta_2, epsilon):
    """Algorithm 1 of Kingma and Ba, with r the root of their v."""
    m = m * beta_1 + g * (1 - beta_1)
    v = r**2 * beta_2 + g**2 * (1 - beta_2)
    return theta - m * learning_rate / (1 - beta_1**t) / (
        each(mp.sqrt)(v / (1 - beta_2**t)) + epsilon
    )


def adamw(theta, g, m, r, t, learning_rate, beta_1, beta_2, epsilon, weight_decay):
    """Algorithm 2 of Loshchilov and Hutter, with a schedule of learning_rate."""
    after = adam(theta, g, m, r, t, learning_rate, beta_1, beta_2, epsilon)
    return after - theta * (learning_rate * weight_decay)


def adagrad(theta, g, r, start, learning_rate, epsilon):
    return theta - g * learning_rate / (each(mp.sqrt)(r**2 + start + g**2) + epsilon)


def rmsprop(theta, g, r, m, learning_rate, rho, momentum, epsilon):
    root = each(mp.sqrt)(r**2 * rho + g**2 * (1 - rho))
    return theta - (m * momentum + g / (root + epsilon)) * learning_rate


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
        name: a + exact(directions[name]) * mp.mpc(0, STEP) if name in directions else a
        for name, a in arrays.items()
    }
    return mp.im(f(moved)) / STEP
