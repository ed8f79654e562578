"""Every value of the contract, computed a second time in plain Python.

Written from the contract and from cells C-4 and C-5 of notebook 2c, never from the SQL, so an error
in one is not in the other. The code prefers the obvious to the fast: an account's rows are a sorted
list, a window is a slice of it, a balance is a walk.

Rows come in as dicts under the raw tables' column names (`rows` is any iterable of them) and go
out as dicts under the warehouse's. A column that a caller leaves out is null. Money is `Decimal`,
timestamps are naive `datetime` in whole seconds, flags are 0 or 1. No value passes through a
float: sums are integers of cents, quotients are `Fraction`, and the irrational columns
(`amount_zscore_30d`, `baseline_deviation_30d`, `log_amount`) are `Decimal` with 50 digits before
they are rounded.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

Row = dict[str, object]
Rows = Iterable[Mapping[str, object]]

HOUR = 3_600
DAY = 86_400

# Half up on the magnitude is half away from zero: that is how `decimal` understands it.
EXACT = Context(prec=50, rounding=ROUND_HALF_UP)


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────


def rounded(value: Fraction | Decimal | int, places: int) -> Decimal:
    """`value` at `places` decimals, half away from zero, decided on the exact number."""
    exact = Fraction(value)
    units = abs(exact) * 10**places
    whole = (2 * units.numerator + units.denominator) // (2 * units.denominator)
    return Decimal(-whole if exact < 0 else whole).scaleb(-places, EXACT)


# What the columns' descriptions say of values that their types cannot hold, or not exactly.
LARGEST_RATIO = Decimal("99999999999999.9999")
BOUND = Decimal(10) ** 13


def bounded(value: Fraction | Decimal, bound: Decimal, places: int = 4) -> Decimal:
    """`value` with four or other decimals, its magnitude at most `bound`."""
    return max(min(rounded(value, places), bound), -bound)


def cents(amount: object) -> int:
    """Money as an integer of hundredths; a third decimal is the caller's mistake."""
    hundredfold = Fraction(amount) * 100
    if hundredfold.denominator != 1:
        raise ValueError(f"{amount!r} is not money: it has more than two decimals")
    return hundredfold.numerator


def money(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2, EXACT)


def seconds(moment: datetime) -> int:
    """Seconds since 1970, of a clock without a zone."""
    elapsed = moment - datetime(1970, 1, 1)
    if elapsed.microseconds:
        raise ValueError(f"{moment} is not a whole second")
    return elapsed // timedelta(seconds=1)


# ── Histories: the rows of one account or of one customer, in their one fixed order ───────────


def transaction_no(row: Mapping[str, object]) -> int:
    """The number in the id: 'T10' is 10."""
    given = row.get("transaction_no")
    return int(str(row["transaction_id"])[1:]) if given is None else int(given)


def histories(transactions: Rows, key: str) -> dict[object, list[Mapping[str, object]]]:
    """Rows per value of `key`, each list in the order (timestamp, transaction_no)."""
    found: dict[object, list[Mapping[str, object]]] = defaultdict(list)
    for row in transactions:
        found[row.get(key)].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row["timestamp"], transaction_no(row)))
    return found


def window(times: list[int], now: int, width: int) -> slice:
    """The rows of `[now - width, now]`, both ends included; `times` is sorted."""
    return slice(bisect_left(times, now - width), bisect_right(times, now))


def amounts_of(rows: Rows) -> list[int | None]:
    return [None if row.get("amount") is None else cents(row["amount"]) for row in rows]


def rolling(rows: list[Mapping[str, object]], prefix: str, precision: str) -> list[Row]:
    """The counts and totals that accounts and customers have in common."""
    times = [seconds(row["timestamp"]) for row in rows]
    amounts = amounts_of(rows)
    out = []
    for now in times:
        hour, day, week, month = (
            window(times, now, width) for width in (HOUR, DAY, 7 * DAY, 30 * DAY)
        )
        values: Row = {
            "txn_count_last_1hr": None if precision == "day" else len(times[hour]),
            "txn_count_last_24hr": len(times[day]),
            "txn_count_last_7d": len(times[week]),
            "txn_count_last_30d": len(times[month]),
        }
        if None not in amounts:  # only a fixture may leave amounts out
            values["total_amount_last_24hr"] = money(sum(amounts[day]))
            values["total_amount_last_7d"] = money(sum(amounts[week]))
            values["total_amount_last_30d"] = money(sum(amounts[month]))
        out.append({prefix + name: value for name, value in values.items()})
    return out


