"""The loader: what it reads becomes what the contract says, and every row is accounted for."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from conftest import ROOT
from own_data import Place, assert_sums_in_equal_sums_out, rows, select
from raw_layer import contract
from raw_layer.errors import BadInputError
from smartsentry.build import on_duckdb as building
from smartsentry.load.receipt import TooManyRejectedError


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


# Files that are refused: one sentence, exit 2, nothing written. test_files.py has every kind.

HEADER = "id,account,other,t,amount\n"
CSV = HEADER + "1,A1,B1,2025-09-01 10:00:00,12.50\n"
WITH_ID = select(transaction_id="id")
BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "t.csv is empty."),
    "blank": (b"\n\n \n", "t.csv has only blank lines."),
    "a byte-order mark alone": (b"\xef\xbb\xbf", "t.csv is empty but for a byte-order mark."),
    "header without rows": (HEADER.encode(), "has a header and no rows"),
    "missing column": (
        CSV.replace("amount", "sum", 1).encode(),
        "transactions.sql, line 6: there is no column amount (source has id, account, other, t,",
    ),
    "other delimiter": (
        CSV.replace(",", ";").encode(),
        "line 3: there is no column account (source has id;account;other;t;amount)",
    ),
    "another encoding": ((CSV + "2,Müller,B,x,1\n").encode("latin-1"), "is not utf-8 at line 3"),
    "truncated gz": (gzip.compress((CSV * 3000).encode())[:-20], "damaged or truncated gzip"),
    "damaged gz": (gzip.compress(CSV.encode())[:30] + b"\0" * 40, "damaged or truncated gzip"),
    "line of 9 MB": (
        CSV.encode() + b"x" * 9 * 2**20 + b"\n" + CSV.encode(),
        "has a line of more than 8 MB, line 3",
    ),
    "damaged Parquet": (b"PAR1" + b"\0" * 100 + b"PAR1", "cannot be read"),
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder with a mapping of the four columns and an id."""
    place = Place(tmp_path)
    place.map(transactions=WITH_ID)
    return place


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_refused_in_one_sentence_and_nothing_is_written(
    place: Place, kind: str
) -> None:
    content, said = BAD_FILES[kind]
    place.write("t.csv", content)
    with pytest.raises(BadInputError) as refused:
        place.load("t.csv")
    assert said in str(refused.value)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)
    assert sorted(path.name for path in place.folder.iterdir()) == ["m", "t.csv"]


# Which file is of which relation.


def test_the_same_file_by_other_names_is_loaded_once(place: Place) -> None:
    file = place.write("t.csv", CSV)
    (place.folder / "soft.csv").symlink_to(file)
    (place.folder / "hard.csv").hardlink_to(file)
    place.load("t.csv", "soft.csv", "hard.csv", "../" + place.folder.name + "/t.csv", "m/../t.csv")
    assert place.rows("select count(*) from raw.landed_rows") == [(1,)]
    assert place.rows("select count(*) from raw.rejected_rows") == [(0,)]


def test_a_copy_of_a_file_is_rejected_row_by_row_where_there_are_ids(place: Place) -> None:
    place.write("a.csv", CSV + "2,A1,B1,2025-09-01 10:00:00,7\n")
    place.write("b.csv", CSV + "2,A1,B1,2025-09-01 10:00:00,8\n")
    place.load("a.csv", "b.csv")
    assert place.rows("select source_line, reasons from raw.rejected_rows order by all") == [
        (2, ["transaction_id stands in an earlier row"]),
        (3, ["transaction_id stands in an earlier row with other content"]),
    ]
    assert place.rows("select sum(amount)::varchar from raw.transactions") == [("19.50",)]


def test_files_of_other_columns_are_refused(place: Place) -> None:
    place.write("a.csv", CSV)
    place.write("b.csv", CSV.replace("other", "payee"))
    with pytest.raises(BadInputError, match=r"a\.csv and .*b\.csv have different columns, such as"):
        place.load("a.csv", "b.csv")


def test_every_file_has_a_section_and_every_section_a_file(place: Place) -> None:
    place.map(
        '[source]\nfiles = "t*"\n[accounts]\nfiles = "a*"\n',
        transactions=select(),
        accounts="select line, a as account_id, c as customer_id from source",
    )
    place.write("t.csv", CSV)
    place.write("a.csv", "a,c\nA1,C1\n")
    place.write("x.csv", "x\n1\n")
    with pytest.raises(BadInputError, match=re.escape("x.csv fits no section of source.toml")):
        place.load("t.csv", "a.csv", "x.csv")
    with pytest.raises(BadInputError, match=re.escape("--from has no file for [accounts]")):
        place.load("t.csv")
    place.load("t.csv", "a.csv", max_rejected=0)
    assert place.rows("select customer_id from raw.transactions") == [("C1",)]


