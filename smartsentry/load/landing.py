"""The rows of source files with their line numbers: CSV in blocks, Parquet and tables in ranges.

A CSV file is cut into blocks at line ends here, because DuckDB's own reader skips blank lines and
miscounts lines behind them. The lines of a block that are plainly well-formed go to DuckDB's reader
all the same, which is the fastest; numpy finds them. The others are taken to pieces by themselves,
cell by cell. So every line keeps its number and its text whatever is wrong with it, and a damaged
one takes no other with it.
"""

import codecs
import contextlib
import csv
import dataclasses
import gzip
import io
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
from typing import Any, BinaryIO, Protocol, cast

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
# If more than a quarter of a block's lines need care, all lines get it.
MAX_IRREGULAR = 0.25
# In each but UTF-16 a byte below 128 is that character of ASCII.
ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1"),
    *(f"iso-8859-{part}" for part in range(1, 17) if part != 12),
    *(f"windows-{page}" for page in range(1250, 1259)),
    *("cp437", "cp850", "cp852", "cp858", "cp866", "koi8-r", "koi8-u", "mac-roman"),
)
_LF, _CR, _NUL, _SPACE = 10, 13, 0, 32
_NUMBERS = itertools.count()  # make a name that no other part of the process uses
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What a file is that begins like this, and what to do with it.
_KINDS = {
    rb"PK\x03\x04.*?xl/(_rels|workbook|worksheets|styles|theme|sharedStrings)": (
        "an Excel workbook: save its sheet as CSV"
    ),
    rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument\.spreadsheet": (
        "an OpenDocument spreadsheet: save its sheet as CSV"
    ),
    rb"PK(\x03\x04|\x05\x06|\x07\x08)": "a ZIP archive: unpack it first",
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        "an old or encrypted Office file, such as xls: save its sheet as CSV"
    ),
    rb"%PDF": "a PDF document: it must be a table, such as CSV",
    rb"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it first",
    rb"Rar!\x1a\x07": "a RAR archive: unpack it first",
    rb".{257}ustar": "a tar archive: unpack it first",
    rb"BZh[1-9]1AY&SY": "packed with bzip2: unpack it first",
    rb"\xfd7zXZ\0": "packed with xz: unpack it first",
    rb"\x28\xb5\x2f\xfd": "packed with zstd: unpack it first",
    rb"PARE": "an encrypted Parquet file: it must be one that is not encrypted",
    rb"SQLite format 3\0": "a SQLite database: export its tables as CSV",
    rb"-----BEGIN PGP": "encrypted or signed with PGP: it must be the file inside",
    rb"\xff\xfe\0\0|\0\0\xfe\xff": "UTF-32: it must be UTF-8 or another encoding of the list",
}
_PACKED_KINDS = {
    rb"\x1f\x8b": "packed with gzip twice: unpack it first",
    rb"PAR1|.{8}DUCK": "a Parquet or DuckDB file packed with gzip: unpack it first",
}
# The same of a text, behind its byte-order mark and blank lines.
_TEXT_KINDS = {
    rb":20:|\{1:F": "a SWIFT statement (such as MT940): it must be a table, such as CSV",
    rb"OFXHEADER|!Type:": "an OFX or QIF statement: it must be a table, such as CSV",
    rb"(?i)<!DOCTYPE html|<html": "an HTML page: it must be a table, such as CSV",
    # Some tables have names such as <DATE>: there a tag is followed by a delimiter.
    rb"<[?!]|<[\w:.-]+(\s[^<>]*)?>(\s*[\r\n]\s*)?<": (
        "XML (such as camt.053): it must be a table, such as CSV"
    ),
    rb"\{\s*[\"}]|\[\s*[\[{\"\]]": "JSON: it must be a table, such as CSV",
}

TRUNCATED = "the row is truncated: it has fewer cells than the header"
TOO_LONG = "the row has more cells than the header"
BAD_QUOTES = "the quotes of the row are malformed"
NUL = "the row holds a NUL character"


