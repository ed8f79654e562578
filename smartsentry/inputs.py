"""What a team decides, as CSV files: decisions on cases, and snoozes of rules.

The files are the source. A build reads them, refuses what is not allowed, and keeps the rows in
`raw.dispositions` and `raw.snoozes`. `smartsentry decide` and `smartsentry snooze` append to them.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import fcntl
import io
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from raw_layer import contract
from raw_layer.errors import BadInputError, in_one_sentence
from raw_layer.files import sync
from raw_layer.sql import literal, quoted
from smartsentry.project import ROOT

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VARIABLE = "SMARTSENTRY_INPUTS"
ALL_RULES = "*"
RULE_BOOK = ROOT / "dbt_project/rule_book/rule_catalogue.csv"
WAIT = 10.0  # seconds for another process to end its line
_LONGEST_SAID = 60

Value = str | int | dt.date | dt.datetime | None
Row = tuple[Value, ...]


@dataclass(frozen=True)
class Input:
    """A file of the folder; `parse` turns the cells of a row into values of the raw table."""

    table: contract.Table
    header: tuple[str, ...]
    parse: Callable[[Sequence[str]], Row]

    @property
    def file_name(self) -> str:
        """The file's name."""
        return f"{self.table.name}.csv"


@dataclass(frozen=True)
class Read:
    """The rows of a file, as the raw table has them; `rows` is None without a file."""

    input: Input
    rows: list[Row] | None
    doubled: int

    def sentence(self) -> str:
        """Say how many rows were read."""
        if self.rows is None:
            return f"no {self.input.file_name}"
        rows = f"{len(self.rows):,} row{'' if len(self.rows) == 1 else 's'}"
        left_out = f" ({self.doubled:,} doubled, left out)" if self.doubled else ""
        return f"{rows} of {self.input.file_name}{left_out}"


def folder() -> Path:
    """Return the folder of the files: `$SMARTSENTRY_INPUTS`, or the checkout's."""
    return Path(os.environ.get(VARIABLE) or ROOT / "inputs")


def now() -> dt.datetime:
    """Return the present second, by the clock of this machine and without a zone."""
    return dt.datetime.now().replace(microsecond=0)


# ── The rows ─────────────────────────────────────────────────────────────────────────────────


def case_id(text: str) -> str:
    """Return the identifier of a case, in upper case.

    Raises:
        BadInputError: it cannot be one.
    """
    if not re.fullmatch(r"[Kk](0|[1-9][0-9]{0,17})", text):
        raise BadInputError(f"{_said(text)} is no case: it must be K and a number, such as K123.")
    return text.upper()


def rule_name(text: str) -> str:
    """Return the name of a rule of the catalogue, or `*`.

    Raises:
        BadInputError: the catalogue has no such rule.
    """
    if text != ALL_RULES and text not in _rules():
        raise BadInputError(
            f"{_said(text)} is no rule: it must be {ALL_RULES} or a rule_name of rule_catalogue."
        )
    return text


def moment(text: str) -> dt.datetime:
    """Return a time in whole seconds.

    Raises:
        BadInputError: it is none.
    """
    form = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"
    with contextlib.suppress(ValueError):
        if re.fullmatch(form, text, re.ASCII):
            return _within(dt.datetime.fromisoformat(text))
    raise BadInputError(
        f"{_said(text)} is no time: it must be written as 2025-12-31 18:30:00, from 1900 to 2199."
    )


def day(text: str) -> dt.date:
    """Return a date.

    Raises:
        BadInputError: it is none.
    """
    with contextlib.suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return _within(dt.datetime.fromisoformat(text)).date()
    raise BadInputError(
        f"{_said(text)} is no date: it must be written as 2025-12-31, from 1900 to 2199."
    )


def _within(when: dt.datetime) -> dt.datetime:
    if not 1900 <= when.year < 2200:
        raise ValueError
    return when


def _said(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]}…")


def _rules() -> frozenset[str]:
    with RULE_BOOK.open(encoding="utf-8", newline="") as file:
        return frozenset(row["rule_name"] for row in csv.DictReader(file))


def _given(name: str, text: str) -> str:
    if not text.strip():
        raise BadInputError(f"{name} is empty; it must be given.")
    return text.strip()


def disposition(cells: Sequence[str]) -> Row:
    """Return the values of a row of dispositions.csv.

    Raises:
        BadInputError: one of them is not allowed.
    """
    case, decided_at, decision, decided_by, note = cells
    if decision not in contract.DECISIONS:
        allowed = ", ".join(contract.DECISIONS)
        raise BadInputError(f"{_said(decision)} is no decision: it must be one of {allowed}.")
    return (
        case_id(case),
        moment(decided_at),
        decision,
        _given("decided_by", decided_by),
        note if note.strip() else None,
    )


def snooze(cells: Sequence[str]) -> Row:
    """Return the values of a row of snoozes.csv.

    Raises:
        BadInputError: one of them is not allowed.
    """
    rule, customer, first, last, owner, reason = cells
    _given("until", last)
    since, until = day(first), day(last)
    if until < since:
        raise BadInputError(f"until, {until}, is before from, {since}; it must not be.")
    return (
        rule_name(rule),
        _given("customer_id", customer),
        since,
        until,
        _given("owner", owner),
        _given("reason", reason),
    )


DISPOSITIONS = Input(
    contract.DISPOSITIONS,
    ("case_id", "decided_at", "decision", "decided_by", "note"),
    disposition,
)
SNOOZES = Input(
    contract.SNOOZES,
    ("rule_name", "customer_id", "from", "until", "owner", "reason"),
    snooze,
)
INPUTS = (DISPOSITIONS, SNOOZES)


# ── Reading ──────────────────────────────────────────────────────────────────────────────────


