"""An expression that fails on a row rejects that row with DuckDB's message, and no other."""

import re
from pathlib import Path

import pytest

from own_data import Place, assert_sums_in_equal_sums_out, select
from raw_layer.errors import BadInputError

HEADER = "account,other,t,amount,x\n"
FAILS = (
    "Conversion Error: Could not convert string 'bad' to INT32 when casting from source column x"
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.map(transactions=select(hop_number="x::integer"))
    return place


def file_of(rows: int, failing: set[int]) -> str:
    return HEADER + "".join(
        f"A,B,2025-01-01 10:00:00,{number + 1}.25,{'bad' if number in failing else 1}\n"
        for number in range(rows)
    )


ROWS = 36
FAILING = {
    "none": set[int](),
    "the first": {0},
    "the last": {ROWS - 1},
    "the first and the last": {0, ROWS - 1},
    "one": {19},
    "neighbours": {18, 19, 20},
    "alternating": set(range(0, ROWS, 2)),
    "all but the first": set(range(1, ROWS)),
    "the borders of blocks": {7, 8, 15, 16, 23},
    "a whole block": set(range(8, 16)),
}


@pytest.mark.parametrize("blocks", [False, True], ids=["one block", "blocks of 8 rows"])
@pytest.mark.parametrize("kind", FAILING)
def test_exactly_the_failing_rows_are_rejected(
    place: Place, kind: str, blocks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blocks:
        monkeypatch.setattr("smartsentry.load.landing.BLOCK_ROWS", 8)
        monkeypatch.setattr("smartsentry.load.landing.GROUP_ROWS", 4)
        monkeypatch.setattr("smartsentry.load.landing.READ_BYTES", 64)
    failing = FAILING[kind]
    file = place.write("t.csv", file_of(ROWS, failing))
    place.load("t.csv")
    assert place.rows(
        "select source_line, landed_no, reasons from raw.rejected_rows order by all"
    ) == [(number + 2, number, [FAILS]) for number in sorted(failing)]
    assert place.rows(
        "select transaction_id, amount::varchar from raw.transactions"
        " order by substr(transaction_id, 2)::integer"
    ) == [(f"T{no}", f"{no + 1}.25") for no in range(ROWS) if no not in failing]
    outcomes = assert_sums_in_equal_sums_out(place.out, [file])
    assert outcomes.get("rejected", 0) == len(failing)


def test_rows_fail_beside_rows_that_are_rejected_for_their_values_or_left_out(
    place: Place,
) -> None:
    place.map(transactions=select(_where="where x != 'out'", hop_number="x::integer"))
    rows = ["5,1", "5,bad", "-5,1", "5,out", "-5,bad", "x,1", "5,0", "x,out"]
    file = place.write(
        "t.csv", HEADER + "".join(f"A,B,2025-01-01 10:00:00,{row}\n" for row in rows)
    )
    lines = place.load("t.csv")
    assert dict(place.rows("select source_line, reasons from raw.rejected_rows")) == {
        3: [FAILS],
        4: ["amount is not above 0"],
        6: [FAILS],
        7: ["amount is not a number"],
        8: ["hop_number is outside 1 to 1000000000"],
    }
    assert place.rows(
        "select source_line from raw.landed_rows where is_left_out = 1 order by all"
    ) == [(5,), (9,)]
    assert assert_sums_in_equal_sums_out(place.out, [file]) == {
        "accepted": 1,
        "rejected": 5,
        "left out": 2,
    }
    assert re.search(r"transactions +1 rows +5 rejected  62\.50%  2 left out", lines[0])
    assert place.receipt("left out") == {None: "2"}
    assert place.receipt("first left out") == {None: f"{file} line 5"}


def test_a_row_of_another_table_that_fails_is_rejected_alone(place: Place) -> None:
    place.map(
        '[source]\nfiles = "t*"\n[accounts]\nfiles = "a*"\n',
        transactions=select(),
        accounts="select line, a as account_id, c as customer_id, money(b, ',') as avg_balance"
        " from source",
    )
    place.write("a.csv", 'a,c,b\nA,C1,"1,000.00"\nX,C2,"1,00"\nY,C3,0\n')
    place.write("t.csv", file_of(1, set()))
    place.load("t.csv", "a.csv")
    assert place.rows("select source_table, source_line, reasons from raw.rejected_rows") == [
        ("accounts", 3, ['"1,00" is not a number such as 1,250.00'])
    ]
    assert place.rows("select account_id, avg_balance::varchar from raw.accounts order by all") == [
        ("A", "1000.00"),
        ("Y", "0.00"),
    ]


@pytest.mark.parametrize("max_rejected", [0.01, 1.0])
def test_a_mapping_that_fails_on_most_rows_stops_early_in_one_sentence(
    place: Place, max_rejected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartsentry.load.acceptance.MANY_FAILED", 8)
    place.write("t.csv", file_of(30, set(range(5, 30))))
    if max_rejected > 0.5:  # whoever allows it gets every failing row
        place.load("t.csv", max_rejected=max_rejected)
        assert place.rows("select count(*) from raw.rejected_rows") == [(25,)]
        return
    with pytest.raises(BadInputError) as refused:
        place.load("t.csv", max_rejected=max_rejected)
    said = str(refused.value)
    assert said.startswith(f"{place.mapping / 'transactions.sql'} fails on most rows")
    assert said.endswith(f"on line 7: {FAILS}. Nothing was loaded.") and "\n" not in said
    assert not place.out.exists()


# Joins.

JOINED = '[source]\nfiles = "t*"\n[rates]\nfiles = "r*"\n'


def join(kind: str, condition: str = "rates.code = x") -> str:
    return (
        select(
            _from=f"source {kind} join rates on {condition}",
            line="source.line",
            device_id="rates.device",
        )
        .replace("    line,\n", "", 1)
        .replace('source.line as "line"', "source.line")
    )


def test_a_join_that_doubles_a_row_is_refused(place: Place) -> None:
    place.map(JOINED, transactions=join("left"))
    place.write("t.csv", HEADER + "A,B,2025-01-01,1,a\nA,B,2025-01-01,1,b\n")
    place.write("r.csv", "code,device\na,D1\nb,D2\nb,D3\nb,D4\n")
    with pytest.raises(BadInputError) as refused:
        place.load("t.csv", "r.csv")
    assert str(refused.value) == (
        f"{place.mapping / 'transactions.sql'} makes 3 rows of line 3 of"
        f" {place.folder / 't.csv'}; it must make one or none (does a join find several rows?)."
    )
    assert not place.out.exists()


def test_rows_that_an_inner_join_drops_are_left_out_and_missed_lookups_are_counted(
    place: Place,
) -> None:
    rows = "".join(f"A,B,2025-01-01,1,{code}\n" for code in ("a", "8", "007", "", "b", "a"))
    file = place.write("t.csv", HEADER + rows)
    place.write("r.csv", "code,device\na,D1\nb,\n8.0,D8\n7,D7\n")
    place.map(JOINED, transactions=join("inner"))
    place.load("t.csv", "r.csv")
    assert assert_sums_in_equal_sums_out(place.out, [file]) == {"accepted": 3, "left out": 3}
    place.map(JOINED, transactions=join("left"))
    place.load("t.csv", "r.csv")
    assert place.rows("select device_id from raw.transactions order by transaction_id") == [
        ("D1",),
        (None,),
        (None,),
        (None,),
        (None,),
        ("D1",),
    ]
    assert place.receipt("lookups that missed") == {"rates": "3"}


def test_lookups_by_typed_columns_of_several_files(place: Place) -> None:
    """A relation may be of two files, and a join on numbers finds 8.0 by 8."""
    place.map(JOINED, transactions=join("left", "rates.code::double = x::double"))
    place.write("t.csv", HEADER + "A,B,2025-01-01,1,8\nA,B,2025-01-01,1,007\n")
    place.write("r1.csv", "code,device\n8.0,D8\n")
    place.write("r2.csv", "device,code\nD7,7\n")
    place.load("t.csv", "r1.csv", "r2.csv", max_rejected=0)
    assert place.rows("select device_id from raw.transactions order by transaction_id") == [
        ("D8",),
        ("D7",),
    ]
    assert place.receipt("lookups that missed") == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("code,device\na\n", "r.csv cannot be used: in line 2, the row is truncated"),
        ("code,gadget\na,D\n", 'does not have a column named "device"'),
        ("", "r.csv is empty"),
    ],
)
def test_a_relation_that_cannot_be_read_is_refused(place: Place, content: str, said: str) -> None:
    place.map(JOINED, transactions=join("left"))
    place.write("t.csv", HEADER + "A,B,2025-01-01,1,a\n")
    place.write("r.csv", content)
    with pytest.raises(BadInputError, match=re.escape(said)):
        place.load("t.csv", "r.csv")
    with pytest.raises(BadInputError, match=re.escape("--from has no file for [rates]")):
        place.load("t.csv")
    assert not place.out.exists()


def test_a_list_that_is_unnested_makes_several_rows_and_is_refused(place: Place) -> None:
    place.map(transactions=select(device_id="unnest(string_split(x, '+'))"))
    place.write("t.csv", HEADER + "A,B,2025-01-01,1,a\nA,B,2025-01-01,1,a+b\n")
    with pytest.raises(BadInputError, match=r"makes 2 rows of line 3 of"):
        place.load("t.csv")
