"""Ten classes of handwritten digits: softmax, mini-batches, and a quarter held out. Needs
scikit-learn for the data.

python docs/examples/digits.py
"""

import time

from sklearn.datasets import load_digits

import tinynet as tn

images, labels = load_digits(return_X_y=True)  # (1797, 64) in rows, (1797,) of 0 ... 9
X, X_test, Y, Y_test = tn.data.train_test_split(
    images / 16, labels, test_size=0.25, seed=0, examples="rows"
)

model = tn.Sequential([tn.Dense(64, tn.relu), tn.Dense(10, tn.softmax)], seed=0, examples="rows")
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

start = time.perf_counter()
model.fit(X, Y, epochs=60, batch_size=32)
seconds = time.perf_counter() - start

accuracy = model.evaluate(X_test, Y_test)["accuracy"]
print(f"held-out accuracy {accuracy:.2%} after {seconds:.1f} s")
assert accuracy >= 0.96, accuracy
assert seconds < 20, seconds
