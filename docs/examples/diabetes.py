"""A regression: the progression of diabetes from ten measurements. Needs scikit-learn for the data.

python docs/examples/diabetes.py
"""

import numpy as np
from sklearn.datasets import load_diabetes

import tinynet as tn

measurements, progression = load_diabetes(return_X_y=True)  # (442, 10) in rows, (442,)
X, X_test, Y, Y_test = tn.data.train_test_split(measurements.T, progression, test_size=0.25, seed=0)

x_mean, x_std, y_mean, y_std = (
    X.mean(axis=1, keepdims=True),
    X.std(axis=1, keepdims=True),
    Y.mean(),
    Y.std(),
)
X, X_test, Y = (X - x_mean) / x_std, (X_test - x_mean) / x_std, (Y - y_mean) / y_std

model = tn.Sequential([tn.Dense(8, tn.tanh), tn.Dense(1)], seed=0)
model.compile(tn.SGD(learning_rate=0.02, momentum=0.9), loss="mse")
model.fit(X, Y, epochs=40, batch_size=32)

predicted = model.predict(X_test).ravel() * y_std + y_mean
r2 = 1 - np.sum((predicted - Y_test) ** 2) / np.sum((Y_test - Y_test.mean()) ** 2)
print(f"held-out R^2 {r2:.3f} (predicting the mean gives 0)")
assert r2 > 0.3, r2
