"""What people write who come from Keras or scikit-learn: the mistake, the sentence that they get,
and what the sentence makes them write, which works."""

import numpy as np
import pytest

import tinynet as tn

rng = np.random.default_rng(0)
X = rng.standard_normal((60, 4))
labels = rng.integers(0, 3, 60)
bits = (X[:, 0] > 0).astype(int)
names = np.array(["cat", "dog", "owl"])[labels]
percents = X * 20


def net(units=3, last="softmax", examples="rows"):
    """Compiled, and not yet trained."""
    model = tn.Sequential([tn.Dense(8, "relu"), tn.Dense(units, last)], seed=0, examples=examples)
    model.compile("adam")
    return model


MISTAKES = [  # mistake, sentence, mended
    (
        "net(examples=None).fit(X, labels, verbose=0)",
        "expected Y of shape (3, 4) or (4,), got (60,): did you mean X.T, or examples='rows'?",
        "net(examples='rows').fit(X, labels, verbose=0)",
    ),
    (
        "net(examples='columns').fit(X.T, np.eye(3)[labels], verbose=0)",
        "did you mean Y.T, or examples='rows'?",
        "net(examples='columns').fit(X.T, np.eye(3)[labels].T, verbose=0)",
    ),
    (
        "net().fit(X, labels + 1, verbose=0)",
        "expected whole labels from 0 to 2, got 3: there are 3 classes, one an output",
        "net().fit(X, labels, verbose=0)",
    ),
    (
        "net().fit(X, names, verbose=0)",
        "names, Y = np.unique(Y, return_inverse=True) makes numbers of them",
        "net().fit(X, np.unique(names, return_inverse=True)[1], verbose=0)",
    ),
    (
        "net(1, 'sigmoid').fit(X, np.eye(2)[bits], verbose=0)",
        "is Y one-hot? Y.argmax(axis=1) makes labels of it",
        "net(1, 'sigmoid').fit(X, np.eye(2)[bits].argmax(axis=1), verbose=0)",
    ),
    (
        "net(1, 'sigmoid').fit(X, labels, verbose=0)",
        "for more classes take softmax",
        "net(3, 'softmax').fit(X, labels, verbose=0)",
    ),
    (
        "net(1, 'softmax')",
        "a softmax over at least 2 units, got 1: over one it is always 1: take the sigmoid",
        "net(1, 'sigmoid')",
    ),
    (
        "net().add(tn.Dense(3))",
        "expected all layers at once, got add: Sequential([Dense(4, tanh), ...])",
        "tn.Sequential([tn.Dense(4, 'tanh'), tn.Dense(3)])",
    ),
    (
        "tn.Sequential([])",
        "expected a list of layers, got []: Sequential([Dense(4, tanh), ...])",
        "tn.Sequential([tn.Dense(4, 'tanh')])",
    ),
    (
        "tn.Sequential([8, 3])",
        "expected a list of layers, got one with 8: Sequential([Dense(4, tanh), ...])",
        "tn.Sequential([tn.Dense(8), tn.Dense(3)])",
    ),
    (
        "net().fit(X, labels, validation_split=20, verbose=0)",
        "expected validation_split in [0, 1), got 20: 0.2 is 20 %",
        "net().fit(X, labels, validation_split=0.2, verbose=0)",
    ),
    (
        "net().compile('adam', loss='bce')",
        "expected the last activation to be sigmoid, got softmax: give the last layer sigmoid, or",
        "net(1, 'sigmoid').compile('adam', loss='bce')",
    ),
    (
        "net().compile('Adam')",
        "expected optimizer to be one of sgd, adam, adamw, rmsprop, adagrad, got 'Adam'",
        "net().compile('adam')",
    ),
    ("net().compile(tn.Adam)", "call it: tn.Adam()", "net().compile(tn.Adam())"),
    (
        "setattr(net().optimizer, 'lr', 0.1)",
        "expected an attribute that it has, got lr: did you mean learning_rate?",
        "setattr(net().optimizer, 'learning_rate', 0.1)",
    ),
    ("tn.Dense('relu')", "expected units as a whole number of at least 1", "tn.Dense(8, 'relu')"),
    ("tn.Dense(3, tn.ReLU)", "call it: tn.ReLU()", "tn.Dense(3, tn.ReLU())"),
    (
        "net().compile('adam', metrics='accuracy')",
        "expected metrics as a list, got 'accuracy': metrics=[\"accuracy\"]",
        "net().compile('adam', metrics=['accuracy'])",
    ),
    (
        "net().compile('adam', metrics=['acc'])",
        "expected metrics to be one of accuracy, precision",
        "net().compile('adam', metrics=['accuracy'])",
    ),
    (
        "net(1, 'identity').compile('adam', metrics=['accuracy'])",
        "expected a sigmoid or softmax output for accuracy, got identity",
        "net(1, 'sigmoid').compile('adam', metrics=['accuracy'])",
    ),
    (
        "tn.Sequential([tn.Dense(1)], examples='rows').fit(X, X[:, 0], verbose=0)",
        "expected a compiled model, got one without a loss and an optimizer: call compile() first",
        "net(1, 'identity').fit(X, X[:, 0], verbose=0)",
    ),
    (
        "net().predict(X)",
        "got one whose input width is unknown: call fit(X, Y) or build(n_x) first",
        "net().build(4).predict(X)",
    ),
    (
        "net().build(4).predict(X[0])",
        "np.reshape(X, (-1, 1)) for examples of one number, (1, -1) for one example",
        "net().build(4).predict(np.reshape(X[0], (1, -1)))",
    ),
    (
        "net().fit(np.where(X > 2, np.nan, X), labels, verbose=0)",
        "expected X of finite numbers, got nan at index",
        "net().fit(np.where(X > 2, 0, X), labels, verbose=0)",
    ),
    (
        "net().fit(X, labels, callbacks=tn.EarlyStopping(), verbose=0)",
        "callbacks=[tn.EarlyStopping()]",
        "net().fit(X, labels, callbacks=[tn.EarlyStopping('loss')], verbose=0)",
    ),
    (
        "net().fit(X, labels, callbacks=[tn.EarlyStopping('val_loss')], verbose=0)",
        "got 'val_loss': fit takes validation_data",
        "net().fit(X, labels, validation_split=0.2, callbacks=[tn.EarlyStopping()], verbose=0)",
    ),
    (
        "net().fit(X, labels, class_weight=[1, 2, 3], verbose=0)",
        'expected class_weight as a dict {class: weight} or "balanced"',
        "net().fit(X, labels, class_weight={0: 1, 1: 2, 2: 3}, verbose=0)",
    ),
    ("net().fit(X, verbose=0)", "Y", "net().fit(X, labels, verbose=0)"),
]


def test_there_are_enough():
    assert len(MISTAKES) >= 25


@pytest.mark.parametrize(("mistake", "sentence", "mended"), MISTAKES)
def test_the_sentence_is_enough(mistake, sentence, mended):
    with pytest.raises((ValueError, TypeError, AttributeError, RuntimeError)) as error:
        eval(mistake)
    assert sentence in str(error.value)
    eval(mended)
