"""The data sets, how they are split, and the three ways in which a net gets them. None needs a
download; those of scikit-learn come with it."""

import numpy as np

import tinynet as tn

M = 400  # examples of a set that is drawn


def of_sklearn(name, **settings):
    def made():
        from sklearn import datasets

        read = getattr(datasets, name)
        found = read(**settings) if settings else read(return_X_y=True)
        return found[0].astype(float), found[1]

    return made


def drawn(name, **settings):
    def made():
        X, Y = tn.data.SETS[name](M, **settings)
        return X.T.copy(), Y.ravel()

    return made


def friedman(k, noise):
    return of_sklearn(f"make_friedman{k}", n_samples=M, noise=noise, random_state=0)


CLASSES = {
    **{name: of_sklearn(f"load_{name}") for name in ("iris", "wine", "breast_cancer", "digits")},
    **{name: drawn(name) for name in ("planar", "moons", "circles", "gaussian_quantiles", "xor")},
    "blobs": drawn("blobs", n_classes=3),
    "spirals": drawn("spirals"),
}
REGRESSIONS = {  # the noise is Friedman's: a third of the signal's deviation, but for the first
    "diabetes": of_sklearn("load_diabetes"),
    "friedman1": friedman(1, 1.0),
    "friedman2": friedman(2, 125.0),
    "friedman3": friedman(3, 0.1),
}
SETS = {**CLASSES, **REGRESSIONS}


def task(name):
    """What the last layer is for: "regression", "two" classes or "more"."""
    if name in REGRESSIONS:
        return "regression"
    return "two" if len(np.unique(SETS[name]()[1])) == 2 else "more"


def scaled(train, *others):
    """Each column of the training part brought to mean 0 and deviation 1, and the others by its
    numbers."""
    mean, scale = train.mean(axis=0), train.std(axis=0)
    scale = np.where(scale <= 1e-12 * np.abs(mean), 1, scale)  # a constant, but for rounding
    return [(a - mean) / scale for a in (train, *others)]


def split(name, variant, seed):
    """The arrays that a training needs, a quarter of the examples held out, each class alike.

    In the variant "raw" tinynet's net has its Standardize layers; in "by hand" the numbers come
    standardized, targets too; in "bare" they are raw, and nothing standardizes them.
    """
    X, Y = SETS[name]()
    labels = None if name in REGRESSIONS else Y
    X, X_test, Y, Y_test = tn.data.train_test_split(
        X, Y, seed=seed, examples="rows", stratify=labels
    )
    if variant == "by hand":
        X, X_test = scaled(X, X_test)
        if labels is None:
            Y, Y_test = scaled(Y, Y_test)
    arrays = {"X": X, "Y": Y, "X_test": X_test, "Y_test": Y_test}
    return {**arrays, "task": task(name), "variant": variant, "seed": seed}
