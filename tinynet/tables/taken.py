"""What a column is taken for, and what is refused since nobody can tell."""

import re

import numpy as np

from tinynet.base import Array, checks
from tinynet.tables.columns import KNOWN, Column, listed, number_of
from tinynet.tables.inputs import Categories, Input, Numbers

MOST = 50  # values of a category
MONTH = (
    "(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?"
    "|oct(ober)?|nov(ember)?|dec(ember)?)"
)
DAY_OF, MONTH_OF = "(0?[1-9]|[12]\\d|3[01])", "(0?[1-9]|1[0-2])"
DATE = re.compile(
    rf"""
    \d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}([ T].*)?              # 2021-03-31, 2021-03-31T12:30
    | (19|20)\d\d[-/](0[1-9]|1[0-2])                     # 2021-03
    | {DAY_OF}[-/]{MONTH_OF}[-/]\d{{2,4}}([ T].*)?          # 31/3/21
    | {MONTH_OF}[-/]{DAY_OF}[-/]\d{{2,4}}([ T].*)?          # 3/31/2021
    | (\d{{1,2}}\.){{2}}\d{{4}}([ ].*)? | (\d\d\.){{3}}?\d\d   # 31.3.2021, 31.03.21
    | \d{{1,2}}:\d\d.* | \d{{1,2}}[ ]?[ap]m                  # 12:30, 9 pm
    | (\w+,?[ ])?{MONTH}[-.,\ ]+\d.* | {MONTH}\d{{4}}      # Mar 3, 2021, Jan2021
    | \d{{1,2}}(st|nd|rd|th|\.)?[- ]{MONTH}([-.,\ ]+\d.*)?  # 31st March, 3 March 2021
    | -?\d+[ ](day|hour|minute|\w*second)s?([ ,]+\d.*)?      # 2 days 03:00:00
    | q[1-4][- /]+(\d\d){{1,2}} | q[1-4](19|20)\d\d         # Q1 2020
    | \d{{4}}[- /]*(q[1-4]|w\d\d)                          # 2020-Q1, 2020-W05
    """,
    re.IGNORECASE | re.VERBOSE,
)
DAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\.0)?")  # 20210131
UNIT = (  # after a number; one letter only behind a space
    "%|percent|°|[ ]*°[CF]|kg|mg|lbs?|oz|km|cm|mm|mi|ft|inch(es)?|yd|k?m2|k?m²|m3|m³|"
    "sq[ ]?(ft|m)|ha|ml|sec|min|hrs?|km/h|mph|m/s|kWh?|[kMG]?Hz|[kMGT]B|"
    "USD|EUR|GBP|CHF|dollars?|euros?|"
    "(?<=[ ])[gmltshWVA]"
)
DRESSED = re.compile(
    rf"""
    ([$€£¥₹] | (USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD)[ ])?\s* [-+−]? [$€£¥₹]?
    (\d{{1,3}}([,' \xa0\u202f.]\d{{3}})+([.,]\d*)? | \d+[.,]?\d*)   # 1,234.50, 1.234,50, 3,14
    \s*([$€£¥₹] | {UNIT})?
    """,
    re.VERBOSE,
)


def taken_for(who: str, column: Column, category: bool) -> tuple[Input | None, str]:
    """What a column is, and a few words on it. None is for a column that says nothing."""
    said = column.distinct
    if len(said) + column.gaps < 2:
        return None, f"always {said[0]}" if said else "no values"
    if not category:
        require_no_date(who, column)
    if category and (column.many or len(said) > MOST):
        cure = "drop it, or make fewer of it, such as their first digits"
        checks.refuse(who, f"at most {MOST} values of {column.name}", count_of(column), cure)
    if column.is_numbers and not category and len(said) > 1:
        return Numbers(column.name), numbers_said(column.numbers)
    if not category:
        require_clean(who, column)
    if len(said) > MOST:
        return None, f"{count_of(column)} different texts"
    return categories(column)


def numbers_said(numbers: Array) -> str:
    text = f"{np.nanmin(numbers):.6g} to {np.nanmax(numbers):.6g}"
    absent = int(np.isnan(numbers).sum())
    text += f", {absent:,} missing: the mean stands for them" if absent else ""
    counting = len(numbers) > 2 and bool((np.diff(np.sort(numbers)) == 1).all())
    note = "; it counts the rows, and may tell the answer by their order: drop it"
    return text + note * counting


def categories(column: Column) -> tuple[Categories, str]:
    names, codes = column.codes
    counts = np.bincount(codes, minlength=len(names))
    text = listed([f"{name} {n:,}" for name, n in zip(names, counts, strict=True)])
    if column.odd and any(np.isfinite(number_of(name)) for name in names):
        text += f"; not numbers, as {column.odd[1]!r} in row {column.odd[0]} is none"
    return Categories(column.name, tuple(names)), text + case_said(names)


def case_said(names: list[str]) -> str:
    alike = len({name.casefold() for name in names}) < len(names)
    return "; some differ in capital letters alone" * alike


def count_of(column: Column) -> str:
    return f"more than {KNOWN}" if column.many else str(len(column.distinct))


def require_no_date(who: str, column: Column) -> None:
    """Refuse dates and times."""
    said = column.distinct[:KNOWN]
    form = DAY if column.is_numbers else DATE
    found = [value for value in said if form.fullmatch(value)]
    if len(found) > len(said) / 2 and (not column.is_numbers or len(found) == len(said) > 2):
        got = f"dates or times in {column.name}, such as {found[0]!r}"
        cure = "make numbers of them, such as year, month and weekday, or drop it"
        checks.refuse(who, "numbers or categories", got, cure)


def require_clean(who: str, column: Column) -> None:
    """Refuse what is numbers but for their form, or but for few cells."""
    said = column.distinct
    numbers = sum(bool(np.isfinite(number_of(value))) for value in said)
    dressed = sum(bool(DRESSED.fullmatch(value)) for value in said)
    row, cell = column.odd or (1, said[0])
    got, name = f"{cell!r} in row {row}", column.name
    if dressed > max(numbers, len(said) / 2):
        cure = "write 1234.5 for $1,234.50 or 1.234,50, 3.14 for 3,14, 45 for 45 % or 45 kg"
        checks.refuse(who, f"{name} as plain numbers", got, f"{cure}, or name it as categories")
    if column.odd and len(said) > 10 and numbers > 0.8 * len(said):
        cure = f"leave the cell empty if it is missing, drop {name}, or name it as categories"
        checks.refuse(who, f"{name} as numbers, as most of it is", got, cure)


def require_one_point(who: str, column: Column) -> None:
    """Refuse points that may stand between thousands, where commas are those of decimals."""
    if column.is_numbers and column.thousands:
        row, cell = column.thousands
        got = f"{cell!r} in row {row} of a file with semicolons"
        cure = f"write {cell.replace('.', '')}, or more digits than three behind the point"
        checks.refuse(who, f"{column.name} without points between thousands", got, cure)
