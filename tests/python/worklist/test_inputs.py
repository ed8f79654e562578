"""The files of a team: what a build reads, refuses and keeps, and what the commands append."""

import csv
import datetime as dt
import fcntl
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from conftest import ROOT, Warehouse
from raw_layer.errors import BadInputError
from smartsentry import inputs
from smartsentry.cli import main

DECISIONS = "case_id,decided_at,decision,decided_by,note\n"
SNOOZES = "rule_name,customer_id,from,until,owner,reason\n"
K1 = "K1,2025-12-01 10:00:00,cleared,Jane,a shop\n"
S1 = "crypto_transfer,C1,2025-12-01,2025-12-31,Jane,a dealer\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the files."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    monkeypatch.setenv(inputs.VARIABLE, str(folder))
    return folder


def read(place: Path, decisions: str | bytes = "", snoozes: str | bytes = "") -> list[list]:
    """The rows of both files as the raw tables have them."""
    for one, content in zip(inputs.INPUTS, (decisions, snoozes), strict=True):
        data = content.encode() if isinstance(content, str) else content
        (place / one.file_name).write_bytes(data)
    return [one.rows for one in inputs.read_all()]


# ── Reading ──────────────────────────────────────────────────────────────────────────────────


def test_the_rows_are_those_of_the_files(place: Path) -> None:
    decisions, snoozes = read(
        place,
        DECISIONS + K1 + "k20,2025-12-02T11:30:05,confirmed,Ann,\n",
        SNOOZES + S1 + "*,C2,2025-12-05,2025-12-05,Ann,on holiday\n",
    )
    assert decisions == [
        (1, "K1", dt.datetime(2025, 12, 1, 10), "cleared", "Jane", "a shop", 2),
        (2, "K20", dt.datetime(2025, 12, 2, 11, 30, 5), "confirmed", "Ann", None, 3),
    ]
    day = dt.date(2025, 12, 5)
    assert snoozes == [
        (
            1,
            "crypto_transfer",
            "C1",
            day.replace(day=1),
            day.replace(day=31),
            "Jane",
            "a dealer",
            2,
        ),
        (2, "*", "C2", day, day, "Ann", "on holiday", 3),
    ]


def test_without_a_file_or_without_rows_there_are_none(place: Path) -> None:
    assert [one.rows for one in inputs.read_all()] == [None, None]
    assert read(place, "", SNOOZES) == [[], []]
    assert read(place, "\ufeff", SNOOZES.rstrip()) == [[], []]


def test_doubled_lines_are_kept_once_and_counted(place: Path) -> None:
    read(place, DECISIONS + K1 + K1 + K1.replace("Jane", "Ann"), SNOOZES + S1)
    decisions, snoozes = inputs.read_all()
    assert [row[4] for row in decisions.rows] == ["Jane", "Ann"]
    assert [row[0] for row in decisions.rows] == [1, 2]
    assert decisions.sentence() == "2 rows of dispositions.csv (1 doubled, left out)"
    assert snoozes.sentence() == "1 row of snoozes.csv"


def test_a_note_keeps_quotes_line_breaks_and_what_a_spreadsheet_would_run(place: Path) -> None:
    note = '=cmd|" /C calc"!A0, ₹5\nsecond "line",\r\nthird'
    text = note.replace('"', '""')
    ((first, second), _) = read(
        place, DECISIONS + f'K1,2025-12-01 10:00:00,cleared,Jane,"{text}"\n' + K1, SNOOZES
    )
    assert first[5] == note
    assert (first[6], second[6]) == (2, 5), "lines are those of the file"


def test_a_spreadsheets_mark_and_line_ends_are_read(place: Path) -> None:
    (rows, _) = read(place, ("\ufeff" + DECISIONS + K1).replace("\n", "\r\n"), SNOOZES)
    assert rows == [(1, "K1", dt.datetime(2025, 12, 1, 10), "cleared", "Jane", "a shop", 2)]


