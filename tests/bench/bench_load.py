"""Rows per second and peak memory of `smartsentry load`. Reports only.

python tests/bench/bench_load.py              10 million rows
ROWS=1000000 FORMAT=parquet python tests/bench/bench_load.py
"""

import os
import sys
import tempfile
from pathlib import Path

import duckdb

from bench_warehouse import ROOT, measured

MAPPING = """
    select
        line,
        id as transaction_id,
        account as sender_account_id,
        payee as beneficiary_id,
        device as device_id,
        booked as timestamp,
        amount,
        case channel when 'W' then 'web' when 'M' then 'mobile' else channel end as channel,
        type as transaction_type,
        fraud as label
    from source
"""
# One row in 10,000 has a bad amount.
ROWS_OF_A_BANK = """
    select
        'X' || i as id,
        'A' || (i * 7919 % 200000) as account,
        'B' || (i * 31 % 240000) as payee,
        'D' || (i % 144000) as device,
        timestamp '2025-09-01' + to_seconds(i) as booked,
        if(i % 10000 = 0, 'n/a', ((i * 7919) % 9999999 / 100 + 1)::decimal(18, 2)::varchar)
            as amount,
        if(i % 3 = 0, 'W', 'M') as channel,
        if(i % 3 = 0, 'NEFT', 'UPI') as type,
        (i % 100 = 0)::tinyint as fraud
    from range(?) as t(i)
"""


def main() -> None:
    """Write a CSV or Parquet file, load it in a process of its own and print what that took."""
    rows = int(os.environ.get("ROWS", "10_000_000"))
    ending = os.environ.get("FORMAT", "csv")
    with tempfile.TemporaryDirectory(prefix="smartsentry_bench_") as folder:
        mapping = Path(folder) / "bank"
        mapping.mkdir()
        (mapping / "source.toml").write_text('[source]\nfiles = "*"\n')
        (mapping / "transactions.sql").write_text(MAPPING)
        source = Path(folder) / f"bank.{ending}"
        with duckdb.connect() as con:
            con.execute(f"create table bank as {ROWS_OF_A_BANK}", [rows])
            con.execute(f"copy bank to '{source}' (format {ending})")
        size = source.stat().st_size / 2**20
        command = [
            *(sys.executable, "-m", "smartsentry.cli", "load", str(mapping)),
            *("--from", str(source), "--out", f"{folder}/out.duckdb", "--memory-limit", "2GB"),
        ]
        cost = measured(command, os.environ | {"PYTHONPATH": str(ROOT)})
    print(f"\n{rows:,} rows, {size:,.0f} MB of {ending}, load average {os.getloadavg()[0]:.1f}")
    print(f"{cost.seconds:>10.1f} s {rows / cost.seconds:>12,.0f} rows/s")
    print(f"{cost.cpu:>10.1f} s of processor time, {cost.megabytes:,.0f} MB at its peak")


if __name__ == "__main__":
    main()
