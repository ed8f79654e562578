"""Bad and odd rows: each is read exactly right, or rejected with its reasons, between good rows.

What a row must become is written here by hand, or made with Python's Decimal and zoneinfo. No
expectation comes from the loader's macros.
"""

import datetime as dt
import functools
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from own_data import Place, amount_cell, assert_sums_in_equal_sums_out, number, select

Expected = list[str] | dict[str, str | None]
Case = tuple[dict[str, str] | str, Expected]


@dataclass(frozen=True)
class Group:
    """Rows that one mapping reads. A case has a row's cells, or its text, and what becomes of it.

    `good` is the row before, between and behind them, which must not change.
    """

    cases: dict[str, Case]
    good: dict[str, str] = field(default_factory=dict)
    good_becomes: dict[str, str | None] = field(default_factory=dict)
    source: str = ""
    statements: dict[str, str] = field(default_factory=lambda: {"transactions": select()})
    others: dict[str, str] = field(default_factory=dict)
    amount: Callable[[dict[str, str]], Decimal | None] = amount_cell
    negative: str | None = None

    def cells(self, changes: dict[str, str]) -> list[str]:
        return [*(GOOD | self.good | changes).values()]


GOOD = {"account": "A1", "other": "B1", "t": "2025-09-01 10:00:00", "amount": "12.50", "x": ""}
GOOD_BECOMES = {
    "sender_account_id": "A1",
    "beneficiary_id": "B1",
    "timestamp": "2025-09-01 10:00:00",
    "amount": "12.50",
    "debit_credit": "debit",
}


def bank_clock(iso: str, zone: str, bank: str = "Asia/Kolkata") -> str:
    """Return what the bank's clock shows when the clock of a zone shows `iso`."""
    shown = dt.datetime.fromisoformat(iso).replace(tzinfo=ZoneInfo(zone))
    return shown.astimezone(ZoneInfo(bank)).strftime("%Y-%m-%d %H:%M:%S")


def rejected(name: str, value: str, *reasons: str) -> Case:
    return {name: value}, list(reasons)


def amounts(right: dict[str, str], wrong: str, *texts: str) -> dict[str, Case]:
    """Return cases of amounts: texts with their number, and those that fail with a message.

    A message shows each space as a plain one.
    """
    cases: dict[str, Case] = {
        f"{text!r} is {value}": ({"amount": text}, {"amount": value})
        for text, value in right.items()
    }
    return cases | {
        f"{text!r} is none": ({"amount": text}, [wrong.format(" ".join(text.split()))])
        for text in texts
    }


def times(right: dict[str, str], wrong: str, *texts: str) -> dict[str, Case]:
    """Return cases of times: texts with their time, and those that are rejected."""
    cases: dict[str, Case] = {
        f"{text!r} is {value}": ({"t": text}, {"timestamp": value}) for text, value in right.items()
    }
    return cases | {f"{text!r} is none": ({"t": text}, [wrong.format(text)]) for text in texts}


# The rows of a bank that gives accounts and devices, too.

FULL_SOURCE = """
bank_time_zone = "Asia/Kolkata"
[source]
files = "t*"
[accounts]
files = "a*"
[devices]
files = "d*"
"""
FULL = {
    "transactions": select(
        transaction_id="id",
        receiver_account_id="to_account",
        device_id="device",
        channel="channel",
        debit_credit="side",
        transaction_type="type",
        cash_flag="cash",
        label="label",
        fraud_type="fraud",
        hop_number="hop",
    ),
    "accounts": "select line, account as account_id, customer as customer_id,"
    " balance as avg_balance, days as account_open_days from source",
    "devices": "select line, device as device_id from source",
}
FULL_GOOD = {
    **{"id": "", "to_account": "", "device": "D1", "channel": "web", "side": "debit"},
    **{"type": "NEFT", "cash": "0", "label": "0", "fraud": "normal", "hop": ""},
}
CELLS = [*GOOD, *FULL_GOOD]
NO_PARTY = "neither receiver_account_id nor beneficiary_id is given"
TRUNCATED = "the row is truncated: it has fewer cells than the header"
QUOTES = "the quotes of the row are malformed"
SPAN = "timestamp is outside 1980-01-01 to 2100-01-01"
NO_NUMBER = "amount is not a number"
NO_TIME = "timestamp cannot be read as a time"
NO_ACCOUNT = "sender_account_id is not an account"


def text_of(**cells: str) -> str:
    return ",".join((GOOD | FULL_GOOD | {"id": "t"} | cells).values())


