"""The contract of schema `raw`: every table and column with its type.

What each means is said once, in `contract.md` beside this file: dbt's docs read the same blocks
that the seeder writes into the file as comments.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.resources
import re

SCHEMA = "raw"

_BLOCK = re.compile(r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}", re.DOTALL)


@functools.cache
def descriptions() -> dict[str, str]:
    """Return the text of each docs block of `contract.md`, by its name."""
    text = importlib.resources.files(__package__).joinpath("contract.md").read_text("utf-8")
    return dict(_BLOCK.findall(text))


@dataclasses.dataclass(frozen=True)
class Column:
    """A column; what a null means where it is `nullable` stands in its comment."""

    name: str
    type: str
    nullable: bool = False
    ground_truth: bool = False

    @property
    def comment(self) -> str:
        """The column's description, the same in every table that it stands in."""
        return descriptions()[self.name]


@dataclasses.dataclass(frozen=True)
class Table:
    """A table; `key` names the columns whose values together are unique."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def comment(self) -> str:
        """The table's description."""
        return descriptions()[f"{SCHEMA}_{self.name}"]

    def column_names(self) -> tuple[str, ...]:
        """Return the columns' names in their order."""
        return tuple(column.name for column in self.columns)


CUSTOMERS = Table(
    "customers",
    ("customer_id",),
    (
        Column("customer_id", "varchar"),
        Column("age", "integer"),
        Column("customer_risk_rating", "varchar"),
        Column("pep_flag", "tinyint"),
        Column("occupation", "varchar"),
        Column("industry", "varchar"),
        Column("account_type", "varchar"),
        Column("kyc_level", "varchar"),
        Column("income_bracket", "varchar"),
        Column("country_risk", "varchar"),
        Column("customer_since_days", "integer"),
    ),
)

ACCOUNTS = Table(
    "accounts",
    ("account_id",),
    (
        Column("account_id", "varchar"),
        Column("customer_id", "varchar"),
        Column("avg_balance", "decimal(18,2)"),
        Column("account_open_days", "integer"),
    ),
)

DEVICES = Table(
    "devices",
    ("device_id",),
    (
        Column("device_id", "varchar"),
        Column("device_age_days", "integer"),
        Column("rooted_flag", "tinyint"),
        Column("os_type", "varchar"),
        Column("vpn_flag", "tinyint"),
        Column("emulator_flag", "tinyint"),
    ),
)

BENEFICIARIES = Table(
    "beneficiaries",
    ("beneficiary_id",),
    (
        Column("beneficiary_id", "varchar"),
        Column("beneficiary_type", "varchar"),
        Column("beneficiary_country_risk", "varchar"),
    ),
)

ACCOUNT_DEVICES = Table(
    "account_devices",
    ("account_id",),
    (
        Column("account_id", "varchar"),
        Column("device_id", "varchar"),
    ),
)

ACCOUNT_BENEFICIARIES = Table(
    "account_beneficiaries",
    (
        "account_id",
        "beneficiary_id",
    ),
    (
        Column("account_id", "varchar"),
        Column("beneficiary_id", "varchar"),
    ),
)

DORMANT_ACCOUNTS = Table(
    "dormant_accounts",
    ("account_id",),
    (Column("account_id", "varchar"),),
)

INACTIVE_ACCOUNTS = Table(
    "inactive_accounts",
    ("account_id",),
    (Column("account_id", "varchar"),),
)

TRANSACTIONS = Table(
    "transactions",
    ("transaction_id",),
    (
        Column("transaction_id", "varchar"),
        Column("customer_id", "varchar"),
        Column("sender_account_id", "varchar"),
        Column("receiver_account_id", "varchar", nullable=True),
        Column("beneficiary_id", "varchar", nullable=True),
        Column("device_id", "varchar"),
        Column("timestamp", "timestamp"),
        Column("amount", "decimal(18,2)"),
        Column("channel", "varchar"),
        Column("debit_credit", "varchar"),
        Column("transaction_type", "varchar"),
        Column("cash_flag", "tinyint"),
        Column("synthetic_flow_id", "varchar", nullable=True, ground_truth=True),
        Column("flow_depth", "integer", nullable=True, ground_truth=True),
        Column("hop_number", "integer", nullable=True, ground_truth=True),
        Column("flow_origin_at", "timestamp", nullable=True, ground_truth=True),
        Column("fraud_type", "varchar", nullable=True, ground_truth=True),
        Column("label", "tinyint", nullable=True, ground_truth=True),
    ),
)

GENERATION_RUN = Table(
    "generation_run",
    ("seed",),
    (
        Column("seed", "bigint"),
        Column("scale", "double"),
        Column("fraud_rate", "double"),
        Column("window_start", "date"),
        Column("window_end", "date"),
        Column("config", "json"),
        Column("package_version", "varchar"),
        Column("numpy_version", "varchar"),
        Column("row_counts", "json"),
        Column("fingerprints", "json"),
    ),
)

TABLES: tuple[Table, ...] = (
    CUSTOMERS,
    ACCOUNTS,
    DEVICES,
    BENEFICIARIES,
    ACCOUNT_DEVICES,
    ACCOUNT_BENEFICIARIES,
    DORMANT_ACCOUNTS,
    INACTIVE_ACCOUNTS,
    TRANSACTIONS,
    GENERATION_RUN,
)
