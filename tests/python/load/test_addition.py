"""Rows are added to loaded or made-up raw tables: told apart by the source's id, merged, kept."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import seed_helpers
from conftest import ROOT
from own_data import Place, select
from raw_layer import contract
from raw_layer.errors import BadInputError
from raw_layer.fingerprint import fingerprint
from smartsentry.load.addition import add_file, add_files
from smartsentry.load.receipt import TooManyRejectedError

HEADER = "id,account,other,t,amount,client\n"
DAY_1 = (
    "1,A1,B1,2025-09-01 10:00:00,12.50,Asha\n"
    "2,A1,B2,2025-09-01 11:00:00,7.00,Asha\n"
    "3,A2,B1,2025-09-02 09:00:00,99.00,Bilal\n"
)
WITH_ID = select(transaction_id="id", customer_id="client")
WITHOUT_ID = select(customer_id="client")
DATA = [
    table.name
    for table in contract.TABLES
    if table not in (*contract.KEPT_BY_THE_LOADER, *contract.INPUTS, contract.GENERATION_RUN)
]
OWN = ROOT / "mappings/smartsentry"

Adding = Callable[..., tuple[list[str], bool]]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A file with two days, loaded with ids."""
    place = Place(tmp_path)
    place.map(transactions=WITH_ID)
    place.write("1.csv", HEADER + DAY_1)
    place.load("1.csv")
    return place


def counted(lines: list[str]) -> list[str]:
    """Leave out what looks wrong: every row is a debit."""
    return [line for line in lines if not line.startswith("Look at this")]


@pytest.fixture
def add(place: Place) -> Adding:
    """Add a text as a file."""

    def adding(
        text: str, name: str = "2.csv", max_rejected: float = 0.01
    ) -> tuple[list[str], bool]:
        path = place.write(name, HEADER + text)
        brought = add_files(place.mapping, [str(path)], place.out, max_rejected)
        return counted(brought.lines), brought.changed

    return adding


def content(place: Place) -> dict[str, str]:
    with duckdb.connect(place.out, read_only=True) as con:
        return {table: fingerprint(con, "raw", table) for table in DATA}


def test_days_one_after_another_are_one_load_of_all(place: Place, add: Adding) -> None:
    day_2 = "4,A3,B3,2025-09-03 08:00:00,5.00,Cyra\n5,A1,B1,2025-09-03 09:00:00,6.00,Asha\n"
    lines, changed = add(day_2)
    assert changed
    assert lines == ["transactions          2 new, 0 known, 0 corrected, 0 rejected  2.csv"]
    added = content(place), place.rows("from raw.landed_rows order by all")
    run = "select window_start, window_end, time_precision from raw.generation_run"
    window = place.rows(run)
    place.load("1.csv", "2.csv")
    assert added == (content(place), place.rows("from raw.landed_rows order by all"))
    assert window == place.rows(run)


def test_known_rows_are_left_and_a_correction_replaces(place: Place, add: Adding) -> None:
    lines, changed = add("2,A1,B2,2025-09-01 11:00:00,70.00,Asha\n" + DAY_1[:39])
    assert changed
    assert lines == ["transactions          0 new, 1 known, 1 corrected, 0 rejected  2.csv"]
    assert place.rows("select transaction_id, amount::int from raw.transactions order by 1") == [
        ("T0", 13),
        ("T1", 70),
        ("T2", 99),
    ]
    [old] = place.rows(
        "select source_table, row_key, old_row ->> '$.amount', old_file, old_line, new_file,"
        " new_line, superseded_no, superseded_at is not null from raw.superseded_rows"
    )
    first, second = str(place.folder / "1.csv"), str(place.folder / "2.csv")
    assert old == ("transactions", "T1", "7.00", first, 3, second, 2, 1, True)
    assert place.rows("select source_line from raw.landed_rows where source_id = '2'") == [(2,)]
    assert place.receipt("added: corrected") == {second: "1"}
    # The old row comes once more: it corrects again.
    add("2,A1,B2,2025-09-01 11:00:00,7.00,Asha\n", "3.csv")
    assert place.rows("select superseded_no, old_file from raw.superseded_rows order by 1") == [
        (1, first),
        (2, second),
    ]


