"""The rows of source files with their line numbers: CSV in blocks, Parquet and DuckDB as they are.

A CSV file is cut into blocks at line ends here, because DuckDB's own reader skips blank lines and
miscounts lines behind them; DuckDB then splits a block's lines into cells. So every line keeps its
number and its text whatever is wrong with it, and a damaged one takes no other with it.
"""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import duckdb
import numpy as np

from seed_gen.errors import BadInputError
from seed_gen.sql import literal, quoted
from smartsentry.mapping import Reader, TableMapping

BLOCK_BYTES = 16 * 2**20
MAX_LINE_BYTES = 8 * 2**20
# A quoted cell may run over so many lines; beyond it the quote was never meant as one.
MAX_RECORD_LINES = 1000

TRUNCATED = "the row is truncated: it has fewer cells than the header"
TOO_LONG = "the row has more cells than the header"
BAD_QUOTES = "the quotes of the row are malformed"
NUL = "the row holds a NUL character"


@dataclasses.dataclass(frozen=True)
class Batch:
    """Some rows of one source file.

    `query` gives one row each with `line` (bigint), `text` (the original), `fault` (what makes the
    row unreadable, or null) and the source columns `s0`, `s1` and so on as text, null where empty.
    Where every line from `first` on is a row, that line is given, as it saves numbering them.
    """

    query: str
    parameters: dict[str, Any]
    rows: int
    first: int | None = None