def zscore(amount: int, earlier: list[int]) -> Decimal | None:
    """How many sample deviations `amount` lies above the mean of `earlier` (cents, unrounded).

    Null with fewer than 5 earlier rows, or where they are all equal.
    """
    n = len(earlier)
    total = sum(earlier)
    squares = sum(value * value for value in earlier)
    if n < 5 or n * squares == total * total:
        return None
    # (amount - mean) / sd, both multiplied by n; n² · variance = n · (n·Σx² − (Σx)²) / (n − 1)
    distance = n * amount - total
    variance = Fraction(n * (n * squares - total * total), n - 1)
    square = Fraction(distance * distance) / variance
    size = EXACT.sqrt(EXACT.divide(Decimal(square.numerator), Decimal(square.denominator)))
    return -size if distance < 0 else size


def deviation(amounts: list[int]) -> Decimal | None:
    """The sample standard deviation (in money, unrounded); null with fewer than 2 amounts."""
    n = len(amounts)
    if n < 2:
        return None
    mean = Fraction(sum(amounts), n)
    variance = sum((amount - mean) ** 2 for amount in amounts) / (n - 1) / 100**2
    return EXACT.sqrt(EXACT.divide(Decimal(variance.numerator), Decimal(variance.denominator)))


def log_amount(amount: object) -> Decimal:
    """ln(1 + amount), unrounded."""
    return EXACT.ln(1 + money(cents(amount)))


# ── The steps, each with the inputs and the columns of the model of the same name ─────────────


def beneficiary_risk(beneficiaries: Rows) -> dict[object, int]:
    """1 for crypto, offshore or a high-risk country."""
    return {
        row["beneficiary_id"]: int(
            row.get("beneficiary_type") in ("crypto", "offshore")
            or row.get("beneficiary_country_risk") == "high"
        )
        for row in beneficiaries
    }


def account_velocity(
    transactions: Rows,
    dormant: Rows,
    inactive: Rows,
    precision: str,
    unrounded: dict | None = None,
) -> dict[int, Row]:
    """Windows, gaps and the running number of each account, by transaction_no."""
    dormant_set = {row["account_id"] for row in dormant}
    inactive_set = {row["account_id"] for row in inactive}
    out: dict[int, Row] = {}
    for account, rows in histories(transactions, "sender_account_id").items():
        times = [seconds(row["timestamp"]) for row in rows]
        amounts = amounts_of(rows)
        for position, (row, values) in enumerate(
            zip(rows, rolling(rows, "", precision), strict=True)
        ):
            now, number = times[position], transaction_no(row)

            before = slice(bisect_left(times, now - 30 * DAY), bisect_left(times, now))
            earlier = amounts[before]
            values["baseline_count_30d"] = len(earlier)
            if None not in amounts:
                irrational = {
                    "amount_zscore_30d": (zscore(amounts[position], earlier), 4),
                    "baseline_deviation_30d": (deviation(earlier), 2),
                }
                for column, (exact, places) in irrational.items():
                    values[column] = None if exact is None else bounded(exact, BOUND, places)
                    if unrounded is not None and exact is not None:
                        unrounded[number, column] = exact
                values["baseline_mean_30d"] = (
                    bounded(Fraction(sum(earlier), 100 * len(earlier)), BOUND, 2)
                    if earlier
                    else None
                )

            values["txn_velocity_cumulative"] = position + 1

            gap = now - times[position - 1] if position > 0 else 0
            values["days_since_previous_txn"] = gap // DAY if position > 0 else None
            values["dormancy_flag"] = int(account in dormant_set and gap > 30 * DAY)
            if account not in inactive_set:
                values["no_of_inactive_days"] = None
            else:
                values["no_of_inactive_days"] = gap // DAY if gap >= 45 * DAY else 0

            out[number] = values
    return out


