"""The rows of source files with their line numbers: CSV in blocks, Parquet and tables in ranges.

A CSV file is cut into blocks at line ends here, because DuckDB's own reader skips blank lines and
miscounts lines behind them. The lines of a block that are plainly well-formed go to DuckDB's reader
all the same, which is the fastest; numpy finds them. The others are taken to pieces by themselves,
cell by cell. So every line keeps its number and its text whatever is wrong with it, and a damaged
one takes no other with it.
"""

import contextlib
import csv
import dataclasses
import gzip
import io
import os
import re
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from raw_layer.errors import BadInputError, reason
from raw_layer.sql import literal, quoted


ENCODINGS = ("utf-8", "latin-1", "windows-1252", "iso-8859-15")


@dataclasses.dataclass(frozen=True)
class Reader:
    """How CSV files are written."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool | int | str = True
    names: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()


def is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:12] == b"DUCK"


def open_source(con, path, reader, table):
    if is_duckdb(path):
        con.execute(f"attach if not exists {literal(str(path))} as source (read_only)")
        source = TableSource(con, path, table, reader)
    else:
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        source = ParquetSource(con, path, (), reader) if parquet else CsvSource(path, (), reader)
    source.check()
    source.needed = tuple(source.names)
    if not hasattr(source, "types"): source.types = ["VARCHAR"] * len(source.names)
    return source

# Two of DuckDB's groups of rows: whole ones are compressed once, and never merged with others.
GROUP_ROWS = 122_880
BLOCK_ROWS = 2 * GROUP_ROWS
BLOCK_BYTES = 64 * 2**20  # fewer rows where they are long
READ_BYTES = 4 * 2**20
MAX_LINE_BYTES = 8 * 2**20
# The most lines of a quoted cell; a longer one means that the quote was not meant as one.
MAX_RECORD_LINES = 1000
# If more than a quarter of a block's lines need care, all lines get it.
MAX_IRREGULAR = 0.25
_BOM = b"\xef\xbb\xbf"
_LF, _CR, _NUL, _SPACE = 10, 13, 0, 32

TRUNCATED = "the row is truncated: it has fewer cells than the header"
TOO_LONG = "the row has more cells than the header"
BAD_QUOTES = "the quotes of the row are malformed"
NUL = "the row holds a NUL character"


class Batch(Protocol):
    """Some rows of one source, in their order.

    Where every line from `first` on is a row, that line is given, as it saves numbering them.
    """

    @property
    def rows(self) -> int:
        """The number of its rows."""

    @property
    def first(self) -> int | None:
        """The number of its first line, if every line from there on is a row."""

    def reading(self, con: duckdb.DuckDBPyConnection) -> contextlib.AbstractContextManager[str]:
        """Give a query that `con` can run while the context is open.

        It has one row each with `line` (bigint), `fault` (what makes the row unreadable, or null)
        and the source columns `s0`, `s1` and so on as text, null where empty.
        """

    def texts(self, lines: list[int]) -> list[str]:
        """Return the original text of the rows with these numbers."""


class Source(Protocol):
    """One file (or one table of one) with the rows of one raw table."""

    name: str

    def check(self) -> None:
        """Refuse a source that lacks what the mapping reads, before anything is loaded."""

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in their order."""

    def texts(self, lines: set[int]) -> dict[int, str]:
        """Return the original text of the rows with these numbers, read once more."""


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

    `data` is UTF-8 and ends with a line end; `ends` has the place of each. `blank` has the places
    of the empty lines among the lines. The lines of a record are empty in `data`.
    """

    line: int
    data: bytes
    ends: NDArray[np.int64]
    blank: NDArray[np.int64]
    records: tuple[tuple[int, bytes], ...] = ()

    @property
    def rows(self) -> int:
        return len(self.ends) - len(self.blank) + len(self.records)

    def texts(self, lines: list[int]) -> list[str]:
        """Return the text of rows by the number of their (first) line."""
        records = dict(self.records)
        texts = [records[line] if line in records else self._line(line) for line in lines]
        return [text.rstrip(b"\r").decode() for text in texts]

    def _line(self, line: int) -> bytes:
        at = line - self.line
        return self.data[self.ends[at - 1] + 1 if at else 0 : self.ends[at]]


class CsvSource:
    """A CSV file, gzipped or not."""

    def __init__(self, path: Path, needed: tuple[str, ...], reader: Reader) -> None:
        self.path = path
        self.name = str(path)
        self.needed = needed
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
        for block in self._blocks():
            if block.rows:
                yield CsvBatch(self, block)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """Read the file once more for these lines."""
        found: dict[int, str] = {}
        for block in self._blocks():
            here = [line for line in lines if 0 <= line - block.line < len(block.ends)]
            found.update(zip(here, block.texts(here), strict=True))
        return found

    def _open(self) -> BinaryIO:
        try:
            with self.path.open("rb") as file:
                packed = file.read(2) == b"\x1f\x8b"
            return gzip.open(self.path) if packed else self.path.open("rb")  # type: ignore[return-value]
        except OSError as error:
            raise BadInputError(f"{self.path} cannot be read ({reason(error)}).") from error

    def _read(self, stream: BinaryIO, size: int) -> bytes:
        try:
            return stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadInputError(
                f"{self.path} is a damaged or truncated gzip file ({error})."
            ) from error
        except OSError as error:
            raise BadInputError(f"{self.path} cannot be read ({reason(error)}).") from error

    def _decode(self, data: bytes, line: int) -> str:
        try:
            return data.decode(self.reader.encoding)
        except UnicodeDecodeError as error:
            at = line + data[: error.start].count(b"\n")
            raise BadInputError(
                f"{self.path} is not {self.reader.encoding} at line {at}; reader.encoding names"
                " another one."
            ) from error

    def _utf8(self, data: bytes, line: int) -> bytes:
        if data.isascii():
            return data
        text = self._decode(data, line)
        return data if self.reader.encoding == "utf-8" else text.encode()

    def _filled(self, stream: BinaryIO, carry: bytes) -> tuple[bytes, bool]:
        """Read on until there are lines for a block; return all, and whether there may be more."""
        pieces, size, lines = [carry], 0, carry.count(b"\n")
        while read := self._read(stream, min(READ_BYTES, BLOCK_BYTES)):
            pieces.append(read)
            size += len(read)
            lines += read.count(b"\n")
            if size >= BLOCK_BYTES or lines >= BLOCK_ROWS:
                return b"".join(pieces), True
        return b"".join(pieces), False

    def _blocks(self) -> Iterator[_Block]:
        """Yield the file's lines without its header."""
        with self._open() as stream:
            carry, line, at_start, more = b"", 1, True, True
            while more or carry:
                data, more = self._filled(stream, carry)
                if at_start:
                    data = data.removeprefix(_BOM)
                if not more and data and not data.endswith(b"\n"):
                    data += b"\n"
                ends = _places(data, _LF)
                self._refuse_long_line(line, ends, len(data))
                if at_start:
                    blank = len(data) - len(data.lstrip(b"\r\n"))
                    end = data.find(b"\n", blank)
                    if end < 0 and more:
                        carry = data
                        continue
                    if self.reader.header:
                        line += int(np.searchsorted(ends, end, "right"))
                        data, ends = data[end + 1 :], ends[ends > end] - (end + 1)
                    at_start = False
                if more and len(ends) > GROUP_ROWS:
                    ends = ends[: len(ends) // GROUP_ROWS * GROUP_ROWS]
                if not len(ends):
                    carry = data
                    continue
                block, lines, cut = self._with_records(line, data, ends, more)
                if lines:
                    yield block
                line += lines
                carry = data[cut:]

    def _refuse_long_line(self, line: int, ends: NDArray[np.int64], size: int) -> None:
        long = np.flatnonzero(np.diff(ends, prepend=-1, append=size) > MAX_LINE_BYTES)
        if len(long):
            raise BadInputError(
                f"{self.path} has a line of more than {MAX_LINE_BYTES // 2**20} MB,"
                f" line {line + int(long[0])}."
            )

    def _with_records(
        self, line: int, data: bytes, ends: NDArray[np.int64], more: bool
    ) -> tuple[_Block, int, int]:
        """Find the records that run over several lines.

        A line with an odd number of quotes opens one, if together with all lines up to the next
        such line it is well-formed. So a quote that is never closed costs one line, not the file.

        Returns the block, its number of lines, and where it ends in `data`: before a record that
        is not complete yet.
        """
        whole = data[: ends[-1] + 1]
        quote = self.reader.quote.encode()
        if not quote or quote not in whole:
            return self._block(line, whole, ends), len(ends), len(whole)
        starts = np.concatenate(([0], ends[:-1] + 1))
        before = np.searchsorted(_places(whole, quote[0]), ends)
        odd = np.flatnonzero(np.diff(before, prepend=0) % 2)
        records: list[tuple[int, bytes]] = []
        pieces: list[bytes] = []
        at = place = 0
        lines = len(ends)
        while place < len(odd):
            first = int(odd[place])
            if place + 1 == len(odd):
                near = len(ends) - first <= MAX_RECORD_LINES
                if more and near and len(whole) - starts[first] <= MAX_LINE_BYTES:
                    lines = first
                break
            last = int(odd[place + 1])
            record = whole[starts[first] : ends[last]]
            if last - first < MAX_RECORD_LINES and self._is_record(record):
                records.append((line + first, self._utf8(record, line + first)))
                pieces += [whole[at : starts[first]], b"\n" * (last - first + 1)]
                at = int(ends[last]) + 1
                place += 1
            place += 1
        cut = int(starts[lines]) if lines < len(ends) else len(whole)
        rest = b"".join([*pieces, whole[at:cut]])
        return self._block(line, rest, _places(rest, _LF), tuple(records)), lines, cut

    def _block(
        self,
        line: int,
        data: bytes,
        ends: NDArray[np.int64],
        records: tuple[tuple[int, bytes], ...] = (),
    ) -> _Block:
        array = np.frombuffer(data, np.uint8)
        lengths = np.diff(ends, prepend=-1) - 1
        blank = (lengths == 0) | ((lengths == 1) & (array[ends - 1] == _CR))
        text = self._utf8(data, line)
        if text is not data:
            ends = _places(text, _LF)
        return _Block(line, text, ends, np.flatnonzero(blank), records)

    def _is_record(self, record: bytes) -> bool:
        text = self.reader.delimiter.encode() + record.rstrip(b"\r")
        matched = self._record.fullmatch(text)
        return matched is not None and len(self._cell.findall(text)) == len(self.names)


def _places(data: bytes, byte: int) -> NDArray[np.int64]:
    return np.flatnonzero(np.frombuffer(data, np.uint8) == byte)


@dataclasses.dataclass(frozen=True)
class CsvBatch:
    """The rows of one block: of most lines DuckDB's reader makes cells, of the others a query."""

    source: CsvSource
    block: _Block

    @property
    def rows(self) -> int:
        """The number of its rows."""
        return self.block.rows

    @property
    def first(self) -> int | None:
        """The number of its first line, if every line from there on is a row."""
        has_gaps = len(self.block.blank) > 0 or len(self.block.records) > 0
        return None if has_gaps else self.block.line

    def texts(self, lines: list[int]) -> list[str]:
        """Return the text of these lines."""
        return self.block.texts(lines)

    @contextlib.contextmanager
    def reading(self, con: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """Give the query of the rows."""
        block = self.block
        if b"\r\n" in block.data:
            data = block.data.replace(b"\r\n", b"\n")
            block = dataclasses.replace(block, data=data, ends=_places(data, _LF))
        irregular = self._irregular(block)
        is_plain = len(self.source.names) > 1 and irregular.mean() <= MAX_IRREGULAR
        if not is_plain:
            irregular[:] = True
        left_out = np.flatnonzero(irregular)
        careful = [
            *np.setdiff1d(left_out, block.blank) + block.line,
            *(line for line, _ in block.records),
        ]
        with contextlib.ExitStack() as open_files:
            queries = []
            if is_plain:
                data = self._without(block, left_out)
                path = open_files.enter_context(_as_file(data))
                queries.append(self._plain(path, data, len(left_out) > 0))
                if len(left_out):
                    con.register("left_out", pd.DataFrame({"line": left_out + block.line}))
            if careful:
                texts = pd.Series(block.texts(careful), dtype=object)
                con.register("careful", pd.DataFrame({"line": careful, "text": texts}))
                queries.append(self._careful())
            yield " union all ".join(queries)

    def _irregular(self, block: _Block) -> NDArray[np.bool_]:
        """Return which lines are not plainly one row of as many cells as there are columns.

        In a plain line a quote stands only around a whole cell, and none is doubled in it.
        """
        array, ends = np.frombuffer(block.data, np.uint8), block.ends
        delimiter, quote = ord(self.source.reader.delimiter), self.source.reader.quote.encode()
        irregular = np.zeros(len(ends), bool)
        irregular[block.blank] = True
        irregular[0] |= block.data.startswith(_BOM)  # DuckDB would skip it
        for byte in (_NUL, _CR):
            if bytes([byte]) in block.data:
                irregular[np.searchsorted(ends, np.flatnonzero(array == byte))] = True
        separators = np.flatnonzero((array == _LF) | (array == delimiter))
        if quote and quote in block.data:
            quotes = np.flatnonzero(array == quote[0])
            counts = np.diff(np.searchsorted(quotes, ends), prepend=0)
            irregular |= counts % 2 == 1
            quotes = quotes[np.repeat(counts % 2 == 0, counts)]
            # Now every other quote opens a cell; a first byte's neighbour is the last line end.
            is_closing = np.arange(len(quotes)) % 2 == 1
            outside = np.where(is_closing, array[quotes + is_closing], array[quotes - 1])
            stray = quotes[(outside != _LF) & (outside != delimiter)]
            irregular[np.searchsorted(ends, stray)] = True
            separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
        line_ends = np.flatnonzero(array[separators] == _LF)
        irregular |= np.diff(line_ends, prepend=-1) != len(self.source.names)
        return irregular

    def _without(self, block: _Block, left_out: NDArray[np.int64]) -> bytes:
        """Return the block with rows of empty cells in the place of some lines."""
        empty = self.source.reader.delimiter.encode() * (len(self.source.names) - 1) + b"\n"
        pieces, at = [], 0
        for line in left_out:
            start = int(block.ends[line - 1]) + 1 if line else 0
            pieces += [block.data[at:start], empty]
            at = int(block.ends[line]) + 1
        return b"".join([*pieces, block.data[at:]]) if pieces else block.data

    def _plain(self, path: str, data: bytes, has_left_out: bool) -> str:
        """Return the query of the lines that DuckDB reads from a file."""
        types = ", ".join(f"'c{number}': 'varchar'" for number in range(len(self.source.names)))
        delimiter, quote = literal(self.source.reader.delimiter), literal(self.source.reader.quote)
        # It makes nulls of empty cells itself; spaces are cut off where there may be any.
        has_no_padding = _has_no_padding(data, self.source.reader)
        values = []
        for number, name in enumerate(self.source.needed):
            cell = f"c{self.source.names.index(name)}"
            if not has_no_padding or self.source.reader.nulls:
                cell = _value(cell, self.source.reader.nulls)
            values.append(f", {cell} as {quoted(name)}")
        return f"""
            select line, cast(null as varchar) as fault {"".join(values)}
            from (
                select *, {self.block.line} - 1 + row_number() over () as line
                from read_csv(
                    {literal(path)}, columns = {{{types}}}, auto_detect = false, header = false,
                    delim = {delimiter}, quote = {quote}, escape = {quote},
                    new_line = '\\n', parallel = false,
                    max_line_size = {len(data) + 1}, buffer_size = {len(data) + 2}
                )
            )
            {"anti join left_out using (line)" if has_left_out else ""}
        """

    def _careful(self) -> str:
        """Return the query of the other lines, each with its error."""
        delimiter, quote = literal(self.source.reader.delimiter), literal(self.source.reader.quote)
        cells, malformed = f"string_split(text, {delimiter})", ""
        if self.source.reader.quote:
            cells = (
                f"case when contains(text, {quote}) then"
                f" regexp_extract_all({delimiter} || text, {literal(self.source.cell)}, 1, 's')"
                f" else {cells} end"
            )
            # Cells that do not add up to the line leave out what could not be read.
            malformed = (
                f"when contains(text, {quote}) and length(text) + 1 !="
                " length(array_to_string(cells, '')) + len(cells)"
                f" then {literal(BAD_QUOTES)}"
            )
        values = "".join(
            f", {_value(self._cell_of(name), self.source.reader.nulls)} as {quoted(name)}"
            for number, name in enumerate(self.source.needed)
        )
        return f"""
            select
                line,
                case
                    when contains(text, chr(0)) then {literal(NUL)}
                    {malformed}
                    when len(cells) < {len(self.source.names)} then {literal(TRUNCATED)}
                    when len(cells) > {len(self.source.names)} then {literal(TOO_LONG)}
                end as fault
                {values}
            from (select line, text, {cells} as cells from careful)
        """

    def _cell_of(self, name: str) -> str:
        cell = f"cells[{self.source.names.index(name) + 1}]"
        if not self.source.reader.quote:
            return cell
        quote = literal(self.source.reader.quote)
        return (
            f"case when starts_with({cell}, {quote}) then replace({cell}[2:-2], {quote} || {quote},"
            f" {quote}) else {cell} end"
        )


def _has_no_padding(data: bytes, reader: Reader) -> bool:
    """Return whether it is certain that no cell begins or ends with a space of any kind."""
    if not data.isascii():
        return False
    array = np.frombuffer(data, np.uint8)
    spaces = np.flatnonzero(array == _SPACE)
    # Behind the last byte, a line end, stands none; the first one's neighbour is that line end.
    beside = np.concatenate((array[spaces - 1], array[spaces + 1]))
    borders = (_LF, ord(reader.delimiter), *reader.quote.encode())
    return not any((beside == border).any() for border in borders)


@contextlib.contextmanager
def _as_file(data: bytes) -> Iterator[str]:
    """Yield the path of a file with `data`, in memory if the system can do that."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("block")
        with open(handle, "wb", buffering=0) as file:  # noqa: PTH123, it has no path
            file.write(data)
            yield f"/proc/self/fd/{handle}"
    else:
        with tempfile.NamedTemporaryFile(prefix="smartsentry_") as file:
            file.write(data)
            file.flush()
            yield file.name


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
            raise BadInputError(f"{self.name} cannot be read ({reason(error)}).") from error
        self.names = [name for name, *_ in described]; self.types = [t for _, t, *_ in described]
        _names(self.name, self.names, self.needed)

    def batches(self) -> Iterator[Batch]:
        """Yield the rows in ranges of their numbers; DuckDB reads only those ranges."""
        [[last]] = self.con.execute(f"select max({self.number}) from {self.relation}").fetchall()
        for start in range(0, 0 if last is None else last + 1, BLOCK_ROWS):
            where = f"{self.number} between {start} and {start + BLOCK_ROWS - 1}"
            [[rows]] = self.con.execute(
                f"select count(*) from {self.relation} where {where}"
            ).fetchall()
            if rows:
                yield RelationBatch(self, where, rows, start + 1 if self.is_gapless else None)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """Return rows as JSON objects."""
        pairs = ", ".join(f"{literal(name)}: {quoted(name)}" for name in self.names)
        with self.con.cursor() as con:
            found = con.execute(
                f"select {self.number} + 1, cast(to_json({{{pairs}}}) as varchar)"
                f" from {self.relation} where {self.number} + 1 in (select unnest(?::bigint[]))"
                f" and {self.number} between ? and ?",
                [sorted(lines), min(lines) - 1, max(lines) - 1],
            ).fetchall()
        return dict(found)


@dataclasses.dataclass(frozen=True)
class RelationBatch:
    """The rows of a source in a range of its numbers."""

    source: _RelationSource
    where: str
    rows: int
    first: int | None

    @contextlib.contextmanager
    def reading(self, con: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """Give the query of the rows."""
        source = self.source
        values = "".join(
            f", {quoted(name)}"
            for number, name in enumerate(source.needed)
        )
        yield f"""
            select {source.number} + 1 as line, cast(null as varchar) as fault {values}
            from {source.relation} where {self.where}
        """

    def texts(self, lines: list[int]) -> list[str]:
        """Return these rows as JSON objects."""
        found = self.source.texts(set(lines))
        return [found[line] for line in lines]


class ParquetSource(_RelationSource):
    """A Parquet file."""

    is_gapless = True

    def __init__(
        self, con: duckdb.DuckDBPyConnection, path: Path, needed: tuple[str, ...], reader: Reader
    ) -> None:
        super().__init__(con, str(path), f"read_parquet({literal(str(path))})", "file_row_number")
        self.needed, self.nulls = needed, reader.nulls


class TableSource(_RelationSource):
    """A table of another DuckDB file, which is attached as `source`."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, path: Path, mapping, reader: Reader
    ) -> None:
        schema, table = mapping
        super().__init__(
            con, f"{path} ({schema}.{table})", f"source.{quoted(schema)}.{quoted(table)}", "rowid"
        )
        self.nulls = reader.nulls
