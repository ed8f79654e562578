"""What only a publish can know of a build, and whether a file still holds what its build made."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from raw_layer import __version__
from raw_layer.fingerprint import fingerprint

# These say when a build ran and how long its checks took: they differ from build to build.
NOT_FINGERPRINTED = ("build_info", "integrity_checks")


def complete(con: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Fill the columns of `build_info` that a bare `dbt build` leaves null.

    Args:
        con: The file about to be published, open for writing.
        root: The project's folder, whose git commit is recorded.
    """
    commit, dirty = git_state(root)
    con.execute(
        "update build_info set published_at = ?, git_commit = ?, git_dirty = ?,"
        " package_version = ?, fingerprints = ?",
        [
            datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            commit,
            dirty,
            __version__,
            json.dumps(mart_fingerprints(con)),
        ],
    )


def mart_fingerprints(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return a fingerprint of every table and view that analysts read; `{}` where there is none.

    `rows:hash` or, of a wide table, `rows:+hash` of each table of `main`, by name, and of `rules`,
    which views of `main` read, as `rules.name`. A view holds nothing of its own: of it `view:hash`
    of its text, without the blanks and brackets, which DuckDB's releases set differently.
    """
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database() and schema_name in ('main', 'rules')"
    ).fetchall()
    views = con.execute(
        "select view_name, 'view:' || md5(regexp_replace(sql, '[\\s()]', '', 'g'))"
        " from duckdb_views() where database_name = current_database()"
        " and schema_name = 'main' and not internal"
    ).fetchall()
    found = {
        name if schema == "main" else f"{schema}.{name}": fingerprint(
            con, schema, name, numbers_as_one=True
        )
        for schema, name in tables
        if name not in NOT_FINGERPRINTED
    }
    return dict(sorted({**found, **dict(views)}.items()))


def differences(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return what in an open warehouse is not as its publish recorded it; empty where all is.

    Raises:
        duckdb.CatalogException: the file holds no `build_info`.
    """
    rows = con.execute(
        "select published_at, tests_failed, fingerprints, raw_fingerprints from build_info"
    ).fetchall()
    if len(rows) != 1:
        return ["build_info is empty: a `dbt build` in this file did not come to its end"]
    ((published_at, tests_failed, marts, raw),) = rows
    if published_at is None:
        return ["a bare `dbt build` changed this file after it was published, or it never was"]
    found = [f"{tests_failed} data tests failed"] if tests_failed else []
    if ":+" not in json.loads(marts).get("transactions", ""):
        return ["an older version published it, whose fingerprints were others: build it anew"]
    recorded, now = (
        {name if "." in name else f"main.{name}": value for name, value in prints.items()}
        for prints in (json.loads(marts), mart_fingerprints(con))
    )
    for name, value in json.loads(raw or "{}").items():  # a loader of other data may give none
        recorded[f"raw.{name}"] = value
        now[f"raw.{name}"] = fingerprint(con, "raw", name)
    return found + [
        f"{table} was {recorded.get(table)} and is {now.get(table)}"
        for table in sorted(recorded.keys() | now.keys())
        if recorded.get(table) != now.get(table)
    ]


def git_state(root: Path) -> tuple[str | None, bool | None]:
    """Return the commit of a checkout and whether files differ from it; nulls outside git."""

    def git(*arguments: str) -> str | None:
        try:
            ran = subprocess.run(
                # A status would otherwise renew the index: the checkout is only read.
                ["git", "--no-optional-locks", "-C", str(root), *arguments],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return ran.stdout.strip() if ran.returncode == 0 else None

    top = git("rev-parse", "--show-toplevel")
    if top is None or Path(top) != root:
        return None, None  # no git, or a copy of the project inside another repository
    changes = git("status", "--porcelain")
    return git("rev-parse", "HEAD"), None if changes is None else bool(changes)
