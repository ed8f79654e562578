"""What the seeder's tests share: small warehouses built once per run, and the command itself."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from raw_layer.fingerprint import fingerprint
from seed_gen import cli
from seed_gen.blocks.plan import Plan
from seed_gen.config import Config, load_config
from smartsentry.project import ROOT

DAY = 86_400


# Where all workers of this run keep the files; conftest.py says where that is.
folder = Path()


@functools.lru_cache
def seeded(**options: str) -> Path:
    """Return a file seeded with these options of the command line; each is made once a run."""
    options = {"scale": "0.1"} | options
    name = "_".join(f"{key}-{value}" for key, value in sorted(options.items()))
    out = folder / f"{name}.duckdb"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():  # the seeder puts it there whole
            cli.run(load_config(None, options), out)
    return out


def part(path: Path, where: str, *changes: str, **options: str) -> Path:
    """Write seeded data with the transactions that fit, changed by statements, to a file.

    Like the seeder it records the rows and the fingerprint of each table.
    """
    shutil.copy(seeded(**options), path)
    with duckdb.connect(path) as con:
        con.execute(f"delete from raw.transactions where not ({where})")
        for change in changes:
            con.execute(change)
        [[said]] = con.execute("select fingerprints from raw.generation_run").fetchall()
        found = {name: fingerprint(con, "raw", name) for name in json.loads(said)}
        con.execute(
            "update raw.generation_run set row_counts = ?, fingerprints = ?",
            [
                json.dumps({name: int(value.split(":")[0]) for name, value in found.items()}),
                json.dumps(found),
            ],
        )
    return path


def config(**options: str) -> Config:
    return load_config(None, options)


@functools.lru_cache
def plan(**options: str) -> Plan:
    return Plan(load_config(None, options))


@functools.lru_cache
def frame(sql: str, **options: str) -> pd.DataFrame:
    """Return what a query gives on a seeded file. Callers must not change it."""
    with duckdb.connect(str(seeded(**options)), read_only=True) as con:
        return con.execute(sql).df()


def value(sql: str, **options: str):
    """Return the one value a query gives on a seeded file."""
    return frame(sql, **options).iloc[0, 0]


TRANSACTIONS = """
    select
        t.*,
        epoch(t."timestamp")::bigint - epoch(r.window_start)::bigint as second,
        date_diff('day', r.window_start, t."timestamp"::date) as day,
        hour(t."timestamp") as hour,
        amount::double as rupees,
        a.account_open_days,
        a.avg_balance::double as avg_balance,
        d.device_id as home_device_id,
        b.beneficiary_type,
        b.beneficiary_country_risk,
        coalesce(
            b.beneficiary_type in ('crypto', 'offshore') or b.beneficiary_country_risk = 'high',
            false
        ) as high_risk,
        c.kyc_level,
        c.account_type,
        c.occupation,
        s.skipped_signal,
        t.sender_account_id in (select account_id from raw.dormant_accounts) as is_dormant,
        t.sender_account_id in (select account_id from raw.inactive_accounts) as is_inactive
    from raw.transactions as t
    cross join raw.generation_run as r
    join raw.accounts as a on a.account_id = t.sender_account_id
    join raw.customers as c on c.customer_id = t.customer_id
    join raw.account_devices as d on d.account_id = t.sender_account_id
    left join raw.schemes as s on s.scheme_id = t.scheme_id
    left join raw.beneficiaries as b on b.beneficiary_id = t.beneficiary_id
    order by t.sender_account_id, t."timestamp", t.transaction_id
"""


def transactions(where: str = "true", **options: str) -> pd.DataFrame:
    """Return transactions with what is known of their parties, by account and time."""
    return frame(f"select * from ({TRANSACTIONS}) where {where}", **options)


def seed_gen(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "seed_gen", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
        timeout=120,
    )


def near_share(count: int, total: int, expected: float, sigmas: float = 5.0) -> bool:
    """Tell whether a share is within sampling error of what is expected."""
    error = np.sqrt(expected * (1 - expected) / total)
    return abs(count / total - expected) <= sigmas * error + 1e-9
