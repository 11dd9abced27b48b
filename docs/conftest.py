"""A page whose examples need a package is left out where that is missing."""

import importlib.util

collect_ignore = [] if importlib.util.find_spec("sklearn") else ["estimators.md"]