def test_a_file_that_was_added_changes_nothing(place: Place, add: Adding) -> None:
    before = place.out.read_bytes()
    lines, changed = add(DAY_1)
    assert not changed
    assert lines == ["transactions          0 new, 3 known, 0 corrected, 0 rejected  2.csv"]
    assert add("", "empty.csv") == ([], False)
    assert place.out.read_bytes() == before


def test_rejected_rows_are_kept_with_numbers_that_go_on(place: Place, add: Adding) -> None:
    with pytest.raises(TooManyRejectedError, match="1 of 2 rows of transactions were rejected"):
        add("4,A1,B1,yesterday,1,Asha\n5,A1,B1,2025-09-03 09:00:00,6.00,Asha\n")
    lines, _ = add(
        "4,A1,B1,yesterday,1,Asha\n5,A1,B1,2025-09-03 09:00:00,6.00,Asha\n", max_rejected=0.5
    )
    assert lines[-1] == "transactions          1 new, 0 known, 0 corrected, 1 rejected  2.csv"
    assert place.rows("select landed_no, source_id from raw.landed_rows where landed_no > 2") == [
        (3, "4"),
        (4, "5"),
    ]
    assert place.rows("select landed_no, source_line from raw.rejected_rows") == [(3, 2)]
    assert place.rows("select transaction_id from raw.transactions where amount = 6") == [("T4",)]


def test_without_ids_equal_rows_are_counted(place: Place, add: Adding) -> None:
    coffee = ",A1,B1,2025-09-01 10:00:00,3.50,Asha\n"
    place.map(transactions=WITHOUT_ID)
    place.write("1.csv", HEADER + coffee * 2)
    place.load("1.csv")
    lines, changed = add(coffee * 2)
    assert not changed
    assert lines == [
        "transactions          0 new, 2 known, 0 corrected, 0 rejected  2.csv",
        "The transactions have no ids: rows equal in every column are one row.",
    ]
    lines, _ = add(coffee * 3)
    assert lines[0] == "transactions          1 new, 2 known, 0 corrected, 0 rejected  2.csv"
    assert place.rows("select count(*) from raw.transactions") == [(3,)]


