"""The contract of schema `raw`: every table and column with its type.

Their meanings are in `contract.md` beside this file: dbt's docs and the comments in the database
file both come from its blocks.
"""

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
    """A column; its comment says what a null means.

    A `nullable` column may be null in any data, an `unsaid` one only in loaded data, whose source
    may lack it. `values` lists the values of a category; it is empty for other columns.
    """

    name: str
    type: str
    nullable: bool = False
    ground_truth: bool = False
    unsaid: bool = False
    values: tuple[str, ...] = ()

    @property
    def comment(self) -> str:
        """The column's description, the same in every table."""
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

    def required(self) -> tuple[str, ...]:
        """Return the columns that no data may leave null."""
        return tuple(c.name for c in self.columns if not (c.nullable or c.unsaid))


# The transaction types of each channel. Salaries come by the web channel.
TRANSFER_TYPES = {
    "mobile": ("UPI", "IMPS", "wallet_transfer"),
    "web": ("NEFT", "RTGS", "online_transfer"),
}
CASH_TYPES = {
    "branch": ("cash_deposit", "cash_withdrawal", "DD"),
    "atm": ("cash_withdrawal", "cash_deposit"),
}
SALARY_TYPE = "salary_credit"

DECISIONS = ("confirmed", "cleared", "escalated", "reopened")

_LEVELS = ("low", "medium", "high")
_OCCUPATIONS = (
    *("salaried", "self_employed", "business_owner", "student", "retired"),
    *("government_employee", "freelancer", "unemployed"),
)
_INDUSTRIES = (
    *("finance", "retail", "healthcare", "technology", "real_estate", "manufacturing"),
    *("education", "hospitality", "construction", "unknown"),
)
_ACCOUNT_TYPES = ("retail", "corporate", "savings", "current", "business")
_PAYEES = ("individual", "merchant", "crypto", "offshore")
_TRANSFERS = (*TRANSFER_TYPES["mobile"], *TRANSFER_TYPES["web"])
_TRANSACTION_TYPES = (*_TRANSFERS, SALARY_TYPE, *CASH_TYPES["branch"])

CUSTOMERS = Table(
    "customers",
    ("customer_id",),
    (
        Column("customer_id", "varchar"),
        Column("age", "integer", unsaid=True),
        Column("customer_risk_rating", "varchar", unsaid=True, values=(*_LEVELS, "very_high")),
        Column("pep_flag", "tinyint", unsaid=True),
        Column("occupation", "varchar", unsaid=True, values=_OCCUPATIONS),
        Column("industry", "varchar", unsaid=True, values=_INDUSTRIES),
        Column("account_type", "varchar", unsaid=True, values=_ACCOUNT_TYPES),
        Column("kyc_level", "varchar", unsaid=True, values=_LEVELS),
        Column("income_bracket", "varchar", unsaid=True, values=_LEVELS),
        Column("country_risk", "varchar", unsaid=True, values=_LEVELS),
        Column("customer_since_days", "integer", unsaid=True),
    ),
)

ACCOUNTS = Table(
    "accounts",
    ("account_id",),
    (
        Column("account_id", "varchar"),
        Column("customer_id", "varchar"),
        Column("avg_balance", "decimal(18,2)", unsaid=True),
        Column("account_open_days", "integer", unsaid=True),
    ),
)

DEVICES = Table(
    "devices",
    ("device_id",),
    (
        Column("device_id", "varchar"),
        Column("device_age_days", "integer", unsaid=True),
        Column("rooted_flag", "tinyint", unsaid=True),
        Column("os_type", "varchar", unsaid=True, values=("android", "ios", "windows", "unknown")),
        Column("vpn_flag", "tinyint", unsaid=True),
        Column("emulator_flag", "tinyint", unsaid=True),
    ),
)

BENEFICIARIES = Table(
    "beneficiaries",
    ("beneficiary_id",),
    (
        Column("beneficiary_id", "varchar"),
        Column("beneficiary_type", "varchar", unsaid=True, values=_PAYEES),
        Column("beneficiary_country_risk", "varchar", unsaid=True, values=_LEVELS),
    ),
)

ACCOUNT_DEVICES = Table(
    "account_devices",
    ("account_id",),
    (Column("account_id", "varchar"), Column("device_id", "varchar")),
)

ACCOUNT_BENEFICIARIES = Table(
    "account_beneficiaries",
    ("account_id", "beneficiary_id"),
    (Column("account_id", "varchar"), Column("beneficiary_id", "varchar")),
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
        Column("device_id", "varchar", unsaid=True),
        Column("timestamp", "timestamp"),
        Column("amount", "decimal(18,2)"),
        Column("channel", "varchar", unsaid=True, values=(*TRANSFER_TYPES, *CASH_TYPES)),
        Column("debit_credit", "varchar", values=("debit", "credit")),
        Column("transaction_type", "varchar", unsaid=True, values=_TRANSACTION_TYPES),
        Column("cash_flag", "tinyint", unsaid=True),
        Column("synthetic_flow_id", "varchar", nullable=True, ground_truth=True),
        Column("flow_depth", "integer", nullable=True, ground_truth=True),
        Column("hop_number", "integer", nullable=True, ground_truth=True),
        Column("flow_origin_at", "timestamp", nullable=True, ground_truth=True),
        Column("fraud_type", "varchar", nullable=True, ground_truth=True),
        Column("label", "tinyint", nullable=True, ground_truth=True),
        Column("scheme_id", "varchar", nullable=True, ground_truth=True),
        Column("role", "varchar", nullable=True, ground_truth=True),
    ),
)

