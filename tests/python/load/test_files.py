"""Files of every kind: read to the cell and the line, or refused with one true sentence."""

import bz2
import codecs
import contextlib
import csv
import datetime as dt
import gzip
import io
import lzma
import os
import random
import re
import socket
import sqlite3
import struct
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from raw_layer.errors import BadInputError
from raw_layer.sql import quoted
from smartsentry.load import landing
from smartsentry.load.landing import BAD_QUOTES, NUL, TOO_LONG, TRUNCATED, Reader, open_source


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        # Blocks of a CSV file are files under one name by turns.
        connection.execute("set enable_external_file_cache = false")
        yield connection


Rows = list[tuple[Any, ...]]


def read(
    con: duckdb.DuckDBPyConnection, path: Path, table: str | None = None, **how: Any
) -> tuple[list[str], Rows]:
    """Return the names, and (line, fault, cells …) of all rows; check what must always hold."""
    source = open_source(con, path, Reader(**how), table)
    columns = ", ".join(map(quoted, source.names))
    types = ", ".join(f"null::{type_}" for type_ in source.types)
    con.execute(f"create or replace temp table typed as select {types}")
    rows: Rows = []
    texts: dict[int, str] = {}
    for batch in source.batches():
        # The loader's threads have cursors of their own.
        with con.cursor() as cursor, batch.reading(cursor) as query:
            described = cursor.execute(f"describe {query}").fetchall()
            here = cursor.execute(f"select line, fault, {columns} from ({query}) order by line")
            found = here.fetchall()
        assert [name for name, *_ in described] == ["line", "fault", *source.names]
        assert [type_ for _, type_, *_ in described] == ["BIGINT", "VARCHAR", *source.types]
        assert len(found) == batch.rows
        lines = [line for line, *_ in found]
        if batch.first is not None:
            assert lines == list(range(batch.first, batch.first + len(lines)))
        texts |= zip(lines, batch.texts(lines), strict=True)
        rows += found
    assert not texts or source.texts(set(texts)) == texts
    return source.names, rows