@pytest.mark.parametrize(
    ("mapping", "row", "said"),
    [
        (WITH_ID, "4,A1,B1,2025-08-31 23:59:59,1,Asha", "is of 2025-08-31, before the first day"),
        (
            WITH_ID,
            "4,A1,B1,2025-09-03 10:00:00,1,Bilal",
            "account A1 would go from customer Asha to Bilal",
        ),
        (WITHOUT_ID, "4,A1,B1,2025-09-03 10:00:00,1,Asha", "have no ids, and the published ones"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    place: Place, add: Adding, mapping: str, row: str, said: str
) -> None:
    place.map(transactions=mapping)
    before = place.out.read_bytes()
    with pytest.raises(BadInputError, match=said):
        add(row + "\n")
    assert place.out.read_bytes() == before


def test_another_mapping_is_refused(place: Place) -> None:
    with pytest.raises(BadInputError, match="the mapping 'PaySim' does not fit: the published"):
        add_files(ROOT / "mappings/paysim", ["x.csv"], place.out)
    place.map(transactions=WITH_ID, devices="select line, other as device_id from source")
    with pytest.raises(BadInputError, match="only one of it and the published data has devices"):
        add_files(place.mapping, [str(place.folder / "1.csv")], place.out)


def test_days_without_a_time_take_no_times(place: Place, add: Adding) -> None:
    place.write("1.csv", HEADER + "1,A1,B1,2025-09-01,12.50,Asha\n")
    place.load("1.csv")
    add("2,A1,B1,2025-09-02,1,Asha\n")
    with pytest.raises(BadInputError, match="its times are to the minute, and the published data"):
        add("3,A1,B1,2025-09-03 10:07:00,1,Asha\n")


def test_an_owner_becomes_known(place: Place, add: Adding) -> None:
    place.map(
        transactions=select(
            transaction_id="id",
            customer_id="client",
            beneficiary_id=None,
            receiver_account_id="other",
        )
    )
    place.write("1.csv", HEADER + "1,A1,A2,2025-09-01 10:00:00,12.50,Asha\n")
    place.load("1.csv")
    owners = "select account_id, customer_id from raw.accounts order by 1"
    assert place.rows(owners) == [("A1", "Asha"), ("A2", "owner of A2")]
    add("2,A2,A1,2025-09-02 10:00:00,1,Bilal\n")
    add("3,A1,A2,2025-09-02 11:00:00,1,Asha\n", "3.csv")
    assert place.rows(owners) == [("A1", "Asha"), ("A2", "Bilal")]
    assert place.rows("from raw.customers select customer_id order by 1") == [
        ("Asha",),
        ("Bilal",),
    ]


ACCOUNTS = (
    "select line, account as account_id, client as customer_id, days as account_open_days"
    " from source"
)
CUSTOMERS = "select line, client as customer_id, kyc as kyc_level from source"


def test_entities_come_and_change(tmp_path: Path) -> None:
    """Attributes hold from then on, ages stay what they were, one table's file may come alone."""
    place = Place(tmp_path)
    sections = "".join(
        f'[{name}]\nfiles = "{name}*"\n' for name in ("transactions", "accounts", "customers")
    )
    place.map(sections, transactions=WITH_ID, accounts=ACCOUNTS, customers=CUSTOMERS)
    place.write("transactions.csv", HEADER + DAY_1)
    place.write("accounts.csv", "account,client,days\nA1,Asha,100\nA2,Bilal,200\n")
    place.write("customers.csv", "client,kyc\nAsha,low\nBilal,high\n")
    place.load("transactions.csv", "accounts.csv", "customers.csv")

    def add(*names: str) -> list[str]:
        files = [str(tmp_path / name) for name in names]
        lines = add_files(place.mapping, files, place.out).lines
        return counted(lines)

    # A row may refer to what is published; an account may be younger than the data.
    place.write("transactions_2.csv", HEADER + "4,A1,B1,2025-09-05 10:00:00,1,Asha\n")
    place.write("accounts_2.csv", "account,client,days\nA1,Asha,\nA3,Asha,-4\n")
    assert add("transactions_2.csv", "accounts_2.csv") == [
        "transactions          1 new, 0 known, 0 corrected, 0 rejected  transactions_2.csv",
        "accounts              1 new, 1 known, 0 corrected, 0 rejected  accounts_2.csv",
    ]
    place.write("customers_3.csv", "client,kyc\nAsha,high\n")
    assert add("customers_3.csv") == [
        "customers             0 new, 0 known, 1 corrected, 0 rejected  customers_3.csv"
    ]
    assert place.rows("select customer_id, kyc_level from raw.customers order by 1") == [
        ("Asha", "high"),
        ("Bilal", "high"),
    ]
    ages = "select account_id, account_open_days from raw.accounts order by 1"
    assert place.rows(ages) == [("A1", 100), ("A2", 200), ("A3", -4)]
    assert place.rows(
        "select source_line, source_file from raw.landed_rows where source_id = 'Asha'"
    ) == [(2, str(tmp_path / "customers_3.csv"))]
    # Of a file that was loaded by itself the ages count from its own first day.
    place.write("transactions_4.csv", HEADER + "5,A1,B1,2025-09-11 10:00:00,1,Asha\n")
    place.write("accounts_4.csv", "account,client,days\nA1,Asha,110\nA2,Bilal,210\nA4,Asha,10\n")
    alone = Place(tmp_path / "alone")
    alone.folder.mkdir()
    shutil.copytree(place.mapping, alone.mapping)
    for name in ("transactions_4.csv", "accounts_4.csv", "customers.csv"):
        shutil.copy(tmp_path / name, alone.folder)
    alone.load("transactions_4.csv", "accounts_4.csv", "customers.csv")
    add_file(alone.out, place.out)
    assert place.rows(ages) == [("A1", 100), ("A2", 200), ("A3", -4), ("A4", 0)]
    place.write("transactions_5.csv", HEADER + "6,A3,B1,2025-09-04 23:59:59,1,Asha\n")
    refusal = "account A3 was opened on 2025-09-05, but has a transaction of 2025-09-04"
    with pytest.raises(BadInputError, match=refusal):
        add("transactions_5.csv")
    # The other way round: the account becomes younger than its published transaction.
    place.write("accounts_6.csv", "account,client,days\nA1,Asha,-1\n")
    refusal = "account A1 was opened on 2025-09-02, but has a transaction of 2025-09-01"
    with pytest.raises(BadInputError, match=refusal):
        add("accounts_6.csv")


# ── Made-up data ─────────────────────────────────────────────────────────────────────────────


RECORDED = "select fingerprints ->> '$.transactions' from raw.generation_run"


def part(path: Path, where: str, *changes: str) -> Path:
    return seed_helpers.part(path, where, *changes, scale="0.01")


def test_parts_of_made_up_data_are_the_whole(tmp_path: Path) -> None:
    whole = Place(tmp_path)
    whole.out = seed_helpers.seeded(scale="0.01")
    place = Place(tmp_path)
    part(place.out, "timestamp < '2025-11-01'")
    late = part(tmp_path / "late.duckdb", "timestamp >= '2025-12-01'")
    add_file(late, place.out)
    add_file(part(tmp_path / "rest.duckdb", "timestamp >= '2025-10-20'"), place.out)
    assert content(place) == content(whole)
    assert place.rows(RECORDED) == whole.rows(RECORDED)
    assert add_file(late, place.out).changed is False


def test_files_are_added_to_made_up_data(tmp_path: Path) -> None:
    """The project's own mapping reads what was exported of made-up data; ids stay what they are."""
    place = Place(tmp_path)
    wrong = "(select max(transaction_id) from raw.transactions where timestamp >= '2025-12-30')"
    part(
        place.out,
        "timestamp < '2025-12-31'",
        f"update raw.transactions set amount = amount + 1 where transaction_id = {wrong}",
    )
    last = part(tmp_path / "last.duckdb", "timestamp >= '2025-12-30'")
    with duckdb.connect(last) as con:
        con.execute(f"copy raw.transactions to '{tmp_path}/transactions.parquet'")
        con.execute(
            "copy (select * replace ('high' as kyc_level) from raw.customers"
            f" where kyc_level = 'low' limit 1) to '{tmp_path}/customers.csv'"
        )
    files = [str(tmp_path / "transactions.parquet"), str(tmp_path / "customers.csv")]
    lines = add_files(OWN, files, place.out).lines
    assert "1 corrected, 0 rejected  transactions.parquet" in lines[-2]
    assert lines[-1].startswith("customers             0 new, 0 known, 1 corrected")
    whole = Place(tmp_path)
    whole.out = seed_helpers.seeded(scale="0.01")
    assert content(place) == content(whole) | {"customers": content(place)["customers"]}
    assert place.rows(RECORDED) == whole.rows(RECORDED)


def test_other_made_up_data_are_refused(place: Place, tmp_path: Path) -> None:
    out = part(tmp_path / "42.duckdb", "true")
    other = seed_helpers.seeded(scale="0.01", seed="7")
    with pytest.raises(BadInputError, match=r"from other options than the published.*seed 7"):
        add_file(other, out)
    with pytest.raises(BadInputError, match="have seed 7, and the published data were loaded by"):
        add_file(other, place.out)
    with pytest.raises(BadInputError, match="there is no such file"):
        add_file(tmp_path / "none.duckdb", out)
    with pytest.raises(BadInputError, match="holds no loaded data"):
        add_file(place.write("text", "x"), out)
    with pytest.raises(BadInputError, match=r"the mapping 'm' does not fit: .* have seed 42"):
        add_file(place.out, out)
