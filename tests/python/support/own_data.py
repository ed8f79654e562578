"""What the loader's tests share: a folder with a mapping and files, and a reader of its own.

The reader is Python's csv and Decimal. What it adds up of a file is compared with what the loader
accepted, rejected and left out of it.
"""

import collections
import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb

from smartsentry.load.loader import load

PLAIN = {
    "sender_account_id": "account",
    "beneficiary_id": "other",
    '"timestamp': "t",
    "amount": "amount",
}


def select(_from: str = "source", _where: str = "", **columns: str | None) -> str:
    """Return the statement of four plain columns; others, or other expressions, by name.

    A column that is None is left out.
    """
    chosen = {name.strip('"'): text for name, text in PLAIN.items()} | columns
    listed = [f'    {text} as "{name}"' for name, text in chosen.items() if text is not None]
    return ",\n".join(["select\n    line", *listed]) + f"\nfrom {_from} {_where}\n"


@dataclass
class Place:
    """A folder with a mapping in `m`; `load` loads files of it into `out`."""

    folder: Path

    def __post_init__(self) -> None:
        self.mapping = self.folder / "m"
        self.out = self.folder / "out.duckdb"

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def map(self, source: str = "[source]\n", **statements: str) -> None:
        """Write the mapping anew."""
        self.mapping.mkdir(exist_ok=True)
        for old in self.mapping.iterdir():
            old.unlink()
        (self.mapping / "source.toml").write_text(source)
        for table, text in statements.items():
            (self.mapping / f"{table}.sql").write_text(text)

    def load(self, *names: str, max_rejected: float = 1) -> list[str]:
        return load(
            self.mapping, [str(self.folder / name) for name in names], self.out, max_rejected
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.out, query)

    def receipt(self, figure: str, table: str = "transactions") -> dict[str | None, str]:
        """Return the values of a figure by item."""
        return dict(
            self.rows(
                "select item, value from raw.load_receipt"
                f" where figure = '{figure}' and source_table = '{table}'"
            )
        )

    def warnings(self) -> dict[str, str]:
        """Return the warnings by figure."""
        return dict(
            self.rows("select figure, warning from raw.load_receipt where warning is not null")
        )


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(path, read_only=True) as con:
        return con.execute(query).fetchall()


def number(text: str | None) -> Decimal | None:
    """Return a text's finite number, or None."""
    try:
        found = Decimal(text or "")
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def amount_cell(row: dict[str, str]) -> Decimal | None:
    return number(row.get("amount"))


def read(path: Path, *, line_by_line: bool = False, **options: Any) -> dict[int, dict[str, str]]:
    """Read a CSV file; return its rows by the number of their first line.

    Args:
        path: The file, which has a header.
        line_by_line: Whether no cell has a line end, so that a quote that is never closed takes no
            other line with it.
        options: Those of csv.reader.
    """
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        if line_by_line:
            lines = [text.rstrip("\r") for text in file.read().split("\n")]
            records = [(no, _cells(text, options)) for no, text in enumerate(lines, 1) if text]
        else:
            # A lone CR in a cell ends no line.
            reader = csv.reader(io.StringIO(file.read(), newline="\n"), **options)
            records, at = [], 1
            for cells in reader:
                if cells:
                    records.append((at, cells))
                at = reader.line_num + 1
    [(_, header), *found] = records
    return {no: dict(zip(header, cells, strict=False)) for no, cells in found}


def _cells(text: str, options: dict[str, Any]) -> list[str]:
    return next(csv.reader([text], **options))


Tally = dict[str, tuple[int, Decimal]]


def tally(amounts: list[Decimal | None]) -> Tally:
    """Count and add up amounts by their sign; those that are no number are counted."""
    found: dict[str, tuple[int, Decimal]] = collections.defaultdict(lambda: (0, Decimal(0)))
    for amount in amounts:
        sign = "none" if amount is None else "+" if amount > 0 else "-" if amount < 0 else "0"
        count, total = found[sign]
        found[sign] = (count + 1, total + (amount or 0))
    return dict(found)


def assert_sums_in_equal_sums_out(
    out: Path,
    files: list[Path],
    *,
    amount: Callable[[dict[str, str]], Decimal | None] = amount_cell,
    negative: str | None = None,
    line_by_line: bool = False,
    **options: Any,
) -> dict[str, int]:
    """Compare what was loaded with what is in the files; return the rows of each outcome.

    Args:
        out: The loaded file.
        files: The CSV files of its transactions.
        amount: The amount that a row of the file means, signed as there; None where it has none.
        negative: `debit` or `credit`, where the mapping makes that of a negative amount.
        line_by_line: As in `read`.
        options: Those of csv.reader.
    """
    source = {
        (str(file), line): row
        for file in files
        for line, row in read(file, line_by_line=line_by_line, **options).items()
    }
    landed = rows(
        out,
        """
        select
            landed.source_file, landed.source_line, landed.is_left_out, rejected.row_text,
            transactions.amount, transactions.debit_credit
        from raw.landed_rows as landed
        left join raw.rejected_rows as rejected
            on rejected.source_table = landed.source_table and rejected.landed_no = landed.landed_no
        left join raw.transactions
            on transactions.transaction_id = 'T' || landed.landed_no
        where landed.source_table = 'transactions'
        """,
    )
    places = [(file, line) for file, line, *_ in landed]
    assert sorted(places) == sorted(source), "every row of the files has landed once"
    headers = {str(file): _header(file, options) for file in files}
    found, outcomes = [], collections.Counter[str]()
    for file, line, is_left_out, text, accepted, side in landed:
        outcome = [bool(is_left_out), text is not None, accepted is not None]
        assert sum(outcome) == 1, f"line {line} is one of left out, rejected and accepted"
        if accepted is not None:
            outcomes["accepted"] += 1
            found.append(-accepted if negative is not None and side == negative else accepted)
        elif text is not None:
            outcomes["rejected"] += 1
            rejected = next(csv.reader(io.StringIO(text, newline="\n"), **options))
            found.append(amount(dict(zip(headers[file], rejected, strict=False))))
        else:
            outcomes["left out"] += 1
            found.append(amount(source[file, line]))
    assert tally(found) == tally([amount(row) for row in source.values()])
    return dict(outcomes)


def _header(path: Path, options: dict[str, Any]) -> list[str]:
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        return next(cells for cells in csv.reader(file, **options) if cells)