LONG = "x" * 200_000
REFUSED = {
    "decision outside the list": (K1 + K1.replace("cleared", "closed"), "", 3, "'closed' is no de"),
    "no case": (K1.replace("K1", "case 1"), "", 2, "'case 1' is no case: it must be K and a"),
    "no time": (K1.replace("2025-12-01", "2025-02-30"), "", 2, "'2025-02-30 10:00:00' is no time"),
    "a day without a time": (K1.replace(" 10:00:00", ""), "", 2, "'2025-12-01' is no time"),
    "a zone": (K1.replace("10:00:00", "10:00:00+05:30"), "", 2, "is no time"),
    "a year before money": (K1.replace("2025", "0025"), "", 2, "is no time"),
    "nobody": (K1.replace("Jane", " "), "", 2, "decided_by is empty; it must be given"),
    "too few cells": (K1.replace(",a shop", ""), "", 2, "the row has 4 cells; it must have 5"),
    "too many cells": (K1.replace("a shop", "a shop, or two"), "", 2, "the row has 6 cells"),
    "an open quote": (K1 + K1.replace("a shop", '"a shop'), "", 3, "cannot be read as CSV"),
    "a quote inside": (K1.replace("a shop", '"a" shop'), "", 2, "cannot be read as CSV"),
    "a huge cell": (K1.replace("a shop", LONG), "", 2, "cannot be read as CSV"),
    "an unknown rule": ("", S1 + S1.replace("crypto", "krypto"), 3, "'krypto_transfer' is no rule"),
    "no end": ("", S1.replace("2025-12-31", ""), 2, "until is empty; it must be given"),
    "no beginning": ("", S1.replace("2025-12-01", ""), 2, "'' is no date"),
    "no owner": ("", S1.replace("Jane", ""), 2, "owner is empty; it must be given"),
    "no reason": ("", S1.replace("a dealer", ""), 2, "reason is empty; it must be given"),
    "no customer": ("", S1.replace("C1", ""), 2, "customer_id is empty; it must be given"),
    "an end before its start": ("", S1.replace("2025-12-31", "2025-11-30"), 2, "is before from"),
    "a date that is none": ("", S1.replace("2025-12-31", "31.12.2025"), 2, "'31.12.2025' is no da"),
    "a 31st of November": ("", S1.replace("2025-12-31", "2025-11-31"), 2, "is no date"),
    "digits of another script": ("", S1.replace("2025-12-31", "２０２５-12-31"), 2, "is no date"),
}


@pytest.mark.parametrize(("decision", "snooze", "line", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_allowed_is_refused_by_file_and_line(
    place: Path, decision: str, snooze: str, line: int, said: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        read(place, DECISIONS + decision, SNOOZES + snooze)
    file = "dispositions.csv" if decision else "snoozes.csv"
    assert refused.value.message.startswith(f"{place / file}, line {line}: ")
    assert said in refused.value.message
    assert len(refused.value.message) < len(str(place)) + 300
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("case,decided_at,decision,decided_by,note\n" + K1, 1, "the header is 'case,decided_at"),
        ("decided_at,case_id,decision,decided_by,note\n" + K1, 1, "it must be case_id,decided_at"),
        (K1, 1, "the header is 'K1,"),
        (DECISIONS.replace(",", ";") + K1.replace(",", ";"), 1, "the header is"),
        (DECISIONS.encode() + K1.replace("shop", "caf\xe9").encode("latin-1"), 2, "not in UTF-8"),
        ((DECISIONS + K1).encode("utf-16"), 1, "not in UTF-8"),
        (DECISIONS + K1 + K1.replace("shop", "sh\0p"), 3, "there is a NUL character"),
    ],
)
def test_another_file_is_refused(place: Path, content: str | bytes, line: int, said: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read(place, content, SNOOZES)
    assert refused.value.message.startswith(f"{place / 'dispositions.csv'}, line {line}: ")
    assert said in refused.value.message


def test_a_folder_that_is_missing_or_a_file_that_cannot_be_read_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "snoozes.csv").mkdir()
    with pytest.raises(BadInputError, match=r"cannot read .*snoozes\.csv"):
        inputs.read_all()
    monkeypatch.setenv(inputs.VARIABLE, str(place / "elsewhere"))
    with pytest.raises(
        BadInputError, match=r"SMARTSENTRY_INPUTS is .*, but there is no such folder"
    ):
        inputs.read_all()


def test_a_file_that_another_process_writes_is_waited_for_and_then_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(place, DECISIONS + K1, SNOOZES)
    monkeypatch.setattr(inputs, "WAIT", 0.1)
    with (place / "dispositions.csv").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BadInputError, match="is being written by another process"):
            inputs.read_all()
        with pytest.raises(BadInputError, match="is being written by another process"):
            inputs.append(inputs.DISPOSITIONS, K1.rstrip().split(","))
    assert [len(one.rows) for one in inputs.read_all()] == [1, 0]


