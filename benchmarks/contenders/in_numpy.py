"""The nets in numpy: the notes' loop as it is, and loops that somebody unrolls who knows numpy.

The unrolled ones are as good as numpy gets, so that they say what an object costs. A step makes no
array: every call writes into one that is there. All parameters lie in one array, and so do their
gradients and each of Adam's slots, so that an update is a few calls. A layer's bias is the last
column of its W, and its inputs have a last row of ones. What a step costs is read later from the
outputs that it leaves, of many steps at a time.
"""

import numpy as np
from numpy import add, divide, dot, exp, maximum, multiply, sign, sqrt, square, subtract, tanh

from benchmarks.contenders.in_tinynet import notes_net
from benchmarks.problems import BATCHES, DECAY, DYING, SIZES, check_units, classes, pixels, planar
from tests import notes

WAITING = 64  # steps of the notes' net whose costs are read at once


def notes_loop(dtype):
    X, Y = planar(dtype)
    return lambda n: notes.nn_model(X, Y, 4, n)


def joined(W, b):
    return np.hstack([W, b])


def above_ones(X):
    """(n, m) with a row of ones under it."""
    return np.vstack([X, np.ones_like(X[:1])])


def parted(flat, n_h, n_x, n_y):
    """The two layers' parts of a flat array."""
    first = n_h * (n_x + 1)
    return flat[:first].reshape(n_h, n_x + 1), flat[first:].reshape(n_y, n_h + 1)


class NotesLoop:
    """The notes' net from these weights: full batch, SGD.

    With h = z / 2 the sigmoid is (1 + tanh h) / 2, so its layer has W / 2 and b / 2 as parameters
    and 2 m dz is tanh h + 1 - 2 y. The factors are left to the learning rates.
    """

    def __init__(self, X, Y, weights, learning_rate):
        W1, b1, W2, b2 = weights
        (n_h, n_x), m, dtype = W1.shape, X.shape[1], X.dtype
        self.P = np.concatenate([joined(W1, b1).ravel(), joined(W2, b2).ravel() / 2])
        self.G = np.empty_like(self.P)
        self.rates = np.empty_like(self.P)
        first, last = parted(self.rates, n_h, n_x, 1)
        first[...], last[...] = learning_rate / m, learning_rate / (4 * m)
        self.X, self.side = above_ones(X), 1 - 2 * Y
        self.XT = self.X.T.copy()
        self.A = np.ones((n_h + 1, m), dtype)
        self.Z, self.T = (np.empty((WAITING, 1, m), dtype) for _ in range(2))

    def steps(self, n):
        costs = []
        for start in range(0, n, WAITING):
            waiting = self.Z[: n - start]
            self.take(waiting)
            costs += self.costs(waiting)
        return costs

    def take(self, waiting):
        """A step for each of these, which gets its output h."""
        P, G, rates, X, A, side = self.P, self.G, self.rates, self.X, self.A, self.side
        n_h, n_x, XT, AT, hidden = len(A) - 1, len(X) - 1, self.XT, A.T, A[:-1]
        (W1, W2), (dW1, dW2) = parted(P, n_h, n_x, 1), parted(G, n_h, n_x, 1)
        across = W2[:, :-1].T
        dZ2, dZ1, slope = (np.empty_like(a) for a in (side, hidden, hidden))
        ones = np.ones_like(hidden)
        for H in waiting:
            dot(W1, X, hidden)
            tanh(hidden, hidden)
            dot(W2, A, H)
            add(tanh(H, dZ2), side, dZ2)
            dot(dZ2, AT, dW2)
            dot(across, dZ2, dZ1)
            subtract(ones, square(hidden, slope), slope)
            dot(multiply(dZ1, slope, dZ1), XT, dW1)
            subtract(P, multiply(G, rates, G), P)

    def costs(self, waiting):
        """log(1 + exp s) with s = (1 - 2 y) z, which does not overflow so."""
        S, T = multiply(waiting, 2 * self.side, waiting), self.T[: len(waiting)]
        exp(np.negative(np.abs(S, T), T), T)
        np.log(add(T, 1, T), T)
        return add(maximum(S, 0, out=S), T, S).mean(axis=(1, 2)).tolist()


