"""The rows of source files with their line numbers: CSV in blocks, Parquet and tables in ranges.

A CSV file is cut into blocks at line ends here, because DuckDB's own reader skips blank lines and
miscounts lines behind them. The lines of a block that are plainly well-formed go to DuckDB's reader
all the same, which is the fastest; numpy finds them. The others are taken to pieces by themselves,
cell by cell. So every line keeps its number and its text whatever is wrong with it, and a damaged
one takes no other with it.
"""

import codecs
import contextlib
import dataclasses
import gzip
import itertools
import os
import re
import shutil
import stat
import tempfile
import weakref
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from raw_layer.errors import BadInputError, in_one_sentence
from raw_layer.settings import MEMORY_LIMIT, connect
from raw_layer.sql import literal, quoted

# Two of DuckDB's groups of rows: whole ones are compressed once, and never merged with others.
GROUP_ROWS = 122_880
BLOCK_ROWS = 2 * GROUP_ROWS
BLOCK_BYTES = 64 * 2**20  # fewer rows where they are long
READ_BYTES = 4 * 2**20
MAX_LINE_BYTES = 8 * 2**20
# The most lines of a quoted cell; a longer one means that the quote was not meant as one.
MAX_RECORD_LINES = 1000
# In each but UTF-16 a byte below 128 is that character of ASCII.
ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1"),
    *(f"iso-8859-{part}" for part in range(1, 17) if part != 12),
    *(f"windows-{page}" for page in range(1250, 1259)),
    *("cp437", "cp850", "cp852", "cp858", "cp866", "koi8-r", "koi8-u", "mac-roman"),
)
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_GZIP = b"\x1f\x8b"
# What a file is that begins with this: of no use, packed, or a text of another kind.
_OTHER = {
    rb"PK\x03\x04.*?opendocument": "an OpenDocument file (such as ods)",
    rb"PK\x03\x04.*?xl/[_wst]": "an Excel workbook (xlsx)",
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old or encrypted Office file (such as xls)",
    rb"%PDF": "a PDF document",
    rb"PARE": "an encrypted Parquet file",
    rb"SQLite format 3\0": "a SQLite database",
    rb"-----BEGIN PGP": "encrypted or signed with PGP",
}
_PACKED = {
    rb"PK[\x01-\x08]": "a ZIP archive",
    rb"7z\xbc\xaf\x27\x1c": "a 7z archive",
    rb"Rar!\x1a\x07": "a RAR archive",
    rb".{257}ustar": "a tar archive",
    rb"BZh[1-9]1AY&SY": "packed with bzip2",
    rb"\xfd7zXZ\0": "packed with xz",
    rb"\x28\xb5\x2f\xfd": "packed with zstd",
}
_PACKED_TWICE = {rb"\x1f\x8b|PAR1|.{8}DUCK": "packed with gzip, which only a CSV file may be"}
_TEXTS = {
    rb":20:|\{1:F": "a SWIFT statement (such as MT940)",
    rb"OFXHEADER|!Type:": "an OFX or QIF statement",
    rb"(?i)<!DOCTYPE html|<html": "an HTML page",
    # Some tables have names such as <DATE>: there a delimiter follows.
    rb"<[?!]|<[\w:.-]+(\s[^<>]*)?>(\s*[\r\n]\s*)?<": "XML (such as camt.053)",
    rb"\{\s*[\"}]|\[\s*[\[{\"\]]": "JSON",
}

TRUNCATED = "the row is truncated: it has fewer cells than the header"
TOO_LONG = "the row has more cells than the header"
BAD_QUOTES = "the quotes of the row are malformed"
NUL = "the row holds a NUL character"
SKIPPED = "the row is skipped"  # as source.toml says
_NUMBERS = itertools.count()  # for names that nothing else in the process has