def test_one_file_feeds_several_tables(place: Place) -> None:
    """The same account in many rows is one; the same with another owner is a fault."""
    place.map(
        transactions=select(),
        accounts="select line, account as account_id, id as customer_id from source",
    )
    rows_ = "".join(f"{owner},{account},B,2025-01-01,1\n" for owner, account in ("1A", "1A", "2A"))
    file = place.write("t.csv", HEADER + rows_)
    place.load("t.csv")
    assert place.rows("select account_id, customer_id from raw.accounts") == [("A", "1")]
    assert place.rows(
        "select source_table, source_line, is_left_out from raw.landed_rows"
        " where source_table = 'accounts' order by all"
    ) == [("accounts", 2, 0), ("accounts", 3, 1), ("accounts", 4, 0)]
    assert place.rows("select source_table, source_line, reasons from raw.rejected_rows") == [
        ("accounts", 4, ["account_id stands in an earlier row with other content"])
    ]
    assert assert_sums_in_equal_sums_out(place.out, [file]) == {"accepted": 3}


# Lines and records.


def test_quoted_line_ends_blank_lines_and_a_stray_quote_keep_every_line_number(
    place: Place,
) -> None:
    """A record may run over lines; a quote that was never closed takes only its own line."""
    tail = "2025-09-01 10:00:00,12.50"
    content = "\n".join(
        [
            *("", HEADER.strip(), f"1,A1,B1,{tail}", ""),
            f'2,A1,"B\n\n""2""",{tail}',  # lines 5 to 7
            f'3,A1,"B3,{tail}',
            f"4,A1,B1,{tail}",
            f'5,A1,"B\r\n5",{tail}',  # lines 10 and 11
            *("", f"6,A1,B1,{tail}"),
        ]
    )
    place.write("t.csv", b"\xef\xbb\xbf" + content.encode())
    place.load("t.csv")
    assert place.rows(
        "select landed_no, source_line, source_id from raw.landed_rows order by all"
    ) == [(0, 3, "1"), (1, 5, "2"), (2, 8, None), (3, 9, "4"), (4, 10, "5"), (5, 13, "6")]
    assert place.rows("select landed_no from raw.rejected_rows") == [(2,)]
    # an id has no line ends in it
    assert place.rows(
        "select beneficiary_id from raw.transactions where transaction_id in ('T1', 'T4')"
    ) == [('B"2"',), ("B5",)]


def test_records_across_blocks_and_several_files_are_numbered_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartsentry.load.landing.BLOCK_BYTES", 700)
    many = [f'x{number},A,"B\nB",2025-01-01,2' for number in range(50)]
    many[30] = "x30,A,B,2025-01-01,-1"
    many[40] = "x1,A,B,2025-01-01,2"  # a duplicate whose text is read once more
    second = place.write("t2.csv", f"{HEADER}y,A,B,2025-01-01,2\n")
    text = "\n".join([HEADER.strip(), *many])
    first = place.write("t1.csv.gz", gzip.compress(text.encode()))
    place.load("t2.csv", "t1.csv.gz")
    landed = place.rows(
        "select landed_no, source_file, source_line from raw.landed_rows order by 1"
    )
    expected = [(number, str(first), 2 + 2 * number) for number in range(31)]
    expected += [(number, str(first), 1 + 2 * number) for number in range(31, 41)]
    expected += [(number, str(first), 2 * number) for number in range(41, 50)]
    assert landed == [*expected, (50, str(second), 2)]
    assert place.rows("select landed_no, row_text from raw.rejected_rows order by all") == [
        (30, many[30]),
        (40, many[40]),
    ]
    assert assert_sums_in_equal_sums_out(place.out, [first, second])["rejected"] == 2


