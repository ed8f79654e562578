"""Sums in equal sums out: what is accepted, rejected and left out adds up to what the file holds.

The other side of each comparison is Python's csv and Decimal.
"""

import csv
import gzip
import io
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from own_data import Place, amount_cell, assert_sums_in_equal_sums_out, number, read, select, tally

COLUMNS = ("account", "other", "t", "amount", "x")


def written(rows: list[list[str]], columns: tuple[str, ...] = COLUMNS, **options: object) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, **options)  # type: ignore[arg-type]
    writer.writerows([list(columns), *rows])
    return file.getvalue()


def test_the_comparison_finds_a_row_that_is_lost_and_one_that_is_changed(tmp_path: Path) -> None:
    """The helper itself can fail."""
    place = Place(tmp_path)
    place.map(transactions=select())
    file = place.write("t.csv", written([["A", "B", "2025-01-01", "5", ""]] * 3))
    place.load("t.csv")
    assert assert_sums_in_equal_sums_out(place.out, [file]) == {"accepted": 3}
    place.write("t.csv", written([["A", "B", "2025-01-01", "5", ""]] * 4))
    with pytest.raises(AssertionError, match="every row of the files has landed once"):
        assert_sums_in_equal_sums_out(place.out, [file])
    place.write("t.csv", written([["A", "B", "2025-01-01", amount, ""] for amount in "554"]))
    with pytest.raises(AssertionError):
        assert_sums_in_equal_sums_out(place.out, [file])


def test_a_tally_counts_and_adds_by_sign() -> None:
    assert tally([Decimal(5), Decimal("-0.5"), None, Decimal(0), Decimal(2), None]) == {
        "+": (2, Decimal(7)),
        "-": (1, Decimal("-0.5")),
        "0": (1, Decimal(0)),
        "none": (2, Decimal(0)),
    }


def many_rows(rng: random.Random, count: int) -> list[list[str]]:
    """Return rows of which most are good, with odd texts, lines in cells and quotes among them."""
    odd = ["", "x", "-5", "0", "1.005", "1,5", "1e5", "99999999999999999", "+7.10", "0.01"]
    rows = []
    for _ in range(count):
        cents = rng.randrange(1, 10 ** rng.randrange(2, 12))
        amount = rng.choice(odd) if rng.random() < 0.05 else str(Decimal(cents) / 100)
        other = rng.choice(["B1", "B 2", 'B"3"', "B,4", "B\n5", "", "nan", "1.5E+10", "Ä"])
        time = f"2025-01-{rng.randrange(1, 35):02} {rng.randrange(25):02}:00:00"
        rows.append([f"A{rng.randrange(50)}", other, time, amount, rng.choice(["", "", "out"])])
    return rows


@pytest.mark.parametrize("blocks", [False, True], ids=["as it is", "in small blocks"])
def test_a_larger_file_with_all_kinds_of_rows(
    tmp_path: Path, blocks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blocks:
        monkeypatch.setattr("smartsentry.load.landing.BLOCK_BYTES", 20_000)
    rng = random.Random(7)
    place = Place(tmp_path)
    place.map(transactions=select(_where="where x is distinct from 'out'"))
    one = place.write("a.csv", written(many_rows(rng, 6000)))
    two = place.write("b.csv.gz", gzip.compress(written(many_rows(rng, 3000)).encode()))
    place.load("a.csv", "b.csv.gz")
    outcomes = assert_sums_in_equal_sums_out(place.out, [one, two])
    assert sum(outcomes.values()) == 9000
    assert min(outcomes.values()) > 1000
    assert set(outcomes) == {"accepted", "rejected", "left out"}


def test_signed_amounts_with_groups_in_two_columns_keep_their_sign(tmp_path: Path) -> None:
    rng = random.Random(11)
    place = Place(tmp_path)
    place.map(
        "[source]\ndelimiter = ';'\n",
        transactions=select(
            amount="abs(coalesce(-money(amount, '.', ','), money(x, '.', ',')))",
            debit_credit="if(amount is null, 'credit', 'debit')",
        ),
    )

    def shown(cents: int) -> str:
        return f"{Decimal(cents) / 100:,.2f}".translate(str.maketrans(",.", ".,"))

    rows = []
    for no in range(2000):
        text = rng.choice(["1.5", "5,", "--1"]) if no % 97 == 0 else shown(rng.randrange(1, 10**9))
        rows.append(["A", "B", "2025-01-01", *((text, "") if no % 3 else ("", text))])
    file = place.write("t.csv", written(rows, delimiter=";"))
    place.load("t.csv")

    def signed(row: dict[str, str]) -> Decimal | None:
        plain = {name: row[name].replace(".", "").replace(",", ".") for name in ("amount", "x")}
        if "," not in row["amount"] + row["x"] or (row["amount"] + row["x"]).endswith(","):
            return None  # `1.5` is neither groups nor decimals
        debit = number(plain["amount"])
        return -debit if debit is not None else number(plain["x"])

    outcomes = assert_sums_in_equal_sums_out(
        place.out, [file], amount=signed, negative="debit", delimiter=";"
    )
    assert outcomes["rejected"] == len(range(0, 2000, 97))


CELL = st.text(st.sampled_from("aB1,;\"'\n \té\u200b\ufeff\\#-."), max_size=6)
AMOUNT = st.one_of(
    st.decimals(min_value=-100, max_value=10**6, places=2, allow_nan=False).map(str),
    st.sampled_from(["0.10", "0.1", "33.333", "1,000.00", "", "x", "1e3", "12.50 ", ' "5"']),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["A", "A1", "", "null", 'a"b', "x,y", "two\nlines"]),
        CELL,
        st.sampled_from(["2025-01-01", "2025-01-01 10:00:00", "1", ""]),
        AMOUNT,
        st.sampled_from(["", "out", "o\r\nut"]),
    ).map(list),
    min_size=25,
    max_size=60,
)


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.generate],  # to shrink a case takes minutes of loads
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=ROWS,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([200, 2**20]),
)
def test_whatever_is_written_every_row_is_accounted_for_and_amounts_are_exact(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    quoting: int,
    line_end: str,
    block: int,
) -> None:
    place = Place(tmp_path_factory.mktemp("sums"))
    place.map(transactions=select(_where="where x is distinct from 'out'"))
    good = ["A", "B", "2025-01-01 10:00:00", "12.50", ""]
    file = place.write("t.csv", written([good, *rows], quoting=quoting, lineterminator=line_end))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smartsentry.load.landing.BLOCK_BYTES", block)
        place.load("t.csv")
    assert_sums_in_equal_sums_out(
        place.out, [file], amount=lambda row: amount_cell({"amount": row.get("amount", "").strip()})
    )
    source = read(file)
    for line, amount in place.rows(
        "select source_line, amount from raw.transactions join raw.landed_rows"
        " on transaction_id = 'T' || landed_no"
    ):
        assert amount == Decimal(source[line]["amount"].strip())
