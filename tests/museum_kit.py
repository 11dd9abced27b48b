"""The second room of the museum: faults of the kit."""

import numpy as np

import tinynet as tn
from tests.faults import LOGITS, REAL, STEP, TARGETS, Exhibit, Z, faulty, warm
from tinynet.base import functions

sigmoid = functions.sigmoid
COUNTS = (np.abs(Z[0]) + 0.5, np.abs(np.rint(2 * Z[0])))
MARGINS = (Z[0], np.sign(REAL[1]))
W = (REAL[1],)
WEIGHTS = np.array([2.0, 0.5, 1.0, 0.0])


def slope(kind, story, derivative, *settings):
    """An activation with another derivative."""
    return Exhibit(story, faulty(kind, *settings, derivative=derivative), Z)


def dA(kind, story, derivative, inputs=REAL, *settings):
    """A loss with another derivative."""
    return Exhibit(story, faulty(kind, *settings, derivative=derivative), inputs)


def dW(kind, story, derivative, *settings):
    """A regularizer with another derivative."""
    return Exhibit(story, faulty(kind, *settings, derivative=derivative), W)


def pulled(kind, story, step_pullback, *settings):
    """An optimizer after a first step, with another backward."""
    return Exhibit(story, warm(faulty(kind, *settings, step_pullback=step_pullback)), STEP)


def root_constant(self, d, p, g, slots, rate):
    step, _ = self.finite_step(p, g, slots, rate)
    return 0, d * step / g, {}


def rmsprop_root_constant(self, d, p, g, slots, rate):
    _, after = self.finite_step(p, g, slots, rate)
    return 0, rate * d / (after["r"] + self.epsilon), {"momentum": rate * np.vdot(slots["m"], d)}


def without_rho(self, d, p, g, slots, rate):
    _, after = self.finite_step(p, g, slots, rate)
    below = after["r"] + self.epsilon
    inner = np.square(g) / after["r"] / below
    return 0, rate * d * (1 - inner) / below, {"momentum": rate * np.vdot(slots["m"], d)}


def momentum_of_the_new(self, d, p, g, slots, rate):
    d_p, d_g, _ = tn.RMSProp.step_pullback(self, d, p, g, slots, rate)
    _, after = self.finite_step(p, g, slots, rate)
    return d_p, d_g, {"momentum": rate * np.vdot(after["m"], d)}


def no_decay_of_p(self, d, p, g, slots, *numbers):
    _, d_g, rest = tn.AdamW.step_pullback(self, d, p, g, slots, *numbers)
    return 0, d_g, rest


def decay_without_the_rate(self, d, p, g, slots, *numbers):
    _, d_g, rest = tn.AdamW.step_pullback(self, d, p, g, slots, *numbers)
    return self.weight_decay * d, d_g, rest


def decay_in_the_root(self, d, p, g, slots, *numbers):
    """The whole step, the decay included, taken for Adam's."""
    scale, epsilon, decay = numbers
    step, after = self.finite_step(p, g, slots, *numbers)
    return decay * d, d * (scale - step * g / after["r"]) / (after["r"] + epsilon), {}


ADAM = tn.Adam(0.1)


def coupled(self, p, g, slots, *numbers):
    return ADAM.step(p, g + self.weight_decay * p, slots, *numbers[:2])


def coupled_pullback(self, d, p, g, slots, *numbers):
    _, d_g, rest = ADAM.step_pullback(d, p, g + self.weight_decay * p, slots, *numbers[:2])
    return self.weight_decay * d_g, d_g, rest


def unweighted(self, dJ, cache):
    return tn.MeanSquaredError.pullback(self, dJ, {**cache, "weights": None})


def weights_squared(self, dJ, cache):
    dA, grads = tn.MeanSquaredError.pullback(self, dJ, cache)
    return dA * cache["weights"], grads


def hot(self, dA, cache):
    return self.temperature**2 * tn.Softmax.pullback(self, dA, cache)[0], {}


def lukewarm(self, dA, cache):
    return self.temperature * tn.Softmax.pullback(self, dA, cache)[0], {}