GROUPS: dict[str, Group] = {}
GROUPS["full"] = Group(
    source=FULL_SOURCE,
    statements=FULL,
    good=FULL_GOOD,
    good_becomes={"channel": "web", "transaction_type": "NEFT", "cash_flag": "0", "label": "0"},
    others={
        "a.csv": "account,customer,balance,days\nA1,C1,100.5,40\nA2,C2,,\nA0,C0,0,0\n",
        "d.csv": "device\nD1\n",
    },
    cases={
        "missing key": rejected("id", "", "transaction_id is missing"),
        "blank key": rejected("id", "   ", "transaction_id is missing"),
        "duplicate key": rejected("id", "good0", "transaction_id stands in an earlier row"),
        "corrected row": (
            {"id": "good0", "amount": "12.51"},
            ["transaction_id stands in an earlier row with other content"],
        ),
        "missing account": rejected("account", "", "sender_account_id is missing"),
        "unknown account": rejected("account", "A9", NO_ACCOUNT),
        "account of small letters": rejected("account", "a1", NO_ACCOUNT),
        "account with an opening balance of 0": ({"account": "A0"}, {"customer_id": "C0"}),
        "unknown receiver": (
            {"to_account": "A9", "other": ""},
            ["receiver_account_id is not an account"],
        ),
        "unknown device": rejected("device", "D9", "device_id is not a device"),
        "no device": ({"device": ""}, {"device_id": None}),
        "missing amount": rejected("amount", "", "amount is missing"),
        "amount is zero": rejected("amount", "0.00", "amount is not above 0"),
        "amount is negative": rejected("amount", "-5", "amount is not above 0"),
        "three decimals": rejected("amount", "1.005", "amount has more than two decimals"),
        "many decimals": rejected("amount", "1.000000000001", "amount has more than two decimals"),
        "amount too large": rejected("amount", "1" + "0" * 17, "amount is too large"),
        "largest amount": (
            {"amount": "9999999999999999.99"},
            {"amount": "9999999999999999.99"},
        ),
        "amount beyond any number": rejected("amount", "1" + "0" * 400, NO_NUMBER),
        "missing time": rejected("t", "", "timestamp is missing"),
        "time too early": rejected("t", "1899-12-31 00:00:00", SPAN),
        "last time too early": rejected("t", "1979-12-31 23:59:59", SPAN),
        "first time": ({"t": "1980-01-01"}, {"timestamp": "1980-01-01 00:00:00"}),
        "time too late": rejected("t", "2999-01-01 00:00:00", SPAN),
        "first time too late": rejected("t", "2100-01-01 00:00:00", SPAN),
        "both counterparties": rejected(
            "to_account", "A2", "both receiver_account_id and beneficiary_id are given"
        ),
        "a receiver": (
            {"to_account": "A2", "other": ""},
            {"receiver_account_id": "A2", "beneficiary_id": None},
        ),
        "no counterparty": rejected("other", "", NO_PARTY),
        "channel outside": rejected("channel", "pigeon", "channel is outside its domain"),
        "channel in capitals": rejected("channel", "WEB", "channel is outside its domain"),
        "side outside": rejected("side", "D", "debit_credit is outside its domain"),
        "missing side": rejected("side", "", "debit_credit is missing"),
        "type outside": rejected("type", "SWIFT", "transaction_type is outside its domain"),
        "no type and no channel": (
            {"type": "", "channel": "", "cash": ""},
            {"transaction_type": None, "channel": None, "cash_flag": None},
        ),
        "cash flag is no flag": rejected("cash", "2", "cash_flag is not 0 or 1"),
        "cash flag contradicts": rejected("cash", "1", "cash_flag and transaction_type disagree"),
        "label is no flag": rejected("label", "maybe", "label is not 0 or 1"),
        "label is 0.0": ({"label": "0.0"}, {"label": "0"}),
        "label is False": ({"label": "False"}, {"label": "0"}),
        "label is 1.0": ({"label": "1.0", "fraud": "ring"}, {"label": "1", "fraud_type": "ring"}),
        "label is 1 without a kind": (
            {"label": "1", "fraud": ""},
            {"label": "1", "fraud_type": "unspecified"},
        ),
        "label is 0.5": rejected("label", "0.5", "label is not 0 or 1"),
        "label contradicts": rejected("label", "1", "label and fraud_type disagree"),
        "hop is a fraction": rejected("hop", "1.5", "hop_number is not a whole number"),
        "hop is 2.0": ({"hop": "2.0"}, {"hop_number": "2"}),
        "hop has an exponent": rejected("hop", "1e3", "hop_number is not a whole number"),
        "hop below one": rejected("hop", "0", "hop_number is outside 1 to 1000000000"),
        "hop beyond a number": rejected("hop", "9" * 30, "hop_number is not a whole number"),
        "truncated line": (text_of()[:20], [TRUNCATED]),
        "too many cells": (text_of() + ",", ["the row has more cells than the header"]),
        "unquoted thousands": (
            text_of(amount="1,000.00"),
            ["the row has more cells than the header"],
        ),
        "quote never closed": (text_of(account='"A1'), [QUOTES]),
        "quote within a cell": (text_of(account='A"1'), [QUOTES]),
        "text behind a quote": (text_of(account='"A1"x'), [QUOTES]),
        "NUL character": (text_of(account="A\0 1"), ["the row holds a NUL character"]),
        "SQL in a name": rejected("account", "A1'); drop table raw.accounts; --", NO_ACCOUNT),
        "formula as a name": rejected("account", "=cmd|' /C calc'!A0", NO_ACCOUNT),
        "only delimiters": (
            "," * (len(CELLS) - 1),
            [
                *("transaction_id is missing", "sender_account_id is missing"),
                *("timestamp is missing", "amount is missing", "debit_credit is missing"),
                NO_PARTY,
            ],
        ),
        "several reasons": (
            {"amount": "-1.234", "channel": "x", "other": ""},
            [
                "amount is below 0 and has more than two decimals",
                "channel is outside its domain",
                NO_PARTY,
            ],
        ),
        "what is unread and what is wrong": (
            {"amount": "x", "t": "y", "side": "z"},
            [NO_TIME, NO_NUMBER, "debit_credit is outside its domain"],
        ),
        "quoted cells": (
            text_of(id="q", account='"A1"', device='" D1 "'),
            {"sender_account_id": "A1", "device_id": "D1"},
        ),
        "CRLF": (text_of(id="r") + "\r", {"hop_number": None}),
    },
)