def write(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# What is read: the content, the reader, the names, and the rows as (line, cells …).
PREAMBLE = "".join(f"Preamble {n};x;y\n" if n % 2 else "\n" for n in range(13))
ROWS: Rows = [(2, "1", "x"), (3, "2", "y")]
GOOD: dict[str, tuple[str | bytes, dict[str, Any], list[str], Rows]] = {
    "LF": ("a,b\n1,x\n2,y\n", {}, ["a", "b"], ROWS),
    "no line end at the end": ("a,b\n1,x\n2,y", {}, ["a", "b"], ROWS),
    "CR LF": ("a,b\r\n1,x\r\n2,y\r\n", {}, ["a", "b"], ROWS),
    "CR CR LF": ("a,b\r\r\n1,x\r\r\n2,y\r\r\n", {}, ["a", "b"], ROWS),
    "CR alone": ("a,b\r1,x\r2,y\r", {}, ["a", "b"], ROWS),
    "CR alone, blank lines": ("\ra,b\r\r1,x", {}, ["a", "b"], [(4, "1", "x")]),
    "blank lines": ("\n\r\n \na,b\n\n1,x\n\r\n\r\r\n2,y", {}, ["a", "b"], [(6, *"1x"), (9, *"2y")]),
    "64 KiB of blank lines": (
        "\n" * 70_000 + "a,b\n1,x",
        {},
        ["a", "b"],
        [(70_002, "1", "x")],
    ),
    "a byte-order mark": ("\ufeffa,b\n1,x\n2,y\n", {}, ["a", "b"], ROWS),
    "a mark against the reader": (
        "\ufeffä,b\n1,x\n2,y",
        {"encoding": "latin-1"},
        ["ä", "b"],
        ROWS,
    ),
    "UTF-16 by its mark": ("ä,b\r\n1,x\r\n2,y".encode("utf-16"), {}, ["ä", "b"], ROWS),
    "UTF-16 big-endian by its mark": (
        codecs.BOM_UTF16_BE + "ä,b\n1,x\n2,y".encode("utf-16-be"),
        {"encoding": "utf-16"},
        ["ä", "b"],
        ROWS,
    ),
    "UTF-16 without a mark": (
        "a,b\n1,x\n2,y".encode("utf-16-be"),
        {"encoding": "utf-16-be"},
        ["a", "b"],
        ROWS,
    ),
    "windows-1250": (
        "účet,b\n1,Říha\n".encode("windows-1250"),
        {"encoding": "windows-1250"},
        ["účet", "b"],
        [(2, "1", "Říha")],
    ),
    "gzip": (gzip.compress(b"a,b\n1,x\n2,y\n"), {}, ["a", "b"], ROWS),
    "gzip in two members": (
        gzip.compress(b"a,b\n1,x\n2") + gzip.compress(b",y\n"),
        {},
        ["a", "b"],
        ROWS,
    ),
    "gzip of UTF-16": (gzip.compress("a,b\n1,x\n2,y".encode("utf-16")), {}, ["a", "b"], ROWS),
    "TAB": ("a\tb\n1\t x\n2\ty ", {"delimiter": "\t"}, ["a", "b"], ROWS),
    "semicolon": ("a;b\n1;x\n2;y", {"delimiter": ";"}, ["a", "b"], ROWS),
    "bar": ("a|b\n1|x\n2|y", {"delimiter": "|"}, ["a", "b"], ROWS),
    "no quotes": ('a,b\n1,x"\n2,"y', {"quote": ""}, ["a", "b"], [(2, "1", 'x"'), (3, "2", '"y')]),
    "single quotes": (
        "a,b\n'1,1','x''\"'\n2,y",
        {"quote": "'"},
        ["a", "b"],
        [(2, "1,1", "x'\""), (3, "2", "y")],
    ),
    "the header's line": (
        f"{PREAMBLE}Date;Sum\n1;x\n",
        {"delimiter": ";", "header": 14},
        ["Date", "Sum"],
        [(15, "1", "x")],
    ),
    "the header's beginning": (
        f"{PREAMBLE}Date;Sum\n1;x\n",
        {"delimiter": ";", "header": "Date;"},
        ["Date", "Sum"],
        [(15, "1", "x")],
    ),
    "the header's beginning in line 1": (
        "Date,b\n1,Date,\n2,y",
        {"header": "Date"},
        ["Date", "b"],
        [(3, "2", "y")],
    ),
    "no header": (
        "1,x\n2,y",
        {"header": False, "names": ("a", "b")},
        ["a", "b"],
        [(1, *"1x"), (2, *"2y")],
    ),
    "no header and blank lines": (
        "\n\n1,x",
        {"header": False, "names": ("a", "b")},
        ["a", "b"],
        [(3, "1", "x")],
    ),
    "other names": ("a,b\n1,x\n2,y", {"names": ("c", "d e")}, ["c", "d e"], ROWS),
    "a header above 64 KiB": (
        f"{'a' * 70_000},b\n1,x\n2,y",
        {},
        ["a" * 70_000, "b"],
        ROWS,
    ),
    "cells over lines": (
        'a,b\n1,"x\n\ny"\n"2\r\n",z\n3,w',
        {},
        ["a", "b"],
        [(2, "1", "x\n\ny"), (5, "2\r\n", "z"), (7, "3", "w")],
    ),
    "a name over lines": ('"a\n(€)",b\n1,x', {}, ["a\n(€)", "b"], [(3, "1", "x")]),
    "doubled quotes": (
        'a,b\n"1 ""one""","""x"""\n"""","="""""',
        {},
        ["a", "b"],
        [(2, '1 "one"', '"x"'), (3, '"', '=""')],
    ),
    "a stray quote in the header": ('a "x,b\n1,x\n2,y', {}, ['a "x', "b"], ROWS),
    "names that need quotes": (
        "a \"' b,select,$1; --\n1,2,3",
        {"quote": ""},
        ["a \"' b", "select", "$1; --"],
        [(2, "1", "2", "3")],
    ),
    "trimmed names": ('" ID",\tb \n1,x\n2,y', {}, ["ID", "b"], ROWS),
    "empty names": ("a,,\n1,2,3", {}, ["a", "column_2", "column_3"], [(2, *"123")]),
    "names twice": ("a,A,b,a,a_1\n1,2,3,4,5", {}, ["a", "A_2", "b", "a_3", "a_1"], [(2, *"12345")]),
    "line and file": ("line,File\n1,x\n2,y", {}, ["line_1", "File_1"], ROWS),
    "spaces and tabs": (
        'a,b,c\n 1 ,\tx," y\t "\n,  ,\t',
        {},
        ["a", "b", "c"],
        [(2, "1", "x", "y"), (3, None, None, None)],
    ),
    "texts that mean null": (
        "a,b\nNA,x\n NA ,-\nna,y",
        {"nulls": ("NA", "-")},
        ["a", "b"],
        [(2, None, "x"), (3, None, None), (4, "na", "y")],
    ),
    "one column": (
        'a\n1\n\n"x""\ny"\n ""\n""\n2',
        {},
        ["a"],
        [(2, "1"), (4, 'x"\ny'), (7, None), (8, "2")],
    ),
    "names in angle brackets": (
        "<DATE>\t<SUM>\n1\tx\n2\ty",
        {"delimiter": "\t"},
        ["<DATE>", "<SUM>"],
        ROWS,
    ),
    "names in square brackets": ("[a],{b}\n1,x\n2,y", {}, ["[a]", "{b}"], ROWS),
    "PK as a name": ("PK,b\n1,x\n2,y", {}, ["PK", "b"], ROWS),
    "a header and no rows": ("a,b", {}, ["a", "b"], []),
}


@pytest.mark.parametrize("block_bytes", [landing.BLOCK_BYTES, 7])
@pytest.mark.parametrize("kind", GOOD)
def test_a_file_is_read_to_the_cell_and_the_line(
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    block_bytes: int,
) -> None:
    """Also where a block ends after a few bytes."""
    content, how, names, expected = GOOD[kind]
    if block_bytes < 10 and len(content) > 1000:
        block_bytes = 5000
    monkeypatch.setattr(landing, "BLOCK_BYTES", block_bytes)
    found, rows = read(con, write(tmp_path, content), **how)
    assert found == names
    assert [(line, *cells) for line, fault, *cells in rows if fault is None] == expected


# Rows with a fault, each between two good ones.
FAULTS = {
    "1,x,": TOO_LONG,
    "1": TRUNCATED,
    "Total: 2 rows": TRUNCATED,
    '1,"x': BAD_QUOTES,
    '"1,x': BAD_QUOTES,
    '1,x"y"': BAD_QUOTES,
    '"1"x,y': BAD_QUOTES,
    '"1" ,y': BAD_QUOTES,
    '1,"x"y""': BAD_QUOTES,
    '1,"""': BAD_QUOTES,
    "1,x\0y": NUL,
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("plain", [0, 300])
def test_a_damaged_row_is_named_and_takes_no_other_with_it(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, line_end: str, plain: int
) -> None:
    lines = ["a,b", *["0,w"] * plain]
    for damaged in FAULTS:
        lines += [damaged, "2,y", ""]
    _, rows = read(con, write(tmp_path, line_end.join(lines)))
    expected = []
    for n, fault in enumerate(FAULTS.values()):
        expected += [(plain + 2 + 3 * n, fault), (plain + 3 + 3 * n, None)]
    assert [(line, fault) for line, fault, *_ in rows[plain:]] == expected
    assert {tuple(cells) for _, fault, *cells in rows[plain:] if fault is None} == {("2", "y")}
    texts = open_source(con, tmp_path / "t.csv", Reader(), None).texts({at for at, _ in expected})
    assert [texts[at] for at, fault in expected if fault] == list(FAULTS)


# What a whole file is refused for; the sentence after its name.
def archive(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name, content in members:
            written.writestr(name, content)
    return file.getvalue()


TABLE = b"a,b\n" + b"1,x\n" * 500
XLSX = archive(("[Content_Types].xml", b"<x/>" * 99), ("xl/workbook.xml", b"<x/>"))
ODS = archive(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("x", b"x"))
NOISE = random.Random(1).randbytes(3000)
AS_TABLE = "it must be a table, such as CSV"
UNPACK = "unpack it first"
BAD: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "empty": (b"", {}, "is empty."),
    "empty gzip": (gzip.compress(b""), {}, "is empty."),
    "only a mark": ("\ufeff", {}, "is empty but for a byte-order mark."),
    "only a mark of UTF-16": (codecs.BOM_UTF16_LE, {}, "is empty but for a byte-order mark."),
    "only blank lines": ("\n \r\n\t\n", {}, "has only blank lines."),
    "9 MB of blank lines": (b"\n" * 9 * 2**20, {}, "has only blank lines in its first 8 MB."),
    "no such header": ("a,b\n1,x", {"header": "Date"}, "has no line that begins with 'Date'."),
    "no such line": ("a,b\n1,x", {"header": 3}, "has no header in line 3."),
    "a blank line as header": ("a,b\n \n1,x", {"header": 2}, "has no header in line 2."),
    "UTF-16 unsaid": (
        "a,b\n1,x".encode("utf-16-le"),
        {},
        "is UTF-16; its encoding must be utf-16-le.",
    ),
    "UTF-16 big-endian unsaid": (
        "a,b\n1,x".encode("utf-16-be"),
        {"encoding": "latin-1"},
        "is UTF-16; its encoding must be utf-16-be.",
    ),
    "UTF-16 without a mark": (
        "a,b\n1,x".encode("utf-16-be"),
        {"encoding": "utf-16"},
        "has no byte-order mark: its encoding must be utf-16-le or utf-16-be.",
    ),
    "UTF-32": ("a,b\n1,x".encode("utf-32"), {}, "is utf-32; its encoding must be one of utf-8, "),
    "cut UTF-16": (
        "a,b\n1,x".encode("utf-16")[:-1],
        {},
        "is not utf-16-le at line 2: its encoding must be another one, such as ",
    ),
    "wrong encoding": (
        "a,b\n1,x\n2,ü".encode("latin-1"),
        {},
        "is not utf-8 at line 3: its encoding must be another one, such as windows-1252 (",
    ),
    "wrong encoding, CR": ("a,b\r1,x\r2,ü".encode("latin-1"), {}, "is not utf-8 at line 3: "),
    "cut in a character": ("a,b\n1,ü".encode()[:-1], {}, "is not utf-8 at line 2: "),
    "no such character": (
        b"a,b\n1,\x81",
        {"encoding": "windows-1252"},
        "is not windows-1252 at line 2: ",
    ),
    "far wrong encoding": (TABLE * 300 + b"1,\xfc", {}, "is not utf-8 at line 150301: "),
    "xlsx": (XLSX, {}, f"is an Excel workbook (xlsx): {AS_TABLE}."),
    "ods": (ODS, {}, f"is an OpenDocument file (such as ods): {AS_TABLE}."),
    "zip": (archive(("t.csv", TABLE)), {}, f"is a ZIP archive: {UNPACK}."),
    "empty zip": (archive(), {}, f"is a ZIP archive: {UNPACK}."),
    "xls": (
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600),
        {},
        "is an old or encrypted Office file",
    ),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", {}, f"is a PDF document: {AS_TABLE}."),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", {}, f"is a 7z archive: {UNPACK}."),
    "rar": (b"Rar!\x1a\x07\x01\0", {}, f"is a RAR archive: {UNPACK}."),
    "bzip2": (bz2.compress(TABLE), {}, f"is packed with bzip2: {UNPACK}."),
    "xz": (lzma.compress(TABLE), {}, f"is packed with xz: {UNPACK}."),
    "zstd": (bytes.fromhex("28b52ffd2008410000"), {}, f"is packed with zstd: {UNPACK}."),
    "gzip twice": (
        gzip.compress(gzip.compress(TABLE)),
        {},
        "is packed with gzip, which only a CSV",
    ),
    "gzip of Parquet": (gzip.compress(b"PAR1" + bytes(99)), {}, "is packed with gzip, which only"),
    "gzip of zip": (gzip.compress(archive(("t.csv", TABLE))), {}, "is a ZIP archive"),
    "encrypted Parquet": (b"PARE" + bytes(99), {}, "is an encrypted Parquet file"),
    "PGP": (b"-----BEGIN PGP MESSAGE-----\n", {}, "is encrypted or signed with PGP"),
    "MT940": (
        ":20:START\n:25:DE89\n:60F:C250901EUR1,00\n",
        {},
        "is a SWIFT statement (such as MT940)",
    ),
    "MT940 in an envelope": ("\r\n{1:F01BANK}{2:I940}{4:\r\n:20:X", {}, "is a SWIFT statement"),
    "OFX": ("OFXHEADER:100\nDATA:OFXSGML\n", {}, "is an OFX or QIF statement"),
    "QIF": ("!Type:Bank\nD1/1'25\n", {}, "is an OFX or QIF statement"),
    "camt.053": ('\ufeff<?xml version="1.0"?>\n<Document/>', {}, "is XML (such as camt.053)"),
    "XML without a declaration": ('<Document xmlns="x">\n\t<Stmt>', {}, "is XML"),
    "XML in UTF-16": ("<?xml version='1.0'?>".encode("utf-16"), {}, "is XML"),
    "a web page": ("\n<HTML><body>", {}, f"is an HTML page: {AS_TABLE}."),
    "JSON objects": ('[\n  {"a": 1}\n]', {}, f"is JSON: {AS_TABLE}."),
    "JSON lines": ('{"a": 1}\n{"a": 2}', {}, "is JSON"),
    "JSON arrays": ("[[1, 2], [3, 4]]", {}, "is JSON"),
    "binary": (NOISE, {"encoding": "latin-1"}, "is a binary file"),
    "binary in its first line": (b"a\0b,c\n" + TABLE, {}, "is a binary file: its header holds NUL"),
    "truncated gzip": (
        gzip.compress(NOISE.hex().encode())[:-20],
        {},
        "is a damaged or truncated gzip file",
    ),
    "damaged gzip": (
        gzip.compress(TABLE)[:20] + bytes(40),
        {},
        "is a damaged or truncated gzip file",
    ),
    "long line": (
        TABLE + b"x" * 9 * 2**20 + b"\n1,x",
        {},
        "has a line of more than 8 MB, line 502.",
    ),
    "long header": (
        b"\n" + b"x" * 9 * 2**20 + b"\n1,x",
        {},
        "has a line of more than 8 MB, line 2.",
    ),
    "other names": (
        "\na,b\n1,x",
        {"names": ("a", "b", "c")},
        "has 2 columns in line 2, and the reader 3 names.",
    ),
    "other names, no header": (
        "1,x\n2,y",
        {"names": ("a",), "header": False},
        "has 2 columns in line 1, and the reader 1 names.",
    ),
    "damaged Parquet": (b"PAR1" + bytes(100) + b"PAR1", {}, "cannot be read ("),
    "cut Parquet": (b"PAR1" + bytes(3), {}, "cannot be read ("),
    "damaged DuckDB": (bytes(8) + b"DUCK" + bytes(5000), {}, "cannot be read ("),
}