def test_a_build_keeps_the_rows_with_types_and_comments(place: Path) -> None:
    read(place, DECISIONS + K1, SNOOZES + S1)
    with duckdb.connect() as con:
        con.execute("create schema raw")
        for _ in range(2):  # the second replaces the first
            inputs.keep(con, inputs.read_all())
        assert con.execute("select case_id, input_line from raw.dispositions").fetchall() == [
            ("K1", 2)
        ]
        assert con.execute("select snoozed_until from raw.snoozes").fetchall() == [
            (dt.date(2025, 12, 31),)
        ]
        uncommented = "select column_name from duckdb_columns() where comment is null"
        assert con.execute(f"{uncommented} and schema_name = 'raw'").fetchall() == []


# ── Writing ──────────────────────────────────────────────────────────────────────────────────


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def known(small_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A case and a customer of the warehouse that the commands ask."""
    monkeypatch.setenv("SMARTSENTRY_DB", str(small_warehouse.path))
    with small_warehouse.connect() as con:
        return con.execute("select min(case_id), min(customer_id) from cases").fetchone()


def test_decide_appends_a_line_that_a_build_reads(place: Path, known: tuple[str, str]) -> None:
    case, _ = known
    note = '=1+1\nsaid "no", twice\r\nand left'
    before = inputs.now()
    said = run("decide", case.lower(), "Cleared", "--by", "Jane Doe", "--note", note)
    assert said.exit_code == 0, said.output
    assert said.output.startswith(f"{case}: cleared by Jane Doe at ")
    assert str(place / "dispositions.csv") in said.output
    assert run("decide", case, "reopened", "--by", "Ann").exit_code == 0
    (first, second) = inputs.read_all()[0].rows
    assert first[1:2] + first[3:6] == (case, "cleared", "Jane Doe", note)
    assert before <= first[2] <= second[2] <= inputs.now()
    assert second[3:6] == ("reopened", "Ann", None)
    with (place / "dispositions.csv").open(newline="") as file:
        assert len(list(csv.reader(file, strict=True))) == 3


def test_the_commands_in_the_docs_run_as_printed(place: Path, known: tuple[str, str]) -> None:
    """With a case and a customer of this warehouse in place of those of the default one."""
    text = (ROOT / "docs/cases.md").read_text()
    printed = re.findall(r"^\.venv/bin/smartsentry ((?:decide|snooze) .*)$", text, re.M)
    for words in map(shlex.split, printed):
        words = [known[0] if re.fullmatch(r"K\d+", word) else word for word in words]
        words = [known[1] if re.fullmatch(r"C\d+", word) else word for word in words]
        done = run(*words)
        assert done.exit_code == 0, (words, done.output)
    decisions, snoozes = inputs.read_all()
    assert [len(one.rows) for one in (decisions, snoozes)] == [2, 2] and len(printed) == 4


def test_snooze_appends_a_line_that_a_build_reads(place: Path, known: tuple[str, str]) -> None:
    _, customer = known
    options = ("--until", "2199-12-31", "--owner", "Jane", "--reason", "a dealer, licensed")
    assert run("snooze", "*", customer, *options).exit_code == 0
    said = run("snooze", "crypto_transfer", customer, *options, "--from", "2025-12-01")
    assert said.exit_code == 0, said.output
    first, second = (row[1:7] for row in inputs.read_all()[1].rows)
    end = dt.date(2199, 12, 31)
    assert first == ("*", customer, inputs.now().date(), end, "Jane", "a dealer, licensed")
    assert second[:3] == ("crypto_transfer", customer, dt.date(2025, 12, 1))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("decide", "T1", "cleared", "--by", "J"), "'T1' is no case"),
        (("decide", "K999999999", "cleared", "--by", "J"), "there is no case K999999999 in "),
        (("decide", "CASE", "closed", "--by", "J"), "'closed' is no decision"),
        (("decide", "CASE", "cleared"), "Missing option '--by'"),
        (("decide", "CASE", "cleared", "--by", " "), "it must not be empty"),
        (("snooze", "crypto", "CUSTOMER", "UNTIL"), "'crypto' is no rule"),
        (("snooze", "*", "C999999", "UNTIL"), "there is no customer C999999"),
        (("snooze", "*", "CUSTOMER"), "Missing option '--until'"),
        (("snooze", "*", "CUSTOMER", "UNTIL", "--from", "2200-01-01"), "is no date"),
        (("snooze", "*", "CUSTOMER", "UNTIL", "--from", "2199-01-01"), "is before from"),
    ],
)
def test_the_commands_refuse_in_one_sentence_and_write_nothing(
    place: Path, known: tuple[str, str], words: tuple[str, ...], said: str
) -> None:
    given = {"CASE": (known[0],), "CUSTOMER": (known[1],)}
    given["UNTIL"] = ("--until", "2030-12-31", "--owner", "J", "--reason", "r")
    line = [part for word in words for part in given.get(word, (word,))]
    refused = run(*line)
    assert refused.exit_code == 2, refused.output
    assert said in refused.output
    assert refused.output.count("\n") == 1 and "Traceback" not in refused.output
    assert list(place.iterdir()) == []


def test_a_file_that_a_build_would_refuse_is_not_added_to(place: Path) -> None:
    path = place / "dispositions.csv"
    path.write_text(DECISIONS + K1 + "K2,yesterday,cleared,Jane,\n")
    before = path.read_bytes()
    with pytest.raises(BadInputError, match="line 3: 'yesterday' is no time"):
        inputs.append(inputs.DISPOSITIONS, K1.rstrip().split(","))
    assert path.read_bytes() == before


def test_a_last_line_without_an_end_is_not_joined(place: Path) -> None:
    path = place / "dispositions.csv"
    path.write_text((DECISIONS + K1).rstrip("\n"))
    inputs.append(inputs.DISPOSITIONS, ("K2", "2025-12-02 10:00:00", "cleared", "Ann", ""))
    assert [row[1] for row in inputs.read_all()[0].rows] == ["K1", "K2"]


WRITER = """
import sys
from smartsentry import inputs
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    note = 'one, "two"\\n' * 20 + str(number)
    inputs.append(
        inputs.DISPOSITIONS, (f"K{number}", "2025-12-01 10:00:00", "cleared", sys.argv[1], note)
    )
    print(number, flush=True)
"""


def writer(name: str, first: int, last: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, name, str(first), str(last)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_at_once_lose_nothing(place: Path) -> None:
    both = [writer("Jane", 0, 60), writer("Ann", 100, 160)]
    assert [process.communicate()[0].count("\n") for process in both] == [60, 60]
    rows = inputs.read_all()[0].rows
    for name, first in (("Jane", 0), ("Ann", 100)):
        own = [int(row[1][1:]) for row in rows if row[4] == name]
        assert own == list(range(first, first + 60))
    assert len(rows) == 120


def test_a_kill_leaves_whole_lines_and_every_line_that_was_acknowledged(place: Path) -> None:
    acknowledged, attempts = 0, 12
    for attempt in range(attempts):
        killed = writer("Jane", acknowledged, acknowledged + 1_000_000)
        for _ in range(3):
            assert killed.stdout.readline()
        time.sleep(0.003 * attempt)
        killed.send_signal(signal.SIGKILL)
        rest = killed.communicate()[0]
        numbers = [int(row[1][1:]) for row in inputs.read_all()[0].rows]
        told = acknowledged + 3 + sum(line.isdecimal() for line in rest.splitlines())
        assert numbers == list(range(len(numbers)))
        assert told <= len(numbers) <= told + 1
        acknowledged = len(numbers)
    assert acknowledged >= 3 * attempts


def test_a_full_disk_leaves_the_file_as_it_was(place: Path) -> None:
    path = place / "dispositions.csv"
    path.write_text(DECISIONS + K1)
    before = path.read_bytes()
    room = len(before) + 10

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    script = "from smartsentry import inputs as i; i.append(i.DISPOSITIONS, %r)"
    row = ("K2", "2025-12-01 10:00:00", "cleared", "Jane", "a long note " * 9)
    ran = subprocess.run(
        [sys.executable, "-c", script % (row,)],
        cwd=ROOT,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ran.returncode != 0
    assert "cannot write" in ran.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["crypto_transfer", "money_returns"])
def test_the_rules_are_those_of_both_sets(name: str) -> None:
    assert inputs.rule_name(name) == name


@pytest.mark.parametrize(
    "parse", [inputs.case_id, inputs.moment, inputs.day, inputs.rule_name], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("text", ["", " ", "K", "K-1", "K01", "=1+1", "K1 ", "2025-1-1", "\n"])
def test_what_is_nothing_of_the_kind_is_refused(parse: Callable, text: str) -> None:
    with pytest.raises(BadInputError):
        parse(text)
