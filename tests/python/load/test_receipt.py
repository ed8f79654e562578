"""The receipt of a load: every figure equals what SQL counts, and every warning can be drawn."""

import datetime as dt
import re
import statistics
from decimal import Decimal
from pathlib import Path

import pytest

from own_data import Place, assert_sums_in_equal_sums_out, select
from smartsentry.load.receipt import TooManyRejectedError

HEADER = "account,other,t,amount,x\n"
SIDES = {"debit_credit": "if(x = 'in', 'credit', 'debit')"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.map(transactions=select(**SIDES))
    return place


def load(place: Place, *rows: str) -> Path:
    file = place.write("t.csv", HEADER + "".join(f"{row}\n" for row in rows))
    place.load("t.csv")
    return file


GOOD = ("A,B,2025-01-01 10:00:05,5,out", "A,B,2025-01-01 10:30:00,7,in")


def test_nothing_looks_wrong_in_good_rows(place: Place) -> None:
    load(place, *GOOD)
    assert place.warnings() == {}


def test_each_figure_is_what_the_rows_say(place: Place) -> None:
    place.map(transactions=select(_where="where x != 'skip'", label="(x = 'out')::int", **SIDES))
    rows = [
        *GOOD,
        "C,B,2025-01-02,1.50,out",
        "C,D,2025-01-03 23:59:59,0.50,out",
        "C,B,2025-01-02 10:00:00,9,skip",
        "C,B,2025-01-02 10:00:00,-9,in",
        "C,B,2025-01-02 10:00:00,-8,out",
        "C,B,x,8,out",
        "C,B,2025-01-02 10:00:00,9,skip",
    ]
    file = load(place, *rows)
    figures = place.rows(
        "select figure, item, value from raw.load_receipt"
        " where source_table = 'transactions' order by receipt_no"
    )
    assert figures == [
        ("landed", None, "9"),
        ("accepted", None, "4"),
        ("rejected", None, "3"),
        ("rejected", "amount is not above 0", "2"),
        ("rejected", "timestamp cannot be read as a time", "1"),
        ("first rejected", "amount is not above 0", f"{file} line 7: {rows[5]}"),
        ("first rejected", "timestamp cannot be read as a time", f"{file} line 9: {rows[7]}"),
        ("left out", None, "2"),
        ("first left out", None, f"{file} line 6"),
        ("rows", "credit", "1"),
        ("rows", "debit", "3"),
        ("sum of amounts", "credit", "7.00"),
        ("sum of amounts", "debit", "7.00"),
        ("first time", f"{file} line 2", "2025-01-01 10:00:05"),
        ("last time", f"{file} line 5", "2025-01-03 23:59:59"),
        ("share of rows at 00:00:00", None, "0.25"),
        ("time precision", None, "second"),
        ("smallest amount", None, "0.50"),
        ("largest amount", None, "7.00"),
        ("accounts", None, "2"),
        ("counterparties", None, "2"),
        ("rows of label", "0", "2"),
        ("rows of label", "1", "5"),
        ("rejected of label", "0", "1"),
        ("rejected of label", "1", "2"),
    ]
    numbers = place.rows("select receipt_no from raw.load_receipt order by 1")
    assert numbers == [(no,) for no in range(1, len(numbers) + 1)]
    [(landed, rejected, left_out)] = place.rows(
        "select count(*), (select count(*) from raw.rejected_rows), sum(is_left_out)::int"
        " from raw.landed_rows"
    )
    assert (landed, rejected, left_out) == (9, 3, 2)
    assert place.rows(
        "select debit_credit, count(*), sum(amount)::varchar from raw.transactions"
        " group by all order by all"
    ) == [("credit", 1, "7.00"), ("debit", 3, "7.00")]
    assert assert_sums_in_equal_sums_out(place.out, [file]) == {
        "accepted": 4,
        "rejected": 3,
        "left out": 2,
    }


# Each thing that looks wrong: rows, the figure that has the warning, and what it says.
WRONG: dict[str, tuple[list[str], str, str]] = {
    "all rows one direction": (
        ["A,B,2025-01-01 10:00:00,5,out", "A,B,2025-01-02 10:00:00,5,out"],
        "rows",
        "every row is a debit: does the mapping read what says the direction?",
    ),
    "all rows the other direction": (
        ["A,B,2025-01-01 10:00:00,5,in"],
        "rows",
        "every row is a credit: does the mapping read what says the direction?",
    ),
    "all midnight": (
        [f"A,B,2025-01-0{day},5,{side}" for day, side in ((1, "in"), (2, "out"))],
        "share of rows at 00:00:00",
        "all times are 00:00:00: rules that need the time of day are not applicable",
    ),
    "some midnight": (
        [*GOOD, "A,B,2025-01-01,5,in"],
        "share of rows at 00:00:00",
        "many times are 00:00:00: do some rows have a date only?",
    ),
    "a window of 73 years": (
        [*GOOD, "A,B,2098-01-01 10:00:00,5,in"],
        "first time",
        "the times span 73 years",
    ),
    "a time in the future": (
        [*GOOD, "A,B,2098-01-01 10:00:00,5,in"],
        "last time",
        "{file} line 4 has a time in the future, 2098-01-01 10:00:00",
    ),
    "an amount of another unit": (
        [
            *(f"A,B,2025-01-01 10:00:0{no},{no + 1},in" for no in range(6)),
            *(*GOOD, "A,B,2025-01-01 10:00:00,900,in"),
        ],
        "amounts 100 times the median of their account",
        "1 rows, the largest in {file} line 10: are amounts of one file in another unit?",
    ),
    "newest first and not said": (
        [*GOOD[1:], *(f"A,B,2024-12-2{day} 10:00:00,5,out" for day in range(9, 4, -1))],
        "time precision",
        "the times fall from row to row: does source.toml lack newest_first = true?",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_looks_wrong_is_said_in_a_sentence_and_printed(place: Place, kind: str) -> None:
    rows, figure, said = WRONG[kind]
    file = place.write("t.csv", HEADER + "".join(f"{row}\n" for row in rows))
    lines = place.load("t.csv")
    said = said.format(file=file)
    assert place.warnings()[figure] == said
    assert [line for line in lines if said in line] != []


# Just not wrong: the same figures without a warning.
RIGHT = {
    "both directions": list(GOOD),
    "one midnight in five": [*GOOD, *GOOD[:2], "A,B,2025-01-01,5,in"],
    "ten years": ["A,B,2015-01-02 10:00:00,5,in", "A,B,2025-01-01 10:00:00,5,out"],
    "99 times the median": [
        *(f"A,B,2025-01-01 10:00:0{no},1,in" for no in range(6)),
        "A,B,2025-01-01 10:00:00,99.99,out",
    ],
    "another account's 100 times": [
        *(f"A,B,2025-01-01 10:00:0{no},1,in" for no in range(6)),
        "C,B,2025-01-01 10:00:00,1000,out",
    ],
}


@pytest.mark.parametrize("kind", RIGHT)
def test_what_is_just_right_draws_no_warning(place: Place, kind: str) -> None:
    load(place, *RIGHT[kind])
    assert place.warnings() == {}


def test_100_times_the_median_is_counted_as_python_counts_it(place: Place) -> None:
    amounts = {"A": [1, 2, 3, 250, 199.99, 200], "B": [5, 5, 5, 5, 500, 501], "C": [1, 100]}
    rows = [
        f"{account},Z,2025-01-01 10:00:{no:02},{amount},{'in' if no % 2 else 'out'}"
        for account, values in amounts.items()
        for no, amount in enumerate(values)
    ]
    load(place, *rows)
    expected = sum(
        Decimal(str(value)) >= 100 * Decimal(str(statistics.median(values)))
        for values in amounts.values()
        if len(values) >= 5
        for value in values
    )
    assert expected == 2
    assert place.receipt("amounts 100 times the median of their account") == {None: str(expected)}


def test_today_is_not_the_future_and_the_day_after_tomorrow_is(place: Place) -> None:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    load(place, f"A,B,{now},5,in", f"A,B,{now - dt.timedelta(1)},5,out")
    assert "last time" not in place.warnings()
    load(place, f"A,B,{now + dt.timedelta(2)},5,in", f"A,B,{now},5,out")
    assert "has a time in the future" in place.warnings()["last time"]


def test_negative_amounts_that_are_read_as_both_directions(place: Place) -> None:
    place.map(transactions=select(**(SIDES | {"amount": "abs(money(amount))"})))
    rows = ["A,B,2025-01-01 10:00:00,-5,in", "A,B,2025-01-01 10:00:01,-7,out", GOOD[0]]
    file = load(place, *rows)
    assert place.receipt("negative amounts") == {"credit": "1", "debit": "1"}
    assert place.warnings() == {
        "negative amounts": "negative amounts are read as debits and as credits alike"
    }
    assert place.receipt("sum of amounts") == {"credit": "5.00", "debit": "12.00"}
    load(place, rows[1], *GOOD)  # of one direction
    assert place.receipt("negative amounts") == {"debit": "1"}
    assert place.warnings() == {}
    assert file.exists()


def test_a_label_of_which_more_is_rejected(place: Place) -> None:
    place.map(transactions=select(label="if(x = 'in', 1, 0)", debit_credit="other", other=None))
    place.map(
        transactions=select(
            label="(x = 'in')::int", debit_credit="if(t < '2025-02', 'debit', 'credit')"
        )
    )
    good = [f"A,B,2025-0{no % 2 + 1}-01 10:00:0{no},5,{x}" for no in range(6) for x in ("in", "a")]
    load(place, *good, *["A,B,2025-01-01 10:00:00,-5,in"] * 5)
    assert place.receipt("rows of label") == {"0": "6", "1": "11"}
    assert place.receipt("rejected of label") == {"0": "0", "1": "5"}
    assert place.warnings() == {
        "rejected of label": "45.5% of the rows of label 1 were rejected, more than of others"
    }
    load(place, *good, *["A,B,2025-01-01 10:00:00,-5,in", "A,B,2025-01-01 10:00:00,-5,a"] * 5)
    assert place.receipt("rejected of label") == {"0": "5", "1": "5"}
    assert place.warnings() == {}


def test_salaries_that_are_debits(place: Place) -> None:
    place.map(transactions=select(transaction_type="'salary_credit'", **SIDES))
    load(place, *GOOD)
    assert place.receipt("salaries that are debits") == {None: "1"}
    assert place.warnings() == {
        "salaries that are debits": "salaries take money from the account: is the sign reversed?"
    }


def test_lookups_that_all_miss_and_those_that_some_do(place: Place) -> None:
    text = select(**SIDES, device_id="r.device", _from="source left join r on r.code = other")
    place.map(
        '[source]\nfiles = "t*"\n[r]\nfiles = "r*"\n',
        transactions=text.replace("\n    line,", "\n    source.line,", 1),
    )
    place.write("t.csv", HEADER + "A,8,2025-01-01 10:00:05,5,out\nA,007,2025-01-01 10:00:07,5,in\n")
    for code, missed, warns in (("8.0", "2", True), ("8", "1", False)):
        place.write("r.csv", f"code,device\n{code},D\n7,E\n")
        place.load("t.csv", "r.csv")
        assert place.receipt("lookups that missed") == {"r": missed}
        assert ("lookups that missed" in place.warnings()) == warns
    place.write("r.csv", "code,device\nq,D\n")
    place.load("t.csv", "r.csv")
    assert place.warnings()["lookups that missed"] == (
        "no row finds anything in r: are the keys written alike (8 and 8.0, 007 and 7)?"
    )


def test_an_hour_that_the_clock_repeats_is_counted(place: Place) -> None:
    place.map('bank_time_zone = "Europe/London"\n[source]\n', transactions=select(**SIDES))
    times = ("2025-10-26T00:30:00Z", "2025-10-26T01:00:00Z", "2025-10-26T01:30:00Z")
    load(
        place,
        *(f"A,B,{time},5,{side}" for time, side in zip(times, ("in", "out", "in"), strict=True)),
    )
    assert place.receipt("times in an hour that the clock repeats") == {None: "2"}
    assert place.warnings() == {
        "times in an hour that the clock repeats": "the second pass of that hour stands at the end"
        " of the first, so that order holds"
    }
    assert place.rows(
        "select timestamp::varchar from raw.transactions order by transaction_id"
    ) == [("2025-10-26 01:30:00",), ("2025-10-26 01:59:59",), ("2025-10-26 01:59:59",)]
    # the last microsecond of an hour is no second pass where the text has no zone
    load(place, "A,B,2025-09-01 23:59:59.999999,5,in", GOOD[0])
    assert place.receipt("times in an hour that the clock repeats") == {}


@pytest.mark.parametrize(
    ("source", "times", "precision"),
    [
        ("", ("2025-01-01", "2025-01-02"), "day"),
        ("", ("2025-01-01 10:20:00", "2025-01-02"), "minute"),
        ("", ("2025-01-01 10:20:01", "2025-01-02"), "second"),
        ('time_precision = "day"\n', ("2025-01-01 10:20:01", "2025-01-02 23:59:59"), "day"),
        ('time_precision = "second"\n', ("2025-01-01", "2025-01-02"), "second"),
    ],
)
def test_the_precision_of_times_is_said_or_found(
    place: Place, source: str, times: tuple[str, str], precision: str
) -> None:
    place.map(f"{source}[source]\n", transactions=select(**SIDES))
    load(place, f"A,B,{times[0]},5,in", f"A,B,{times[1]},5,out")
    assert place.receipt("time precision") == {None: precision}
    assert place.rows("select time_precision from raw.generation_run") == [(precision,)]
    if source.startswith('time_precision = "day"'):
        assert place.rows("select distinct timestamp::time::varchar from raw.transactions") == [
            ("00:00:00",)
        ]


def test_messages_that_differ_only_in_their_value_are_one_reason(place: Place) -> None:
    place.map(
        transactions=select(hop_number="whole(x)", debit_credit="if(x = '1', 'debit', 'credit')")
    )
    file = load(place, *(f"A,B,2025-01-01 10:00:00,5,{x}" for x in ("1", "2", "a", "b", "c.5")))
    assert place.receipt("rejected") == {None: "3", "… is not a whole number": "3"}
    assert place.receipt("first rejected") == {
        "… is not a whole number": (
            f'"a" is not a whole number, {file} line 4: A,B,2025-01-01 10:00:00,5,a'
        )
    }


def test_messages_that_differ_only_in_a_long_number_are_one_reason(place: Place) -> None:
    place.map(transactions=select(amount="money(amount) * money(x)"))
    numbers = ("1.5", "61234.5", "71234.5")
    place.write(
        "t.csv",
        HEADER + "".join(f"A,B,2025-01-01 10:00:00,1.03314544,{number}\n" for number in numbers),
    )
    with pytest.raises(TooManyRejectedError) as refused:
        place.load("t.csv")
    assert str(refused.value).count("Overflow in multiplication") == 1


def test_a_product_with_many_decimals_is_rejected_for_them(place: Place) -> None:
    place.map(
        transactions=select(amount="money(amount) * rate(x)", **SIDES | {"debit_credit": "'debit'"})
    )
    place.write(
        "t.csv", HEADER + "A,B,2025-01-01 10:00:00,1.03,1.5\nA,B,2025-01-01 10:00:00,4,1.5\n"
    )
    place.load("t.csv", max_rejected=0.5)
    assert place.receipt("rejected") == {None: "1", "amount has more than two decimals": "1"}


def test_a_label_that_every_row_has(place: Place) -> None:
    said = "every row is labelled fraudulent: does the mapping say which are normal?"
    place.map(transactions=select(fraud_type="x", **SIDES))
    load(place, *GOOD)
    assert place.receipt("rows of label") == {"1": "2"}
    assert place.warnings() == {"rows of label": said}
    place.map(transactions=select(label="0", **SIDES))
    load(place, *GOOD)
    assert place.receipt("rows of label") == {"0": "2"}
    assert place.warnings() == {}


def test_lines_that_are_no_rows_are_left_out_whatever_their_form(place: Place) -> None:
    place.map(
        '[source]\nfiles = "t*"\nskip = ["Total", "\'n", "é"]\n'
        '[r]\nfiles = "r*"\nskip = ["Note"]\n',
        transactions=select(
            **SIDES, device_id="r.device", _from="source left join r on r.code = other"
        ).replace("\n    line,", "\n    source.line,", 1),
    )
    rows = (GOOD[0], "Total,B,2025-01-01 10:00:05,5,out", "Total", *GOOD[1:], "'n,\"", "é;", "Tot")
    place.write("t.csv", HEADER + "".join(f"{row}\n" for row in rows))
    place.write("r.csv", "code,device\nB,D\nNote\nNote,E\n")
    place.load("t.csv", "r.csv", max_rejected=0.5)
    assert place.rows(
        "select source_line, is_left_out from raw.landed_rows where source_table = 'transactions'"
        " order by all"
    ) == [(2, 0), (3, 1), (4, 1), (5, 0), (6, 1), (7, 1), (8, 0)]
    assert place.rows("select source_line, row_text from raw.rejected_rows") == [(8, "Tot")]
    assert place.rows("select distinct device_id from raw.transactions") == [("D",)]


def test_the_sentences_that_are_printed_end_once(place: Place) -> None:
    place.write("t.csv", HEADER + "A,B,2025-01-01 10:00:00,5,out\n")
    lines = place.load("t.csv")
    assert re.search(r"^transactions +1 rows +0 rejected  0\.00%$", lines[0])
    assert lines[1:] == [
        "Look at this: every row is a debit: does the mapping read what says the direction?"
    ]
