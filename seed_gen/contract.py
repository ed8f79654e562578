"""The contract of schema `raw`: every table and column with its type and its description.

Plain data, written once: the seeder creates and comments its tables from it, and whoever describes
the same tables elsewhere (dbt's sources, a loader of real data) can be compared with it.
"""

from __future__ import annotations

import dataclasses

SCHEMA = "raw"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column: `nullable` columns say in their comment what a null means."""

    name: str
    type: str
    comment: str
    nullable: bool = False
    ground_truth: bool = False


@dataclasses.dataclass(frozen=True)
class Table:
    """A table; `key` names the columns whose values together are unique."""

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column_names(self) -> tuple[str, ...]:
        """Return the columns' names in their order."""
        return tuple(column.name for column in self.columns)


CUSTOMERS = Table(
    "customers",
    "The bank's customers, one row each, with what onboarding and due diligence know of them. A "
    "customer may hold no, one or several accounts.",
    ("customer_id",),
    (
        Column("customer_id", "varchar", "Customer, C0, C1, …; the primary key."),
        Column("age", "integer", "Age in full years, 21 to 70 by default."),
        Column(
            "customer_risk_rating",
            "varchar",
            "Risk rating given by customer due diligence: low, medium, high or very_high.",
        ),
        Column(
            "pep_flag",
            "tinyint",
            "1 for a politically exposed person, who needs enhanced due diligence; else 0.",
        ),
        Column(
            "occupation",
            "varchar",
            "Declared occupation: salaried, self_employed, business_owner, student, retired, "
            "government_employee, freelancer or unemployed.",
        ),
        Column(
            "industry",
            "varchar",
            "Sector the customer works in: finance, retail, healthcare, technology, real_estate, "
            "manufacturing, education, hospitality, construction or unknown (not declared).",
        ),
        Column(
            "account_type",
            "varchar",
            "The customer's main kind of account: retail, corporate, savings, current or business. "
            "A property of the customer, so all accounts of one customer share it.",
        ),
        Column(
            "kyc_level",
            "varchar",
            "Depth of identity verification: low (basic), medium (standard) or high (enhanced).",
        ),
        Column("income_bracket", "varchar", "Declared income: low, medium or high."),
        Column(
            "country_risk",
            "varchar",
            "Risk of the customer's home jurisdiction: low, medium or high.",
        ),
        Column(
            "customer_since_days",
            "integer",
            "Days since the relationship began, as of the first day of the window; 30 to 3650 by "
            "default.",
        ),
    ),
)

ACCOUNTS = Table(
    "accounts",
    "Bank accounts, one row each. What is known of the owner stands in customers and is a join.",
    ("account_id",),
    (
        Column("account_id", "varchar", "Account, A0, A1, …; the primary key."),
        Column("customer_id", "varchar", "Owner of the account; a customer_id of customers."),
        Column(
            "avg_balance",
            "decimal(18,2)",
            "Average balance in rupees, above 0; also the balance with which the account enters "
            "the window.",
        ),
        Column(
            "account_open_days",
            "integer",
            "Days the account had been open on the first day of the window; 30 to 2000 by default. "
            "Does not grow with time: the age at a transaction is this plus the days since then.",
        ),
    ),
)

DEVICES = Table(
    "devices",
    "Device fingerprints, one row each: what the bank's app or site saw of a phone or a computer.",
    ("device_id",),
    (
        Column("device_id", "varchar", "Device, D0, D1, …; the primary key."),
        Column(
            "device_age_days",
            "integer",
            "Days since the device was first seen by the bank; 30 to 1500 by default.",
        ),
        Column(
            "rooted_flag",
            "tinyint",
            "1 where the system's protection was removed (rooted or jailbroken); else 0.",
        ),
        Column("os_type", "varchar", "Operating system: android, ios, windows or unknown."),
        Column("vpn_flag", "tinyint", "1 where traffic comes through a VPN or proxy; else 0."),
        Column(
            "emulator_flag",
            "tinyint",
            "1 for software that imitates a device, not a real one; else 0.",
        ),
    ),
)

BENEFICIARIES = Table(
    "beneficiaries",
    "Counterparties outside the bank, one row each: people, merchants, crypto exchanges, offshore "
    "entities.",
    ("beneficiary_id",),
    (
        Column("beneficiary_id", "varchar", "Beneficiary, B0, B1, …; the primary key."),
        Column(
            "beneficiary_type",
            "varchar",
            "Kind of counterparty: individual, merchant, crypto or offshore. Crypto and offshore "
            "belong to the high-risk pool.",
        ),
        Column(
            "beneficiary_country_risk",
            "varchar",
            "Risk of the counterparty's jurisdiction: low, medium or high. High belongs to the "
            "high-risk pool whatever the type.",
        ),
    ),
)

ACCOUNT_DEVICES = Table(
    "account_devices",
    "The home device of each account, one row per account. Relatives, and accounts of one "
    "customer, may share a device; an account also uses others now and then.",
    ("account_id",),
    (
        Column("account_id", "varchar", "Account; the primary key, an account_id of accounts."),
        Column("device_id", "varchar", "The account's usual device; a device_id of devices."),
    ),
)

ACCOUNT_BENEFICIARIES = Table(
    "account_beneficiaries",
    "The external counterparties an account pays or is paid by regularly, two to five per account.",
    ("account_id", "beneficiary_id"),
    (
        Column("account_id", "varchar", "Account; with beneficiary_id the primary key."),
        Column(
            "beneficiary_id",
            "varchar",
            "Regular counterparty of the account; a beneficiary_id of beneficiaries.",
        ),
    ),
)

