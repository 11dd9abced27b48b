"""A page whose examples need a package is left out where that is missing."""

import importlib.util

PAGES = {"estimators.md": "sklearn", "onnx.md": "onnx"}
collect_ignore = [page for page, name in PAGES.items() if not importlib.util.find_spec(name)]
