"""A net trained here and run by onnxruntime, without tinynet.

Needs the packages onnx and onnxruntime.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

import tinynet as tn
import tinynet.onnx

X, Y = tn.data.spirals(600, n_classes=3)  # (2, 600), labels (600,)
layers = [tn.Standardize(), tn.Dense(32, "gelu"), tn.BatchNorm(), tn.Dense(3, "softmax")]
model = tn.Sequential(layers, seed=0, dtype="float32")
model.compile(tn.Adam(0.01), metrics=["accuracy"])
model.fit(X, Y, epochs=100, batch_size=32, verbose=0)

path = Path(tempfile.mkdtemp()) / "spirals.onnx"
tinynet.onnx.save(model, path)
session = onnxruntime.InferenceSession(path)
(A,) = session.run(None, {"X": X.astype(np.float32)})

accuracy = np.mean(A.argmax(axis=0) == Y)
far = np.abs(A - model.predict(X)).max()
print(
    f"{path.stat().st_size:,} bytes, accuracy {accuracy:.1%} in onnxruntime, {far:.1g} from tinynet"
)
assert accuracy > 0.95
assert far < 1e-5