def customer_velocity(transactions: Rows, precision: str) -> dict[int, Row]:
    """The same windows over all accounts of a customer, by transaction_no."""
    out: dict[int, Row] = {}
    for rows in histories(transactions, "customer_id").values():
        times = [seconds(row["timestamp"]) for row in rows]
        windows = rolling(rows, "cust_", precision)
        for row, now, values in zip(rows, times, windows, strict=True):
            in_30_days = rows[window(times, now, 30 * DAY)]
            accounts = {earlier.get("sender_account_id") for earlier in in_30_days} - {None}
            values["cust_unique_accounts_30d"] = len(accounts)
            out[transaction_no(row)] = values
    return out


def account_balances(transactions: Rows, accounts: Rows) -> dict[int, Row]:
    """A walk along each account's rows; the balance never falls below 0, or is unknown."""
    opening = {row["account_id"]: row["avg_balance"] for row in accounts}
    out: dict[int, Row] = {}
    for account, rows in histories(transactions, "sender_account_id").items():
        known = opening[account] is not None
        balance = cents(opening[account]) if known else 0
        changes: dict[date, int] = defaultdict(int)
        for row in rows:
            sign = {"debit": -1, "credit": 1}[row["debit_credit"]]
            signed = sign * cents(row["amount"])
            today = row["timestamp"].date()
            changes[today] += signed
            before, balance = balance, max(0, balance + signed)
            out[transaction_no(row)] = {
                "running_balance_txn_amount": money(signed),
                "balance_before_txn": money(before) if known else None,
                "balance_after_txn": money(balance) if known else None,
                "cumulative_daily_balance_change": money(changes[today]),
            }
    return out


def time_of_day(moment: datetime, precision: str) -> Row:
    timed = precision != "day"
    weekday = moment.weekday()  # 0 is Monday
    return {
        "hour": moment.hour if timed else None,
        "day_of_week": weekday,
        "date": moment.date(),
        "month": moment.month,
        "week_of_year": moment.isocalendar().week,
        "is_night": int(moment.hour >= 22 or moment.hour <= 5) if timed else None,
        "is_weekend": int(weekday in (5, 6)),
        "is_business_hours": int(9 <= moment.hour <= 17) if timed else None,
    }


def time_since_origin(row: Mapping[str, object]) -> int | None:
    """Seconds since the flow's first payment, never negative; null outside flows."""
    if row.get("synthetic_flow_id") is None or row.get("flow_origin_at") is None:
        return None
    return max(0, seconds(row["timestamp"]) - seconds(row["flow_origin_at"]))


def by_key(rows: Rows, key: str) -> dict[object, Mapping[str, object]]:
    return {row[key]: row for row in rows}


ACCOUNT_COLUMNS = ("avg_balance",)
CUSTOMER_COLUMNS = (
    "kyc_level",
    "country_risk",
    "income_bracket",
    "customer_risk_rating",
    "pep_flag",
    "occupation",
    "industry",
    "account_type",
)
DEVICE_COLUMNS = ("device_age_days", "rooted_flag", "os_type", "vpn_flag", "emulator_flag")
BENEFICIARY_COLUMNS = ("beneficiary_type", "beneficiary_country_risk")