# Amounts as they are: a strict form, whatever a reader of numbers would make of others.
GROUPS["plain amounts"] = Group(
    amounts(
        {
            **{"+5": "5.00", ".5": "0.50", "+.5": "0.50", "007": "7.00", "0.01": "0.01"},
            **{"0" * 30 + "12.5": "12.50", "12.5000": "12.50", "1.1000000000000000000000": "1.10"},
        },
        NO_NUMBER,
        *("ten", "0x10", "1_000", "INR 5", "5 INR", "₹5", "$5", "1,000.00", "1,250", "NaN"),
        *("-Infinity", "inf", "1e17", "1.25e1", "1E+05", "--5", "-+5", "+-5", "- 5", "−1", "(1)"),
        *("(29.99)", "1-", "5,", "5.", "1..2", "1.2.3", "1 250.00", "1\u00a0250.00", "1'000"),
        *("1.250,00", "12:30", "D", "5D", "5 Dr", "5.00 Cr", "٥", "½", "1/2", "50%", "1²"),
        *("1.005\u200b", "..", ".", "-", "+", "true"),
    )
    | {"'-5' is not above 0": rejected("amount", "-5", "amount is not above 0")}
)


def money_group(
    call: str,
    marks: str,
    right: dict[str, str],
    wrong: tuple[str, ...],
    value: Callable[[str], str],
    good: str,
) -> Group:
    """Return a group whose amounts a call of `money` reads."""
    return Group(
        amounts(right, '"{}" is not a number such as ' + marks, *wrong),
        good={"amount": good},
        statements={"transactions": select(amount=call)},
        amount=lambda row: number(value(row.get("amount", ""))),
    )


GROUPS["Western and Indian groups"] = money_group(
    "money(amount, ',')",
    "1,250.00",
    {
        **{"1,250.00": "1250.00", "1250.00": "1250.00", "12,50,000.00": "1250000.00"},
        **{"1,00,00,000": "10000000.00", "1,250,000.5": "1250000.50", "+1,250": "1250.00"},
        **{"999,999": "999999.00", "12,345": "12345.00", "1,25,000": "125000.00", ".75": "0.75"},
    },
    (
        *("1,2,3,4", "5,", "1..2", "1.250,00", "1 250.00", ",250", "1,25", "12,345,67", "1,,250"),
        *("1,250,00", "1234,567", "12,5,000", "123,45,678", "1,250.", "1.250,5", "1,250.00.00"),
        # a decimal comma that is taken for a group
        *("0,500", "0,001", "00,250.00", "0,50,000"),
    ),
    lambda text: text.replace(",", ""),
    "12.50",
)
GROUPS["groups by points, decimal comma"] = money_group(
    "money(amount, '.', ',')",
    "1.250,00",
    {
        **{"1.250,00": "1250.00", "1250,00": "1250.00", "1.250": "1250.00", "12,5": "12.50"},
        **{"1.250.000,01": "1250000.01", "12.50.000,00": "1250000.00", ",5": "0.50"},
    },
    (
        *("1250.00", "1,250.00", "1..2", "12.50", "1.25", "5,", "5.", "1,2,3", "1.250,00-"),
        *("0.500", "1.250.00", "4.093,32 €"),
    ),
    lambda text: text.replace(".", "").replace(",", "."),
    "12,50",
)
GROUPS["decimal comma without groups"] = money_group(
    "money(amount, decimal_mark := ',')",
    "1250,00",
    {"1250,00": "1250.00", "0,01": "0.01", "7": "7.00"},
    ("1.250", "1.250,00", "1,250,00", "1 250,00", "1250.00"),
    lambda text: text.replace(",", "."),
    "12,50",
)
GROUPS["groups by apostrophes"] = money_group(
    "money(amount, '''')",
    "1'250.00",
    {"114'955.96": "114955.96", "114955.96": "114955.96", "1'000'000": "1000000.00"},
    ("114’955.96", "114,955.96", "114''955.96", "'955.96", "114'95.96"),
    lambda text: text.replace("'", ""),
    "12.50",
)
GROUPS["groups by spaces"] = money_group(
    "money(amount, ' ', ',')",
    "1 250,00",
    {"1 250,00": "1250.00", "12 50 000,00": "1250000.00", "12,5": "12.50"},
    ("1  250,00", "1\u00a0250,00", "1\u202f250,00", "1 250.00", "1 25", "1.250,00"),
    lambda text: text.replace(" ", "").replace(",", "."),
    "12,50",
)
GROUPS["groups by a special mark of patterns"] = money_group(
    "money(amount, '*', '|')",
    "1*250|00",
    {"1*250|00": "1250.00", "12|5": "12.50"},
    ("1250.00", "12**|5", "1*25", "12x5"),
    lambda text: text.replace("*", "").replace("|", "."),
    "12|50",
)

