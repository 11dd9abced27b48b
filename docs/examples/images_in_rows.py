"""Images of 28 x 28 in rows, as those of MNIST, in float32: some held out, early stopping."""

import numpy as np
from sklearn.datasets import load_digits

import tinynet as tn

small = load_digits()
# 8 x 8 pixels, each four times as high and wide, without the border
images = np.kron(small.images, np.ones((1, 4, 4)))[:, 2:30, 2:30]
X, Y = images.reshape(len(images), 784) / 16, small.target
X, X_test, Y, Y_test = tn.data.train_test_split(X, Y, stratify=Y, seed=0, examples="rows")

layers = [tn.Dense(128, "relu"), tn.Dropout(0.2), tn.Dense(10, "softmax")]
model = tn.Sequential(layers, seed=0, dtype="float32", examples="rows")
model.compile(tn.Adam(0.003), metrics=["accuracy"])
stop = tn.EarlyStopping(patience=5)
model.fit(X, Y, 100, batch_size=64, validation_split=0.1, callbacks=[stop])
found = model.evaluate(X_test, Y_test)
print(f"best after {stop.best_epoch} epochs: {found['accuracy']:.1%} of {len(Y_test)} others")
assert found["accuracy"] > 0.95