@dataclasses.dataclass(frozen=True)
class Reader:
    """How the files of a relation are written; `names` replace the header's.

    `header` is True for the first line that is not blank, False for none, the number of a line, or
    the text with which it begins. `nulls` are texts that mean null, as the empty text does. A line
    that begins with one of `skip` is no row, such as a total: it counts as left out.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool | int | str = True
    names: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


class Batch(Protocol):
    """Some rows of one source, in their order."""

    @property
    def rows(self) -> int:
        """The number of its rows."""

    @property
    def first(self) -> int | None:
        """The number of its first line, if every line from there on is a row: saves counting."""

    def reading(self, con: duckdb.DuckDBPyConnection) -> contextlib.AbstractContextManager[str]:
        """Give a query that `con` can run while the context is open, one of them at a time.

        It has one row each with `line` (bigint), `fault` (why the row is not read, or null)
        and the source's columns by name. Texts are trimmed, and null where empty or one of `nulls`.
        """

    def texts(self, lines: list[int]) -> list[str]:
        """Return the original text of the rows with these numbers."""


class Source(Protocol):
    """One file (or one table of one): its name, its columns and their DuckDB types."""

    name: str
    names: list[str]
    types: list[str]

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in their order."""

    def texts(self, lines: set[int]) -> dict[int, str]:
        """Return the original text of the rows with these numbers, read once more."""


def open_source(
    con: duckdb.DuckDBPyConnection, path: Path, reader: Reader, table: str | None
) -> Source:
    """Look at a file, and read what its columns are.

    Args:
        con: Reads Parquet; a DuckDB file is attached to it.
        path: A CSV file (gzipped or not), a Parquet file, a DuckDB file, or a pipe with one, which
            is copied into a temporary file, since it can be read only once.
        reader: How a CSV file is written; of the others only `nulls` counts.
        table: The table or view of a DuckDB file; nothing to the others.

    Raises:
        BadInputError: the file cannot be read; the text says what it is.
    """
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise BadInputError(f"{name!r} cannot be read: its name must be UTF-8.") from error
    with in_one_sentence(f"{name} cannot be read", refusal=BadInputError):
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            kind = "folder" if stat.S_ISDIR(mode) else "device or socket"
            raise BadInputError(f"{name} is a {kind}; it must be a file.")
        with contextlib.ExitStack() as copies:
            if stat.S_ISFIFO(mode):
                pipe = copies.enter_context(path.open("rb"))
                copy = copies.enter_context(tempfile.NamedTemporaryFile(prefix="smartsentry_"))
                shutil.copyfileobj(pipe, copy)
                copy.flush()
                path = Path(copy.name)
            source = _opened(con, path, name, reader, table)
            weakref.finalize(source, copies.pop_all().close)
            return source


def _opened(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, reader: Reader, table: str | None
) -> Source:
    with path.open("rb") as file:
        head = file.read(2**16)
    if head[8:12] == b"DUCK":
        return _table_source(con, path, name, reader, table)
    if head.startswith(b"PAR1"):
        relation = f"read_parquet({literal(str(path))})"
        return RelationSource(con, con, name, relation, "file_row_number", reader)
    if head.startswith(_GZIP):
        with gzip.GzipFile(path) as unpacked:
            head = _read(cast(BinaryIO, unpacked), 2**16, name)
        _refuse(name, head, _PACKED_TWICE, "unpack it first")
    _refuse(name, head, _OTHER)
    _refuse(name, head, _PACKED, "unpack it first")
    return CsvSource(path, name, reader, head)


def _refuse(
    name: str, head: bytes, kinds: dict[bytes, str], advice: str = "it must be a table, such as CSV"
) -> None:
    for pattern, kind in kinds.items():
        if re.match(pattern, head, re.DOTALL):
            raise BadInputError(f"{name} is {kind}: {advice}.")


def _read(stream: BinaryIO, size: int, name: str) -> bytes:
    try:
        return stream.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInputError(f"{name} is a damaged or truncated gzip file ({error}).") from error