# Signs, as a mapping says them.
GROUPS["negative amounts are debits"] = Group(
    {
        **amounts({"5": "5.00", "+5": "5.00"}, NO_NUMBER),
        **amounts(
            {},
            '"{}" is not a number such as 1250.00',
            *("--5", "-+5", "+-5", "−1", "(1)", "1-", "D", "5D", "-", "- 5", "-5 Dr"),
        ),
        "-5 is a debit": ({"amount": "-5"}, {"amount": "5.00", "debit_credit": "debit"}),
        "-0.00 is no amount": ({"amount": "-0.00"}, ["amount is not above 0"]),
        "5 is a credit": ({"amount": "5"}, {"amount": "5.00", "debit_credit": "credit"}),
    },
    statements={
        "transactions": select(
            amount="abs(money(amount))",
            debit_credit="if(money(amount) < 0, 'debit', 'credit')",
        )
    },
    good_becomes={"debit_credit": "credit"},
    negative="debit",
)


def written_sign(row: dict[str, str]) -> Decimal | None:
    """Read `(29.99)`, `1-`, U+2212 and `D` as below 0, by hand."""
    text = row.get("amount", "").strip()
    if text.startswith("(") and text.endswith(")"):
        return number("-" + text[1:-1])
    if text.endswith(("-", "D")):
        return number("-" + text[:-1])
    return number(text.replace("\u2212", "-"))


SIGNED = r"""
    case
        when regexp_full_match(amount, '[(].*[)]') then -money(amount[2:-2])
        when amount like '%-' or amount like '%D' then -money(amount[:-2])
        else money(replace(amount, '−', '-'))
    end
"""
GROUPS["other marks of debits"] = Group(
    {
        name: ({"amount": text}, {"amount": value, "debit_credit": "debit"})
        for name, text, value in (
            ("brackets", "(29.99)", "29.99"),
            ("a minus behind", "1-", "1.00"),
            ("a minus of typographers", "−1.50", "1.50"),
            ("a D behind", "7.25D", "7.25"),
            ("a minus", "-3", "3.00"),
        )
    }
    | amounts(
        {},
        '"{}" is not a number such as 1250.00',
        *("(5", "5)", "5C", "5d"),
    )
    | {
        "brackets in brackets": ({"amount": "((5))"}, ['"(5)" is not a number such as 1250.00']),
        "empty brackets": ({"amount": "()"}, ['"" is not a number such as 1250.00']),
        "no number before a minus": ({"amount": "x-"}, ['"x" is not a number such as 1250.00']),
    },
    statements={
        "transactions": select(
            amount=f"abs({SIGNED})", debit_credit=f"if({SIGNED} < 0, 'debit', 'credit')"
        )
    },
    good_becomes={"debit_credit": "credit"},
    amount=written_sign,
    negative="debit",
)


# Factors: exact, then one rounding.
def rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def product(row: dict[str, str]) -> Decimal | None:
    amount, rate = number(row.get("amount")), number(row.get("x"))
    return None if amount is None or rate is None else rounded(amount * rate)


FACTORS = [
    *(("0.006393", "1600000"), ("1", "0.005"), ("1.005", "1"), ("0.01", "83.333333")),
    *(("85.64999999999999", "1"), ("2.675", "1"), ("1234567.89", "88.123456")),
    *(("0.000000000000000001", "1000000"), ("99999999.99", "1000000")),
    *(("0.015", "0.5"), ("123456789012.34", "0.000001")),
]
GROUPS["factors"] = Group(
    {
        f"{amount} times {rate}": (
            {"amount": amount, "x": rate},
            {"amount": str(rounded(Decimal(amount) * Decimal(rate)))}
            if rounded(Decimal(amount) * Decimal(rate)) > 0
            else ["amount is not above 0"],
        )
        for amount, rate in FACTORS
    },
    good={"x": "1"},
    statements={
        "transactions": select(amount="round(money(amount) * money(x)::decimal(18, 6), 2)")
    },
    amount=product,
)