@dataclasses.dataclass(frozen=True)
class Reader:
    """How the files of a relation are written.

    `header` is True for the first line that is not blank, False for none, a line's number, or the
    text with which the line begins. `names` replace the header's.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool | int | str = True
    names: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()


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
        """Give a query that `con` can run while the context is open, one of them at a time.

        It has one row each with `line` (bigint), `fault` (what makes the row unreadable, or null)
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
    """Look at a file and read what its columns are.

    A pipe is copied into a temporary file, since it can be read only once and is read twice.

    Args:
        con: Where a DuckDB file is attached, and Parquet is read.
        path: A CSV file (gzipped or not), a Parquet file, a DuckDB file, or a pipe with one.
        reader: How a CSV file is written; of the others only `nulls` counts.
        table: The table or view of a DuckDB file; nothing to the others.

    Raises:
        BadInputError: the file cannot be read; the text says what it is.
    """
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise BadInputError(f"{name!r} cannot be read: the name must be UTF-8.") from error
    with in_one_sentence(f"{name} cannot be read", kinds=(OSError,), refusal=BadInputError):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise BadInputError(f"{name} is a folder; it must be a file.")
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise BadInputError(f"{name} is a device or socket; it must be a file.")
        if stat.S_ISREG(mode):
            return _opened(con, path, name, reader, table)
        path = _copy_of_pipe(path)
        try:
            source = _opened(con, path, name, reader, table)
        except BaseException:
            path.unlink()
            raise
        weakref.finalize(source, path.unlink)
        return source


def _copy_of_pipe(path: Path) -> Path:
    with path.open("rb") as pipe, tempfile.NamedTemporaryFile("wb", delete=False) as copy:
        try:
            shutil.copyfileobj(pipe, copy)
        except BaseException:
            Path(copy.name).unlink()
            raise
    return Path(copy.name)


def _opened(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, reader: Reader, table: str | None
) -> Source:
    with path.open("rb") as file:
        head = file.read(2**16)
    if head.startswith(b"\x1f\x8b"):
        with gzip.open(path) as unpacked:
            head = _read(cast(BinaryIO, unpacked), 2**16, name)
        _refuse_kind(name, head, _PACKED_KINDS)
    with in_one_sentence(f"{name} cannot be read", refusal=BadInputError):
        if head[8:12] == b"DUCK":
            return _table_source(con, path, name, reader, table)
        if head.startswith(b"PAR1"):
            relation = f"read_parquet({literal(str(path))})"
            return RelationSource(con, con, name, relation, "file_row_number", reader)
    _refuse_kind(name, head, _KINDS)
    return CsvSource(path, name, reader, head)


def _refuse_kind(name: str, head: bytes, kinds: dict[bytes, str]) -> None:
    for pattern, kind in kinds.items():
        if re.match(pattern, head, re.DOTALL):
            raise BadInputError(f"{name} is {kind}.")


def _read(stream: BinaryIO, size: int, name: str) -> bytes:
    try:
        return stream.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInputError(f"{name} is a damaged or truncated gzip file ({error}).") from error


def _distinct(found: list[str]) -> list[str]:
    """Return names that differ without regard to case, also from `line` and `file`."""
    original = {name.lower() for name in found}
    taken = {"line", "file"}
    names = []
    for name in found:
        tried = (f"{name}_{number}" for number in itertools.count(1))
        other = name
        while other.lower() in taken or (other != name and other.lower() in original):
            other = next(tried)
        taken.add(other.lower())
        names.append(other)
    return names


def _value(text: str, nulls: tuple[str, ...], has_tabs: bool = True) -> str:
    trimmed = f"trim({text})"
    if has_tabs:
        trimmed = f"trim({trimmed}, ' ' || chr(9))"
    if not nulls:
        return f"nullif({trimmed}, '')"
    return (
        f"case when {trimmed} not in ({', '.join(map(literal, ('', *nulls)))}) then {trimmed} end"
    )