def refused(
    con: duckdb.DuckDBPyConnection, path: Path, table: str | None = None, **how: Any
) -> str:
    """Return what is said of a file, which must be one sentence."""
    with pytest.raises(BadInputError) as error:
        read(con, path, table, **how)
    said = str(error.value)
    assert said.startswith(f"{path} ") and said.endswith(".") and "\n" not in said
    return said.removeprefix(f"{path} ")


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_read_is_refused_for_what_it_is(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str
) -> None:
    content, how, said = BAD[kind]
    path = write(tmp_path, content)
    assert refused(con, path, **how).startswith(said)


def test_folders_devices_and_files_that_are_not_there_are_refused(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s"))
        for path, said in (
            (tmp_path, "is a folder; it must be a file."),
            (Path("/dev/null"), "is a device or socket; it must be a file."),
            (tmp_path / "s", "is a device or socket; it must be a file."),
            (tmp_path / "nothing", "cannot be read (No such file or directory)."),
        ):
            assert refused(con, path) == said
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))
    with pytest.raises(BadInputError, match="its name must be UTF-8"):
        open_source(con, path, Reader(), None)
    database = tmp_path / "t.sqlite"
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("create table t (a)")
    said = refused(con, database, "t")
    assert said.startswith("is a SQLite database")


@pytest.mark.parametrize("encoding", landing.ENCODINGS)
def test_every_encoding_of_the_list_gives_its_characters(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, encoding: str
) -> None:
    """Chunks end anywhere in a character; ASCII is read without decoding."""
    letters = "äöü€Ωж"
    if not encoding.startswith("utf"):
        assert all(bytes([byte]).decode(encoding) == chr(byte) for byte in range(128))
        letters = bytes(range(128, 256)).decode(encoding, "ignore")
        letters = "".join(letter for letter in letters if letter.strip())
    text = "a,b\r\n" + "".join(f"{n},<{letters}>\r\n" for n in range(50))
    _, rows = read(con, write(tmp_path, text.encode(encoding)), encoding=encoding)
    assert rows == [(n + 2, None, str(n), f"<{letters}>") for n in range(50)]