def test_parquet_and_tables_come_in_several_batches_and_keep_their_numbers(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartsentry.load.landing.BLOCK_ROWS", 4)
    content = "".join(f"x{n},A,B,2025-01-01,{-1 if n == 7 else 2}\n" for n in range(11))
    file = place.write("t.csv", HEADER + content)
    with duckdb.connect(place.folder / "t.duckdb") as con:
        con.execute(f"create table t as from read_csv('{file}', all_varchar = true)")
        con.execute(f"copy t to '{place.folder}/t.parquet' (row_group_size 2)")
        con.execute("delete from t where id in ('x4', 'x5', 'x6')")
    kept = [n for n in range(11) if n not in (4, 5, 6)]
    for name, source, numbers in (
        ("t.parquet", "[source]\n", list(range(11))),
        ("t.duckdb", '[source]\ntable = "t"\n', kept),
    ):
        place.map(source, transactions=WITH_ID)
        place.load(name)
        landed = place.rows("select landed_no, source_id from raw.landed_rows order by all")
        assert landed == [(no, f"x{number}") for no, number in enumerate(numbers)]
        [(text,)] = place.rows("select row_text from raw.rejected_rows")
        assert json.loads(text)["id"] == "x7"


# Ids that are numbers, as Parquet files of data frames have them.


def test_a_whole_double_is_the_id_that_an_integer_is(place: Place) -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table t (id bigint, account bigint, other double, t timestamp, amount double)"
        )
        con.execute(
            "insert into t values (1, 1001, 1002, '2025-01-01', 1),"
            " (2, 1002, 1001, '2025-01-01', 1),"
            " (3, 1001, 1002.5, '2025-01-01', 1), (4, 1001, 12345678901234567, '2025-01-01', 1),"
            " (5, 1001, null, '2025-01-01', 1), (6, 1001, 'nan', '2025-01-01', 1),"
            " (7, 1001, -7, '2025-01-01', 85.65), (8, 1001, 9007199254740991, '2025-01-01', 1),"
            " (9, 1001, 1002, '2025-01-01', 85.64999999999999), (10, 1001, 0, '2025-01-01', 'inf'),"
            " (11, 1001, 'inf', '2025-01-01', 1), (12, 1001, -0.0, '2025-01-01', 1)"
        )
        con.execute("copy t to ?", [str(place.folder / "t.parquet")])
    place.map(
        transactions=select(transaction_id="id", beneficiary_id=None, receiver_account_id="other")
    )
    place.load("t.parquet")
    assert place.rows(
        "select source_id, sender_account_id, receiver_account_id, amount::varchar"
        " from raw.transactions join raw.landed_rows on transaction_id = 'T' || landed_no"
        " order by landed_no"
    ) == [
        ("1", "1001", "1002", "1.00"),
        ("2", "1002", "1001", "1.00"),
        ("7", "1001", "-7", "85.65"),
        ("8", "1001", "9007199254740991", "1.00"),
        ("12", "1001", "0", "1.00"),
    ]
    number = "receiver_account_id is a number and no id"
    none = "neither receiver_account_id nor beneficiary_id is given"
    found = place.rows("select source_line, reasons from raw.rejected_rows order by all")
    assert {line: reasons[0] for line, reasons in found} == {
        3: number,
        4: number,
        5: none,
        6: number,
        9: "amount has more than two decimals",
        10: "amount is not a number",
        11: number,
    }


# The limit, the file that is replaced, and what a build takes.


def test_above_the_limit_nothing_is_written_and_reasons_are_counted(place: Place) -> None:
    file = place.write("t.csv", CSV)
    place.load("t.csv", max_rejected=0)
    before = place.out.read_bytes()
    bad = "".join(f"x{number},A,B,2025-01-01,-1\n" for number in range(3))
    place.write("t.csv", f"{CSV}{bad}y,A,B,x,1\n")
    refused = command(
        *("load", str(place.mapping), "--from", str(file), "--out", str(place.out)),
    )
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == (
        "Error: 4 of 5 rows of transactions were rejected (80.00%, at most 1.00%):"
        f" amount is not above 0: 3 (first: {file} line 3: x0,A,B,2025-01-01,-1);"
        f" timestamp cannot be read as a time: 1 (first: {file} line 6: y,A,B,x,1)."
        " Nothing was loaded. If these lines are no rows, such as totals, say how they begin under"
        " skip in source.toml; --max-rejected allows for bad rows."
    )
    assert place.out.read_bytes() == before


def test_all_rows_may_not_be_rejected_whatever_the_limit(place: Place) -> None:
    place.write("t.csv", f"{HEADER}1,A,B,2025-01-01,-1\n")
    with pytest.raises(TooManyRejectedError, match=r"1 of 1 rows .* \(100\.00%, not all may be\)"):
        place.load("t.csv", max_rejected=1)
    assert not place.out.exists()