def read_all() -> list[Read]:
    """Read and check both files.

    Raises:
        BadInputError: the folder is no folder, something in a file is not allowed, or another
            process is writing it; the sentence names file and line.
    """
    place = folder()
    if os.environ.get(VARIABLE) and not place.is_dir():
        raise BadInputError(f"{VARIABLE} is {place}, but there is no such folder.")
    return [_read(one, place / one.file_name) for one in INPUTS]


def _read(one: Input, path: Path) -> Read:
    if not path.exists():
        return Read(one, None, 0)
    with (
        in_one_sentence(f"cannot read {path}", kinds=(OSError,), refusal=BadInputError),
        path.open("rb") as file,
        _locked(file.fileno(), path, fcntl.LOCK_SH),
    ):
        content = file.read()
    return checked(one, path, content)


def checked(one: Input, path: Path, content: bytes) -> Read:
    """Return the rows of a file's content; of equal lines the first is kept.

    Args:
        one: The file's kind.
        path: Its path, for messages.
        content: Its bytes.

    Raises:
        BadInputError: something is not allowed; the sentence names file and line.
    """
    rows: list[Row] = []
    seen: set[Row] = set()
    doubled = 0
    for line, cells in _records(one, path, content):
        try:
            values = one.parse(cells)
        except BadInputError as error:
            raise BadInputError(f"{path}, line {line}: {error.message}") from error
        if values in seen:
            doubled += 1
            continue
        seen.add(values)
        rows.append((len(rows) + 1, *values, line))
    return Read(one, rows, doubled)


def _records(one: Input, path: Path, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each row begins and its cells, after the header."""
    header = ",".join(one.header)
    records = csv.reader(io.StringIO(_text(path, content), newline=""), strict=True)
    line = 1
    while True:
        try:
            cells = next(records, None)
        except csv.Error as error:
            raise BadInputError(
                f"{path}, line {line}: the row cannot be read as CSV ({error})."
            ) from error
        if cells is None:
            return
        began, line = line, records.line_num + 1
        if began == 1 and tuple(cells) != one.header:
            raise BadInputError(
                f"{path}, line 1: the header is {_said(','.join(cells))}; it must be {header}."
            )
        if began == 1 or not cells:  # an empty line
            continue
        if len(cells) != len(one.header):
            raise BadInputError(
                f"{path}, line {began}: the row has {len(cells)} cells; it must have"
                f" {len(one.header)}, {header}."
            )
        yield began, cells


def _text(path: Path, content: bytes) -> str:
    """Return a file's text, without the mark that spreadsheets put before it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInputError(
            f"{path}, line {line}: the text is not in UTF-8; it must be."
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadInputError(f"{path}, line {line}: there is a NUL character; it must not be there.")
    return text


@contextlib.contextmanager
def _locked(descriptor: int, path: Path, kind: int) -> Iterator[None]:
    """Hold a lock on a file; another process may take a moment to end its line.

    Raises:
        BadInputError: another process holds it for longer.
    """
    deadline = time.monotonic() + WAIT
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise BadInputError(
                    f"{path} is being written by another process: wait until it has ended."
                ) from None
            time.sleep(0.05)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


# ── Writing ──────────────────────────────────────────────────────────────────────────────────


def append(one: Input, cells: Sequence[str]) -> Path:
    """Append a row to a file; return the file's path.

    The file is locked, checked as a build checks it, and forced to the disk. The row is written by
    one call of the file system, so a killed process has written all of it or nothing. After an
    error the file is as it was.

    Args:
        one: The file's kind.
        cells: The row, in the order of the header.

    Raises:
        BadInputError: the row or the file is not allowed, cannot be written, or is being written
            by another process.
    """
    one.parse(cells)
    place = folder()
    path = place / one.file_name
    with in_one_sentence(f"cannot write {path}", kinds=(OSError,), refusal=BadInputError):
        place.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            with _locked(descriptor, path, fcntl.LOCK_EX):
                _append(one, path, descriptor, cells)
        finally:
            os.close(descriptor)
        sync(place)
    return path


def _append(one: Input, path: Path, descriptor: int, cells: Sequence[str]) -> None:
    size = os.fstat(descriptor).st_size
    content = os.pread(descriptor, size, 0)
    checked(one, path, content)
    text = _line(cells)
    if not content.removeprefix(b"\xef\xbb\xbf"):
        text = _line(one.header) + text
    elif not content.endswith(b"\n"):
        text = f"\n{text}"
    row = text.encode()
    try:
        if os.write(descriptor, row) != len(row):
            raise OSError(None, "the disk took only a part of the row")
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _line(cells: Sequence[str]) -> str:
    """Return a row as a line of CSV."""
    text = io.StringIO(newline="")
    # A Python before 3.13 quotes only the line breaks that it would write itself.
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"


# ── Keeping ──────────────────────────────────────────────────────────────────────────────────


def keep(con: DuckDBPyConnection, read: Sequence[Read]) -> None:
    """Replace the rows of the raw tables by what was read; make tables that are missing."""
    for one in read:
        table = one.input.table
        name = f"{contract.SCHEMA}.{table.name}"
        columns = ", ".join(
            f"{quoted(column.name)} {column.type}{'' if column.nullable else ' not null'}"
            for column in table.columns
        )
        con.execute(f"create or replace table {name} ({columns})")
        con.execute(f"comment on table {name} is {literal(table.comment)}")
        for column in table.columns:
            place = f"{name}.{quoted(column.name)}"
            con.execute(f"comment on column {place} is {literal(column.comment)}")
        if one.rows:
            marks = ", ".join("?" * len(table.columns))
            con.executemany(f"insert into {name} values ({marks})", [list(r) for r in one.rows])