@dataclasses.dataclass(frozen=True)
class _Block:
    """Whole lines of a CSV file from number `line` on, and records that run over several lines.

    `data` ends with a line end; `ends` has the place of each. `blank` has the places of the empty
    lines among the lines. The lines of a record are empty in `data`.
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

    def __init__(self, path: Path, name: str, reader: Reader, head: bytes) -> None:
        self.path = path
        self.name = name
        self.reader = reader
        self._encoding = self._found_encoding(head)
        quote, delimiter = re.escape(reader.quote), re.escape(reader.delimiter)
        # A cell with the delimiter before it: quoted, or without any quote.
        cell = f"[^{delimiter}]*"
        if reader.quote:
            cell = f"{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{delimiter}{quote}]*"
        self.cell = f"{delimiter}({cell})"
        self._record = re.compile(f"(?:{self.cell})*".encode(), re.DOTALL)
        self._cell = re.compile(self.cell.encode(), re.DOTALL)
        self._has_cr_alone = False
        # Where the rows begin: the place in the text, and the number of the line.
        self._start, self._line = 0, 1
        self.names = self._read_header(is_empty=not head)
        self.types = ["VARCHAR"] * len(self.names)

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

    # What the file is.

    def _found_encoding(self, head: bytes) -> str:
        """Return a byte-order mark's encoding, or the reader's unless the bytes rule it out."""
        for mark, encoding in _MARKS.items():
            if head.startswith(mark):
                return encoding
        encoding = self.reader.encoding
        if encoding == "utf-16":
            raise BadInputError(
                f"{self.name} has no byte-order mark; the encoding must be utf-16-le or utf-16-be,"
                " if it is UTF-16."
            )
        if encoding.startswith("utf-16"):
            return encoding
        for first, other in ((1, "utf-16-le"), (0, "utf-16-be")):
            zeros, rest = head[first::2].count(0), head[1 - first :: 2].count(0)
            if 2 * zeros > len(head[first::2]) and not rest:
                raise BadInputError(f"{self.name} is {other}; the encoding must say so.")
        text = bytes({*range(8, 14), *range(32, 256), 0x1A, 0x1B})
        if len(head[:4096].translate(None, text)) > 16 + len(head[:4096]) // 20:
            raise BadInputError(f"{self.name} is a binary file; it must be CSV, Parquet or DuckDB.")
        return encoding

    def _read_header(self, is_empty: bool) -> list[str]:
        """Return the columns' names, and set where the rows begin."""
        data, place = b"", None
        with contextlib.closing(self._chunks()) as chunks:
            for chunk in itertools.chain(chunks, [None]):
                data += chunk or b""
                # The last CR may belong to an LF that has not been read yet.
                begun = data if chunk is None else data.rstrip(b"\r")
                self._has_cr_alone = b"\r" in begun and b"\n" not in begun
                head = data.replace(b"\r", b"\n") if self._has_cr_alone else data
                _refuse_kind(self.name, head.lstrip(), _TEXT_KINDS)
                if place := self._header(head, chunk is None):
                    break
                self._refuse_long_line(1, _places(head, _LF), len(head))
                if len(head) > MAX_LINE_BYTES:
                    size = f"{MAX_LINE_BYTES // 2**20} MB"
                    raise BadInputError(f"{self.name} has no {self._sought()} in its first {size}.")
        if not place:
            raise BadInputError(f"{self.name} {self._lack(head, is_empty)}.")
        start, end = place
        record = head[start:end].rstrip(b"\r").decode()
        if "\0" in record:
            raise BadInputError(f"{self.name} is a binary file: its header holds NUL characters.")
        options: dict[str, Any] = {"delimiter": self.reader.delimiter}
        if self.reader.quote:
            options |= {"quotechar": self.reader.quote}
        else:
            options |= {"quoting": csv.QUOTE_NONE}
        try:
            cells = next(csv.reader(io.StringIO(record, newline=""), **options))
        except csv.Error as error:
            raise BadInputError(f"{self.name} has no readable header ({error}).") from error
        line = head.count(b"\n", 0, start) + 1
        if self.reader.names and len(cells) != len(self.reader.names):
            raise BadInputError(
                f"{self.name} has {len(cells)} columns in line {line}, and"
                f" {len(self.reader.names)} names are given."
            )
        if self.reader.header is False:
            cells = [""] * len(cells)
        else:
            self._start, self._line = end + 1, line + head.count(b"\n", start, end) + 1
        found = [cell.strip() for cell in self.reader.names or cells]
        return _distinct([name or f"column_{number}" for number, name in enumerate(found, 1)])

    def _sought(self) -> str:
        header = self.reader.header
        if isinstance(header, str):
            return f"line that begins with {header!r}"
        return "line that is not blank" if isinstance(header, bool) else f"line {header}"

    def _lack(self, head: bytes, is_empty: bool) -> str:
        if is_empty:
            return "is empty"
        if not head:
            return "is empty but for a byte-order mark"
        return f"has no {self._sought()}" if head.strip() else "has only blank lines"

    def _header(self, head: bytes, is_whole: bool) -> tuple[int, int] | None:
        """Return where the header, or else the first row, begins and ends in the file's start.

        None means that it is not there, or perhaps not whole.
        """
        header, start = self.reader.header, 0
        if isinstance(header, str):
            start = (b"\n" + head).find(b"\n" + header.encode())
            if start < 0:
                return None
        elif isinstance(header, bool):
            blank = re.match(rb"\s*\n", head)
            start = blank.end() if blank else 0
        else:
            for _ in range(header - 1):
                start = head.find(b"\n", start) + 1
                if not start:
                    return None
        if not head[start:].strip():
            return None
        quote, delimiter = self.reader.quote.encode(), self.reader.delimiter.encode()
        first, end = 0, start - 1
        for _ in range(MAX_RECORD_LINES):
            end = head.find(b"\n", end + 1)
            if end < 0 and not is_whole:
                return None
            end = len(head) if end < 0 else end
            first = first or end
            record = head[start:end]
            # A quoted name may run over several lines.
            if not quote or self._record.fullmatch(delimiter + record.rstrip(b"\r")):
                return start, end
            if record.count(quote) % 2 == 0 or end == len(head):
                break
        return start, first

    # Its text and its lines.

    def _chunks(self) -> Generator[bytes]:
        """Yield the file as UTF-8 without its byte-order mark, with LF in each line end."""
        decoder = codecs.getincrementaldecoder(self._encoding)()
        is_wide = self._encoding.startswith("utf-16")
        line, size = 1, min(READ_BYTES, BLOCK_BYTES)
        with contextlib.ExitStack() as files:
            sentence = f"{self.name} cannot be read"
            files.enter_context(in_one_sentence(sentence, ".", (OSError,), BadInputError))
            file: BinaryIO = files.enter_context(self.path.open("rb"))
            if file.read(2) == b"\x1f\x8b":
                unpacked = files.enter_context(gzip.GzipFile(self.path))
                file = cast(BinaryIO, unpacked)
            file.seek(0)
            for number in itertools.count():
                read = data = _read(file, size, self.name)
                if is_wide or not read.isascii() or decoder.getstate()[0]:
                    try:
                        text = decoder.decode(read, final=not read)
                    except UnicodeDecodeError as error:
                        before = error.object[: error.start].decode(self._encoding)
                        line += before.count("\n") or before.count("\r")
                        raise BadInputError(
                            f"{self.name} is not {self._encoding} at line {line}; the encoding"
                            " must be another one."
                        ) from error
                    data = read if self._encoding == "utf-8" else text.encode()
                if number == 0:
                    data = data.removeprefix(codecs.BOM_UTF8)
                if self._has_cr_alone:
                    data = data.replace(b"\r", b"\n")
                line += data.count(b"\n")
                yield data
                if not read:
                    return

    def _body(self) -> Generator[bytes]:
        """Yield the text behind the header."""
        skip = self._start
        for chunk in self._chunks():
            yield chunk[skip:]
            skip = max(0, skip - len(chunk))

    def _filled(self, chunks: Iterator[bytes], carry: bytes) -> tuple[bytes, bool]:
        """Read on until there are lines for a block; return all, and whether there may be more."""
        pieces, size, lines = [carry], 0, carry.count(b"\n")
        for chunk in chunks:
            pieces.append(chunk)
            size += len(chunk)
            lines += chunk.count(b"\n")
            if size >= BLOCK_BYTES or lines >= BLOCK_ROWS:
                return b"".join(pieces), True
        return b"".join(pieces), False

    def _blocks(self) -> Iterator[_Block]:
        """Yield the lines behind the header."""
        carry, line, more = b"", self._line, True
        with contextlib.closing(self._body()) as chunks:
            while more or carry:
                data, more = self._filled(chunks, carry)
                if not more and data and not data.endswith(b"\n"):
                    data += b"\n"
                ends = _places(data, _LF)
                self._refuse_long_line(line, ends, len(data))
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
                f"{self.name} has a line of more than {MAX_LINE_BYTES // 2**20} MB,"
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
            return _block(line, whole, ends), len(ends), len(whole)
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
                records.append((line + first, record))
                pieces += [whole[at : starts[first]], b"\n" * (last - first + 1)]
                at = int(ends[last]) + 1
                place += 1
            place += 1
        cut = int(starts[lines]) if lines < len(ends) else len(whole)
        rest = b"".join([*pieces, whole[at:cut]])
        return _block(line, rest, _places(rest, _LF), tuple(records)), lines, cut

    def _is_record(self, record: bytes) -> bool:
        text = self.reader.delimiter.encode() + record.rstrip(b"\r")
        matched = self._record.fullmatch(text)
        return matched is not None and len(self._cell.findall(text)) == len(self.names)