def test_a_mapping_that_leaves_all_rows_out_is_refused(place: Place) -> None:
    place.map(transactions=select(_where="where false"))
    place.write("t.csv", CSV)
    with pytest.raises(TooManyRejectedError, match=r"no row of transactions was accepted: 1 were"):
        place.load("t.csv")
    assert not place.out.exists()


def test_a_loaded_file_may_be_replaced_and_a_built_warehouse_not(place: Place) -> None:
    place.write("t.csv", CSV)
    place.load("t.csv")
    place.load("t.csv")
    with duckdb.connect(place.out) as con:
        con.execute("create schema staging")
        con.execute("create schema rules")
        con.execute("create table main.alerts as select 1 as a")
    before = place.out.read_bytes()
    with pytest.raises(
        BadInputError, match="that is a built warehouse; it must be a new file or a"
    ):
        place.load("t.csv")
    assert place.out.read_bytes() == before


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


def test_a_row_with_another_owner_than_its_account_is_rejected(place: Place) -> None:
    place.map(transactions=select(customer_id="id"))
    place.write(
        "t.csv",
        f"{HEADER}C1,A,B,2025-01-01,1\nC2,A,B,2025-01-01,1\nC2,D,B,2025-01-01,1\n",
    )
    place.load("t.csv")
    assert place.rows("select source_line, row_text, reasons from raw.rejected_rows") == [
        (3, "C2,A,B,2025-01-01,1", ["customer_id does not own sender_account_id"])
    ]
    assert place.rows("select account_id, customer_id from raw.accounts order by all") == [
        *(("A", "C1"), ("D", "C2"))
    ]
    assert place.rows("select customer_id from raw.customers order by all") == [("C1",), ("C2",)]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_sql_in_names_and_values_of_a_file_stays_text(place: Place, ending: str) -> None:
    evil = "x'); drop table raw.accounts; --"
    worse = 'y"; drop table raw.accounts; --'
    name = f"it's {ending}.{ending}"
    with duckdb.connect() as con:
        con.execute("create table t (account varchar, b varchar, t varchar, amount varchar)")
        con.execute(
            "insert into t values ('A', ?, '2025-01-01', '1'), ('A', 'B', 'x', '1')", [evil]
        )
        con.execute(f"""alter table t rename column b to "{worse.replace('"', '""')}" """)
        con.execute(
            f"copy t to ? (format {ending}{', header' * (ending == 'csv')})",
            [str(place.folder / name)],
        )
    escaped = worse.replace('"', '""')
    place.map(transactions=select(beneficiary_id=f'"{escaped}"'))
    place.load(name)
    assert place.rows("select beneficiary_id from raw.transactions") == [(evil,)]
    assert place.rows("select account_id from raw.accounts") == [("A",)]
    assert place.rows("select reasons from raw.rejected_rows") == [
        (["timestamp cannot be read as a time"],)
    ]


def test_rows_of_a_newest_first_file_are_numbered_from_its_end(place: Place) -> None:
    """Their numbers order rows of one time; lines and texts stay those of the file."""
    place.map("newest_first = true\n[source]\n", transactions=WITH_ID)
    rows_ = [f"{no},A,B,2025-01-0{5 - no},{no}" for no in range(1, 5)]
    rows_[1] = "2,A,B,2025-01-03,x"
    file = place.write("t.csv", "\n".join([HEADER.strip(), *rows_, ""]))
    place.load("t.csv")
    assert place.rows("select landed_no, source_line from raw.landed_rows order by all") == [
        *((0, 5), (1, 4), (2, 3), (3, 2)),
    ]
    assert place.rows(
        "select transaction_id, amount::integer from raw.transactions order by 1"
    ) == [
        *(("T0", 4), ("T1", 3), ("T3", 1)),
    ]
    assert place.rows("select landed_no, row_text from raw.rejected_rows") == [(2, rows_[1])]
    assert assert_sums_in_equal_sums_out(place.out, [file]) == {"accepted": 3, "rejected": 1}


def test_domains_are_those_that_the_warehouse_accepts() -> None:
    of_raw = {column.name for table in contract.TABLES for column in table.columns}
    accepted = {}
    models = ROOT / "dbt_project/models"
    for path in [*(models / "marts").glob("*.yml"), models / "staging/stg_dispositions.yml"]:
        for model in yaml.safe_load(path.read_text()).get("models", []):
            for column in model.get("columns", []):
                for test in column.get("data_tests", []):
                    if "accepted_values" in test and column["name"] in of_raw:
                        accepted[column["name"]] = tuple(
                            test["accepted_values"]["arguments"]["values"]
                        )
    assert accepted == contract.DOMAINS