def transaction_features(
    transactions: Rows,
    accounts: Rows,
    customers: Rows,
    devices: Rows,
    beneficiaries: Rows,
    high_risk: Mapping[object, int],
    window_start: date | None,
    precision: str,
    *steps: Mapping[int, Row],
    unit: object = 1,
    unrounded: dict | None = None,
) -> dict[int, Row]:
    """One wide row per transaction: its own columns, its account and customer, every feature.

    `steps` are the results of `account_velocity`, `customer_velocity` and `account_balances`.
    """
    account_of = by_key(accounts, "account_id")
    customer_of = by_key(customers, "customer_id")
    device_of = by_key(devices, "device_id")
    beneficiary_of = by_key(beneficiaries, "beneficiary_id")
    out: dict[int, Row] = {}
    for row in transactions:
        number = transaction_no(row)
        account = account_of.get(row.get("sender_account_id"), {})
        beneficiary_id = row.get("beneficiary_id")
        values: Row = {**row, "transaction_no": number}

        for source, columns in (
            (account, ACCOUNT_COLUMNS),
            (customer_of.get(row.get("customer_id"), {}), CUSTOMER_COLUMNS),
            (device_of.get(row.get("device_id"), {}), DEVICE_COLUMNS),
            (beneficiary_of.get(beneficiary_id, {}), BENEFICIARY_COLUMNS),
        ):
            values.update({column: source.get(column) for column in columns})
        values["high_risk_beneficiary"] = high_risk.get(beneficiary_id, 0)

        values.update(time_of_day(row["timestamp"], precision))
        values["time_since_origin_txn"] = time_since_origin(row)

        if account.get("account_open_days") is not None and window_start is not None:
            opened = window_start - timedelta(days=account["account_open_days"])
            values["account_open_days"] = (row["timestamp"].date() - opened).days

        if row.get("amount") is not None:
            amount = cents(row["amount"])
            step = cents(rounded(1_000 / Fraction(str(unit)), 2))
            values["is_round_amount"] = int(amount >= step and amount % step == 0)
            logarithm = log_amount(row["amount"])
            values["log_amount"] = rounded(logarithm, 4)
            if unrounded is not None:
                unrounded[number, "log_amount"] = logarithm
        values["amount_to_balance_ratio"] = None
        if row.get("amount") is not None and account.get("avg_balance") is not None:
            balance = max(cents(account["avg_balance"]), 1_00)
            ratio = Fraction(cents(row["amount"]), balance)
            values["amount_to_balance_ratio"] = bounded(ratio, LARGEST_RATIO)

        for step in steps:
            values.update(step.get(number, {}))
        out[number] = values
    return out


# ── Rules: cell C-4 to the letter ────────────────────────────────────────────────────────────

THRESHOLDS: dict[str, Decimal] = {
    name: Decimal(value)
    for name, value in {
        # A: amount and cash
        "large_cash_deposit__amount": 50_000,
        "cash_just_below_threshold__amount_min": 8_000,
        "cash_just_below_threshold__amount_max": 9_999,
        "high_value_transfer__amount": 100_000,
        "micro_transaction__amount": 10,
        "round_amount_large__amount": 10_000,
        # B: temporal
        "weekend_high_value__amount": 20_000,
        "dormant_account_activation__amount": 5_000,
        # C: account velocity
        "high_acct_velocity_1hr__txn_count": 5,
        "high_acct_velocity_24hr__txn_count": 20,
        "high_acct_velocity_7d__txn_count": 60,
        "high_acct_volume_24hr__total_amount": 500_000,
        "high_acct_volume_7d__total_amount": 2_000_000,
        "amount_spike_30d__zscore": 4,
        "rapid_burst__txn_count": 3,
        # D: customer velocity
        "high_cust_velocity_1hr__txn_count": 8,
        "high_cust_velocity_24hr__txn_count": 30,
        "high_cust_volume_24hr__total_amount": 1_000_000,
        "high_cust_volume_30d__total_amount": 3_000_000,
        # E: balance and ratio
        "low_kyc_high_amount__amount": 30_000,
        "new_account_large_txn__account_open_days": 60,
        "new_account_large_txn__amount": 10_000,
        "high_amount_to_balance__ratio": 3,
        # F: customer risk
        "pep_high_value__amount": 10_000,
        "corporate_large_cash__amount": 20_000,
        # H: device
        "new_device_large_txn__device_age_days": 90,
        "new_device_large_txn__amount": 10_000,
        # I: channel
        "atm_high_withdrawal__amount": 20_000,
        # J: structuring
        "structuring_pattern__amount_min": 8_500,
        "structuring_pattern__amount_max": 9_999,
        "multiple_small_cash__txn_count": 5,
        "multiple_small_cash__amount": 10_000,
        # K: occupation
        "student_high_value__amount": 50_000,
        "unemployed_large_transfer__amount": 20_000,
        # L: combined
        "low_income_large_txn__amount": 50_000,
        "new_account_offshore__account_open_days": 90,
        "new_acct_high_cust_velocity__account_open_days": 90,
        "new_acct_high_cust_velocity__txn_count": 10,
    }.items()
}