def _distinct(found: list[str]) -> list[str]:
    """Return names that differ without regard to case, also from `line` and `file`."""
    taken, names, original = {"line", "file"}, [], {name.lower() for name in found}
    for name in found:
        others = (f"{name}_{number}" for number in itertools.count(1))
        if name.lower() in taken:
            name = next(n for n in others if n.lower() not in taken | original)
        taken.add(name.lower())
        names.append(name)
    return names


def _value(text: str, nulls: tuple[str, ...], has_tabs: bool = True) -> str:
    trimmed = f"trim(trim({text}), ' ' || chr(9))" if has_tabs else f"trim({text})"
    if not nulls:
        return f"nullif({trimmed}, '')"
    return (
        f"case when {trimmed} not in ({', '.join(map(literal, ('', *nulls)))}) then {trimmed} end"
    )


class CsvSource:
    """A CSV file, gzipped or not."""

    def __init__(self, path: Path, name: str, reader: Reader, head: bytes) -> None:
        self.path, self.name, self.reader = path, name, reader
        self.encoding = self._found_encoding(head)
        quote, delimiter = re.escape(reader.quote), re.escape(reader.delimiter)
        # A cell with the delimiter before it: quoted, or without any quote.
        cell = f"[^{delimiter}]*"
        if reader.quote:
            cell = f"{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{delimiter}{quote}]*"
        self._cell = re.compile(f"{delimiter}({cell})")
        self._ends_lines_with_cr = False
        # Where the rows begin: the place in the text, and the number of the line.
        self._start, self._line = 0, 1
        self.names: list[str] = []
        self.names = self._read_header(is_empty=not head)
        self.types = ["VARCHAR"] * len(self.names)

    def batches(self) -> Iterator[Batch]:
        """Yield the file's records in blocks."""
        return (batch for batch in self._blocks() if batch.rows)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """Read the file once more for these lines."""
        found: dict[int, str] = {}
        for batch in self._blocks():
            here = [line for line in lines if 0 <= line - batch.line < len(batch.ends)]
            found.update(zip(here, batch.texts(here), strict=True))
        return found

    def cut(self, row: str) -> tuple[list[str], str | None]:
        """Return the cells of a row, and what is wrong with it."""
        delimiter, quote = self.reader.delimiter, self.reader.quote
        cells, fault = self._cell.findall(delimiter + row), None
        if self.names and row.startswith(self.reader.skip):
            fault = SKIPPED
        elif sum(map(len, cells)) + len(cells) != len(row) + 1:
            fault = BAD_QUOTES  # the cells leave out what could not be read
        elif len(cells) != len(self.names):
            fault = TRUNCATED if len(cells) < len(self.names) else TOO_LONG
        elif "\0" in row:
            fault = NUL
        if quote and quote in row:
            cells = [
                cell[1:-1].replace(quote * 2, quote) if cell.startswith(quote) else cell
                for cell in cells
            ]
        return cells, fault

    # What the file is.

    def _found_encoding(self, head: bytes) -> str:
        """Return a byte-order mark's encoding, or the reader's unless the bytes rule it out."""
        said = self.reader.encoding
        found = next((coded for mark, coded in _MARKS.items() if head.startswith(mark)), said)
        if not head.startswith(tuple(_MARKS)) and not said.startswith("utf-16"):
            for first, other in ((1, "utf-16-le"), (0, "utf-16-be")):
                if head[first::2].count(0) > len(head) / 4 and 0 not in head[1 - first :: 2]:
                    raise BadInputError(f"{self.name} is UTF-16; its encoding must be {other}.")
            text = bytes({*range(8, 14), *range(32, 256), 0x1A, 0x1B})
            if len(head[:4096].translate(None, text)) > 16 + len(head[:4096]) / 20:
                raise BadInputError(f"{self.name} is a binary file: it must be a table in a text.")
        if found == "utf-16":
            raise BadInputError(
                f"{self.name} has no byte-order mark: its encoding must be utf-16-le or utf-16-be."
            )
        if found not in ENCODINGS:
            raise BadInputError(
                f"{self.name} is {found}; its encoding must be one of {', '.join(ENCODINGS)}."
            )
        return found

    def _read_header(self, is_empty: bool) -> list[str]:
        """Return the columns' names, and set where the rows begin."""
        data, place = b"", None
        with contextlib.closing(self._chunks()) as chunks:
            for chunk, _ in itertools.chain(chunks, [(None, 0)]):
                data += chunk or b""
                # The last CR may belong to an LF that has not been read yet.
                begun = data if chunk is None else data.rstrip(b"\r")
                self._ends_lines_with_cr = b"\r" in begun and b"\n" not in begun
                head = data.replace(b"\r", b"\n") if self._ends_lines_with_cr else data
                _refuse(self.name, head.lstrip(), _TEXTS)
                place = self._header(head, chunk is None)
                if place or len(head) > MAX_LINE_BYTES:
                    break
        header = self.reader.header
        self._refuse_long_line(1, _places(head, b"\n"), len(head))
        if not place:
            said = "has only blank lines" if isinstance(header, bool) else "has no header in line"
            said += "" if isinstance(header, bool) else f" {header}"
            if isinstance(header, str):
                said = f"has no line that begins with {header!r}"
            said += "" if chunk is None else f" in its first {MAX_LINE_BYTES // 2**20} MB"
            said = said if head else "is empty but for a byte-order mark"
            raise BadInputError(f"{self.name} {'is empty' if is_empty else said}.")
        start, end = place
        record = head[start:end].rstrip(b"\r").decode()
        cells, fault = self.cut(record)
        if "\0" in record:
            raise BadInputError(f"{self.name} is a binary file: its header holds NUL characters.")
        if fault == BAD_QUOTES:
            cells = record.split(self.reader.delimiter)
        line = head.count(b"\n", 0, start) + 1
        names = self.reader.names or cells
        if len(cells) != len(names):
            raise BadInputError(
                f"{self.name} has {len(cells)} columns in line {line}, and the reader {len(names)}"
                " names."
            )
        if header is not False:
            self._start, self._line = end + 1, line + head.count(b"\n", start, end) + 1
        return _distinct([name.strip() or f"column_{n}" for n, name in enumerate(names, 1)])

    def _header(self, head: bytes, is_whole: bool) -> tuple[int, int] | None:
        """Return where the header, or else the first row, begins and ends in the file's start.

        None means that it is not there, or perhaps not whole.
        """
        header, start = self.reader.header, 0
        if isinstance(header, str):
            start = (b"\n" + head).find(b"\n" + header.encode())
        elif isinstance(header, bool):
            blank = re.match(rb"\s*\n", head)
            start = blank.end() if blank else 0
        else:
            for _ in range(header - 1):
                start = head.find(b"\n", start) + 1 or len(head)
        if start < 0 or not head[start:].partition(b"\n")[0].strip():
            return None
        first, end, quote = 0, start - 1, self.reader.quote.encode()
        for _ in range(MAX_RECORD_LINES):
            end = head.find(b"\n", end + 1)
            if end < 0 and not is_whole:
                return None
            end = len(head) if end < 0 else end
            first = first or end
            record = head[start:end]
            # A quoted name may run over several lines.
            if not quote or self.cut(record.rstrip(b"\r").decode())[1] != BAD_QUOTES:
                return start, end
            if record.count(quote) % 2 == 0 or end == len(head):
                break
        return start, first

    # Its text and its lines.

    def _chunks(self) -> Generator[tuple[bytes, int]]:
        """Yield the file as UTF-8 with LF in each line end, and how many: without its mark."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        is_wide, line = self.encoding.startswith("utf-16"), 1
        with contextlib.ExitStack() as files:
            sentence = f"{self.name} cannot be read"
            files.enter_context(in_one_sentence(sentence, ".", (OSError,), BadInputError))
            file: BinaryIO = files.enter_context(self.path.open("rb"))
            if file.read(2) == _GZIP:
                file = cast(BinaryIO, files.enter_context(gzip.GzipFile(self.path)))
            file.seek(0)
            for number in itertools.count():
                read = data = _read(file, min(READ_BYTES, BLOCK_BYTES), self.name)
                if is_wide or not read.isascii() or decoder.getstate()[0]:
                    try:
                        text = decoder.decode(read, final=not read)
                    except UnicodeDecodeError as error:
                        before = error.object[: error.start].decode(self.encoding)
                        line += before.count("\n") or before.count("\r")
                        raise BadInputError(
                            f"{self.name} is not {self.encoding} at line {line}: its encoding must"
                            " be another one, such as windows-1252 (Western Europe)."
                        ) from error
                    data = read if self.encoding == "utf-8" else text.encode()
                if number == 0:
                    data = data.removeprefix(codecs.BOM_UTF8)
                if self._ends_lines_with_cr:
                    data = data.replace(b"\r", b"\n")
                lines = data.count(b"\n")
                line += lines
                yield data, lines
                if not read:
                    return

    def _blocks(self) -> Iterator["CsvBatch"]:
        """Yield the lines behind the header, some at a time."""
        carry, line, skip, more = b"", self._line, self._start, True
        with contextlib.closing(self._chunks()) as chunks:
            while more or carry:
                pieces, size, lines = [carry], 0, carry.count(b"\n")
                more = False
                for chunk, ends_in_it in chunks:
                    pieces.append(chunk[skip:])
                    skip = max(0, skip - len(chunk))
                    size += len(pieces[-1])
                    lines += ends_in_it
                    if more := size >= BLOCK_BYTES or lines >= BLOCK_ROWS:
                        break
                data = b"".join(pieces)
                if not more and data and not data.endswith(b"\n"):
                    data += b"\n"
                ends = _places(data, b"\n")
                self._refuse_long_line(line, ends, len(data))
                if more and len(ends) > GROUP_ROWS:
                    ends = ends[: len(ends) // GROUP_ROWS * GROUP_ROWS]
                carry = data
                if len(ends):
                    batch, cut = self._with_records(line, data, ends, more)
                    if len(batch.ends):
                        yield batch
                    line += len(batch.ends)
                    carry = data[cut:]

    def _refuse_long_line(self, line: int, ends: NDArray[np.int64], size: int) -> None:
        long = np.flatnonzero(np.diff(ends, prepend=-1, append=size) > MAX_LINE_BYTES)
        if len(long):
            raise BadInputError(
                f"{self.name} has a line of more than {MAX_LINE_BYTES // 2**20} MB,"
                f" line {line + int(long[0])}."
            )

    def _with_records(
        self, line: int, data: bytes, ends: NDArray[np.int64], more: bool
    ) -> tuple["CsvBatch", int]:
        """Find the records that run over several lines.

        A line with an odd number of quotes opens one, if together with all lines up to the next
        such line it is well-formed. So a quote that is never closed costs one line, not the file.

        Returns the batch and where it ends in `data`: before a record that is not complete yet.
        """
        whole, records = data[: ends[-1] + 1], dict[int, str]()
        quote = self.reader.quote.encode()
        if not quote or quote not in whole:
            return CsvBatch(self, line, whole, ends, records), len(whole)
        starts = np.concatenate(([0], ends[:-1] + 1))
        before = np.searchsorted(_places(whole, quote), ends)
        odd = np.flatnonzero(np.diff(before, prepend=0) % 2)
        pieces, at, place, cut = list[bytes](), 0, 0, len(whole)
        while place < len(odd):
            first = int(odd[place])
            start = int(starts[first])
            if place + 1 == len(odd):
                near = len(ends) - first <= MAX_RECORD_LINES
                if more and near and len(whole) - start <= MAX_LINE_BYTES:
                    cut = start
                break
            last = int(odd[place + 1])
            if last - first < MAX_RECORD_LINES:
                record = whole[start : ends[last]].rstrip(b"\r").decode()
                if self.cut(record)[1] in (None, NUL):
                    records[line + first] = record
                    pieces += [whole[at:start], b"\n" * (last - first + 1)]
                    at = int(ends[last]) + 1
                    place += 1
            place += 1
        rest = b"".join([*pieces, whole[at:cut]])
        return CsvBatch(self, line, rest, _places(rest, b"\n"), records), cut


def _places(data: bytes, byte: bytes) -> NDArray[np.int64]:
    return np.flatnonzero(np.frombuffer(data, np.uint8) == byte[0])


class CsvBatch:
    """Whole lines of a CSV file from number `line` on, and records that run over several lines.

    `data` ends with a line end; `ends` has the place of each. The lines of a record are empty in
    `data`. Of most lines DuckDB's reader makes cells, of the others `CsvSource.cut`.
    """

    def __init__(
        self,
        source: CsvSource,
        line: int,
        data: bytes,
        ends: NDArray[np.int64],
        records: dict[int, str],
    ) -> None:
        self.source, self.line, self.data, self.ends = source, line, data, ends
        self.records = records
        array, lengths = np.frombuffer(data, np.uint8), np.diff(ends, prepend=-1) - 1
        # CR LF and CR CR LF end lines too.
        has_cr_alone = (array[ends - lengths] == 13) & (array[ends - 1] == 13)
        self.blank: NDArray[np.bool_] = (lengths == 0) | ((lengths <= 2) & has_cr_alone)
        self.rows = len(ends) - int(np.count_nonzero(self.blank)) + len(records)
        self.first = None if self.blank.any() else line

    def texts(self, lines: list[int]) -> list[str]:
        """Return the text of rows by the number of their (first) line."""
        return [self.records.get(line) or self._text(line - self.line) for line in lines]

    def _text(self, at: int) -> str:
        start = self.ends[at - 1] + 1 if at else 0
        return self.data[start : self.ends[at]].rstrip(b"\r").decode()

    @contextlib.contextmanager
    def reading(self, con: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """Give the query of the rows."""
        data, ends, names = self.data, self.ends, self.source.names
        while b"\r\n" in data:
            data = data.replace(b"\r\n", b"\n")
        if data is not self.data:
            ends = _places(data, b"\n")
        irregular = self._irregular(data, ends)
        left_out = np.flatnonzero(irregular)
        odd = [*np.flatnonzero(irregular & ~self.blank) + self.line, *self.records]
        data = self._without(data, ends, left_out)
        with _as_file(data) as path:
            query = self._plain(path, data, len(left_out) > 0)
            if len(left_out):
                con.register("lines left out", pd.DataFrame({"line": left_out + self.line}))
            if odd:
                cut = [self.source.cut(text) for text in self.texts(odd)]
                frame = {"line": odd, "fault": pd.Series([fault for _, fault in cut], dtype=object)}
                for n in range(len(names)):
                    cells = [cells[n] if n < len(cells) else None for cells, _ in cut]
                    frame[f"c{n}"] = pd.Series(cells, dtype=object)
                con.register("odd lines", pd.DataFrame(frame))
                query += f' union all select line, fault {self._values()} from "odd lines"'
            yield query

    def _values(self, has_padding: bool = True, has_tabs: bool = True) -> str:
        nulls, values = self.source.reader.nulls, ""
        for number, name in enumerate(self.source.names):
            cell = f"cast(c{number} as varchar)"
            cell = _value(cell, nulls, has_tabs) if has_padding or nulls else cell
            values += f", {cell} as {quoted(name)}"
        return values

    def _irregular(self, data: bytes, ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which lines are not plainly one row of as many cells as there are columns.

        In a plain line a quote stands only around a whole cell, or doubled within one.
        """
        array, reader = np.frombuffer(data, np.uint8), self.source.reader
        delimiter, quote = ord(reader.delimiter), reader.quote.encode()
        irregular = self.blank.copy()
        irregular[0] |= data.startswith(codecs.BOM_UTF8)  # DuckDB would skip it
        for byte in (b"\0", b"\r"):
            if byte in data:
                irregular[np.searchsorted(ends, _places(data, byte))] = True
        if reader.skip:
            begun = b"|".join(re.escape(text.encode()) for text in reader.skip)
            begins = [found.start() for found in re.finditer(rb"(?m)^(?:%b)" % begun, data)]
            irregular[np.searchsorted(ends, begins)] = True
        separators = np.flatnonzero((array == 10) | (array == delimiter))
        if quote and quote in data:
            quotes = _places(data, quote)
            counts = np.diff(np.searchsorted(quotes, ends), prepend=0)
            irregular |= counts % 2 == 1
            quotes = quotes[np.repeat(counts % 2 == 0, counts)]
            # Now every other quote opens a cell; a first byte's neighbour is the last line end.
            is_closing = np.arange(len(quotes)) % 2 == 1
            outside = np.where(is_closing, array[quotes + is_closing], array[quotes - 1])
            stray = quotes[(outside != 10) & (outside != delimiter) & (outside != quote[0])]
            irregular[np.searchsorted(ends, stray)] = True
            separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
        line_ends = np.flatnonzero(array[separators] == 10)
        irregular |= np.diff(line_ends, prepend=-1) != len(self.source.names)
        return irregular

    def _without(self, data: bytes, ends: NDArray[np.int64], left_out: NDArray[np.int64]) -> bytes:
        """Return the data with other rows, which have no meaning, in the place of some lines."""
        other = b"-" + self.source.reader.delimiter.encode() * (len(self.source.names) - 1) + b"\n"
        pieces, at = [], 0
        for line in left_out:
            pieces += [data[at : int(ends[line - 1]) + 1 if line else 0], other]
            at = int(ends[line]) + 1
        return b"".join([*pieces, data[at:]]) if pieces else data

    def _plain(self, path: str, data: bytes, has_left_out: bool) -> str:
        """Return the query of the lines that DuckDB reads from a file."""
        reader = self.source.reader
        types = ", ".join(f"c{number}: 'varchar'" for number in range(len(self.source.names)))
        delimiter, quote = literal(reader.delimiter), literal(reader.quote)
        # It makes nulls of empty cells itself; spaces are cut off where there may be any.
        has_tabs = reader.delimiter != "\t" and b"\t" in data
        has_padding = has_tabs or _may_have_padding(data, reader)
        return f"""
            select line, cast(null as varchar) as fault {self._values(has_padding, has_tabs)}
            from (
                select *, {self.line} - 1 + row_number() over () as line
                from read_csv(
                    {literal(path)}, columns = {{{types}}}, auto_detect = false, header = false,
                    delim = {delimiter}, quote = {quote}, escape = {quote},
                    new_line = '\\n', parallel = false,
                    max_line_size = {len(data) + 1}, buffer_size = {len(data) + 2}
                )
            )
            {'anti join "lines left out" using (line)' if has_left_out else ""}
        """