DORMANT_ACCOUNTS = Table(
    "dormant_accounts",
    "The dormant set, 5% of the accounts: they move a little in the first fifth of the window, "
    "then fall silent for at least 35 days and wake again, honestly or not.",
    ("account_id",),
    (Column("account_id", "varchar", "Account of the dormant set; the primary key."),),
)

INACTIVE_ACCOUNTS = Table(
    "inactive_accounts",
    "The inactive set, another 5% of the accounts, none of them dormant: a few early movements, "
    "then silence for at least 45 days; some return honestly, some are abused, some stay silent.",
    ("account_id",),
    (Column("account_id", "varchar", "Account of the inactive set; the primary key."),),
)

TRANSACTIONS = Table(
    "transactions",
    "One row per transaction, in the book of sender_account_id; the counterparty's book has no "
    "mirror row. Exactly one of receiver_account_id and beneficiary_id is set.",
    ("transaction_id",),
    (
        Column(
            "transaction_id",
            "varchar",
            "Transaction, T0, T1, …; the primary key. The numbers are a keyed permutation: they "
            "say nothing about time, account or label.",
        ),
        Column("customer_id", "varchar", "Owner of sender_account_id; a customer_id of customers."),
        Column(
            "sender_account_id",
            "varchar",
            "The account whose book the row is in, whichever way the money goes; an account_id of "
            "accounts.",
        ),
        Column(
            "receiver_account_id",
            "varchar",
            "The counterparty where it is an account of the bank; for cash deposits and cash "
            "withdrawals the account itself. Null where the counterparty is a beneficiary.",
            nullable=True,
        ),
        Column(
            "beneficiary_id",
            "varchar",
            "The counterparty where it is outside the bank; a beneficiary_id of beneficiaries. "
            "Null where the counterparty is an account of the bank, the account itself included.",
            nullable=True,
        ),
        Column(
            "device_id",
            "varchar",
            "Device the transaction was made or authorised with; a device_id of devices. Not "
            "always the account's home device.",
        ),
        Column(
            "timestamp",
            "timestamp",
            "When it was booked: bank-local time without zone, whole seconds.",
        ),
        Column("amount", "decimal(18,2)", "Amount in rupees, always above 0; see debit_credit."),
        Column("channel", "varchar", "Where it was made: mobile, web, branch or atm."),
        Column(
            "debit_credit",
            "varchar",
            "debit: money leaves sender_account_id for the counterparty; credit: money enters it "
            "from the counterparty.",
        ),
        Column(
            "transaction_type",
            "varchar",
            "Mobile: UPI, IMPS, wallet_transfer; web: NEFT, RTGS, online_transfer, salary_credit; "
            "branch: cash_deposit, cash_withdrawal, DD (demand draft); atm: cash_withdrawal, "
            "cash_deposit.",
        ),
        Column(
            "cash_flag", "tinyint", "1 for cash_deposit, cash_withdrawal and DD; 0 for all others."
        ),
        Column(
            "synthetic_flow_id",
            "varchar",
            "Ground truth: the flow of several payments this one belongs to, F0, F1, …; null "
            "outside flows.",
            nullable=True,
            ground_truth=True,
        ),
        Column(
            "flow_depth",
            "integer",
            "Ground truth: how many hops the flow has (a ring's: how many accounts); null outside "
            "flows.",
            nullable=True,
            ground_truth=True,
        ),
        Column(
            "hop_number",
            "integer",
            "Ground truth: this payment's hop in its flow, counted from 1 (in a ring: the place of "
            "its account in the order of first payments); null outside flows.",
            nullable=True,
            ground_truth=True,
        ),
        Column(
            "flow_origin_at",
            "timestamp",
            "Ground truth: when the flow's first payment was booked; null outside flows.",
            nullable=True,
            ground_truth=True,
        ),
        Column(
            "fraud_type",
            "varchar",
            "Ground truth: the typology the row belongs to, or normal; null only in data without "
            "labels.",
            nullable=True,
            ground_truth=True,
        ),
        Column(
            "label",
            "tinyint",
            "Ground truth: 1 for a row of a typology, 0 for a normal one; null only in data "
            "without labels.",
            nullable=True,
            ground_truth=True,
        ),
    ),
)

GENERATION_RUN = Table(
    "generation_run",
    "How the raw tables came about: one row. Whoever loads other data fills it too, since the "
    "accounts' ages count from window_start.",
    ("seed",),
    (
        Column("seed", "bigint", "The seed of all random streams, a natural number."),
        Column(
            "scale", "double", "Size relative to scale 1, which has 25,000 accounts by default."
        ),
        Column("fraud_rate", "double", "The share of fraudulent rows asked for, 0 to 0.5."),
        Column("window_start", "date", "First day of the simulated window."),
        Column("window_end", "date", "Last day of the simulated window, included."),
        Column("config", "json", "Every figure in force, by its name in the configuration."),
        Column("package_version", "varchar", "Version of the package that made the data."),
        Column(
            "numpy_version",
            "varchar",
            "Version of numpy that drew the random numbers; another one may draw others.",
        ),
        Column("row_counts", "json", "Rows of each raw table but this one, by its name."),
        Column(
            "fingerprints",
            "json",
            "A fingerprint of the content of each raw table but this one, by its name; equal for "
            "equal content, whatever the order of rows.",
        ),
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
