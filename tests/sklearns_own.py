"""scikit-learn's own tests of its MLP, with the import swapped: `python -m tests.sklearns_own`.

They come with scikit-learn. docs/estimators.md says why some are left out.
"""

import sys
import tempfile
from pathlib import Path

import pytest
from sklearn import neural_network

THEIRS = "from sklearn.neural_network import MLPClassifier, MLPRegressor"
OURS = "from tinynet.estimators import MLPClassifier, MLPRegressor"
LEFT_OUT = ["test_fit", "test_gradient"]  # they look at private attributes of scikit-learn's
SEED = """
import pytest


@pytest.fixture
def global_random_seed():
    return 42
"""


def main():
    source = Path(neural_network.__file__).with_name("tests") / "test_mlp.py"
    source = source.read_text(encoding="utf-8")
    assert source.count(THEIRS) == 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test_of_scikit_learn.py"
        file.write_text(source.replace(THEIRS, OURS), encoding="utf-8")
        (Path(folder) / "conftest.py").write_text(SEED, encoding="utf-8")
        (Path(folder) / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        left_out = [f"--deselect={file.name}::{name}" for name in LEFT_OUT]
        quiet = ["-q", "-p", "no:cacheprovider", f"--rootdir={folder}"]
        return pytest.main([*quiet, *left_out, str(file)])


if __name__ == "__main__":
    sys.exit(main())
