"""`main.transactions` by hand, in Polars: what the warehouse's speed is measured against.

    python tests/bench/polars_warehouse.py RAW_FOLDER OUT.parquet

RAW_FOLDER holds a Parquet file per raw table (`raw_as_parquet` in bench_warehouse.py writes them);
OUT gets every column of `main.transactions`, with its values and types. It is a second
implementation of the contract, written for speed, as a good engineer would for one run:

- Money is whole paise in 64 bits and becomes decimal when it is written; the sums of squares of the
  z-score, which need more, are in 128.
- Accounts and customers are numbered. A row's place in time is one integer, its account's (or
  customer's) number times a span longer than all of time, plus its seconds. The rows are sorted by
  it once, and a window [t - W, t] is two positions in that column: a count is their difference, a
  sum the difference of two prefix sums. No group is visited on its own.
- Dimensions are joined, rules computed and the file written by the streaming engine, in pieces.
"""

import sys
from pathlib import Path

import polars as pl

DAY = 86_400
WIDTHS = {"1hr": 3_600, "24hr": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
MONEY = pl.Decimal(18, 2)
RATIO = pl.Decimal(18, 4)
SCORE = pl.Decimal(5, 2)
BANDS = ["very_low", "low", "medium", "high", "critical"]


# ── Windows ──────────────────────────────────────────────────────────────────────────────────


def rolled(
    place: pl.Series, summed: dict[str, pl.Series], widths: dict[str, int]
) -> dict[str, pl.Series]:
    """Return counts and sums over [t - W, t], both ends and all rows of the same second included.

    `place` ascends. Keys are `count_<width>` and `<name>_<width>` for each of `summed`; the width
    `now` is added: the rows of the same second alone.
    """
    end = place.search_sorted(place, side="right")
    totals = {
        name: pl.concat([pl.Series([0], dtype=values.dtype), values.cum_sum()])
        for name, values in summed.items()
    }
    found = {}
    for width, seconds in {"now": 0, **widths}.items():
        start = place.search_sorted(place - seconds, side="left")
        found[f"count_{width}"] = (end - start).cast(pl.Int32)
        for name, total in totals.items():
            found[f"{name}_{width}"] = total.gather(end) - total.gather(start)
    return found


def account_windows(rows: pl.DataFrame, span: int) -> pl.DataFrame:
    """Velocity, z-score, dormancy and balances of each row's account."""
    rows = rows.with_columns(place=pl.col("account") * span + pl.col("second")).sort(
        "place", "transaction_no"
    )
    paise = rows["paise"]
    # Squares of large amounts, summed over all rows, do not fit into 64 bits.
    squares = paise.cast(pl.Int128) * paise.cast(pl.Int128)
    window = rolled(rows["place"], {"sum": paise, "squares": squares}, WIDTHS)

    n = window["count_30d"] - window["count_now"]
    s = window["sum_30d"] - window["sum_now"]
    q = window["squares_30d"] - window["squares_now"]
    n128 = n.cast(pl.Int128)
    spread = n128 * q - s.cast(pl.Int128) * s.cast(pl.Int128)
    account = pl.col("account")
    gap = (pl.col("second") - pl.col("second").shift(1)).over(account)
    balance = pl.col("avg_balance") + pl.col("signed").cum_sum().over(account)
    lifted = balance - pl.min_horizontal(0, balance.cum_min().over(account))

    return (
        rows.with_columns(
            **{f"txn_count_last_{width}": window[f"count_{width}"] for width in WIDTHS},
            **{f"total_amount_last_{w}": window[f"sum_{w}"] for w in ("24hr", "7d", "30d")},
            n=n,
            spread=spread,
            above=n.cast(pl.Int64) * paise - s,
            baseline_count_30d=n,
            # Of whole paise, half up; no baseline of the bench is near the cap.
            baseline_mean_30d=(2 * s + n.cast(pl.Int64)) // (2 * n.cast(pl.Int64)),
            gap=gap,
            days_since_previous_txn=(gap // DAY).cast(pl.Int32),
            balance_after_txn=lifted,
            txn_velocity_cumulative=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(account),
            cumulative_daily_balance_change=pl.col("signed").cum_sum().over(account, "date"),
        )
        .with_columns(
            balance_before_txn=pl.col("balance_after_txn")
            .shift(1)
            .over(account)
            .fill_null(pl.col("avg_balance")),
            # The order of these operations is that of macros/numbers/zscore.sql, so that each
            # double is the same.
            amount_zscore_30d=pl.when(pl.col("n") >= 5, pl.col("spread") > 0)
            .then(
                (
                    (pl.col("above").cast(pl.Float64) / 100)
                    / (
                        pl.col("n").cast(pl.Float64)
                        * (pl.col("spread").cast(pl.Float64) / 10_000)
                        / (pl.col("n") - 1).cast(pl.Float64)
                    ).sqrt()
                )
                * 10_000
            )
            .round(0, "half_away_from_zero")
            .cast(pl.Int64),
            baseline_mean_30d=pl.when(pl.col("n") > 0).then(pl.col("baseline_mean_30d")),
            baseline_deviation_30d=pl.when(pl.col("n") > 1)
            .then(
                (
                    (pl.col("spread").cast(pl.Float64) / 10_000)
                    / (pl.col("n").cast(pl.Float64) * (pl.col("n") - 1).cast(pl.Float64))
                ).sqrt()
                * 100
            )
            .round(0, "half_away_from_zero")
            .cast(pl.Int64),
            dormancy_flag=(pl.col("is_dormant") & (pl.col("gap") > 30 * DAY))
            .fill_null(False)
            .cast(pl.Int8),
            no_of_inactive_days=pl.when(~pl.col("is_inactive"))
            .then(None)
            .when(pl.col("gap") >= 45 * DAY)
            .then(pl.col("gap") // DAY)
            .otherwise(0)
            .cast(pl.Int32),
        )
        .drop("n", "spread", "above", "gap", "place")
    )


def customer_windows(rows: pl.DataFrame, span: int) -> pl.DataFrame:
    """Velocity over all accounts of each row's customer, with how many accounts took part.

    An account comes into the 30 days with a row whose predecessor is older than that, and goes
    out once its last row there is. What came minus what went is what is there.
    """
    rows = rows.with_columns(place=pl.col("customer") * span + pl.col("second"))
    # Still in the order of accounts and time.
    second = pl.col("second")
    thirty_days = WIDTHS["30d"]
    before = (second - second.shift(1)).over("account")
    after = (second.shift(-1) - second).over("account")
    came = rows.filter((before > thirty_days).fill_null(True))["place"].sort()
    went = rows.filter((after > thirty_days).fill_null(True))["place"].sort() + thirty_days + 1

    rows = rows.sort("place")
    place = rows["place"]
    window = rolled(place, {"sum": rows["paise"]}, WIDTHS)
    accounts = came.search_sorted(place, side="right") - went.search_sorted(place, side="right")
    return rows.with_columns(
        **{f"cust_txn_count_last_{width}": window[f"count_{width}"] for width in WIDTHS},
        **{f"cust_total_amount_last_{w}": window[f"sum_{w}"] for w in ("24hr", "7d", "30d")},
        cust_unique_accounts_30d=accounts.cast(pl.Int32),
    ).drop("place")


WINDOW_COLUMNS = [
    *(f"txn_count_last_{width}" for width in WIDTHS),
    *(f"total_amount_last_{width}" for width in ("24hr", "7d", "30d")),
    *("amount_zscore_30d", "baseline_count_30d", "baseline_mean_30d", "baseline_deviation_30d"),
    *("txn_velocity_cumulative", "days_since_previous_txn", "dormancy_flag", "no_of_inactive_days"),
    *(f"cust_txn_count_last_{width}" for width in WIDTHS),
    *(f"cust_total_amount_last_{width}" for width in ("24hr", "7d", "30d")),
    "cust_unique_accounts_30d",
    *("running_balance_txn_amount", "balance_before_txn", "balance_after_txn"),
    "cumulative_daily_balance_change",
]
MONEY_COLUMNS = [
    *("amount", "avg_balance"),
    *("baseline_mean_30d", "baseline_deviation_30d"),
    *(name for name in WINDOW_COLUMNS if "total_amount" in name or "balance" in name),
]
RATIO_COLUMNS = ["amount_to_balance_ratio", "log_amount", "amount_zscore_30d"]


def paise(column: str) -> pl.Expr:
    """A decimal with two places as a whole number of hundredths."""
    return pl.col(column).to_physical().cast(pl.Int64)


def number(column: str) -> pl.Expr:
    """A number for each text, from 0 up."""
    return pl.col(column).cast(pl.Categorical).to_physical().cast(pl.Int64)


def windows(raw: Path) -> pl.DataFrame:
    """Every window of every row, by transaction_no, narrow."""
    is_dormant = pl.scan_parquet(raw / "dormant_accounts.parquet").select(
        "account_id", is_dormant=pl.lit(True)
    )
    is_inactive = pl.scan_parquet(raw / "inactive_accounts.parquet").select(
        "account_id", is_inactive=pl.lit(True)
    )
    accounts = (
        pl.scan_parquet(raw / "accounts.parquet")
        .join(is_dormant, on="account_id", how="left")
        .join(is_inactive, on="account_id", how="left")
        .select(
            "account_id",
            avg_balance=paise("avg_balance"),
            is_dormant=pl.col("is_dormant").fill_null(False),
            is_inactive=pl.col("is_inactive").fill_null(False),
        )
    )
    rows = (
        pl.scan_parquet(raw / "transactions.parquet")
        .select(
            transaction_no=pl.col("transaction_id").str.slice(1).cast(pl.Int64),
            account_id=pl.col("sender_account_id"),
            account=number("sender_account_id"),
            customer=number("customer_id"),
            second=pl.col("timestamp").dt.epoch("s"),
            date=pl.col("timestamp").dt.date(),
            paise=paise("amount"),
            signed=pl.when(pl.col("debit_credit") == "debit")
            .then(-paise("amount"))
            .otherwise(paise("amount")),
        )
        .join(accounts, on="account_id", how="inner")
        .drop("account_id")
        .with_columns(pl.col("second") - pl.col("second").min())
        .collect()
    )
    # Longer than all of time and the longest window: two accounts' places never overlap.
    span = int(rows["second"].max()) + 2 * WIDTHS["30d"]
    found = customer_windows(account_windows(rows, span), span)
    return found.select(
        "transaction_no",
        **{
            name: pl.col("signed" if name == "running_balance_txn_amount" else name)
            for name in WINDOW_COLUMNS
        },
    )


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────


def features(raw: Path) -> pl.LazyFrame:
    """Everything that is known of a transaction, with money in paise and ratios × 10,000."""
    beneficiaries = pl.scan_parquet(raw / "beneficiaries.parquet").select(
        "beneficiary_id",
        "beneficiary_type",
        "beneficiary_country_risk",
        high_risk_beneficiary=(
            pl.col("beneficiary_type").is_in(["crypto", "offshore"])
            | (pl.col("beneficiary_country_risk") == "high")
        ).cast(pl.Int8),
    )
    window_start = pl.read_parquet(raw / "generation_run.parquet")["window_start"].item()
    accounts = pl.scan_parquet(raw / "accounts.parquet").select(
        pl.col("account_id").alias("sender_account_id"),
        avg_balance=paise("avg_balance"),
        static_open_days=pl.col("account_open_days"),
    )
    customers = pl.scan_parquet(raw / "customers.parquet").drop("age", "customer_since_days")
    devices = pl.scan_parquet(raw / "devices.parquet")
    moment = pl.col("timestamp")
    hour, weekday = moment.dt.hour(), moment.dt.weekday()
    base = pl.max_horizontal("avg_balance", 100)
    return (
        pl.scan_parquet(raw / "transactions.parquet")
        .with_columns(
            transaction_no=pl.col("transaction_id").str.slice(1).cast(pl.Int64),
            amount=paise("amount"),
        )
        .join(windows(raw).lazy(), on="transaction_no", how="left")
        .join(accounts, on="sender_account_id", how="left")
        .join(customers, on="customer_id", how="left")
        .join(devices, on="device_id", how="left")
        .join(beneficiaries, on="beneficiary_id", how="left")
        .with_columns(
            pl.col("high_risk_beneficiary").fill_null(0),
            hour=hour.cast(pl.Int32),
            day_of_week=(weekday - 1).cast(pl.Int32),
            date=moment.dt.date(),
            month=moment.dt.month().cast(pl.Int32),
            week_of_year=moment.dt.week().cast(pl.Int32),
            is_night=((hour >= 22) | (hour < 6)).cast(pl.Int8),
            is_weekend=(weekday >= 6).cast(pl.Int8),
            is_business_hours=hour.is_between(9, 17).cast(pl.Int8),
            amount_to_balance_ratio=(20_000 * pl.col("amount") + base) // (2 * base),
            is_round_amount=(
                (pl.col("amount") >= 100_000) & (pl.col("amount") % 100_000 == 0)
            ).cast(pl.Int8),
            log_amount=(((100 + pl.col("amount")) / 100).log() * 10_000)
            .round(0, "half_away_from_zero")
            .cast(pl.Int64),
            account_open_days=(
                pl.col("static_open_days") + (moment.dt.date() - window_start).dt.total_days()
            ).cast(pl.Int32),
            time_since_origin_txn=pl.max_horizontal(
                (moment - pl.col("flow_origin_at")).dt.total_seconds(),
                pl.when(pl.col("flow_origin_at").is_not_null()).then(0),
            ),
        )
    )


def rules() -> dict[str, tuple[int, pl.Expr]]:
    """Name → severity and condition of the 50 rules: cell C-4 of notebook 2c."""
    c = pl.col
    amount, cash, ratio = c("amount"), c("cash_flag") == 1, c("amount_to_balance_ratio")

    def over(rupees: int) -> pl.Expr:
        return amount > 100 * rupees

    def between(low: int, high: int) -> pl.Expr:
        return (amount >= 100 * low) & (amount <= 100 * high)

    offshore, crypto = (c("beneficiary_type") == kind for kind in ("offshore", "crypto"))
    age, pep = c("account_open_days"), c("pep_flag") == 1
    return {
        "large_cash_deposit": (3, cash & over(50_000)),
        "cash_just_below_threshold": (3, cash & between(8_000, 9_999)),
        "high_value_transfer": (2, over(100_000)),
        "micro_transaction": (1, amount < 10_00),
        "round_amount_large": (1, (c("is_round_amount") == 1) & (amount >= 10_000_00)),
        "night_transaction": (2, c("is_night") == 1),
        "weekend_high_value": (2, (c("is_weekend") == 1) & over(20_000)),
        "dormant_account_activation": (3, (c("dormancy_flag") == 1) & over(5_000)),
        "high_acct_velocity_1hr": (3, c("txn_count_last_1hr") > 5),
        "high_acct_velocity_24hr": (2, c("txn_count_last_24hr") > 20),
        "high_acct_velocity_7d": (2, c("txn_count_last_7d") > 60),
        "high_acct_volume_24hr": (2, c("total_amount_last_24hr") > 500_000_00),
        "high_acct_volume_7d": (2, c("total_amount_last_7d") > 2_000_000_00),
        "amount_spike_30d": (3, c("amount_zscore_30d") > 4_0000),
        "rapid_burst": (3, c("txn_count_last_1hr") > 3),
        "high_cust_velocity_1hr": (3, c("cust_txn_count_last_1hr") > 8),
        "high_cust_velocity_24hr": (2, c("cust_txn_count_last_24hr") > 30),
        "high_cust_volume_24hr": (2, c("cust_total_amount_last_24hr") > 1_000_000_00),
        "high_cust_volume_30d": (2, c("cust_total_amount_last_30d") > 3_000_000_00),
        "low_kyc_high_amount": (3, (c("kyc_level") == "low") & over(30_000)),
        "new_account_large_txn": (3, (age < 60) & over(10_000)),
        "high_amount_to_balance": (2, ratio > 3_0000),
        "very_high_risk_customer": (3, c("customer_risk_rating") == "very_high"),
        "pep_high_value": (3, pep & over(10_000)),
        "high_risk_country_sender": (2, c("country_risk") == "high"),
        "corporate_large_cash": (
            2,
            c("account_type").is_in(["corporate", "business"]) & cash & over(20_000),
        ),
        "high_risk_beneficiary": (3, c("high_risk_beneficiary") == 1),
        "crypto_transfer": (2, crypto),
        "offshore_transfer": (3, offshore),
        "high_risk_bene_country": (2, c("beneficiary_country_risk") == "high"),
        "rooted_device": (2, c("rooted_flag") == 1),
        "vpn_proxy_detected": (2, c("vpn_flag") == 1),
        "emulator_detected": (3, c("emulator_flag") == 1),
        "new_device_large_txn": (1, (c("device_age_days") < 90) & over(10_000)),
        "atm_high_withdrawal": (2, (c("channel") == "atm") & over(20_000)),
        "branch_night_txn": (2, (c("channel") == "branch") & (c("is_night") == 1)),
        "structuring_pattern": (3, cash & between(8_500, 9_999)),
        "multiple_small_cash": (
            3,
            cash & (c("txn_count_last_7d") > 5) & (amount < 10_000_00),
        ),
        "high_risk_industry": (
            1,
            c("industry").is_in(["real_estate", "construction", "unknown"]),
        ),
        "student_high_value": (2, (c("occupation") == "student") & over(50_000)),
        "unemployed_large_transfer": (2, (c("occupation") == "unemployed") & over(20_000)),
        "freelancer_offshore": (2, (c("occupation") == "freelancer") & offshore),
        "pep_crypto_transfer": (3, pep & crypto),
        "very_high_risk_offshore": (3, (c("customer_risk_rating") == "very_high") & offshore),
        "low_kyc_offshore": (3, (c("kyc_level") == "low") & offshore),
        "low_income_large_txn": (2, (c("income_bracket") == "low") & over(50_000)),
        "vpn_offshore": (3, (c("vpn_flag") == 1) & offshore),
        "emulator_crypto": (3, (c("emulator_flag") == 1) & crypto),
        "new_account_offshore": (3, (age < 90) & offshore),
        "new_acct_high_cust_velocity": (3, (age < 90) & (c("cust_txn_count_last_24hr") > 10)),
    }


def band(score: str) -> pl.Expr:
    """The band of a score in hundredths; an upper edge belongs to the lower band."""
    named = pl.lit(BANDS[-1])
    for limit, name in reversed(list(zip((20, 40, 60, 80), BANDS, strict=False))):
        named = pl.when(pl.col(score) <= 100 * limit).then(pl.lit(name)).otherwise(named)
    return named


def build(raw: Path, out: Path) -> None:
    """Write every column of `main.transactions` to a Parquet file."""
    book = rules()
    flags = {name: pl.col(f"rule_{name}") for name in book}
    severities = [severity * flags[name] for name, (severity, _) in book.items()]
    # 100,000 to the point: 2.5 of them a rule, 1.5 a unit of the ratio, which comes times 10,000.
    points = pl.min_horizontal(250_000 * pl.col("rule_trigger_count").cast(pl.Int64), 6_000_000)
    points += 15 * pl.min_horizontal(pl.col("amount_to_balance_ratio").fill_null(0), 100_000)
    with_label = points + 2_500_000 * pl.col("label").fill_null(0).cast(pl.Int64)
    rows = (
        features(raw)
        .with_columns(
            **{
                f"rule_{name}": condition.fill_null(False).cast(pl.Int8)
                for name, (_, condition) in book.items()
            }
        )
        .with_columns(
            rule_trigger_count=pl.sum_horizontal(flags.values()).cast(pl.Int32),
            max_rule_severity=pl.max_horizontal(severities).cast(pl.Int32),
            weighted_rule_score=pl.sum_horizontal(s.cast(pl.Int32) for s in severities),
        )
        .with_columns(
            # In hundredths of a point, rounded half up.
            fraud_intensity_score=pl.min_horizontal((with_label + 500) // 1_000, 10_000),
            rule_risk_score=(points + 500) // 1_000,
        )
        .with_columns(
            fraud_intensity_band=band("fraud_intensity_score"),
            rule_risk_band=band("rule_risk_score"),
        )
        .with_columns(
            *(_decimal(name, MONEY) for name in MONEY_COLUMNS),
            *(_decimal(name, RATIO) for name in RATIO_COLUMNS),
            *(_decimal(name, SCORE) for name in ("fraud_intensity_score", "rule_risk_score")),
        )
        .drop("static_open_days")
    )
    rows.sink_parquet(out, compression="lz4")


def _decimal(column: str, kind: pl.Decimal) -> pl.Expr:
    """A whole number of the type's smallest unit as that type."""
    one = pl.lit(1).cast(pl.Decimal(38, 0)) * pl.lit(10**-kind.scale).cast(kind)
    return (pl.col(column).cast(pl.Decimal(18, 0)) * one).cast(kind)


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