def thresholds_of(given: Mapping[str, object], defaults: Mapping[str, Decimal] = THRESHOLDS) -> Row:
    """The thresholds in force with these vars: money in units of `money_unit` rupees."""
    named = {name: given.get(name, value) for name, value in defaults.items()}
    unit = Fraction(str(given.get("money_unit", 1)))
    return {
        name: rounded(Fraction(str(value)) / unit, 2) if "amount" in name.split("__")[1] else value
        for name, value in named.items()
    }


@dataclass(frozen=True)
class Inputs:
    """What a rule sees: one row's values, and the thresholds that belong to the rule.

    Every question about a null answers no, so a null input makes the rule 0.
    """

    rule: str
    row: Mapping[str, object]
    thresholds: Mapping[str, object]

    def _limit(self, name: str) -> object:
        return self.thresholds[f"{self.rule}__{name}"]

    def is_(self, column: str, *values: object) -> bool:
        return self.row.get(column) is not None and self.row[column] in values

    def on(self, flag: str) -> bool:
        return self.is_(flag, 1)

    def above(self, column: str, limit: str) -> bool:
        value = self.row.get(column)
        return value is not None and value > self._limit(limit)

    def at_least(self, column: str, limit: str) -> bool:
        value = self.row.get(column)
        return value is not None and value >= self._limit(limit)

    def below(self, column: str, limit: str) -> bool:
        value = self.row.get(column)
        return value is not None and value < self._limit(limit)

    def at_most(self, column: str, limit: str) -> bool:
        value = self.row.get(column)
        return value is not None and value <= self._limit(limit)


@dataclass(frozen=True)
class Rule:
    name: str
    severity: int
    condition: Callable[[Inputs], bool] = field(repr=False)

    def fires(self, row: Mapping[str, object], thresholds: Mapping[str, object]) -> int:
        return int(self.condition(Inputs(self.name, row, thresholds)))


def _banded_cash(r: Inputs) -> bool:
    return (
        r.on("cash_flag")
        and r.at_least("amount", "amount_min")
        and r.at_most("amount", "amount_max")
    )


def _small_cash_again(r: Inputs) -> bool:
    return (
        r.on("cash_flag")
        and r.above("txn_count_last_7d", "txn_count")
        and r.below("amount", "amount")
    )


def _corporate_cash(r: Inputs) -> bool:
    return (
        r.is_("account_type", "corporate", "business")
        and r.on("cash_flag")
        and r.above("amount", "amount")
    )


def _crypto(r: Inputs) -> bool:
    return r.is_("beneficiary_type", "crypto")


def _offshore(r: Inputs) -> bool:
    return r.is_("beneficiary_type", "offshore")


def _large(r: Inputs) -> bool:
    return r.above("amount", "amount")