def test_blocks_that_end_anywhere_give_the_same_rows(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random cells, written and read again by Python's csv, in blocks of many sizes."""
    rng = random.Random(7)
    parts = ["", " ", "x", "é", '"', ",", "\n", "\r\n", "\r", "1.5", "\t", "𝄞", "#", "'", "\\"]
    rows = [
        ["".join(rng.choices(parts, k=rng.randint(0, 4))) for _ in range(3)] for _ in range(300)
    ]
    written = ["a,b,c\r\n"]
    for row in rows:
        file = io.StringIO(newline="")
        csv.writer(file).writerow(row)
        written.append(file.getvalue())
    path = write(tmp_path, "".join(written))
    expected = [tuple(cell.strip(" \t") or None for cell in row) for row in rows]
    for block_bytes in (40, 333, 5000, 2**20):
        monkeypatch.setattr(landing, "BLOCK_BYTES", block_bytes)
        _, found = read(con, path)
        assert [(fault, *cells) for _, fault, *cells in found] == [(None, *row) for row in expected]
    line = 1
    for text, (found_line, *_) in zip(written, found, strict=False):
        line += text.count("\n")
        assert found_line == line


# Parquet, and tables and views of DuckDB files.


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "it's a.bank.duckdb"
    with duckdb.connect(path) as con:
        con.execute(
            """
            create table t (id bigint, "day" date, sum decimal(10, 2), "Na me" varchar, line int);
            insert into t select i, date '2025-01-01' + i::int, i / 4, ' n' || i || chr(9), -i
            from range(11) as r (i);
            delete from t where id in (4, 5);
            create view v as select * from t where id > 6;
            create schema s;
            create view s."W x" as select id from main.t where id = 2;
            create view s.unqualified as select id from t where id = 3;
            create table numbered (rowid int, "File" varchar);
            insert into numbered values (7, 'NA'), (7, '');
            create view broken as from t;
            """
        )
        con.execute(
            "create table gone as select 1 as a; create or replace view broken as from gone"
        )
        con.execute("drop table gone")
    return path


T_TYPES = ["BIGINT", "DATE", "DECIMAL(10,2)", "VARCHAR", "INTEGER"]


def t_row(line: int, number: int) -> tuple[Any, ...]:
    day = dt.date(2025, 1, 1) + dt.timedelta(number)
    return (line, None, number, day, number / 4, f"n{number}", -number)


@pytest.mark.parametrize("block_rows", [landing.BLOCK_ROWS, 3])
def test_tables_and_views_have_their_own_types_and_a_line_for_each_row(
    con: duckdb.DuckDBPyConnection,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    block_rows: int,
) -> None:
    monkeypatch.setattr(landing, "BLOCK_ROWS", block_rows)
    assert open_source(con, database, Reader(), "t").types == T_TYPES
    names, rows = read(con, database, "t")
    assert names == ["id", "day", "sum", "Na me", "line_1"]
    kept = [n for n in range(11) if n not in (4, 5)]
    assert [(*row[:4], float(row[4]), *row[5:]) for row in rows] == [t_row(n + 1, n) for n in kept]
    names, rows = read(con, database, "main.V")
    assert names == ["id", "day", "sum", "Na me", "line_1"]
    assert [(row[0], row[2]) for row in rows] == [(1, 7), (2, 8), (3, 9), (4, 10)]
    assert read(con, database, "s.w X") == (["id"], [(1, None, 2)])
    assert read(con, database, "s.unqualified") == (["id"], [(1, None, 3)])
    names, rows = read(con, database, "numbered", nulls=("NA",))
    assert names == ["rowid", "File_1"] and rows == [(1, None, 7, None), (2, None, 7, None)]
    assert open_source(con, database, Reader(), "t").name == f"{database} (main.t)"


def test_a_duckdb_file_without_the_table_says_which_it_has(
    con: duckdb.DuckDBPyConnection, database: Path
) -> None:
    has = "its tables and views are: broken, numbered, s.W x, s.unqualified, t, v."
    for table, said in (
        ("x", f"has no table x; {has}"),
        ("s.t", f"has no table s.t; {has}"),
        (None, f"is a DuckDB file, and no table is named; {has}"),
    ):
        assert refused(con, database, table) == said
    said = refused(con, database, "broken")
    assert said.startswith("cannot be read (")


def test_a_duckdb_file_of_a_newer_version_is_refused_with_its_version(
    con: duckdb.DuckDBPyConnection, database: Path
) -> None:
    """The version and the block's checksum are written as a newer DuckDB would write them."""
    data = bytearray(database.read_bytes())
    data[12:20] = struct.pack("<Q", 968)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", data[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    data[:8] = struct.pack("<Q", checksum)
    database.write_bytes(data)
    said = refused(con, database, "t")
    assert re.match(r"cannot be read \(.*version number 968", said)


def test_a_view_that_an_older_duckdb_wrote_names_its_file(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(path) as other:
        other.execute("create table t as select 1 as a; create view v as from old.main.t")
    assert read(con, path, "v") == (["a"], [(1, None, 1)])


@pytest.mark.parametrize("block_rows", [landing.BLOCK_ROWS, 3])
def test_parquet_has_its_own_types_and_a_line_for_each_row(
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    block_rows: int,
) -> None:
    monkeypatch.setattr(landing, "BLOCK_ROWS", block_rows)
    path = tmp_path / "it's [1]*.parquet"
    con.execute(
        "copy (select i as id, i / 4 as half, ' ' || i as \"A'b\", [i] as list, i as line"
        " from range(10) r(i)) to ? (format parquet, row_group_size 4)",
        [str(path)],
    )
    assert open_source(con, path, Reader(), None).types == [
        *("BIGINT", "DOUBLE", "VARCHAR", "BIGINT[]", "BIGINT")
    ]
    names, rows = read(con, path, nulls=("3",))
    assert names == ["id", "half", "A'b", "list", "line_1"]
    assert rows == [(n + 1, None, n, n / 4, None if n == 3 else str(n), [n], n) for n in range(10)]
    con.execute("copy (select 9 as File_Row_Number, 'x' as b) to ? (format parquet)", [str(path)])
    assert read(con, path) == (["File_Row_Number", "b"], [(1, None, 9, "x")])
    con.execute("copy (select 9 as a limit 0) to ? (format parquet)", [str(path)])
    assert read(con, path) == (["a"], [])


# Pipes.


@pytest.mark.parametrize("packed", [False, True])
def test_a_named_pipe_is_read_once_and_its_copy_goes_with_the_source(
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    packed: bool,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = gzip.compress(TABLE) if packed else TABLE
    writer = threading.Thread(target=pipe.write_bytes, args=[content])
    writer.start()
    source = open_source(con, pipe, Reader(), None)
    writer.join(timeout=60)
    assert source.name == str(pipe) and source.texts({501}) == {501: "1,x"}
    assert sum(batch.rows for batch in source.batches()) == 500
    assert len(list(tmp_path.iterdir())) == 2
    del source
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_process_substitution_is_read(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, database: Path
) -> None:
    """What bash gives as `<(command)` is the reading end of a pipe under /dev/fd."""
    parquet = tmp_path / "t.parquet"
    con.execute("copy (select 1 as a) to ? (format parquet)", [str(parquet)])
    for path, table, expected in (
        (write(tmp_path, "a\n1"), None, (["a"], [(2, None, "1")])),
        (parquet, None, (["a"], [(1, None, 1)])),
        (database, "s.unqualified", (["id"], [(1, None, 3)])),
    ):
        with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert read(con, Path(f"/dev/fd/{process.stdout.fileno()}"), table) == expected
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        path = Path(f"/dev/fd/{process.stdout.fileno()}")
        assert refused(con, path) == "is empty."


def test_without_memory_files_a_block_is_an_ordinary_file_for_a_while(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.memfd_create")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = write(tmp_path, TABLE)
    assert len(read(con, path)[1]) == 500
    assert list(tmp_path.iterdir()) == [path]
