"""Parts as users write them: layers, optimizers and metrics that can be recorded, and some that
stay what they are."""

import copy

import numpy as np

import tinynet as tn
from tinynet.metrics import Metric


class Dropout(tn.Layer):
    """Half of the inputs, twice; all of them in use."""

    steady = True
    stochastic = True

    def make_params(self, n_in, rng):
        return {}

    def preactivation(self, X):
        return X

    def run(self, X):
        mask = (self.uniform(X) < 0.5).astype(X.dtype) * 2
        return X * mask, {"X": X, "params": {}, "mask": mask}

    def pullback(self, dA, cache):
        return dA * cache["mask"], {}


class Handing(tn.Layer):
    """Hands on what it gets."""

    def make_params(self, n_in, rng):
        return {}

    def preactivation(self, X):
        return X

    def parameter_gradients(self, dZ, cache):
        return {}

    def input_gradient(self, dZ, cache):
        return dZ


class Remembering(tn.Activation):
    """Keeps what its value saw in an attribute, as many users write it."""

    steady = True

    def value(self, Z):
        self.A = np.tanh(Z)
        return self.A

    def derivative(self, Z):
        return 1 - self.A**2


class Norm(tn.Layer):
    """Batch norm with a running mean and variance."""

    steady = True
    whole_batch = True

    def make_params(self, n_in, rng):
        return {"gamma": np.ones((n_in, 1)), "beta": np.zeros((n_in, 1))}

    def make_state(self, n_in):
        return {"mean": np.zeros((n_in, 1)), "var": np.ones((n_in, 1))}

    def value(self, X):
        p, s = self.params, self.state
        return p["gamma"] * ((X - s["mean"]) / np.sqrt(s["var"] + 1e-5)) + p["beta"]

    def run(self, X):
        p, s = self.params, self.state
        mean = X.mean(axis=1, keepdims=True)
        centred = X - mean
        var = np.square(centred).mean(axis=1, keepdims=True)
        inverse = 1 / np.sqrt(var + 1e-5)
        hat = centred * inverse
        after = {"mean": 0.9 * s["mean"] + 0.1 * mean, "var": 0.9 * s["var"] + 0.1 * var}
        cache = {"X": X, "params": dict(p), "hat": hat, "inverse": inverse, "state": after}
        return p["gamma"] * hat + p["beta"], cache

    def pullback(self, dA, cache):
        hat, d = cache["hat"], dA * cache["params"]["gamma"]
        grads = {
            "gamma": (dA * hat).sum(axis=1, keepdims=True),
            "beta": dA.sum(axis=1, keepdims=True),
        }
        inner = d - d.mean(axis=1, keepdims=True) - hat * (d * hat).mean(axis=1, keepdims=True)
        return cache["inverse"] * inner, grads


class Ridge(tn.Dense):
    """Dense with an L2 penalty on W."""

    steady = True

    def penalty(self):
        return 0.05 * np.sum(np.square(self.params["W"]))

    def penalty_gradients(self):
        return {"W": 0.1 * self.params["W"]}


class Matmul(tn.Dense):
    """As most would write it."""

    steady = True

    def preactivation(self, X):
        return self.params["W"] @ X + self.params["b"]

    def parameter_gradients(self, dZ, cache):
        return {"W": dZ @ cache["X"].T, "b": dZ.sum(axis=1, keepdims=True)}


class Swish(tn.Activation):
    steady = True

    def value(self, Z):
        return Z / (1 + np.exp(-Z))

    def derivative(self, Z):
        s = 1 / (1 + np.exp(-Z))
        return s + Z * s * (1 - s)


class Scheduled(tn.SGD):
    """The rate falls with the steps."""

    steady = True

    def numbers(self, t):
        return (self.learning_rate / (1 + t / 7),)


class Decaying(tn.SGD):
    """SGD with weight decay, both of which fall; the number of the decay is ready to use."""

    steady = True

    def numbers(self, t):
        rate = self.learning_rate / (1 + t / 7)
        return rate, 0.01 * rate

    def step(self, p, g, slots, rate, decay):
        step, after = super().step(p, g, slots, rate)
        return step + decay * p, after

    def step_pullback(self, d, p, g, slots, rate, decay):
        _, d_g, inner = super().step_pullback(d, p, g, slots, rate)
        return decay * d, d_g, inner


class Multiplied(Decaying):
    """The same, but step multiplies the numbers with one another."""

    steady = True

    def numbers(self, t):
        return self.learning_rate / (1 + t / 7), 0.31

    def step(self, p, g, slots, rate, decay):
        return super().step(p, g, slots, rate, rate * decay)


class Bashforth(tn.Optimizer):
    """Adams-Bashforth of third order: each slot feeds the next."""

    steady = True
    slot_names = ("g2", "g1")

    def step(self, p, g, slots, rate):
        direction = 23 / 12 * g - 16 / 12 * slots["g1"] + 5 / 12 * slots["g2"]
        return rate * direction, {"g2": slots["g1"], "g1": g}


class F1(Metric):
    """2 tp / (2 tp + fp + fn), of one sigmoid."""

    steady = True

    def read(self, activation, A, Y):
        said, so = A[0] > 0.5, Y[0] > 0.5
        return np.stack([said & so, said & ~so, ~said & so])

    def result(self, sums, m):
        both, one, other = sums
        return 2 * both / max(1.0, 2 * both + one + other)


class R2(Metric):
    """1 - SS_res / SS_tot over all outputs."""

    steady = True

    def read(self, activation, A, Y):
        return np.concatenate([np.square(A - Y), Y, np.square(Y)])

    def result(self, sums, m):
        n = len(sums) // 3
        rest, first, second = sum(sums[:n]), sums[n : 2 * n], sum(sums[2 * n :])
        return 1 - rest / (second - sum(s * s / m for s in first))


class Error(Metric):
    """The mean squared error, which a tape can hold."""

    steady = True

    def read(self, activation, A, Y):
        return np.square(A - Y)


class Named(tn.Layer):
    """Its parameter has the name that it is told."""

    steady = True

    def __init__(self, name):
        super().__init__(2)
        self.name = name

    def make_params(self, n_in, rng):
        return {self.name: rng.standard_normal((2, n_in)) * 0.5 + 1}


def naive(model, X, Y, epochs, size=None):
    """A copy of the model, trained by the notes' loop over `gradients` and the optimizer's step, on
    batches in order. It gives the copy and its costs."""
    twin, costs = copy.deepcopy(model), []
    m = X.shape[1]
    for _ in range(epochs):
        for start in range(0, m, size or m):
            part = slice(start, start + (size or m))
            J, grads = twin.gradients(X[:, part], Y[..., part])
            twin.optimizer.forward(twin.params, grads)
            costs.append(J)
    return twin, costs


def slots(model):
    """Copies of the slots by their names; those of no step yet are zeros."""
    held = model.optimizer.slots
    return {
        f"{slot} {name}": held[slot].get(name, np.zeros_like(p)).copy()
        for slot in held
        for name, p in model.params.items()
    }


def everything(model):
    """Copies of all that a step writes."""
    learned = [np.copy(a) for a in model.optimizer.learned.values()]
    return [*model.get_weights(), *slots(model).values(), *learned]


def same(first, *others):
    return all(np.array_equal(a, b) for one in others for a, b in zip(first, one, strict=True))
