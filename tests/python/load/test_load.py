"""The loader: what it reads becomes what the contract says, and every row is accounted for."""

import gzip
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml

from conftest import ROOT
from raw_layer import contract
from raw_layer.errors import BadInputError
from smartsentry.build import on_duckdb as building
from smartsentry.load.loader import TooManyRejectedError, load


def command(*arguments: str, db: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `smartsentry` as a user does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    if db is not None:
        environment["SMARTSENTRY_DB"] = str(db)
    return subprocess.run(
        [sys.executable, "-m", "smartsentry.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def rows(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(path, read_only=True) as con:
        return con.execute(query).fetchall()


# Bad rows: each beside a good one, which must not be touched.

MAPPING = """
bank_time_zone = "Asia/Kolkata"

[transactions]
files = "t*"

[transactions.columns]
transaction_id = "id"
sender_account_id = "account"
receiver_account_id = "to_account"
beneficiary_id = "to_other"
device_id = "device"
timestamp = "at"
amount = "amount"
channel = "channel"
debit_credit = "side"
transaction_type = "type"
cash_flag = "cash"
label = "label"
fraud_type = "fraud"
hop_number = "hop"

[accounts]
files = "a*"

[accounts.columns]
account_id = "account"
customer_id = "customer"
avg_balance = "balance"
account_open_days = "days"

[devices]
files = "d*"

[devices.columns]
device_id = "device"
"""
HEADER = "id,account,to_account,to_other,device,at,amount,channel,side,type,cash,label,fraud,hop"
GOOD = dict(
    zip(
        HEADER.split(","),
        (
            *("1", "A1", "", "B1", "D1", "2025-09-01 10:00:00", "12.50"),
            *("web", "debit", "NEFT", "0", "0", "normal", ""),
        ),
        strict=True,
    )
)


def line(**cells: str) -> str:
    return ",".join((GOOD | {"id": "2"} | cells).values())


NO_PARTY = "neither receiver_account_id nor beneficiary_id is given"
TRUNCATED = "the row is truncated: it has fewer cells than the header"
QUOTES = "the quotes of the row are malformed"
SPAN = "timestamp is outside 1980-01-01 to 2100-01-01"

BAD_ROWS = {
    "missing key": (line(id=""), ["transaction_id is missing"]),
    "blank key": (line(id="   "), ["transaction_id is missing"]),
    "duplicate key": (line(id="1"), ["transaction_id stands in an earlier row"]),
    "missing account": (line(account=""), ["sender_account_id is missing"]),
    "unknown account": (line(account="A9"), ["sender_account_id is not an account"]),
    "unknown receiver": (
        line(to_account="A9", to_other=""),
        ["receiver_account_id is not an account"],
    ),
    "unknown device": (line(device="D9"), ["device_id is not a device"]),
    "missing amount": (line(amount=""), ["amount is missing"]),
    "amount is text": (line(amount="ten"), ["amount is not a number"]),
    "amount is hexadecimal": (line(amount="0x10"), ["amount is not a number"]),
    "amount has underscores": (line(amount="1_000"), ["amount is not a number"]),
    "amount has a currency": (line(amount="INR 5"), ["amount is not a number"]),
    "amount has thousands": (line(amount='"1,000.00"'), ["amount is not a number"]),
    "amount is NaN": (line(amount="NaN"), ["amount is not finite"]),
    "amount is infinite": (line(amount="-Infinity"), ["amount is not finite"]),
    "amount is zero": (line(amount="0.00"), ["amount is not above 0"]),
    "amount is negative": (line(amount="-5"), ["amount is not above 0"]),
    "three decimals": (line(amount="1.005"), ["amount has more than two decimals"]),
    "many decimals": (line(amount="1.000000000001"), ["amount has more than two decimals"]),
    "amount too large": (line(amount="1e17"), ["amount is too large"]),
    "amount beyond any number": (line(amount="1e400"), ["amount is too large"]),
    "missing time": (line(at=""), ["timestamp is missing"]),
    "time is text": (line(at="yesterday"), ["timestamp cannot be read as a time"]),
    "no such day": (line(at="2025-02-30 10:00:00"), ["timestamp cannot be read as a time"]),
    "no such hour": (line(at="2025-09-01 25:00:00"), ["timestamp cannot be read as a time"]),
    "day before month": (line(at="31/12/2025 10:00"), ["timestamp cannot be read as a time"]),
    "time too early": (line(at="1899-12-31 00:00:00"), [SPAN]),
    "time too late": (line(at="2999-01-01 00:00:00"), [SPAN]),
    "time is infinite": (line(at="infinity"), [SPAN]),
    "no such zone": (
        line(at="2025-09-01 10:00:00 Mars/Olympus"),
        ["timestamp cannot be read as a time"],
    ),
    "both counterparties": (
        line(to_account="A2"),
        ["both receiver_account_id and beneficiary_id are given"],
    ),
    "no counterparty": (line(to_other=""), [NO_PARTY]),
    "channel outside": (line(channel="pigeon"), ["channel is outside its domain"]),
    "channel in capitals": (line(channel="WEB"), ["channel is outside its domain"]),
    "side outside": (line(side="D"), ["debit_credit is outside its domain"]),
    "missing side": (line(side=""), ["debit_credit is missing"]),
    "type outside": (line(type="SWIFT"), ["transaction_type is outside its domain"]),
    "cash flag is no flag": (line(cash="2"), ["cash_flag is not 0 or 1"]),
    "cash flag contradicts": (line(cash="1"), ["cash_flag and transaction_type disagree"]),
    "label is no flag": (line(label="maybe"), ["label is not 0 or 1"]),
    "label contradicts": (line(label="1"), ["label and fraud_type disagree"]),
    "hop is a fraction": (line(hop="1.5"), ["hop_number is not a whole number"]),
    "hop below one": (line(hop="0"), ["hop_number is outside 1 to 1000000000"]),
    "truncated line": (line()[:20], [TRUNCATED]),
    "too many cells": (line() + ",", ["the row has more cells than the header"]),
    "quote never closed": (line(account='"A1'), [QUOTES]),
    "quote within a cell": (line(account='A"1'), [QUOTES]),
    "text behind a quote": (line(account='"A1"x'), [QUOTES]),
    "NUL character": (line(account="A\0 1"), ["the row holds a NUL character"]),
    "SQL in a name": (
        line(account="A1'); drop table raw.accounts; --"),
        ["sender_account_id is not an account"],
    ),
    "formula as a name": (
        line(account="=cmd|' /C calc'!A0"),
        ["sender_account_id is not an account"],
    ),
    "only delimiters": (
        ",,,,,,,,,,,,,",
        [
            *("transaction_id is missing", "sender_account_id is missing"),
            *("timestamp is missing", "amount is missing", "debit_credit is missing"),
            NO_PARTY,
        ],
    ),
    "several reasons": (
        line(amount="-1.234", channel="x", to_other=""),
        [
            *("amount is not above 0", "amount has more than two decimals"),
            *("channel is outside its domain", NO_PARTY),
        ],
    ),
}


@dataclass
class Place:
    """A folder with a mapping, accounts and devices; the transactions are a test's own."""

    folder: Path

    def __post_init__(self) -> None:
        self.mapping = self.write("m.toml", MAPPING)
        self.write("a.csv", "account,customer,balance,days\nA1,C1,100.5,40\nA2,C2,,\n")
        self.write("d.csv", "device\nD1\n")
        self.out = self.folder / "out.duckdb"

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def load(self, content: str | bytes, max_rejected: float = 1, name: str = "t.csv") -> list[str]:
        files = [self.write(name, content), self.folder / "a.csv", self.folder / "d.csv"]
        return load(self.mapping, [str(file) for file in files], self.out, max_rejected)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_is_rejected_with_its_reasons_and_takes_no_other_with_it(
    place: Place, kind: str
) -> None:
    text, reasons = BAD_ROWS[kind]
    after = line(id="3")
    place.load("\n".join([HEADER, ",".join(GOOD.values()), text, after, ""]))
    assert rows(place.out, "select row_text, source_line, reasons from raw.rejected_rows") == [
        (text, 3, reasons)
    ]
    assert rows(place.out, "select transaction_id, amount from raw.transactions order by all") == [
        ("T0", GOOD_AMOUNT),
        ("T2", GOOD_AMOUNT),
    ]
    landed = rows(
        place.out,
        "select landed_no, source_line from raw.landed_rows"
        " where source_table = 'transactions' order by all",
    )
    assert landed == [(0, 2), (1, 3), (2, 4)]


GOOD_AMOUNT = duckdb.execute("select 12.50::decimal(18, 2)").fetchall()[0][0]
CSV = f"{HEADER}\n{','.join(GOOD.values())}\n"

# Bad files: one sentence, exit 2, nothing written.
BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "t.csv is empty."),
    "blank": (b"\n\n \n", "t.csv is empty."),
    "header without rows": (HEADER.encode() + b"\n", "has a header and no rows"),
    "missing column": (CSV.replace("amount,", "sum,", 1).encode(), "has no column 'amount'"),
    "duplicated header": (CSV.replace("channel,", "amount,", 1).encode(), "'amount' twice"),
    "UTF-16": (CSV.encode("utf-16"), "is UTF-16"),
    "another encoding": (
        (CSV + line(account="Müller") + "\n").encode("latin-1"),
        "is not utf-8 at line 3",
    ),
    "truncated gz": (gzip.compress((CSV * 3000).encode())[:-20], "damaged or truncated gzip"),
    "damaged gz": (
        gzip.compress(CSV.encode())[:30] + b"\0" * 40,
        "damaged or truncated gzip",
    ),
    "line of 100 MB": (
        CSV.encode() + b"x" * 100 * 2**20 + b"\n" + line().encode(),
        "has a line of more than 8 MB, line 3",
    ),
    "CR line ends": (CSV.replace("\n", "\r").encode(), "ends its lines with CR alone"),
    "other delimiter": (CSV.replace(",", ";").encode(), "has no column 'id'"),
    "damaged Parquet": (b"PAR1" + b"\0" * 100 + b"PAR1", "cannot be read"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_refused_in_one_sentence_and_nothing_is_written(
    place: Place, kind: str
) -> None:
    content, said = BAD_FILES[kind]
    with pytest.raises(BadInputError) as refused:
        place.load(content)
    assert said in str(refused.value)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)
    assert sorted(path.name for path in place.folder.iterdir()) == [
        *("a.csv", "d.csv", "m.toml", "t.csv")
    ]


def test_at_least_forty_kinds_of_bad_rows_and_files() -> None:
    assert len(BAD_ROWS) + len(BAD_FILES) >= 40


# What is unusual and right.

GOOD_ROWS = {
    "offset": (line(at="2025-09-01T10:00:00+07:00"), "2025-09-01 08:30:00", "12.50"),
    "short offset": (line(at="2025-09-01 10:00:00-03"), "2025-09-01 18:30:00", "12.50"),
    "UTC": (line(at="2025-09-01T20:00:00Z"), "2025-09-02 01:30:00", "12.50"),
    "named zone": (line(at="2025-09-01 10:00:00 Europe/Berlin"), "2025-09-01 13:30:00", "12.50"),
    "a day alone": (line(at="2025-09-01"), "2025-09-01 00:00:00", "12.50"),
    "fractions of a second": (line(at="2025-09-01 10:00:00.999"), "2025-09-01 10:00:00", "12.50"),
    "exponent": (line(amount="1.25e1"), "2025-09-01 10:00:00", "12.50"),
    "zeros behind two decimals": (line(amount="12.5000"), "2025-09-01 10:00:00", "12.50"),
    "quoted cells": (line(account='"A1"', device='" D1 "'), "2025-09-01 10:00:00", "12.50"),
    "CRLF": (line() + "\r", "2025-09-01 10:00:00", "12.50"),
}


@pytest.mark.parametrize("kind", GOOD_ROWS)
def test_an_unusual_row_is_read_as_it_is_meant(place: Place, kind: str) -> None:
    text, moment, amount = GOOD_ROWS[kind]
    place.load(f"{CSV}{text}\n", max_rejected=0)
    assert rows(
        place.out,
        "select timestamp::varchar, amount::varchar from raw.transactions"
        " where transaction_id = 'T1'",
    ) == [(moment, amount)]


def test_quoted_line_ends_blank_lines_and_a_stray_quote_keep_every_line_number(
    place: Place,
) -> None:
    """A record may run over lines; a quote that was never closed takes only its own line."""
    content = "\n".join(
        [
            *("", HEADER, line(id="1"), ""),
            line(id="2", to_other='"B\n\n""2"""'),  # lines 5 to 7
            line(id="3", to_other='"B3'),
            line(id="4"),
            line(id="5", to_other='"B\r\n5"'),  # lines 10 and 11
            *("", line(id="6")),
        ]
    )
    place.load(b"\xef\xbb\xbf" + content.encode())
    assert rows(
        place.out,
        "select landed_no, source_line, source_id from raw.landed_rows"
        " where source_table = 'transactions' order by all",
    ) == [(0, 3, "1"), (1, 5, "2"), (2, 8, "3"), (3, 9, "4"), (4, 10, "5"), (5, 13, "6")]
    assert rows(place.out, "select landed_no from raw.rejected_rows") == [(2,)]
    assert rows(
        place.out,
        "select beneficiary_id from raw.transactions where transaction_id in ('T1', 'T4')",
    ) == [('B\n\n"2"',), ("B\r\n5",)]


def test_records_across_blocks_and_several_files_are_numbered_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartsentry.load.landing.BLOCK_BYTES", 700)
    many = [line(id=f"x{number}", to_other='"B\nB"') for number in range(50)]
    many[30] = line(id="x30", amount="-1")
    many[40] = line(id="x1")  # a duplicate whose text is read once more
    second = place.write("t2.csv", f"{HEADER}\n{line(id='y')}\n")
    first = place.write("t1.csv.gz", gzip.compress("\n".join([HEADER, *many]).encode()))
    others = [str(place.folder / name) for name in ("a.csv", "d.csv")]
    load(place.mapping, [str(second), str(first), *others], place.out, 1)
    landed = rows(
        place.out,
        "select landed_no, source_file, source_line from raw.landed_rows"
        " where source_table = 'transactions' order by all",
    )
    expected = [(number, str(first), 2 + 2 * number) for number in range(31)]
    expected += [(number, str(first), 1 + 2 * number) for number in range(31, 41)]
    expected += [(number, str(first), 2 * number) for number in range(41, 50)]
    assert landed == [*expected, (50, str(second), 2)]
    assert rows(place.out, "select landed_no, row_text from raw.rejected_rows order by all") == [
        (30, many[30]),
        (40, many[40]),
    ]


# A cell as it is written, and its value; null where it makes its row a bad one.
CELLS = {
    '"A1"': "A1",
    '"A,1"': "A,1",
    '"A""1"': 'A"1',
    '"""A"""': '"A"',
    " A1 ": "A1",
    '" A1 "': "A1",
    "A1\u00a0": "A1",
    "\ufeffA1": "\ufeffA1",
    "Ä1": "Ä1",
    "A\r1": "A\r1",
    "#A1": "#A1",
    "\\A1": "\\A1",
    "'A1'": "'A1'",
    "": None,
    '""': None,
    '"A1" ': None,
    'A"1': None,
    '"': None,
    '"A"1"': None,
    "A\0": None,
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("plain_rows", [0, 200])
def test_a_line_reads_the_same_whichever_reader_it_is_given_to(
    place: Place, line_end: str, plain_rows: int
) -> None:
    """Few odd lines among many plain ones are cut one by one, of many odd ones all are."""
    lines = [line(id=f"p{number}") for number in range(plain_rows)]
    lines += [line(id=f"x{number}", to_other=cell) for number, cell in enumerate(CELLS)]
    place.load(line_end.join([HEADER, *lines, ""]))
    found = rows(
        place.out,
        "select source_id, beneficiary_id from raw.landed_rows left join raw.transactions"
        " on transaction_id = 'T' || landed_no"
        " where source_table = 'transactions' and source_id like 'x%' order by landed_no",
    )
    values = {f"x{number}": value for number, value in enumerate(CELLS.values())}
    assert {name: value for name, value in found if value is not None} == {
        name: value for name, value in values.items() if value is not None
    }
    assert rows(place.out, "select source_line, row_text from raw.rejected_rows order by 1") == [
        (plain_rows + 2 + number, lines[plain_rows + number])
        for number, value in enumerate(CELLS.values())
        if value is None
    ]
    counts = "select count(*), count(distinct landed_no) from raw.landed_rows"
    landed = len(lines)
    assert rows(place.out, f"{counts} where source_table = 'transactions'") == [(landed, landed)]


def test_parquet_and_tables_come_in_several_batches_and_keep_their_numbers(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartsentry.load.landing.BLOCK_ROWS", 4)
    mapping = place.write("own.toml", MAPPING.split("[accounts]")[0])
    others = "\n".join(line(id=f"x{n}", amount="-1" if n == 7 else "2") for n in range(11))
    place.write("t.csv", f"{HEADER}\n{others}\n")
    parquet, tables = place.folder / "t.parquet", place.folder / "t.duckdb"
    with duckdb.connect(tables) as con:
        con.execute(f"create table t as from read_csv('{place.folder}/t.csv', all_varchar = true)")
        con.execute(f"copy t to '{parquet}' (row_group_size 2)")
        con.execute("delete from t where id in ('x4', 'x5', 'x6')")
    with_table = place.write(
        "table.toml", mapping.read_text().replace('files = "t*"', 'table = "t"')
    )
    expected = [n for n in range(11) if n not in (4, 5, 6)]
    for of, path, numbers in ((mapping, parquet, range(11)), (with_table, tables, expected)):
        load(of, [str(path)], place.out, 1)
        assert rows(
            place.out, "select landed_no, source_line, source_id from raw.landed_rows order by all"
        ) == [(no, number + 1, f"x{number}") for no, number in enumerate(numbers)]
        [(at, text)] = rows(place.out, "select source_line, row_text from raw.rejected_rows")
        assert at == 8 and json.loads(text)["id"] == "x7"


def test_without_memory_files_a_block_is_an_ordinary_file_for_a_while(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.memfd_create")
    monkeypatch.setattr("tempfile.tempdir", str(place.folder))
    place.load(CSV, max_rejected=0)
    assert rows(place.out, "select count(*) from raw.transactions") == [(1,)]
    assert not list(place.folder.glob("smartsentry_*"))


def test_above_the_limit_nothing_is_written_and_reasons_are_counted(place: Place) -> None:
    place.load(CSV, max_rejected=0)
    before = place.out.read_bytes()
    bad = "\n".join([line(id=f"x{number}", amount="-1") for number in range(3)])
    place.write("t.csv", f"{CSV}{bad}\n{line(id='z', channel='x')}\n")
    refused = command(
        *("load", str(place.mapping), "--from", str(place.folder / "t.csv")),
        *(str(place.folder / "a.csv"), str(place.folder / "d.csv"), "--out", str(place.out)),
    )
    assert refused.returncode == 1
    file = place.folder / "t.csv"
    assert refused.stderr.splitlines()[-1] == (
        "Error: 4 of 5 rows of transactions were rejected (80.00%, at most 1.00%):"
        f" amount is not above 0: 3 (first: {file} line 3);"
        f" channel is outside its domain: 1 (first: {file} line 6)."
    )
    assert place.out.read_bytes() == before


def test_what_the_contract_requires_is_required_of_every_table(tmp_path: Path) -> None:
    mapping, out = tmp_path / "m.toml", tmp_path / "out.duckdb"
    (tmp_path / "t.csv").write_text("a,b,t,x\nA,B,2025-01-01,1\n")
    (tmp_path / "d.csv").write_text("a,d\nA,\nB,D\n")
    columns = (
        '[transactions]\nfiles = "t.csv"\n[transactions.columns]\nsender_account_id = "a"\n'
        'beneficiary_id = "b"\ntimestamp = "t"\namount = "x"\n'
        '[account_devices]\nfiles = "d.csv"\n[account_devices.columns]\naccount_id = "a"\n'
    )
    files = [str(tmp_path / name) for name in ("t.csv", "d.csv")]
    mapping.write_text(columns)
    with pytest.raises(BadInputError, match=r"account_devices\.columns\.device_id is missing"):
        load(mapping, files, out)
    mapping.write_text(columns + 'device_id = "d"\n')
    with pytest.raises(TooManyRejectedError, match="device_id is missing: 1"):
        load(mapping, files, out)
    assert not out.exists()


def test_a_build_takes_the_raw_tables_and_nothing_that_was_derived(tmp_path: Path) -> None:
    loaded, side = tmp_path / "loaded.duckdb", tmp_path / "side.duckdb"
    with duckdb.connect(loaded) as con:
        con.execute("create schema raw")
        con.execute("create table raw.generation_run as select 1 as seed")
        con.execute("create view raw.seeds as from raw.generation_run")
        con.execute("create table alerts as select 1 as a")
        con.execute('create view "an \'odd" as from alerts')
    building._copy_raw(loaded, side, {})
    assert rows(
        side,
        "select table_schema, table_name from information_schema.tables order by all",
    ) == [("raw", "generation_run"), ("raw", "seeds")]


def test_a_row_with_another_owner_than_its_account_is_rejected(tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[transactions.columns]\nsender_account_id = "a"\ncustomer_id = "c"\n'
        'beneficiary_id = "b"\ntimestamp = "t"\namount = "x"\n'
    )
    file = tmp_path / "t.csv"
    file.write_text("a,c,b,t,x\nA,C1,B,2025-01-01,1\nA,C2,B,2025-01-01,1\nB,C2,B,2025-01-01,1\n")
    out = tmp_path / "out.duckdb"
    load(mapping, [str(file)], out, max_rejected=1)
    assert rows(out, "select source_line, row_text, reasons from raw.rejected_rows") == [
        (3, "A,C2,B,2025-01-01,1", ["customer_id does not own sender_account_id"])
    ]
    assert rows(out, "select account_id, customer_id from raw.accounts order by all") == [
        *(("A", "C1"), ("B", "C2"))
    ]
    assert rows(out, "select customer_id from raw.customers order by all") == [("C1",), ("C2",)]


def test_domains_are_those_that_the_warehouse_accepts() -> None:
    of_raw = {column.name for table in contract.TABLES for column in table.columns}
    accepted = {}
    for path in (ROOT / "dbt_project/models/marts").glob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            for column in model.get("columns", []):
                for test in column.get("data_tests", []):
                    if "accepted_values" in test and column["name"] in of_raw:
                        accepted[column["name"]] = tuple(
                            test["accepted_values"]["arguments"]["values"]
                        )
    assert accepted == contract.DOMAINS


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_sql_in_names_and_values_of_a_mapping_stays_text(tmp_path: Path, ending: str) -> None:
    evil = "x'); drop table raw.accounts; --"
    worse = 'y"; drop table raw.accounts; --'
    file = tmp_path / f"it's {ending}.{ending}"
    with duckdb.connect() as con:
        con.execute("create table t (a varchar, b varchar, w varchar, v varchar)")
        con.execute(
            "insert into t values ('A', ?, '2025-01-01', '1'), ('A', 'B', 'x', '1')", [evil]
        )
        con.execute(f"""alter table t rename column b to "{worse.replace('"', '""')}" """)
        con.execute("copy t to ?", [str(file)]) if ending == "parquet" else con.execute(
            "copy t to ? (header)", [str(file)]
        )
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[transactions.columns]\nsender_account_id = "a"\ntimestamp = "w"\namount = "v"\n'
        f'beneficiary_id = {{column = \'{worse}\', map = {{"{evil}" = "$base {evil}"}}}}\n'
    )
    out = tmp_path / "out.duckdb"
    load(mapping, [str(file)], out, max_rejected=1)
    assert rows(out, "select beneficiary_id from raw.transactions") == [(f"$base {evil}",)]
    assert rows(out, "select account_id from raw.accounts") == [("A",)]
    assert rows(out, "select reasons from raw.rejected_rows") == [
        (["timestamp cannot be read as a time"],)
    ]


def test_expressions_of_the_closed_list(tmp_path: Path) -> None:
    """Each step by hand: map and default, prefix, factors, rounding, zones, counts of hours."""
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        """
        bank_time_zone = "Asia/Kolkata"
        [reader]
        nulls = ["NA"]
        [transactions.columns]
        sender_account_id = { columns = ["bank", "account"], separator = "/", prefix = "IN-" }
        receiver_account_id = { column = "to", only_if = "^C" }
        beneficiary_id = { column = "to", except_if = "^C" }
        timestamp = { column = "at", format = "%d.%m.%Y %H:%M", time_zone = "Europe/Berlin" }
        flow_origin_at = { column = "hours", origin = 2025-01-01, unit = "hour" }
        debit_credit = { column = "amount", by_sign = true }
        channel = { column = "how", map = { A = "atm" }, default = "web" }
        device_id = { constant = "D" }
        [transactions.columns.amount]
        column = "amount"
        thousands = "."
        decimal_mark = ","
        absolute = true
        factor_by = { column = "currency", factors = { EUR = 1.005, INR = 1 } }
        round = true
        """
    )
    file = tmp_path / "t.csv"
    file.write_text(
        "bank,account,to,at,hours,amount,how,currency\n"
        '1,2,C9,01.07.2025 12:00,25,"-1.000,00",A,EUR\n'
        '1,2,M9,01.12.2025 12:00,NA,"1,005",B,INR\n'
        '1,2,M9,01.12.2025 12:00,0,"1,00",B,USD\n'
    )
    out = tmp_path / "out.duckdb"
    load(mapping, [str(file)], out, max_rejected=1)
    assert rows(
        out,
        "select sender_account_id, receiver_account_id, beneficiary_id, timestamp::varchar,"
        " flow_origin_at::varchar, amount::varchar, debit_credit, channel, device_id"
        " from raw.transactions order by transaction_id",
    ) == [
        (
            "IN-1/2",
            "C9",
            None,
            "2025-07-01 15:30:00",
            "2025-01-02 01:00:00",
            "1005.00",
            "debit",
            "atm",
            "D",
        ),
        ("IN-1/2", None, "M9", "2025-12-01 16:30:00", None, "1.01", "credit", "web", "D"),
    ]
    assert rows(out, "select reasons from raw.rejected_rows") == [
        (["amount has no factor for its currency"],)
    ]


LOOKUPS = """
[lookups."an 'odd\\" name"]
files = "l*"
key = "key of"
value = "v"
where = { state = "closed" }
[transactions]
files = "t*"
[transactions.columns]
sender_account_id = "a"
beneficiary_id = "b"
timestamp = "t"
amount = "x"
transaction_id = "id"
device_id = { column = "id", lookup = "an 'odd\\" name", prefix = "D" }
channel = { column = "id", lookup = "an 'odd\\" name", map = { one = "web" }, default = "atm" }
"""
LOOKED_UP = "key of,v,state\n1,one,closed\n1,one,closed\n2,two,open\n3,,closed\n,none,closed\n"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_lookup_gives_the_value_of_a_key_and_else_null_or_the_default(
    tmp_path: Path, ending: str
) -> None:
    mapping, out = tmp_path / "m.toml", tmp_path / "out.duckdb"
    mapping.write_text(LOOKUPS)
    (tmp_path / "t.csv").write_text(
        "id,a,b,t,x\n1,A,B,2025-01-01,1\n2,A,B,2025-01-01,1\n3,A,B,2025-01-01,1\n9,A,B,2025-01-01,1\n"
    )
    (tmp_path / "l.csv").write_text(LOOKED_UP)
    if ending == "parquet":
        with duckdb.connect() as con:
            con.execute(f"copy (from '{tmp_path}/l.csv') to '{tmp_path}/l.parquet'")
    load(mapping, [str(tmp_path / "t.csv"), str(tmp_path / f"l.{ending}")], out, max_rejected=0)
    assert rows(
        out, "select transaction_id, device_id, channel from raw.transactions order by all"
    ) == [("T0", "Done", "web"), ("T1", None, "atm"), ("T2", None, "atm"), ("T3", None, "atm")]
    assert rows(out, "select count(*) from raw.landed_rows") == [(4,)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LOOKED_UP + "1,other,closed\n", "has several values for the key '1'."),
        (LOOKED_UP + "4\n", "in line 7, the row is truncated"),
        (LOOKED_UP.replace("key of", "k"), "has no column 'key of'"),
    ],
)
def test_a_lookup_that_does_not_say_one_value_is_refused(
    tmp_path: Path, content: str, said: str
) -> None:
    mapping, out = tmp_path / "m.toml", tmp_path / "out.duckdb"
    mapping.write_text(LOOKUPS)
    (tmp_path / "t.csv").write_text("id,a,b,t,x\n1,A,B,2025-01-01,1\n")
    (tmp_path / "l.csv").write_text(content)
    with pytest.raises(BadInputError, match=re.escape(said)):
        load(mapping, [str(tmp_path / "t.csv"), str(tmp_path / "l.csv")], out)
    with pytest.raises(BadInputError, match="has no file for lookups"):
        load(mapping, [str(tmp_path / "t.csv")], out)
    assert not out.exists()
