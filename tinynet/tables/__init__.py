"""Tables of data, a CSV file or a pandas frame: what each column is, a net trained on it, and
predictions for other tables. Needs numpy alone."""

from tinynet.tables.model import TableModel
from tinynet.tables.report import Report
from tinynet.tables.table import Table

__all__ = ["Report", "Table", "TableModel"]