class AdamLoop:
    """One hidden layer from these weights: ReLU, softmax, batches, Adam; in a new order in every
    epoch, if `shuffled`. X (m, n_x) are rows, of which the batches take all."""

    def __init__(self, X, labels, weights, batch, shuffled=True):
        W1, b1, W2, b2 = weights
        (self.n_h, self.n_x), n_y, f = W1.shape, len(W2), X.dtype
        self.P = np.concatenate([joined(W1, b1).ravel(), joined(W2, b2).ravel()])
        # Parameters, gradients, Adam's m and v, and what is made of them on the way.
        self.flat = self.P, *(np.zeros_like(self.P) for _ in range(4))
        self.rows, self.labels = above_ones(X.T).T.copy(), labels
        self.classes = np.arange(n_y)[:, np.newaxis]
        self.batch, self.batches, self.t = batch, len(X) // batch, 0
        self.rng = np.random.default_rng(0) if shuffled else None
        # Of the steps of an epoch: Z - max Z, Y / batch, and batch times the sum of exp(Z - max Z).
        self.Z, self.Y = (np.empty((self.batches, n_y, batch), f) for _ in range(2))
        self.totals = np.empty((self.batches, batch), f)

    def steps(self, n):
        return [cost for _ in range(n // self.batches) for cost in self.epoch()]

    def epoch(self):
        m, f = self.batch * self.batches, self.P.dtype
        order = np.arange(m) if self.rng is None else self.rng.permutation(m)
        order = order.reshape(self.batches, self.batch)
        np.equal(self.labels[order][:, np.newaxis], self.classes, out=self.Y)
        self.Y *= 1 / self.batch
        # Adam's m and v lack their factors 0.1 and 0.001 here; the numbers of a step put them back.
        t = self.t + np.arange(1, self.batches + 1)
        n_1, n_2 = (1 - 0.9**t) / 0.1, (1 - 0.999**t) / 0.001
        scales, epsilons = 0.001 * np.sqrt(n_2) / n_1, 1e-8 * np.sqrt(n_2)
        self.take(order, scales.astype(f), epsilons.astype(f))
        self.t += self.batches
        logs = np.log(self.totals / self.batch).mean(axis=1)
        return (logs - multiply(self.Z, self.Y, self.Z).sum(axis=(1, 2))).tolist()

    def take(self, order, scales, epsilons):
        P, G, M, V, S, take, batch = *self.flat, self.rows.take, self.batch
        n_h, n_x, n_y, f = self.n_h, self.n_x, len(self.classes), P.dtype
        (W1, W2), (dW1, dW2) = parted(P, n_h, n_x, n_y), parted(G, n_h, n_x, n_y)
        X, A = np.empty((batch, n_x + 1), f), np.ones((n_h + 1, batch), f)
        XT, AT, hidden, across = X.T, A.T, A[:-1], W2[:, :-1].T
        dZ2, top, row = np.empty((n_y, batch), f), np.empty(batch, f), np.full(n_y, batch, f)
        dZ1, mask, zeros = np.empty_like(hidden), np.empty_like(hidden), np.zeros_like(hidden)
        beta_1, beta_2, largest = np.full((), 0.9, f), np.full((), 0.999, f), maximum.reduce
        of_steps = zip(order, self.Z, self.Y, self.totals, scales, epsilons, strict=True)
        for index, Z, Y, total, scale, epsilon in of_steps:
            take(index, 0, X, "clip")  # numpy would copy for the sake of indices out of bounds
            dot(W1, XT, hidden)
            maximum(hidden, zeros, out=hidden)  # faster than against one number
            dot(W2, A, Z)
            largest(Z, 0, None, top)
            exp(subtract(Z, top, Z), dZ2)
            dot(row, dZ2, total)  # a sum over classes, faster than add.reduce
            subtract(divide(dZ2, total, dZ2), Y, dZ2)
            dot(dZ2, AT, dW2)
            dot(across, dZ2, dZ1)
            multiply(dZ1, sign(hidden, mask), dZ1)
            dot(dZ1, X, dW1)
            add(multiply(M, beta_1, M), G, M)
            add(multiply(V, beta_2, V), square(G, S), V)
            divide(M, add(sqrt(V, S), epsilon, S), S)
            subtract(P, multiply(S, scale, S), P)


def numpy_notes(dtype):
    X, Y = planar(dtype)
    rng = np.random.default_rng(0)
    W1, W2 = ((rng.standard_normal(shape) / 2).astype(dtype) for shape in ((4, 2), (1, 4)))
    b1, b2 = np.zeros((4, 1), dtype), np.zeros((1, 1), dtype)
    return NotesLoop(X, Y, (W1, b1, W2, b2), 1.2).steps


def drawn(size):
    """The first weights of a net with one hidden layer."""
    (n_x, n_h, n_y), rng, f = SIZES[size], np.random.default_rng(0), np.float32
    W1 = rng.standard_normal((n_h, n_x)) * (2 / n_x) ** 0.5
    W2 = rng.standard_normal((n_y, n_h)) * (1 / n_h) ** 0.5
    return W1.astype(f), np.zeros((n_h, 1), f), W2.astype(f), np.zeros((n_y, 1), f)


def numpy_classes(size):
    return AdamLoop(*classes(size), drawn(size), BATCHES[size][0]).steps


def numpy_pixels(raw):
    X, Y = pixels(raw)
    loop = AdamLoop(X, Y, drawn("middle"), BATCHES["middle"][0])
    loop.steps(DYING)
    W1, _ = parted(loop.P, *(SIZES["middle"][i] for i in (1, 0, 2)))
    check_units(raw, X, W1[:, :-1], W1[:, -1])
    loop.steps(DECAY)
    return loop.steps


def numpy_predict(m):
    W1, b1, W2, b2 = notes_net("float64").build(2).get_weights()
    X = np.tile(planar("float64")[0], -(-m // 400))[:, :m].copy()
    return lambda n: [1 / (1 + np.exp(-(W2 @ np.tanh(W1 @ X + b1) + b2))) for _ in range(n)]