def _may_have_padding(data: bytes, reader: Reader) -> bool:
    """Return whether a cell might begin or end with a space of any kind."""
    if not data.isascii():
        return True
    array, spaces = np.frombuffer(data, np.uint8), _places(data, b" ")
    # Behind the last byte, a line end, stands none; the first one's neighbour is that line end.
    beside = np.concatenate((array[spaces - 1], array[spaces + 1]))
    borders = f"\n{reader.delimiter}{reader.quote}".encode()
    return any((beside == border).any() for border in borders)


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


def _table_source(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, reader: Reader, table: str | None
) -> "RelationSource":
    """Attach a DuckDB file, unless it is attached already, and find the table or view in it."""
    place = str(path.resolve())
    attached = con.execute(
        "select database_name from duckdb_databases() where path = ?", [place]
    ).fetchall()
    alias = attached[0][0] if attached else f"source_{next(_NUMBERS)}"
    if not attached:
        con.execute(f"attach {literal(place)} as {quoted(alias)} (read_only)")
    found = con.execute(
        """
        select if(schema_name = 'main', '', schema_name || '.') || name, schema_name, name, is_view
        from (
            select database_name, schema_name, table_name as name, false as is_view
            from duckdb_tables()
            union all
            select database_name, schema_name, view_name, true from duckdb_views()
            where not internal
        )
        where database_name = ?
        order by all
        """,
        [alias],
    ).fetchall()
    wanted = (table or "").lower().removeprefix("main.")
    here = [relation for shown, *relation in found if shown.lower() == wanted]
    if not here:
        has = ", ".join(shown for shown, *_ in found)[:300] or "none"
        lack = f"has no table {table}" if table else "is a DuckDB file, and no table is named"
        raise BadInputError(f"{name} {lack}; its tables and views are: {has}.")
    schema, plain, is_view = here[0]
    name, relation = f"{name} ({schema}.{plain})", f"{quoted(schema)}.{quoted(plain)}"
    if not is_view:
        return RelationSource(con, con, name, f"{quoted(alias)}.{relation}", "rowid", reader)
    # A view finds its tables only where the file is in use and has its default name.
    with contextlib.closing(connect(Path(":memory:"))) as own:
        own.execute(f"set memory_limit = '{MEMORY_LIMIT}'; attach {literal(place)} (read_only)")
        [[own_name]] = own.execute(
            "select database_name from duckdb_databases() where path = ?", [place]
        ).fetchall()
        own.execute(f"use {quoted(own_name)}")
        return RelationSource(con, own, name, relation, None, reader)


