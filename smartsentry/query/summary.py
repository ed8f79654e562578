"""The summary that `make warehouse` prints at its end."""

from pathlib import Path

import duckdb

TABLES = ("customers", "accounts", "devices", "beneficiaries", "transactions")

# The evaluation has counted them; the view would look up the transaction of each.
ALERTS = "select coalesce(sum(alerts), 0) from rule_performance"

CHECKS = "select count(*) filter (where passed), count(*) from integrity_checks"

# The cases with a qualifying transaction on the last day of the data, those still to look at, and
# the first of them.
CASES = """
    with last_day as (
        select max(date) as day from transactions
    )

    select
        last_day.day,
        count(*) filter (where cast(case_queue.last_qualifying_at as date) = last_day.day),
        count(case_queue.case_id),
        min(case_queue.case_id) filter (where case_queue.queue_position = 1),
        min(case_queue.customer_id) filter (where case_queue.queue_position = 1),
        min(case_queue.priority) filter (where case_queue.queue_position = 1)
    from last_day
    left join case_queue on true
    group by last_day.day
"""

# Whether these cases stand in the order that needs no outcome.
ORDER = "select is_fallback from case_lines qualify row_number() over (order by month desc) = 1"
FALLBACK = "  in the order of the severities: too little is known of what earlier alerts were"

TOP_RULES = """
    select
        rule_name,
        alerts,
        100.0 * alerts / (select count(*) from transactions) as percent
    from rule_performance
    where rule_set = ? and alerts > 0
    order by alerts desc, rule_name
    limit 10
"""

# Findings that an officer must know: heading and query of the names.
FINDINGS = {
    "decisions on cases that these data do not have": (
        "select distinct case_id from case_decisions where is_known_case = 0"
    ),
    "snoozes that hide no alert": (
        "select snoozed_rule || ' on ' || customer_id from snooze_cost where hidden_alerts = 0"
    ),
    "checks that did not pass": (
        "select count(*) || ' ' || status from integrity_checks"
        " where status != 'passed' group by status"
    ),
    "rules that these data cannot feed (not applicable)": (
        "select rule_name from rule_applicability where is_applicable = 0"
    ),
    "rules that never fire": "select rule_name from rule_performance where is_dead = 1",
    "typologies that no rule finds more than by chance": (
        "select fraud_type from typology_coverage group by 1 having min(is_uncovered) = 1"
    ),
    "score bands with less fraud than the band below": (
        "select rule_risk_band from score_calibration where is_out_of_order = 1"
    ),
}

SCORES = """
    select
        avg(rule_risk_score) filter (where label = 0),
        avg(rule_risk_score) filter (where label = 1),
        avg(fraud_intensity_score) filter (where label = 0),
        avg(fraud_intensity_score) filter (where label = 1),
        100 * avg(label)
    from transactions
"""


BUILD = "select built_at, git_commit, git_dirty, seed, scale, published_at from build_info"


def build_lines(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return a line on the build of an open warehouse; none during a bare `dbt build`."""
    lines = []
    for built_at, commit, dirty, seed, scale, published_at in con.execute(BUILD).fetchall():
        data = "" if scale is None else f", seed {seed}, scale {scale:g}"
        source = f", commit {commit[:10]}{' with changes' if dirty else ''}" if commit else ""
        how = "published" if published_at else "built in place"
        lines.append(f"  build  {built_at} UTC{data}{source}, {how}")
    return lines


def case_lines(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the lines on the work of the day; none where there is no transaction."""
    lines = []
    for day, today, waiting, first, customer, priority in con.execute(CASES).fetchall():
        if day is None:
            continue
        cases = f"{today:,} case{'' if today == 1 else 's'} today"
        lines.append(f"  {cases}, {day}; {waiting:,} in the queue")
        if first is not None:
            lines.append(f"  first: {first}, customer {customer}, priority {priority:,}")
            if con.execute(ORDER).fetchall() == [(1,)]:
                lines.append(FALLBACK)
    return lines


def summary_text(con: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Return the summary of an open warehouse, without scores if there are no labels."""
    lines = ["", "SmartSentry AML warehouse", "", *case_lines(con), ""]
    counts = {table: f"select count(*) from {table}" for table in TABLES}
    for table, query in {**counts, "alerts": ALERTS}.items():
        [(rows,)] = con.execute(query).fetchall()
        lines.append(f"  {table:<28}{int(rows):>12,} rows")

    [(passed, checks)] = con.execute(CHECKS).fetchall()
    lines += ["", f"  {'checks passed':<28}{passed:>12,} of {checks:,}"]

    for rule_set in ("notebook", "network"):
        lines += ["", f"  The ten rules of the {rule_set} set that fire most", ""]
        for rule, firings, percent in con.execute(TOP_RULES, [rule_set]).fetchall():
            lines.append(f"  {rule:<28}{firings:>12,}  {percent:6.2f} % of transactions")

    [(*scores, fraud_rate)] = con.execute(SCORES).fetchall()
    if fraud_rate is not None:
        cells = ["-" if score is None else f"{score:.2f}" for score in scores]
        lines += [
            "",
            f"  {'mean score':<28}{'honest':>12}  {'fraudulent':>10}",
            f"  {'rule_risk_score':<28}{cells[0]:>12}  {cells[1]:>10}",
            f"  {'fraud_intensity_score':<28}{cells[2]:>12}  {cells[3]:>10}",
            f"  {'fraud rate':<28}{fraud_rate:>11.2f}%",
        ]

    for heading, query in FINDINGS.items():
        names = sorted(name for (name,) in con.execute(query).fetchall())
        if names:
            lines += ["", f"  {heading}: {', '.join(names)}"]

    lines += ["", f"  file   {path.resolve()}", *build_lines(con)]
    lines += ['  query  .venv/bin/smartsentry sql "from transactions limit 5"', ""]
    return "\n".join(lines)