EXHIBITS = {
    # activations
    "elu, 1 below": slope(tn.Elu, "g' = 1 on both sides", lambda self, Z: np.ones_like(Z)),
    "elu, a for z": slope(
        tn.Elu, "exp(g(z)) for exp(z)", lambda self, Z: np.exp(np.minimum(self.value(Z), 0)), 0.7
    ),
    "elu, alpha forgotten": slope(
        tn.Elu, "exp(z) for alpha exp(z)", lambda self, Z: np.exp(np.minimum(Z, 0)), 0.7
    ),
    "elu, A + 1": slope(
        tn.Elu, "a + 1 for a + alpha", lambda self, Z: np.where(Z > 0, 1, self.value(Z) + 1), 0.7
    ),
    "selu, scale forgotten": slope(
        tn.Selu, "ELU's derivative", lambda self, Z: tn.Elu(self.alpha).derivative(Z)
    ),
    "selu, alpha of ELU": slope(
        tn.Selu, "alpha = 1 backward", lambda self, Z: self.scale * tn.Elu().derivative(Z)
    ),
    "selu, rounded constants": Exhibit(
        "1.05 and 1.67, forward and backward alike",
        faulty(tn.Selu, scale=1.05, alpha=1.67),
        (np.array([1.0]),),
        truth=np.array([1.0507009873554805]),
    ),
    "softplus, step": slope(tn.Softplus, "z > 0, ReLU's", lambda self, Z: (Z > 0) * 1.0),
    "softplus, s(-z)": slope(tn.Softplus, "the other side's", lambda self, Z: sigmoid(-Z)),
    "softplus, scale": slope(
        tn.Softplus, "a factor of 1 + 1e-6", lambda self, Z: (1 + 1e-6) * sigmoid(Z)
    ),
    "exponential, its value at 0": slope(
        tn.Exponential, "1, the slope at 0", lambda self, Z: np.ones_like(Z)
    ),
    "silu, gate alone": slope(tn.Silu, "s(z), without z s'(z)", lambda self, Z: sigmoid(Z)),
    "silu, product rule with a": slope(
        tn.Silu, "s + a (1 - a)", lambda self, Z: sigmoid(Z) + self.value(Z) * (1 - self.value(Z))
    ),
    "gelu, no density": slope(tn.Gelu, "P(z) alone", lambda self, Z: self.value(Z) / Z),
    "gelu, density without z": slope(
        tn.Gelu,
        "P(z) + p(z) for P(z) + z p(z)",
        lambda self, Z: self.value(Z) / Z + np.exp(-(Z**2) / 2) / np.sqrt(2 * np.pi),
    ),
    "gelu, scale": slope(
        tn.Gelu, "a factor of 1 + 1e-6", lambda self, Z: (1 + 1e-6) * tn.Gelu().derivative(Z)
    ),
    "gelu, the other one backward": slope(
        tn.Gelu, "exact forward, by tanh backward", lambda self, Z: tn.Gelu(True).derivative(Z)
    ),
    "gelu by tanh, no 3": slope(
        tn.Gelu,
        "0.044715 z^2 for 3 * 0.044715 z^2",
        lambda self, Z: (
            sigmoid(self.argument(Z)[0])
            + Z
            * tn.Sigmoid().derivative(self.argument(Z)[0])
            * np.sqrt(8 / np.pi)
            * (1 + 0.044715 * Z**2)
        ),
        True,
    ),
    "softmax, temperature twice": Exhibit(
        "dZ without 1/T", faulty(tn.Softmax, 2.0, pullback=lukewarm), Z
    ),
    "softmax, temperature upside down": Exhibit(
        "dZ times T", faulty(tn.Softmax, 2.0, pullback=hot), Z
    ),
    # losses
    "mae, no sign": dA(tn.MeanAbsoluteError, "1", lambda self, A, Y: np.ones_like(A)),
    "mae, turned": dA(tn.MeanAbsoluteError, "sign(Y - A)", lambda self, A, Y: np.sign(Y - A)),
    "huber, not cut": dA(tn.Huber, "A - Y everywhere", lambda self, A, Y: A - Y),
    "huber, cut at 1": dA(
        tn.Huber, "delta forgotten", lambda self, A, Y: np.clip(A - Y, -1, 1), REAL, 0.5
    ),
    "huber, a step at delta": Exhibit(
        "delta |d| far out, without - delta^2 / 2; backward agrees",
        faulty(
            tn.Huber,
            costs=lambda self, A, Y: np.where(
                abs(A - Y) <= self.delta, (A - Y) ** 2 / 2, self.delta * abs(A - Y)
            ),
        ),
        (np.array([[3.0]]), np.array([[0.0]])),
        truth=2.5,
    ),
    "log-cosh, d": dA(tn.LogCosh, "A - Y for its tanh", lambda self, A, Y: A - Y),
    "poisson, 1 - y": dA(tn.Poisson, "1 - Y for 1 - Y / A", lambda self, A, Y: 1 - Y, COUNTS),
    "poisson, of log a": dA(tn.Poisson, "A - Y, that of log a", lambda self, A, Y: A - Y, COUNTS),
    "hinge, no margin": dA(tn.Hinge, "-Y everywhere", lambda self, A, Y: -Y, MARGINS),
    "hinge, margin of 0": dA(
        tn.Hinge, "-Y where y a < 0", lambda self, A, Y: -Y * (Y * A < 0), MARGINS
    ),
    "kullback-leibler, reversed": dA(
        tn.KullbackLeibler,
        "log a + 1: that of a log(a / y)",
        lambda self, A, Y: np.log(A) + 1,
        TARGETS,
    ),
    "label smoothing, forward only": dA(
        tn.CrossEntropy,
        "-Y / A of the labels as they were",
        lambda self, A, Y: -Y / A,
        TARGETS,
        0.2,
    ),
    "label smoothing, s for s / k": Exhibit(
        "every class gets s, forward and backward alike",
        faulty(tn.CrossEntropy, 0.2, smoothed=lambda self, Y, k: 0.8 * Y + 0.2),
        ([[0.5], [0.5]], [0]),
        truth=np.log(2),
    ),
    "smoothed pair, forward only": Exhibit(
        "dZ = A - Y of the labels as they were",
        faulty(
            tn.CrossEntropy,
            0.2,
            pair_derivative=lambda self, Z, Y, weight: (functions.softmax(Z) - Y) * weight,
        ).pair("softmax"),
        LOGITS,
    ),
    "weights, forward only": Exhibit(
        "dA of an unweighted mean",
        faulty(tn.MeanSquaredError, pullback=unweighted),
        (*REAL, WEIGHTS),
    ),
    "weights, twice backward": Exhibit(
        "w^2 for w", faulty(tn.MeanSquaredError, pullback=weights_squared), (*REAL, WEIGHTS)
    ),
    "weights, over m": Exhibit(
        "the sum of w c over m, not over the sum of w; backward agrees",
        faulty(tn.MeanSquaredError, weight=lambda self, A: 2.0 / A.size),
        ([[1.0, 3.0]], [[0.0, 0.0]], [3.0, 1.0]),
        truth=3.0,
    ),
    # regularizers
    "l2, no 2": dW(tn.L2, "l2 w", lambda self, W: self.l2 * W, 0.1),
    "l2, of the mean": dW(tn.L2, "2 l2 w / n", lambda self, W: 2 * self.l2 * W / W.size, 0.1),
    "l1, w": dW(tn.L1, "l1 w for its sign", lambda self, W: self.l1 * W, 0.1),
    "l1, turned": dW(tn.L1, "-l1 sign(w)", lambda self, W: -self.l1 * np.sign(W), 0.1),
    "l1 + l2, one for both": dW(
        tn.L1L2, "l1 in both terms", lambda self, W: self.l1 * (np.sign(W) + 2 * W), 0.1, 0.2
    ),
    "l2, half": Exhibit(
        "l2 / 2 sum w^2, forward and backward alike",
        faulty(
            tn.L2,
            0.1,
            value=lambda self, W: self.l2 / 2 * np.square(W).sum(),
            derivative=lambda self, W: self.l2 * W,
        ),
        (np.array([[3.0]]),),
        truth=0.9,
    ),
    # optimizers
    "adagrad, root held constant": pulled(
        tn.Adagrad, "v's share of the gradient forgotten", root_constant, 0.1
    ),
    "rmsprop, root held constant": pulled(
        tn.RMSProp, "v's share of the gradient forgotten", rmsprop_root_constant, 0.1
    ),
    "rmsprop, 1 - rho forgotten": pulled(tn.RMSProp, "g^2 whole in v", without_rho, 0.1),
    "rmsprop, momentum's gradient from the new m": pulled(
        tn.RMSProp, "m after the step for m before it", momentum_of_the_new, 0.1, 0.9, 0.5
    ),
    "adamw, p without its decay": pulled(
        tn.AdamW, "1 for 1 - learning_rate weight_decay", no_decay_of_p, 0.1, 0.5
    ),
    "adamw, decay without the rate": pulled(
        tn.AdamW, "weight_decay for learning_rate weight_decay", decay_without_the_rate, 0.1, 0.5
    ),
    "adamw, decay in the root's share": pulled(
        tn.AdamW, "the decay taken for part of Adam's step", decay_in_the_root, 0.1, 0.5
    ),
    "adamw, coupled": Exhibit(
        "the decay added to the gradient, as L2; backward agrees",
        faulty(tn.AdamW, 0.1, 0.5, step=coupled, step_pullback=coupled_pullback),
        ({"w": np.array([2.0])}, {"w": np.array([3.0])}),
        truth={"w": np.array([1.8])},
    ),
}