# fmt: off
RULES = tuple(Rule(*rule) for rule in (
    # A: amount and cash
    ("large_cash_deposit", 3, lambda r: r.on("cash_flag") and _large(r)),
    ("cash_just_below_threshold", 3, _banded_cash),
    ("high_value_transfer", 2, _large),
    ("micro_transaction", 1, lambda r: r.below("amount", "amount")),
    ("round_amount_large", 1, lambda r: r.on("is_round_amount") and r.at_least("amount", "amount")),
    # B: temporal
    ("night_transaction", 2, lambda r: r.on("is_night")),
    ("weekend_high_value", 2, lambda r: r.on("is_weekend") and _large(r)),
    ("dormant_account_activation", 3, lambda r: r.on("dormancy_flag") and _large(r)),
    # C: account velocity
    ("high_acct_velocity_1hr", 3, lambda r: r.above("txn_count_last_1hr", "txn_count")),
    ("high_acct_velocity_24hr", 2, lambda r: r.above("txn_count_last_24hr", "txn_count")),
    ("high_acct_velocity_7d", 2, lambda r: r.above("txn_count_last_7d", "txn_count")),
    ("high_acct_volume_24hr", 2, lambda r: r.above("total_amount_last_24hr", "total_amount")),
    ("high_acct_volume_7d", 2, lambda r: r.above("total_amount_last_7d", "total_amount")),
    ("amount_spike_30d", 3, lambda r: r.above("amount_zscore_30d", "zscore")),
    ("rapid_burst", 3, lambda r: r.above("txn_count_last_1hr", "txn_count")),
    # D: customer velocity
    ("high_cust_velocity_1hr", 3, lambda r: r.above("cust_txn_count_last_1hr", "txn_count")),
    ("high_cust_velocity_24hr", 2, lambda r: r.above("cust_txn_count_last_24hr", "txn_count")),
    ("high_cust_volume_24hr", 2, lambda r: r.above("cust_total_amount_last_24hr", "total_amount")),
    ("high_cust_volume_30d", 2, lambda r: r.above("cust_total_amount_last_30d", "total_amount")),
    # E: balance and ratio
    ("low_kyc_high_amount", 3, lambda r: r.is_("kyc_level", "low") and _large(r)),
    ("new_account_large_txn", 3,
     lambda r: r.below("account_open_days", "account_open_days") and _large(r)),
    ("high_amount_to_balance", 2, lambda r: r.above("amount_to_balance_ratio", "ratio")),
    # F: KYC and customer risk
    ("very_high_risk_customer", 3, lambda r: r.is_("customer_risk_rating", "very_high")),
    ("pep_high_value", 3, lambda r: r.on("pep_flag") and _large(r)),
    ("high_risk_country_sender", 2, lambda r: r.is_("country_risk", "high")),
    ("corporate_large_cash", 2, _corporate_cash),
    # G: beneficiary
    ("high_risk_beneficiary", 3, lambda r: r.on("high_risk_beneficiary")),
    ("crypto_transfer", 2, _crypto),
    ("offshore_transfer", 3, _offshore),
    ("high_risk_bene_country", 2, lambda r: r.is_("beneficiary_country_risk", "high")),
    # H: device
    ("rooted_device", 2, lambda r: r.on("rooted_flag")),
    ("vpn_proxy_detected", 2, lambda r: r.on("vpn_flag")),
    ("emulator_detected", 3, lambda r: r.on("emulator_flag")),
    ("new_device_large_txn", 1,
     lambda r: r.below("device_age_days", "device_age_days") and _large(r)),
    # I: channel
    ("atm_high_withdrawal", 2, lambda r: r.is_("channel", "atm") and _large(r)),
    ("branch_night_txn", 2, lambda r: r.is_("channel", "branch") and r.on("is_night")),
    # J: structuring
    ("structuring_pattern", 3, _banded_cash),
    ("multiple_small_cash", 3, _small_cash_again),
    # K: occupation and industry
    ("high_risk_industry", 1,
     lambda r: r.is_("industry", "real_estate", "construction", "unknown")),
    ("student_high_value", 2, lambda r: r.is_("occupation", "student") and _large(r)),
    ("unemployed_large_transfer", 2, lambda r: r.is_("occupation", "unemployed") and _large(r)),
    ("freelancer_offshore", 2, lambda r: r.is_("occupation", "freelancer") and _offshore(r)),
    # L: combined
    ("pep_crypto_transfer", 3, lambda r: r.on("pep_flag") and _crypto(r)),
    ("very_high_risk_offshore", 3,
     lambda r: r.is_("customer_risk_rating", "very_high") and _offshore(r)),
    ("low_kyc_offshore", 3, lambda r: r.is_("kyc_level", "low") and _offshore(r)),
    ("low_income_large_txn", 2, lambda r: r.is_("income_bracket", "low") and _large(r)),
    ("vpn_offshore", 3, lambda r: r.on("vpn_flag") and _offshore(r)),
    ("emulator_crypto", 3, lambda r: r.on("emulator_flag") and _crypto(r)),
    ("new_account_offshore", 3,
     lambda r: r.below("account_open_days", "account_open_days") and _offshore(r)),
    ("new_acct_high_cust_velocity", 3,
     lambda r: r.below("account_open_days", "account_open_days")
     and r.above("cust_txn_count_last_24hr", "txn_count")),
))
# fmt: on