# Times in the strict form.
GROUPS["plain times"] = Group(
    times(
        {
            "2025-09-02": "2025-09-02 00:00:00",
            "2025-09-02 09:14": "2025-09-02 09:14:00",
            "2025-09-02T09:14:05": "2025-09-02 09:14:05",
            "2025-09-02 09:14:05.999": "2025-09-02 09:14:05",
            "2025-09-02 09:14:05.999999": "2025-09-02 09:14:05",
            "2025-09-02 09:14:05.123456789": "2025-09-02 09:14:05",
            "2025-09-02 23:59:59.999999": "2025-09-02 23:59:59",
            "2024-02-29 10:00:00": "2024-02-29 10:00:00",
            "2025-09-02T10:00:00+07:00": bank_clock("2025-09-02T10:00", "Asia/Bangkok"),
            "2025-09-02 10:00:00-03": bank_clock("2025-09-02T10:00", "America/Sao_Paulo"),
            "2025-09-02 10:00:00+0530": "2025-09-02 10:00:00",
            "2025-09-02T20:00Z": bank_clock("2025-09-02T20:00", "UTC"),
            "2025-09-02T20:00:00Z": bank_clock("2025-09-02T20:00", "UTC"),
            "2025-09-02 20:00:00 UTC": bank_clock("2025-09-02T20:00", "UTC"),
            "2025-09-02 20:00:00 GMT": bank_clock("2025-09-02T20:00", "UTC"),
            "2025-09-02 20:00:00+00": bank_clock("2025-09-02T20:00", "UTC"),
            "2025-09-02 20:00:00-00:00": bank_clock("2025-09-02T20:00", "UTC"),
            "2025-09-02 10:00:00+14:00": bank_clock("2025-09-02T10:00", "Etc/GMT-14"),
            "2025-09-02 10:00:00-12:00": bank_clock("2025-09-02T10:00", "Etc/GMT+12"),
            "2025-09-02 10:00:00 Europe/Berlin": bank_clock("2025-09-02T10:00", "Europe/Berlin"),
            "2025-12-02 10:00:00 Europe/Berlin": bank_clock("2025-12-02T10:00", "Europe/Berlin"),
            "2025-09-02 10:00:00 America/Argentina/Salta": bank_clock(
                "2025-09-02T10:00", "America/Argentina/Salta"
            ),
            "2025-09-02 09:14:00 Etc/GMT+5": bank_clock("2025-09-02T09:14", "Etc/GMT+5"),
        },
        NO_TIME,
        *(f"2025-09-02 09:14:00{tail}" for tail in (" PM", " am", "AM", " IST", " EST", " UTC+5")),
        *(f"2025-09-02 09:14:00{tail}" for tail in (" BC", " garbage", " 12:00", ",5", ".", "z")),
        *(
            f"2025-09-02 09:14:00{tail}"
            for tail in (" EST5EDT", " Japan", " Mars/Olympus", " CEST")
        ),
        *(f"2025-09-02 09:14:00{tail}" for tail in ("+99", "+25:00", "+05:99", "+5", "+14:30")),
        *(f"2025-09-02 09:14:00{tail}" for tail in ("+05:30:15", "+0530Z", " +", "Z Z", "  Z")),
        *("2025-09-02 9:5+02:00", "2025-09-02T09:14:5Z", "2025-09-02 9:14", "2025-9-2"),
        *("2025-02-29 10:00:00", "2025-02-30 10:00:00", "2025-04-31", "2025-13-01", "2025-00-10"),
        *("2025-09-01 25:00:00", "2025-09-02 24:00:00", "2025-09-02 23:59:60", "2025-09-02 10:60"),
        *("31/12/2025 10:00", "12/31/2025", "02.09.2025", "02-Sep-2025", "2025/09/02", "20250902"),
        *("2025-W36-2", "2025-245", "0000-00-00", "2025-09-02 ~", "yesterday", "now", "today"),
        *("epoch", "1756800000", "45902", "2025-09", "25-09-02"),
        *("２０２５-09-02", "2025-09-02\t10:00", "2025-09-02  10:00", "-2025-09-02", "+2025-09-02"),
        *("2025-09-02 10:00:00 +05:30", "2025-09-02 10:00:00 Z", "2025-09-02 10:00:00UTC"),
        *("2025-09-02T", "2025-09-02Z", "2025-09-02+02:00", "2025-09-02 10", "10:00:00"),
    )
    | {
        "year 0": rejected("t", "0000-01-01", SPAN),
        "infinity": rejected("t", "infinity", SPAN),
        "-infinity": rejected("t", "-infinity", SPAN),
        "a year before Christ": rejected("t", "2025-09-02 (BC) 09:14:00", SPAN),
        "year 10000": rejected("t", "10000-01-01", NO_TIME),
    },
    source='bank_time_zone = "Asia/Kolkata"\n',
)
LORD_HOWE = [f"2025-04-05T{time}:00Z" for time in ("14:10", "14:30", "14:50", "15:10", "15:40")]
GROUPS["a clock that is put back by half an hour"] = Group(
    times(
        dict(
            zip(
                LORD_HOWE,
                # 01:10, 01:30, 01:50, again 01:40, 02:10
                (
                    f"2025-04-06 {time}"
                    for time in ("01:10:00", "01:30:00", "01:50:00", "01:59:59", "02:10:00")
                ),
                strict=True,
            )
        ),
        NO_TIME,
    ),
    source='bank_time_zone = "Australia/Lord_Howe"\n',
)
GROUPS["plain times without the bank's zone"] = Group(
    times({"2025-09-02T09:14:05": "2025-09-02 09:14:05"}, NO_TIME)
    | {
        f"{text!r} has a zone": (
            {"t": text},
            ["the time has a zone, and source.toml has no bank_time_zone"],
        )
        for text in ("2025-09-02T20:00:00Z", "2025-09-02 10:00:00 Europe/Berlin")
    }
)
GROUPS["the bank's clock is put forward and back"] = Group(
    times(
        {
            # what no clock showed is kept as it was written, so that order holds
            "2025-03-30 01:30:00": "2025-03-30 01:30:00",
            "2025-03-30T00:59:59Z": "2025-03-30 00:59:59",
            "2025-03-30T01:00:00Z": "2025-03-30 02:00:00",
            "2025-10-26T00:00:00Z": "2025-10-26 01:00:00",
            "2025-10-26T00:30:00Z": "2025-10-26 01:30:00",
            "2025-10-26T00:59:59Z": "2025-10-26 01:59:59",
            # the second pass stands at the end of the first
            "2025-10-26T01:00:00Z": "2025-10-26 01:59:59",
            "2025-10-26T01:30:00Z": "2025-10-26 01:59:59",
            "2025-10-26T01:59:59Z": "2025-10-26 01:59:59",
            "2025-10-26T02:00:00Z": "2025-10-26 02:00:00",
            "2025-10-26 01:30:00": "2025-10-26 01:30:00",
        },
        NO_TIME,
        # no such time there, so it is not known which is meant
        "2025-03-30 01:30:00 Europe/London",
        "2025-03-30 02:30:00 Europe/Berlin",
    ),
    source='bank_time_zone = "Europe/London"\n',
)

