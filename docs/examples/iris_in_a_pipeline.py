"""scikit-learn's iris in a Pipeline: names as classes, a search, 5 folds."""

from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tinynet as tn
from tinynet.estimators import Classifier, MLPClassifier

iris = load_iris()
X, species = iris.data, iris.target_names[iris.target]

# the import is all that differs from scikit-learn's own
first = MLPClassifier((16,), solver="lbfgs", max_iter=1000, random_state=0)
mlp = make_pipeline(StandardScaler(), first)
search = GridSearchCV(mlp, {"mlpclassifier__alpha": [0.01, 0.1, 1.0]}, cv=5)
print(f"MLPClassifier, {search.fit(X, species).best_params_}: {search.best_score_:.3f}")

# any net of tinynet's
net = tn.Sequential([tn.Standardize(), tn.Dense(16, "tanh"), tn.Dense(3, "softmax")], seed=0)
net.compile(tn.Adam(0.02))
around = Classifier(
    net, epochs=200, validation_split=0.2, callbacks=[tn.EarlyStopping(patience=20)]
)
scores = cross_val_score(around, X, species, cv=5)
print(f"Classifier: {scores.mean():.3f}")
assert min(search.best_score_, scores.mean()) > 0.94