class Source(Protocol):
    """One file (or one table of one) with the rows of one raw table."""

    name: str

    def check(self) -> None:
        """Refuse a source that lacks what the mapping reads, before anything is loaded."""

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in their order."""

    def texts(self, lines: set[int]) -> dict[int, str]:
        """Return the original text of the rows with these numbers."""


def _names(path: str, found: list[str], needed: tuple[str, ...]) -> None:
    twice = sorted({name for name in found if found.count(name) > 1 and name in needed})
    if twice:
        raise BadInputError(
            f"{path} has the column {twice[0]!r} twice; give reader.names that differ."
        )
    missing = [name for name in needed if name not in found]
    if missing:
        raise BadInputError(
            f"{path} has no column {missing[0]!r}; its columns are {', '.join(found)[:300]}."
        )


def _value(expression: str, nulls: tuple[str, ...]) -> str:
    trimmed = f"nullif(trim({expression}), '')"
    if not nulls:
        return trimmed
    return f"case when {trimmed} not in ({', '.join(map(literal, nulls))}) then {trimmed} end"


@dataclasses.dataclass(frozen=True)
class _Block:
    """Whole lines of a CSV file from number `line` on, and records that run over several lines.

    The lines of such a record are empty in `data`.
    """

    line: int
    data: bytes
    records: tuple[tuple[int, bytes], ...] = ()


class CsvSource:
    """A CSV file, gzipped or not."""

    def __init__(self, path: Path, mapping: TableMapping, reader: Reader) -> None:
        self.path = path
        self.name = str(path)
        self.needed = mapping.source_columns()
        self.reader = reader
        self.names: list[str] = []
        quote, delimiter = re.escape(reader.quote), re.escape(reader.delimiter)
        # A cell with the delimiter before it: quoted, or without any quote.
        cell = f"[^{delimiter}]*"
        if reader.quote:
            cell = f"{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{delimiter}{quote}]*"
        self.cell = f"{delimiter}({cell})"
        self._record = re.compile(f"(?:{self.cell})*".encode(), re.DOTALL)
        self._cell = re.compile(self.cell.encode(), re.DOTALL)

    def check(self) -> None:
        """Read the header line, and refuse a file that lacks it or a column in it."""
        with self._open() as stream:
            head = self._read(stream, 2**16)
        if not head.strip():
            raise BadInputError(f"{self.path} is empty.")
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise BadInputError(f"{self.path} is UTF-16; it must be {self.reader.encoding}.")
        first = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").partition(b"\n")[0]
        first = first.removesuffix(b"\r")
        if b"\r" in first:
            raise BadInputError(f"{self.path} ends its lines with CR alone; it must be LF or CRLF.")
        text = self._decode(first, 1)
        options: dict[str, Any] = {"delimiter": self.reader.delimiter}
        if self.reader.quote:
            options |= {"quotechar": self.reader.quote}
        else:
            options |= {"quoting": csv.QUOTE_NONE}
        try:
            cells = next(csv.reader(io.StringIO(text), **options))
        except csv.Error as error:
            raise BadInputError(f"{self.path} has no readable first line ({error}).") from error
        self.names = list(self.reader.names) or [cell.strip() for cell in cells]
        if self.reader.names and len(cells) != len(self.names):
            raise BadInputError(
                f"{self.path} has {len(cells)} columns in its first line and reader.names"
                f" {len(self.names)}."
            )
        _names(self.name, self.names, self.needed)

    def batches(self) -> Iterator[Batch]:
        """Yield the file's records in blocks."""
        quote = self.reader.quote.encode()
        for block in self._blocks():
            data = block.data
            rows = _full_lines(data) + len(block.records)
            if not rows:
                continue
            parameters: dict[str, Any] = {
                "text": self._decode(data, block.line),
                "line": block.line,
                "lines": data.count(b"\n") + 1,
                "texts": [self._decode(text, line) for line, text in block.records],
                "numbers": [line for line, _ in block.records],
            }
            lead = data[: len(data) - len(data.lstrip(b"\r\n"))].count(b"\n")
            gapless = not block.records and data.strip(b"\r\n").count(b"\n") + 1 == rows
            first = block.line + lead if gapless else None
            # Without a quote, a CR or a NUL anywhere in the block the query has less to do.
            has_quotes = bool(quote) and (bool(block.records) or quote in data)
            is_plain = not block.records and b"\r" not in data and b"\0" not in data
            if has_quotes:
                parameters["cell"] = self.cell
            yield Batch(self._query(has_quotes, is_plain), parameters, rows, first)

    def _query(self, has_quotes: bool, is_plain: bool) -> str:
        delimiter, quote = literal(self.reader.delimiter), literal(self.reader.quote)
        cells, malformed = f"string_split(text, {delimiter})", ""
        if has_quotes:
            cells = (
                f"case when contains(text, {quote})"
                f" then regexp_extract_all({delimiter} || text, $cell, 1, 's') else {cells} end"
            )
            # Cells that do not add up to the line leave out what could not be read.
            malformed = (
                f"when contains(text, {quote}) and length(text) + 1 !="
                " length(array_to_string(cells, '')) + len(cells)"
                f" then {literal(BAD_QUOTES)}"
            )
        columns = "".join(
            f", {_value(self._cell_of(name, has_quotes), self.reader.nulls)} as s{number}"
            for number, name in enumerate(self.needed)
        )
        return f"""
            with lines as (
                select line, {"text" if is_plain else "rtrim(text, chr(13)) as text"}
                from (
                    select
                        unnest(string_split($text, chr(10))) as text,
                        unnest(range($line, $line + $lines)) as line
                    union all
                    select unnest($texts::varchar[]), unnest($numbers::bigint[])
                )
                where text not in ('', chr(13))
            ),
            parts as (select line, text, {cells} as cells from lines)
            select
                line,
                text,
                case
                    {"" if is_plain else f"when contains(text, chr(0)) then {literal(NUL)}"}
                    {malformed}
                    when len(cells) < {len(self.names)} then {literal(TRUNCATED)}
                    when len(cells) > {len(self.names)} then {literal(TOO_LONG)}
                end as fault
                {columns}
            from parts
        """

    def texts(self, lines: set[int]) -> dict[int, str]:
        """Read the file once more for these lines."""
        found: dict[int, str] = {}
        for block in self._blocks():
            for line, text in block.records:
                if line in lines:
                    found[line] = self._decode(text, line).rstrip("\r")
            last = block.line + block.data.count(b"\n")
            here = [line for line in lines if block.line <= line <= last and line not in found]
            if here:
                rows = block.data.split(b"\n")
                for line in here:
                    found[line] = self._decode(rows[line - block.line], line).rstrip("\r")
        return found

    def _cell_of(self, name: str, has_quotes: bool) -> str:
        cell = f"cells[{self.names.index(name) + 1}]"
        if not has_quotes:
            return cell
        quote = literal(self.reader.quote)
        return (
            f"case when starts_with({cell}, {quote}) then replace({cell}[2:-2], {quote} || {quote},"
            f" {quote}) else {cell} end"
        )

    def _open(self) -> BinaryIO:
        try:
            with self.path.open("rb") as file:
                packed = file.read(2) == b"\x1f\x8b"
            return gzip.open(self.path) if packed else self.path.open("rb")  # type: ignore[return-value]
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise BadInputError(f"{self.path} cannot be read ({reason}).") from error

    def _read(self, stream: BinaryIO, size: int) -> bytes:
        try:
            return stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadInputError(
                f"{self.path} is a damaged or truncated gzip file ({error})."
            ) from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise BadInputError(f"{self.path} cannot be read ({reason}).") from error

    def _decode(self, data: bytes, line: int) -> str:
        try:
            return data.decode(self.reader.encoding)
        except UnicodeDecodeError as error:
            at = line + data[: error.start].count(b"\n")
            raise BadInputError(
                f"{self.path} is not {self.reader.encoding} at line {at}; reader.encoding names"
                " another one."
            ) from error

    def _blocks(self) -> Iterator[_Block]:
        """Yield the file's lines without its header."""
        with self._open() as stream:
            carry, line, at_start = b"", 1, True
            while True:
                read = self._read(stream, BLOCK_BYTES)
                if at_start:
                    read = read.removeprefix(b"\xef\xbb\xbf")
                data = carry + read
                if not data:
                    return
                cut = data.rfind(b"\n") + 1 if read else len(data)
                if max(len(data) - cut, 0 if cut else len(data)) > MAX_LINE_BYTES:
                    at = line + data.count(b"\n")
                    raise BadInputError(
                        f"{self.path} has a line of more than {MAX_LINE_BYTES // 2**20} MB,"
                        f" line {at}."
                    )
                if not cut:
                    carry = data
                    continue
                if at_start:
                    blank = len(data) - len(data.lstrip(b"\r\n"))
                    end = data.find(b"\n", blank, cut)
                    if self.reader.header:
                        end = cut - 1 if end < 0 else end
                        data = b"\n" * data.count(b"\n", 0, end + 1) + data[end + 1 :]
                        cut = data.rfind(b"\n") + 1 if read else len(data)
                    at_start = False
                block, cut = self._with_records(line, data, cut, bool(read))
                yield block
                line += data.count(b"\n", 0, cut)
                carry = data[cut:]
                if not read:
                    return

    def _with_records(self, line: int, data: bytes, cut: int, more: bool) -> tuple[_Block, int]:
        """Find the records that run over several lines.

        A line with an odd number of quotes opens one, if together with all lines up to the next
        such line it is well-formed. So a quote that is never closed costs one line, not the file.

        Returns the block and where it ends in `data`: before a record that is not complete yet.
        """
        whole = data[:cut]
        quote = self.reader.quote.encode()
        if not quote or quote not in whole:
            return _Block(line, whole), cut
        array = np.frombuffer(whole, np.uint8)
        ends = np.flatnonzero(array == 10)
        if not len(ends) or ends[-1] != cut - 1:
            ends = np.append(ends, cut)
        starts = np.concatenate(([0], ends[:-1] + 1))
        before = np.searchsorted(np.flatnonzero(array == quote[0]), ends)
        odd = np.flatnonzero(np.diff(before, prepend=0) % 2)
        records: list[tuple[int, bytes]] = []
        pieces: list[bytes] = []
        at = place = 0
        while place < len(odd):
            first = int(odd[place])
            if place + 1 == len(odd):
                near = len(ends) - first <= MAX_RECORD_LINES
                if more and near and cut - starts[first] <= MAX_LINE_BYTES:
                    cut = int(starts[first])
                break
            last = int(odd[place + 1])
            record = whole[starts[first] : ends[last]]
            if last - first < MAX_RECORD_LINES and self._is_record(record):
                records.append((line + first, record))
                pieces += [whole[at : starts[first]], b"\n" * (last - first + 1)]
                at = min(int(ends[last]) + 1, cut)
                place += 1
            place += 1
        return _Block(line, b"".join([*pieces, whole[at:cut]]), tuple(records)), cut

    def _is_record(self, record: bytes) -> bool:
        text = self.reader.delimiter.encode() + record.rstrip(b"\r")
        matched = self._record.fullmatch(text)
        return matched is not None and len(self._cell.findall(text)) == len(self.names)


