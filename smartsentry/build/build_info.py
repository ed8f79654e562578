"""Complete `build_info` at a publish, and compare a file with it later."""

import dataclasses
import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from raw_layer import __version__
from raw_layer.fingerprint import fingerprint, replaced
from raw_layer.sql import literal

PROJECT = ("dbt_project.yml", "dbt_project", "macros")
# These tell of builds, which differ from one another.
NOT_FINGERPRINTED = (
    *("build_info", "integrity_checks", "build_log", "case_log"),
    *("rules.hit_log", "rules.rule_log"),
)
# Large tables of transactions, whose rows from before the touched ones stay when a day is added.
LARGE = ("transactions", "rule_patterns", "rules.rule_hits")


@dataclasses.dataclass(frozen=True)
class Before:
    """What a file held before some of its transactions were computed again.

    Attributes:
        since: The first moment whose rows may differ.
        whole: The recorded fingerprints of `LARGE`, by name.
        touched: Fingerprints of their rows from that moment on.
    """

    since: datetime
    whole: dict[str, str]
    touched: dict[str, str]


def look_before(con: duckdb.DuckDBPyConnection, since: datetime) -> Before:
    """Take the fingerprints that `complete` needs to count only the touched rows.

    Args:
        con: A copy of a published file, before its models are built again.
        since: The first moment whose rows may differ.
    """
    [[recorded]] = con.execute("select fingerprints from build_info").fetchall()
    whole = {name: value for name, value in json.loads(recorded).items() if name in LARGE}
    return Before(since, whole, {name: _touched(con, name, since) for name in whole})


def _touched(con: duckdb.DuckDBPyConnection, name: str, since: datetime) -> str:
    schema, _, table = name.rpartition(".")
    touched = f'"timestamp" >= {literal(since.isoformat(" "))}'
    if name != "transactions":
        touched = f"transaction_no in (select transaction_no from transactions where {touched})"
    return fingerprint(con, schema or "main", table, numbers_as_one=True, where=touched)


def complete(con: duckdb.DuckDBPyConnection, root: Path, before: Before | None = None) -> None:
    """Fill the columns of `build_info` that a bare `dbt build` leaves null.

    Args:
        con: The file about to be published, open for writing.
        root: The project's folder, whose git commit is recorded.
        before: What `look_before` returned, if only the rows from a moment on were computed.
    """
    commit, dirty = git_state(root)
    con.execute(
        "update build_info set published_at = ?, git_commit = ?, git_dirty = ?,"
        " package_version = ?, project_hash = ?, fingerprints = ?",
        [
            datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            commit,
            dirty,
            __version__,
            project_hash(root),
            json.dumps(mart_fingerprints(con, before)),
        ],
    )


def project_hash(root: Path) -> str:
    """Return the SHA-256 of the files that say how tables follow from the raw ones.

    Args:
        root: The project's folder.
    """
    found = hashlib.sha256()
    files = [path for name in PROJECT for path in [root / name, *(root / name).rglob("*")]]
    for path in sorted(path for path in files if path.is_file()):
        found.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def hash_of_the_build(con: duckdb.DuckDBPyConnection) -> str | None:
    """Return a published file's `project_hash`; None if it is old, or if dbt alone changed it."""
    columns = con.execute("select column_name from (describe build_info)").fetchall()
    if ("project_hash",) not in columns:
        return None
    found = con.execute("select project_hash from build_info").fetchall()
    return str(found[0][0]) if found and found[0][0] is not None else None


def mart_fingerprints(
    con: duckdb.DuckDBPyConnection, before: Before | None = None
) -> dict[str, str]:
    """Return a fingerprint of every table and view that analysts read, by name.

    It is `rows:hash`, or `rows:+hash` for a wide table, for each table of `main` and of `rules`
    (as `rules.name`), which views of `main` read. A view has `view:hash` of its text without blanks
    and brackets, which DuckDB's releases place differently.
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
    names = {
        name if schema == "main" else f"{schema}.{name}": (schema, name) for schema, name in tables
    }
    found = {}
    for name, table in names.items():
        if before and name in before.whole:
            now = _touched(con, name, before.since)
            found[name] = replaced(before.whole[name], before.touched[name], now)
        elif name not in NOT_FINGERPRINTED:
            found[name] = fingerprint(con, *table, numbers_as_one=True)
    return dict(sorted({**found, **dict(views)}.items()))


def differences(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the differences of an open warehouse from what its publish recorded.

    Raises:
        duckdb.CatalogException: the file holds no `build_info`.
    """
    cursor = con.execute("from build_info")
    names = [column[0] for column in cursor.description or ()]
    rows = cursor.fetchall()
    if len(rows) != 1:
        return ["build_info is empty: a `dbt build` in this file did not come to its end"]
    info = dict(zip(names, rows[0], strict=True))
    if info["published_at"] is None:
        return ["a bare `dbt build` changed this file after it was published, or it never was"]
    marts, raw = info["fingerprints"], info["raw_fingerprints"]
    found = [
        f"{count} data tests {name.removeprefix('tests_')}"
        for name, count in info.items()
        if name.startswith("tests_") and name != "tests_passed" and count
    ]
    if ":+" not in json.loads(marts).get("transactions", ""):
        return ["an older version published it, whose fingerprints were others: build it anew"]
    recorded, now = (
        {name if "." in name else f"main.{name}": value for name, value in prints.items()}
        for prints in (json.loads(marts), mart_fingerprints(con))
    )
    for name, value in json.loads(raw or "{}").items():  # loaded data may have none
        recorded[f"raw.{name}"] = value
        now[f"raw.{name}"] = fingerprint(con, "raw", name)
    return found + [
        f"{table} was {recorded.get(table)} and is {now.get(table)}"
        for table in sorted(recorded.keys() | now.keys())
        if recorded.get(table) != now.get(table)
    ]


def git_state(root: Path) -> tuple[str | None, bool | None]:
    """Return the commit of a checkout and whether files differ from it; None outside git."""

    def git(*arguments: str) -> str | None:
        try:
            ran = subprocess.run(
                # `git status` would otherwise rewrite the index.
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
