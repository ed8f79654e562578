"""One account with all rows beside the same rows spread over 200, on both engines. Reports only.

python tests/bench/bench_skew.py                 200,000 rows
python tests/bench/bench_skew.py 200000 800000
python tests/bench/bench_skew.py network         the network: a hub, a beneficiary of many accounts
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from raw_layer import contract
from seed_gen import cli
from seed_gen.config import load_config
from smartsentry.project import ROOT

MODELS = ("account_velocity", "customer_velocity", "account_balances")
ENGINES = ("duckdb", "spark")

# Rows at odd times of the window, so that 30 days hold a quarter of them.
TRANSACTIONS = """
    select
        'T' || i as transaction_id,
        customer_id,
        account_id as sender_account_id,
        account_id as receiver_account_id,
        null::varchar as beneficiary_id,
        'D0' as device_id,
        timestamp '2025-09-01' + to_seconds(i * 7919 % (122 * 86400)) as "timestamp",
        ((i * 7919) % 999999 / 100 + 1)::decimal(18, 2) as amount,
        'atm' as channel,
        if(i % 2 = 0, 'debit', 'credit') as debit_credit,
        if(i % 2 = 0, 'cash_withdrawal', 'cash_deposit') as transaction_type,
        1::tinyint as cash_flag,
        null::varchar as synthetic_flow_id,
        null::integer as flow_depth,
        null::integer as hop_number,
        null::timestamp as flow_origin_at,
        'normal' as fraud_type,
        0::tinyint as label,
        null::varchar as scheme_id,
        null::varchar as role
    from range({rows}) as t(i)
    join raw.accounts on account_id = 'A' || i % {accounts}
"""

NETWORK_MODELS = (
    *("account_ledger", "account_network", "entity_network"),
    *("transfer_links", "chains", "transaction_network"),
)
# Each of 20,000 accounts pays the hub and is paid by it; each of 100,000 pays the beneficiary once.
# Beside them the same rows without a hub, because Spark takes long for any table.
NETWORK_SHAPES = {
    "one account with 200,000 transfers": (
        200_000,
        "if(i % 2 = 0, 'hub', 'A' || i // 2 % 20000)",
        "if(i % 2 = 0, 'A' || i // 2 % 20000, 'hub')",
        "null",
    ),
    "the same among 20,000 accounts": (
        200_000,
        "'A' || i % 20000",
        "'A' || (i + 1 + i // 20000) % 20000",
        "null",
    ),
    "one beneficiary of 100,000 accounts": (100_000, "'A' || i", "null", "'B0'"),
    "the same with 10,000 beneficiaries": (100_000, "'A' || i", "null", "'B' || (i % 10000)"),
}
NETWORK_TRANSACTIONS = """
    select
        'T' || i as transaction_id,
        'C' || i % 20000 as customer_id,
        {payer} as sender_account_id,
        {payee} as receiver_account_id,
        {beneficiary}::varchar as beneficiary_id,
        'D' || i % 20000 as device_id,
        timestamp '2025-09-01' + to_seconds(i * 7919 % (122 * 86400)) as "timestamp",
        ((i * 7919) % 999999 / 100 + 1)::decimal(18, 2) as amount,
        'web' as channel,
        'debit' as debit_credit,
        'NEFT' as transaction_type,
        0::tinyint as cash_flag,
        'normal' as fraud_type,
        0::tinyint as label
    from range({rows}) as t(i)
"""


def write_raw(folder: Path, query: str) -> None:
    """Write raw tables with these transactions: a DuckDB file and Parquet."""
    file = folder / "warehouse.duckdb"
    cli.run(load_config(None, {"scale": "0.02"}), file)
    with duckdb.connect(file) as con:
        con.execute("delete from raw.transactions")
        con.execute(f"insert into raw.transactions by name {query}")
        for table in contract.TABLES:
            part = folder / "raw" / table.name / "part-00000.parquet"
            part.parent.mkdir(parents=True)
            con.execute(f"copy raw.{table.name} to '{part}'")


def seconds(engine: str, folder: Path, models: tuple[str, ...]) -> dict[str, float]:
    """Build the models on one engine, one after another; return the seconds of each."""
    target = folder / f"target_{engine}"
    tables = f"--conf spark.sql.warehouse.dir={folder}/tables"
    catalogue = (
        "--conf spark.hadoop.javax.jdo.option.ConnectionURL="
        f"jdbc:derby:;databaseName={folder}/metastore;create=true"
    )
    derby = f"--conf spark.driver.extraJavaOptions=-Dderby.stream.error.file={folder}/derby.log"
    environment = os.environ | {
        "SMARTSENTRY_DB": str(folder / "warehouse.duckdb"),
        "SMARTSENTRY_RAW": str(folder / "raw"),
        "SPARK_CONF_DIR": str(ROOT / "spark"),
        "PYSPARK_SUBMIT_ARGS": f"{tables} {catalogue} {derby} pyspark-shell",
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "NO_COLOR": "1",
    }
    command = [
        *(str(Path(sys.executable).parent / "dbt"), "run", "--threads", "1"),
        *("--target", "dev" if engine == "duckdb" else "spark"),
        *("--select", *(f"+{model}" for model in models)),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"failed: {' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    results = json.loads((target / "run_results.json").read_text())["results"]
    took = {result["unique_id"].split(".")[-1]: result["execution_time"] for result in results}
    return {model: took[model] for model in models}


def main() -> None:
    """Measure the network's shapes or each number of rows given, and print a table."""
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    if sys.argv[1:] == ["network"]:
        print(f"| engine | data | {' | '.join(NETWORK_MODELS)} | all |")
        print(f"|---|---|{'---:|' * (len(NETWORK_MODELS) + 1)}")
        for name, (rows, payer, payee, beneficiary) in NETWORK_SHAPES.items():
            query = NETWORK_TRANSACTIONS.format(
                rows=rows, payer=payer, payee=payee, beneficiary=beneficiary
            )
            print_seconds(name, query, NETWORK_MODELS, with_total=True)
        return
    print(f"| engine | rows | accounts | {' | '.join(MODELS)} |")
    print(f"|---|---:|---:|{'---:|' * len(MODELS)}")
    for rows in map(int, sys.argv[1:] or ("200000",)):
        for accounts in (1, 200):
            query = TRANSACTIONS.format(rows=rows, accounts=accounts)
            print_seconds(f"{rows:,} | {accounts}", query, MODELS)


def print_seconds(name: str, query: str, models: tuple[str, ...], with_total: bool = False) -> None:
    """Print a line of the table for each engine."""
    with tempfile.TemporaryDirectory(prefix="smartsentry_skew_") as folder:
        write_raw(Path(folder), query)
        for engine in ENGINES:
            found = list(seconds(engine, Path(folder), models).values())
            cells = [f"{took:.1f} s" for took in (*found, *([sum(found)] if with_total else []))]
            print(f"| {engine} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