SEVERITIES = {rule.name: rule.severity for rule in RULES}


def transaction_rules(
    row: Mapping[str, object], thresholds: Mapping[str, object] = THRESHOLDS
) -> dict[str, int]:
    """The 50 flags of one row of features."""
    return {f"rule_{rule.name}": rule.fires(row, thresholds) for rule in RULES}


# ── Totals, scores and bands ─────────────────────────────────────────────────────────────────


def rule_totals(fired: Iterable[str], severities: Mapping[str, int] = SEVERITIES) -> Row:
    """How many rules fired, the worst severity and the sum; zeros if no rule fired."""
    found = [severities[name] for name in fired]
    return {
        "rule_trigger_count": len(found),
        "max_rule_severity": max(found, default=0),
        "weighted_rule_score": sum(found),
    }


def score(count: int, label: int | None, ratio: object) -> Decimal:
    """Cell C-5: at most 60 points for rules, 25 for the label, at most 15 for the ratio."""
    rules = min(Fraction(5, 2) * (count or 0), Fraction(60))
    share = min(max(Fraction(ratio or 0), Fraction(0)), Fraction(10))
    return rounded(min(Fraction(100), rules + 25 * (label or 0) + Fraction(3, 2) * share), 2)


def band(value: Decimal) -> str:
    """Of the score as it is shown, with two decimals: [0,20], (20,40], … (80,100]."""
    for top, name in ((20, "very_low"), (40, "low"), (60, "medium"), (80, "high")):
        if value <= top:
            return name
    return "critical"


def scores(count: int, label: int | None, ratio: object) -> Row:
    with_label = score(count, label, ratio)
    without = score(count, None, ratio)
    return {
        "fraud_intensity_score": with_label,
        "rule_risk_score": without,
        "fraud_intensity_band": band(with_label),
        "rule_risk_band": band(without),
    }


# ── The whole ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Raw:
    """The raw tables that the features read, each a list of dicts."""

    transactions: list[Row]
    accounts: list[Row]
    customers: list[Row]
    devices: list[Row]
    beneficiaries: list[Row]
    dormant_accounts: list[Row]
    inactive_accounts: list[Row]
    window_start: date
    time_precision: str


def warehouse(
    raw: Raw,
    thresholds: Mapping[str, object] = THRESHOLDS,
    unrounded: dict[tuple[int, str], Decimal] | None = None,
) -> dict[int, Row]:
    """Every value of `main.transactions`, by transaction_no.

    `unrounded`, where given, receives the 50-digit values of the two irrational columns.
    """
    features = transaction_features(
        raw.transactions,
        raw.accounts,
        raw.customers,
        raw.devices,
        raw.beneficiaries,
        beneficiary_risk(raw.beneficiaries),
        raw.window_start,
        raw.time_precision,
        account_velocity(
            raw.transactions,
            raw.dormant_accounts,
            raw.inactive_accounts,
            raw.time_precision,
            unrounded,
        ),
        customer_velocity(raw.transactions, raw.time_precision),
        account_balances(raw.transactions, raw.accounts),
        unrounded=unrounded,
    )
    for row in features.values():
        flags = transaction_rules(row, thresholds)
        fired = [name.removeprefix("rule_") for name, flag in flags.items() if flag]
        totals = rule_totals(fired)
        row.update(flags)
        row.update(totals)
        row.update(
            scores(totals["rule_trigger_count"], row["label"], row["amount_to_balance_ratio"])
        )
    return features
