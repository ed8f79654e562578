"""`smartsentry add`: build on a copy of the published file with more rows, and publish that."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import click
import duckdb

from raw_layer.errors import in_one_sentence
from raw_layer.files import copy_file, stoppable
from smartsentry import inputs
from smartsentry.added import NEVER, Added
from smartsentry.build import build_info
from smartsentry.build.capacity import require_disk, rows_of_the_file
from smartsentry.build.on_duckdb import (
    FAILED,
    STOPPED,
    command_line,
    drop_derived,
    duckdb_settings,
    finish,
    require_warehouse,
)
from smartsentry.build.publish import Files, clear_side, finish_replacement, one_at_a_time
from smartsentry.project import ROOT
from smartsentry.warehouse import open_for_reading

# What a build remembers of those before it.
REMEMBERED = ("main.build_log", "main.case_log", "rules.rule_log", "rules.hit_log")
# Where only the touched rows are computed again (macros/days/by_day.sql).
VARIABLE = "SMARTSENTRY_TOUCHED_FROM"
BY_DAY = (
    *("features.account_balances", "features.account_ledger", "features.account_velocity"),
    *("features.customer_velocity", "network.account_network", "network.entity_network"),
    *("network.transaction_network", "network.transfer_links", "main.rule_patterns"),
    *("main.transactions", "rules.rule_hits", "main.threshold_counts"),
    *("main.below_the_line_candidates", "main.alerts_alone"),
)

# Merges rows into a file.
Bring = Callable[[Path], Added]


def add(
    published: Path,
    bring: Bring,
    threads: int | None = None,
    memory_limit: str | None = None,
    verbose: bool = False,
) -> bool:
    """Merge rows into a copy of the published file, build and test on it, and publish it.

    After any error the published file is as it was.

    Args:
        published: The file to add to.
        bring: Merges the rows into the raw tables of a file.
        threads: Models that dbt builds at a time, as `build`.
        memory_limit: DuckDB's, such as `4GB`.
        verbose: Let dbt print its usual output.

    Returns:
        Whether anything changed; if not, nothing was built.

    Raises:
        click.ClickException: there is no warehouse, or a step failed or was refused.
        BadInputError: the rows, or a file of the team's decisions, are not allowed.
        click.exceptions.Exit: stopped by a signal.
    """
    files = Files.of(published)
    settings = duckdb_settings(memory_limit)
    open_for_reading(published).close()  # which refuses a missing file
    require_warehouse(files.published)
    team = inputs.read_all()
    with (
        stoppable(STOPPED),
        in_one_sentence(*FAILED),
        one_at_a_time(files, command_line()) as lock,
    ):
        finish_replacement(files)
        clear_side(files)
        files.side.parent.mkdir()
        require_disk(files.published.parent, rows_of_the_file(files.published))
        with open_for_reading(files.published):  # which keeps writers out
            copy_file(files.published, files.side)
        try:
            brought = bring(files.side)
        except click.ClickException:
            clear_side(files)  # nothing of it is worth looking at
            raise
        click.echo("\n".join(brought.lines))
        if not brought.changed:
            clear_side(files)
            return False
        with duckdb.connect(files.side, config=settings) as con:
            since = _touched_from(con, brought, team)
            click.echo(f"{'computed':<22}{_said_of(since)}")
            before = None if since is None else build_info.look_before(con, since)
            drop_derived(con, REMEMBERED if since is None else (*REMEMBERED, *BY_DAY))
            con.execute("checkpoint")
        environment = {} if since is None else {VARIABLE: since.isoformat(" ")}
        finish(files, settings, team, threads, memory_limit, verbose, lock, environment, before)
    with open_for_reading(published) as con:
        click.echo(f"{'new':<22}{_what_came(con)}")
    return True


def _said_of(since: dt.datetime | None) -> str:
    if since is None:
        return "all transactions, because the models, or what is known of times, have changed"
    return "no transaction" if since.date() == NEVER.date() else f"from {since.date()} on"


def _what_came(con: duckdb.DuckDBPyConnection) -> str:
    """Say what the last build brought and took away."""
    # The condition of new_alerts, which would also look each alert up.
    [[alerts, cases, withdrawn]] = con.execute(
        "select count(*) filter (where first_seen_build = last_seen_build"
        " and withdrawn_build is null), (select count(*) from new_cases),"
        " count(*) filter (where withdrawn_build = (select max(build_no) from build_log))"
        " from alert_log"
    ).fetchall()
    return (
        f"{alerts:,} alerts and {cases:,} cases (new_alerts, new_cases);"
        f" {withdrawn:,} alerts withdrawn (alert_log)"
    )


def _touched_from(
    con: duckdb.DuckDBPyConnection, brought: Added, team: list[inputs.Read]
) -> dt.datetime | None:
    """Return the start of the first day whose rows may differ; None where all may.

    All may if another project built the published file, or if dbt alone changed it since: its
    thresholds may have been others.
    """
    is_same_project = build_info.hash_of_the_build(con) == build_info.project_hash(ROOT)
    if brought.touched_from is None or not is_same_project:
        return None
    day = min(brought.touched_from, _first_changed_decision(con, team))
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def _first_changed_decision(con: duckdb.DuckDBPyConnection, team: list[inputs.Read]) -> dt.datetime:
    """Return when the first decision was made that the published build did not know, or not so.

    The months after a decision learn from it, and priorities follow.
    """
    [read] = [one for one in team if one.input is inputs.DISPOSITIONS]
    before = con.execute("from raw.dispositions").fetchall()
    changed = {*before} ^ {*(read.rows or ())}
    place = [column.name for column in read.input.table.columns].index("decided_at")
    return min((row[place] for row in changed), default=NEVER)