def _block(
    line: int, data: bytes, ends: NDArray[np.int64], records: tuple[tuple[int, bytes], ...] = ()
) -> _Block:
    array = np.frombuffer(data, np.uint8)
    lengths = np.diff(ends, prepend=-1) - 1
    # CR LF and CR CR LF end lines too.
    has_cr_alone = (array[ends - lengths] == _CR) & (array[ends - 1] == _CR)
    blank = (lengths == 0) | ((lengths <= 2) & has_cr_alone)
    return _Block(line, data, ends, np.flatnonzero(blank), records)


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
        data = block.data
        while b"\r\n" in data:
            data = data.replace(b"\r\n", b"\n")
        if data is not block.data:
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
                con.register("lines left out", pd.DataFrame({"line": left_out + block.line}))
            if careful:
                texts = pd.Series(block.texts(careful), dtype=object)
                con.register("careful lines", pd.DataFrame({"line": careful, "text": texts}))
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
        irregular[0] |= block.data.startswith(codecs.BOM_UTF8)  # DuckDB would skip it
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
        names, reader = self.source.names, self.source.reader
        types = ", ".join(f"c{number}: 'varchar'" for number in range(len(names)))
        delimiter, quote = literal(reader.delimiter), literal(reader.quote)
        # It makes nulls of empty cells itself; spaces are cut off where there may be any.
        has_tabs = reader.delimiter != "\t" and b"\t" in data
        has_no_padding = not has_tabs and _has_no_padding(data, reader)
        values = []
        for number, name in enumerate(names):
            cell = f"c{number}"
            if not has_no_padding or reader.nulls:
                cell = _value(cell, reader.nulls, has_tabs)
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
            {'anti join "lines left out" using (line)' if has_left_out else ""}
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
            f", {_value(self._cell_of(number), self.source.reader.nulls)} as {quoted(name)}"
            for number, name in enumerate(self.source.names, 1)
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
            from (select line, text, {cells} as cells from "careful lines")
        """

    def _cell_of(self, number: int) -> str:
        cell = f"cells[{number}]"
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
    """Rows that DuckDB reads with names and types of their own; a row's number is its line."""

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