SCHEMES = Table(
    "schemes",
    ("scheme_id",),
    (
        Column("scheme_id", "varchar", ground_truth=True),
        Column("fraud_type", "varchar", ground_truth=True),
        Column("scheme_start_at", "timestamp", ground_truth=True),
        Column("scheme_end_at", "timestamp", ground_truth=True),
        Column("account_count", "integer", ground_truth=True),
        Column("transaction_count", "integer", ground_truth=True),
        Column("scheme_amount", "decimal(18,2)", ground_truth=True),
        Column("skipped_signal", "varchar", nullable=True, ground_truth=True),
        Column("slow_flag", "tinyint", ground_truth=True, unsaid=True),
    ),
)

GENERATION_RUN = Table(
    "generation_run",
    ("seed",),
    (
        Column("seed", "bigint", unsaid=True),
        Column("scale", "double", unsaid=True),
        Column("fraud_rate", "double", unsaid=True),
        Column("window_start", "date"),
        Column("window_end", "date"),
        Column("time_precision", "varchar"),
        Column("config", "json"),
        Column("package_version", "varchar"),
        Column("numpy_version", "varchar", unsaid=True),
        Column("row_counts", "json"),
        Column("fingerprints", "json", unsaid=True),
    ),
)

LANDED_ROWS = Table(
    "landed_rows",
    ("source_table", "landed_no"),
    (
        Column("source_table", "varchar"),
        Column("landed_no", "bigint"),
        Column("source_file", "varchar"),
        Column("source_line", "bigint"),
        Column("source_id", "varchar", nullable=True),
        Column("is_left_out", "tinyint"),
    ),
)

REJECTED_ROWS = Table(
    "rejected_rows",
    ("source_table", "landed_no"),
    (
        Column("source_table", "varchar"),
        Column("landed_no", "bigint"),
        Column("source_file", "varchar"),
        Column("source_line", "bigint"),
        Column("row_text", "varchar"),
        Column("reasons", "varchar[]"),
    ),
)

LOAD_RECEIPT = Table(
    "load_receipt",
    ("receipt_no",),
    (
        Column("receipt_no", "bigint"),
        Column("source_table", "varchar"),
        Column("figure", "varchar"),
        Column("item", "varchar", nullable=True),
        Column("value", "varchar"),
        Column("warning", "varchar", nullable=True),
    ),
)

SUPERSEDED_ROWS = Table(
    "superseded_rows",
    ("superseded_no",),
    (
        Column("superseded_no", "bigint"),
        Column("source_table", "varchar"),
        Column("row_key", "varchar"),
        Column("old_row", "varchar"),
        Column("old_answers", "varchar", ground_truth=True),
        Column("old_file", "varchar", nullable=True),
        Column("old_line", "bigint", nullable=True),
        Column("new_file", "varchar", nullable=True),
        Column("new_line", "bigint", nullable=True),
        Column("superseded_at", "timestamp"),
    ),
)

DISPOSITIONS = Table(
    "dispositions",
    ("disposition_no",),
    (
        Column("disposition_no", "bigint"),
        Column("case_id", "varchar"),
        Column("decided_at", "timestamp"),
        Column("decision", "varchar", values=DECISIONS),
        Column("decided_by", "varchar"),
        Column("note", "varchar", nullable=True),
        Column("input_line", "bigint"),
    ),
)

SNOOZES = Table(
    "snoozes",
    ("snooze_no",),
    (
        Column("snooze_no", "bigint"),
        Column("snoozed_rule", "varchar"),
        Column("customer_id", "varchar"),
        Column("snoozed_from", "date"),
        Column("snoozed_until", "date"),
        Column("snooze_owner", "varchar"),
        Column("snooze_reason", "varchar"),
        Column("input_line", "bigint"),
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
    SCHEMES,
    LANDED_ROWS,
    REJECTED_ROWS,
    LOAD_RECEIPT,
    SUPERSEDED_ROWS,
    DISPOSITIONS,
    SNOOZES,
    GENERATION_RUN,
)

# A loader keeps these: what it read, rejected, counted and replaced.
KEPT_BY_THE_LOADER = (LANDED_ROWS, REJECTED_ROWS, LOAD_RECEIPT, SUPERSEDED_ROWS)
# A build fills these with what a team decided; they are no part of the data.
INPUTS = (DISPOSITIONS, SNOOZES)

# The values of every category, by column name.
DOMAINS = {column.name: column.values for t in TABLES for column in t.columns if column.values}