def _full_lines(data: bytes) -> int:
    """Return the number of lines that are not empty."""
    array = np.frombuffer(data + b"\n", np.uint8)
    ends = np.flatnonzero(array == 10)
    lengths = np.diff(ends, prepend=-1) - 1
    blank = (lengths == 0) | ((lengths == 1) & (array[ends - 1] == 13))
    return len(ends) - int(blank.sum())


class _RelationSource:
    """Rows that DuckDB reads with names and types of their own; a row's number is its line."""

    is_gapless = False

    def __init__(
        self, con: duckdb.DuckDBPyConnection, name: str, relation: str, number: str
    ) -> None:
        self.con = con
        self.name = name
        self.relation = relation
        self.number = number
        self.needed: tuple[str, ...] = ()
        self.nulls: tuple[str, ...] = ()
        self.names: list[str] = []

    def check(self) -> None:
        """Refuse a file or table that cannot be opened, or lacks a column."""
        try:
            described = self.con.execute(f"describe select * from {self.relation}").fetchall()
        except duckdb.Error as error:
            reason = " ".join(str(error).split())[:200].rstrip(".")
            raise BadInputError(f"{self.name} cannot be read ({reason}).") from error
        self.names = [name for name, *_ in described]
        _names(self.name, self.names, self.needed)

    def batches(self) -> Iterator[Batch]:
        """Yield everything at once: DuckDB streams it and works on it with all threads."""
        [[rows]] = self.con.execute(f"select count(*) from {self.relation}").fetchall()
        columns = "".join(
            f", {_value(f'cast({quoted(name)} as varchar)', self.nulls)} as s{number}"
            for number, name in enumerate(self.needed)
        )
        if rows:
            query = f"""
                select {self.number} + 1 as line, {self._text()} as text,
                    cast(null as varchar) as fault {columns}
                from {self.relation}
            """
            yield Batch(query, {}, rows, 1 if self.is_gapless else None)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """Return rows as JSON objects."""
        found = self.con.execute(
            f"select {self.number} + 1, {self._text()} from {self.relation}"
            f" where {self.number} + 1 in (select unnest(?::bigint[]))",
            [sorted(lines)],
        ).fetchall()
        return dict(found)

    def _text(self) -> str:
        pairs = ", ".join(f"{literal(name)}: {quoted(name)}" for name in self.names)
        return f"cast(to_json({{{pairs}}}) as varchar)"


class ParquetSource(_RelationSource):
    """A Parquet file."""

    is_gapless = True

    def __init__(
        self, con: duckdb.DuckDBPyConnection, path: Path, mapping: TableMapping, reader: Reader
    ) -> None:
        super().__init__(con, str(path), f"read_parquet({literal(str(path))})", "file_row_number")
        self.needed, self.nulls = mapping.source_columns(), reader.nulls


class TableSource(_RelationSource):
    """A table of another DuckDB file, which is attached as `source`."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, path: Path, mapping: TableMapping, reader: Reader
    ) -> None:
        schema, table = mapping.source or ("", "")
        super().__init__(
            con, f"{path} ({schema}.{table})", f"source.{quoted(schema)}.{quoted(table)}", "rowid"
        )
        self.needed, self.nulls = mapping.source_columns(), reader.nulls