class RelationSource:
    """Rows that DuckDB reads with names and types of their own; their numbers are the lines."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        own: duckdb.DuckDBPyConnection,
        name: str,
        relation: str,
        number: str | None,
        reader: Reader,
    ) -> None:
        """Take a relation that `own` can read.

        It is copied if it has no column with the rows' numbers from 0, or another of that name.
        """
        described = own.execute(f"describe select * from {relation}").fetchall()
        self.con, self.name, self.nulls = con, name, reader.nulls
        self.names = _distinct([column for column, *_ in described])
        self.types = [type_ for _, type_, *_ in described]
        self.columns = [column for column, *_ in described]
        self.is_gapless = number != "rowid"
        if number is None or number in (column.lower() for column in self.columns):
            self.columns = [f"c{place}" for place in range(len(self.columns))]
            relation, number = _copied(con, own, relation, self.columns), "rowid"
            self.is_gapless = True
        self.relation, self.number = relation, number

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
        pairs = ", ".join(
            f"{literal(name)}: {quoted(column)}"
            for name, column in zip(self.names, self.columns, strict=True)
        )
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

    source: RelationSource
    where: str
    rows: int
    first: int | None

    @contextlib.contextmanager
    def reading(self, con: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """Give the query of the rows."""
        source, values = self.source, ""
        for name, type_, column in zip(source.names, source.types, source.columns, strict=True):
            cell = quoted(column)
            cell = _value(cell, source.nulls) if type_ == "VARCHAR" else cell
            values += f", {cell} as {quoted(name)}"
        yield f"""
            select {source.number} + 1 as line, cast(null as varchar) as fault {values}
            from {source.relation} where {self.where}
        """

    def texts(self, lines: list[int]) -> list[str]:
        """Return these rows as JSON objects."""
        found = self.source.texts(set(lines))
        return [found[line] for line in lines]


def _copied(
    con: duckdb.DuckDBPyConnection,
    own: duckdb.DuckDBPyConnection,
    relation: str,
    columns: list[str],
) -> str:
    """Copy what `own` reads into a table of `con` whose `rowid` numbers the rows.

    All cursors see it, and it needs no memory: it is an attached file without a name.
    """
    alias = f"copy_{next(_NUMBERS)}"
    with tempfile.TemporaryDirectory(prefix="smartsentry_") as folder:
        file = literal(f"{folder}/{alias}.duckdb")
        own.execute(f"attach {file} as {alias}")
        own.execute(
            f"create table {alias}.copied as"
            f" select * from (from {relation}) as given ({', '.join(columns)})"
        )
        own.execute(f"detach {alias}")
        con.execute(f"attach {file} as {alias} (read_only)")
    return f"{alias}.copied"