# Times in a form that the mapping names.


def by_format(source: str, call: str, good: str, cases: dict[str, Case]) -> Group:
    return Group(
        cases,
        source=source,
        good={"t": good},
        statements={"transactions": select(timestamp=call)},
    )


NO_FORMAT = '"{}" is not of the form %d-%b-%Y %I:%M %p'
GROUPS["a form with AM and PM"] = by_format(
    "",
    "moment(t, '%d-%b-%Y %I:%M %p')",
    "01-Sep-2025 10:00 AM",
    times(
        {
            "02-Sep-2025 09:14 PM": "2025-09-02 21:14:00",
            "02-Sep-2025 09:14 am": "2025-09-02 09:14:00",
            "02-Sep-2025 12:00 AM": "2025-09-02 00:00:00",
            "02-Sep-2025 12:00 PM": "2025-09-02 12:00:00",
            "2-sep-2025 9:14 AM": "2025-09-02 09:14:00",
        },
        NO_FORMAT,
        *("02-Sep-2025 09:14 PM x", "02-Sep-2025 09:14", "02-09-2025"),
        *("02-Sep-2025 13:14 PM", "02-Sep-2025 00:14 PM", "02-Sept-2025 09:14 PM", "garbage"),
        *("02-Sep-2025 09:14 PM +05:30", "02-Sep-2025 09:14 PMs"),
    )
    | {
        "no such day": (
            {"t": "31-Feb-2025 09:14 AM"},
            ['"31-Feb-2025 09:14 AM" is not of the form %d-%b-%Y %I:%M %p'],
        )
    },
)
GROUPS["days before months"] = by_format(
    "",
    "moment(t, '%d/%m/%Y')",
    "01/09/2025",
    {
        "the 31st": ({"t": "31/12/2025"}, {"timestamp": "2025-12-31 00:00:00"}),
        "no 13th month": (
            {"t": "12/31/2025"},
            ['"12/31/2025" is not of the form %d/%m/%Y'],
        ),
        "a time behind": (
            {"t": "31/12/2025 10:00"},
            ['"31/12/2025 10:00" is not of the form %d/%m/%Y'],
        ),
        "a year of two digits": ({"t": "31/12/25"}, [SPAN]),
    },
)
GROUPS["days before months"].good_becomes["timestamp"] = "2025-09-01 00:00:00"
LONDON = 'bank_time_zone = "Europe/London"\n'
GROUPS["a clock of another zone"] = by_format(
    LONDON,
    "moment(t, '%Y-%m-%d %H:%M:%S', 'America/New_York')",
    "2025-09-01 05:00:00",
    {
        "summer": (
            {"t": "2025-07-01 10:00:00"},
            {"timestamp": bank_clock("2025-07-01T10:00", "America/New_York", "Europe/London")},
        ),
        "winter": (
            {"t": "2025-12-01 22:00:00"},
            {"timestamp": bank_clock("2025-12-01T22:00", "America/New_York", "Europe/London")},
        ),
        "between two changes": (
            {"t": "2025-03-20 10:00:00"},
            {"timestamp": bank_clock("2025-03-20T10:00", "America/New_York", "Europe/London")},
        ),
        "a time that does not exist": (
            {"t": "2025-03-09 02:30:00"},
            ['"2025-03-09 02:30:00" does not exist in America/New_York'],
        ),
        "the last one before": (
            {"t": "2025-03-09 01:59:59"},
            {"timestamp": bank_clock("2025-03-09T01:59:59", "America/New_York", "Europe/London")},
        ),
    },
)
GROUPS["offsets by a form"] = by_format(
    LONDON,
    "moment(t, '%Y-%m-%d %H:%M:%S %z')",
    "2025-09-01 10:00:00 +0100",
    times(
        {
            "2025-09-02 09:14:00 +05:30": "2025-09-02 04:44:00",
            "2025-09-02 09:14:00 -08": "2025-09-02 18:14:00",
            "2025-10-26 02:30:00 +01:00": "2025-10-26 01:59:59",
        },
        '"{}" does not end with an offset such as +05:30',
        *("2025-09-02 09:14:00", "2025-09-02 09:14:00 +0100x", "2025-09-02 09:14:00 +99:00"),
        *("2025-09-02 09:14:00 +05:99", "2025-09-02 09:14:00 +14:30", "2025-09-02 09:14:00 +99"),
        *("2025-09-02 09:14:00 +05:30:15", "2025-09-02 09:14:00 IST"),
    ),
)
GROUPS["two forms in one column"] = by_format(
    "",
    "case when t like '%/%' then moment(t, '%d/%m/%Y %H:%M') else moment_iso(t) end",
    "2025-09-01 10:00:00",
    {
        "the one": ({"t": "02/09/2025 09:14"}, {"timestamp": "2025-09-02 09:14:00"}),
        "the other": ({"t": "2025-09-02"}, {"timestamp": "2025-09-02 00:00:00"}),
        "none": (
            {"t": "2025-9-2"},
            ['"2025-9-2" is not a time such as 2025-09-01 09:14:00'],
        ),
    },
)
GROUPS["seconds since a moment"] = by_format(
    "",
    "moment_since(t, 'second', timestamp '1970-01-01')",
    str(int(dt.datetime(2025, 9, 1, 10, tzinfo=dt.UTC).timestamp())),
    {
        "a whole number": ({"t": "1756804440"}, {"timestamp": "2025-09-02 09:14:00"}),
        "a whole number with .0": ({"t": "1756804440.0"}, {"timestamp": "2025-09-02 09:14:00"}),
        "a fraction": ({"t": "1756804440.5"}, ['"1756804440.5" is not a whole number']),
        "an exponent": ({"t": "1.756804E+09"}, ['"1.756804E+09" is not a whole number']),
        "milliseconds": ({"t": "1756804440000"}, [SPAN]),
        "a text": ({"t": "2025-09-02"}, ['"2025-09-02" is not a whole number']),
        "too far": ({"t": "9" * 18}, [f'"{"9" * 18}" is too far from the origin']),
        "below the origin": ({"t": "-1"}, [SPAN]),
        "missing": ({"t": ""}, ["timestamp is missing"]),
    },
)

# One account is one, whatever text a file has for it.
NFD = unicodedata.normalize("NFD", "Müller")
GROUPS["ids"] = Group(
    {
        f"{text!r} is {value!r}": (
            {"account": text},
            {"sender_account_id": value} if value else ["sender_account_id is missing"],
        )
        for text, value in {
            **{NFD: "Müller", "Müller": "Müller", "A1\t": "A1", "A\u200b1": "A1", "\ufeffA1": "A1"},
            **{"A1\u00a0": "A1", "\u3000A1": "A1", "A\u00ad1": "A1", "A\u20601": "A1"},
            **{"\u202aA1\u202c": "A1", "A\x7f1": "A1", "A 1": "A 1", "007": "007", "7": "7"},
            **{"1001": "1001", "0": "0", "A.0": "A.0", "10.10": "10.10", "1e5x": "1e5x"},
            **{"12345678901234567": "12345678901234567", "nancy": "nancy", "na": "na"},
            **{"ＡＢ": "ＡＢ", "a1": "a1", "Ǆ": "Ǆ", "#A1": "#A1", "\\A1": "\\A1", "'A1'": "'A1'"},
            **dict.fromkeys(("(null)", "nan", "NULL", "None", "(none)", "<NA>", "N/A", "#N/A"), ""),
            **dict.fromkeys(("\\N", "NaN", "\u200b", "\u00a0", "nan\u200b", "\t", " null "), ""),
        }.items()
    }
    | {
        f"{text!r} is a number": ({"account": text}, ["sender_account_id is a number and no id"])
        for text in ("1002.0", "1.23457E+15", "1e+05", "7.0", "8.5E+10", "-1.2e+20", "1.23457E15")
    }
)
GROUPS["ids by the macro"] = Group(
    {
        "decomposed": ({"account": NFD}, {"sender_account_id": "Müller"}),
        "nothing": ({"account": "nan"}, ["sender_account_id is missing"]),
        "an exponent": ({"account": "1.23457E+15"}, ['"1.23457E+15" is a number and no id']),
        "a whole decimal": ({"account": "1002.0"}, ['"1002.0" is a number and no id']),
        "pandas' whole decimal, cut by hand": (
            {"other": "1002.0"},
            {"beneficiary_id": "1002"},
        ),
    },
    statements={
        "transactions": select(
            sender_account_id="id(account)",
            beneficiary_id="id(regexp_replace(other, '[.]0$', ''))",
        )
    },
)
GROUPS["ids of several parts"] = Group(
    {
        f"{one!r} and {two!r}": ({"account": one, "x": two}, {"sender_account_id": whole})
        for one, two, whole in (
            ("1", "23", "1-23"),
            ("12", "3", "12-3"),
            ("A|B", "C", "A|B-C"),
            ("A", "B|C", "A-B|C"),
            ("A-B", "C", r"A\-B-C"),
            ("A", "B-C", r"A-B\-C"),
            ("A\\", "B", r"A\\-B"),
            ("A\\-B", "C", r"A\\\-B-C"),
            (NFD, "1", "Müller-1"),
        )
    }
    | {
        "no first part": ({"account": ""}, ["sender_account_id is missing"]),
        "no second part": ({"x": "(null)"}, ["sender_account_id is missing"]),
        "a part is a number": ({"x": "1002.0"}, ['"1002.0" is a number and no id']),
    },
    good={"x": "2"},
    good_becomes={"sender_account_id": "A1-2"},
    statements={"transactions": select(sender_account_id="ids(account, x)")},
)
GROUPS["texts that a reader takes for nothing"] = Group(
    {
        "NA in an id": ({"account": "NA"}, ["sender_account_id is missing"]),
        "NA in an amount": ({"amount": "NA"}, ["amount is missing"]),
        "NA in a time": ({"t": "NA"}, ["timestamp is missing"]),
        "a dash": ({"account": "-"}, ["sender_account_id is missing"]),
        "na": ({"account": "na"}, {"sender_account_id": "na"}),
    },
    source='[source]\nnulls = ["NA", "-"]\n',
)
GROUPS["two columns for debit and credit"] = Group(
    {
        "a credit": (
            {"amount": "", "x": "7.00"},
            {"amount": "7.00", "debit_credit": "credit"},
        ),
        "neither": ({"amount": ""}, ["amount is missing", "debit_credit is missing"]),
        "a credit of garbage": (
            {"amount": "", "x": "7,00"},
            ['"7,00" is not a number such as 1250.00'],
        ),
    },
    statements={
        "transactions": select(
            amount="coalesce(money(amount), money(x))",
            debit_credit="case when amount is not null then 'debit'"
            " when x is not null then 'credit' end",
        )
    },
    amount=lambda row: number(row.get("amount") or row.get("x")),
)
NO_CAST = (
    "Conversion Error: Could not convert string '{}' to INT32 when casting from source column x"
)
GROUPS["expressions that fail"] = Group(
    {
        "a cast": ({"x": "seven"}, [NO_CAST.format("seven")]),
        "a text that is too large": ({"x": "99999999999"}, [NO_CAST.format("99999999999")]),
        "the mapping's own error": ({"x": "-1"}, ["x is below 0"]),
    },
    good={"x": "1"},
    statements={
        "transactions": select(
            hop_number="case when x::integer < 0 then error('x is below 0') else x::integer end"
        )
    },
)

CASES = [(group, name) for group, found in GROUPS.items() for name in found.cases]


@functools.cache
def _loaded(folder: Path, name: str) -> tuple[Path, dict[str, int], list[str]]:
    """Load the rows of a group; return the loaded file and the line of each case."""
    group = GROUPS[name]
    place = Place(folder / str(list(GROUPS).index(name)))
    place.folder.mkdir(exist_ok=True)
    place.map(
        group.source if "[source]" in group.source else f"{group.source}[source]\n",
        **group.statements,
    )
    for other, content in group.others.items():
        place.write(other, content)
    has_id = "id" in group.good
    lines, at = [",".join(GOOD | group.good)], {}

    def add(changes: dict[str, str] | str, key: str) -> None:
        if isinstance(changes, dict):
            cells = group.cells(({"id": key} if has_id else {}) | changes)
            changes = ",".join(
                '"' + cell.replace('"', '""') + '"' if {",", '"'} & set(cell) else cell
                for cell in cells
            )
        lines.append(changes)

    add({}, "good0")
    for number_, (case, (changes, _)) in enumerate(group.cases.items(), 1):
        add(changes, f"odd{number_}")
        at[case] = len(lines)
        add({}, f"good{number_}")
    file = place.write("t.csv", "\n".join([*lines, ""]))
    place.load("t.csv", *group.others)
    assert_sums_in_equal_sums_out(
        place.out, [file], amount=group.amount, negative=group.negative, line_by_line=True
    )
    return place.out, at, lines


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, dict, list]]:
    folder = tmp_path_factory.mktemp("odd")
    return lambda name: _loaded(folder, name)


def values(out: Path, names: list[str]) -> dict[int, tuple[str | None, ...]]:
    """Return columns of the accepted rows, as texts, by line."""
    listed = ", ".join(f'"{name}"::varchar' for name in names)
    with duckdb.connect(out, read_only=True) as con:
        found = con.execute(
            f"select source_line, {listed} from raw.transactions join raw.landed_rows as landed"
            " on transaction_id = 'T' || landed_no where source_table = 'transactions'"
        ).fetchall()
    return {line: tuple(cells) for line, *cells in found}


@pytest.mark.parametrize(("group", "case"), CASES, ids=lambda value: ascii(value)[1:-1])
def test_an_odd_row_is_read_right_or_rejected_with_its_reasons(
    loaded: Callable[[str], tuple[Path, dict, list]], group: str, case: str
) -> None:
    out, at, lines = loaded(group)
    expected = GROUPS[group].cases[case][1]
    with duckdb.connect(out, read_only=True) as con:
        rejections = con.execute(
            "select row_text, reasons from raw.rejected_rows"
            " where source_table = 'transactions' and source_line = ?",
            [at[case]],
        ).fetchall()
    if isinstance(expected, list):
        assert rejections == [(lines[at[case] - 1].rstrip("\r"), expected)]
    else:
        assert rejections == []
        accepted = values(out, list(expected))[at[case]]
        assert dict(zip(expected, accepted, strict=True)) == expected


@pytest.mark.parametrize("group", GROUPS)
def test_no_odd_row_touches_a_good_one(
    loaded: Callable[[str], tuple[Path, dict, list]], group: str
) -> None:
    out, at, lines = loaded(group)
    becomes = GOOD_BECOMES | GROUPS[group].good_becomes
    good = sorted(set(range(2, len(lines) + 1)) - set(at.values()))
    found = values(out, list(becomes))
    assert [found.get(line) for line in good] == [tuple(becomes.values())] * len(good)


def test_there_are_far_more_than_120_kinds() -> None:
    assert len(CASES) >= 300
