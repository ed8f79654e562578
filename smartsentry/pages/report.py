"""`smartsentry report`: one HTML page on the warehouse and its rules.

Everything on the page comes from the queries in `dbt_project/analyses/report`, one file each. The
page shows each query below its result.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from html import escape
from itertools import groupby

import duckdb

from smartsentry.pages.html import (
    Column,
    Row,
    Section,
    built,
    code,
    count,
    document,
    figures,
    money,
    number,
    percent,
    rows,
    say,
    source,
    table,
    text,
)

KEY_FIGURES = "report_key_figures"

MISSING = "the report needs Altair, which is not installed: `make report` installs it."
UNDECIDED = "Nobody has decided on a case yet."
NO_SNOOZES = "There are no snoozes."
NO_CHAINS = "No account of this warehouse passes on what another account sent it."
UNLABELLED = "This needs labels, and no transaction of this warehouse has one."


def html(con: duckdb.DuckDBPyConnection) -> str:
    """Return the report on an open warehouse as the text of one HTML file.

    Raises:
        duckdb.CatalogException: the file holds no built warehouse.
    """
    (key,) = rows(con, KEY_FIGURES)
    said = (
        "What is in the warehouse, which rules fire, how often they are right and what they miss."
    )
    said += built(con)
    intro = f'<p class="lead muted">{escape(said)}</p>\n{_figures(key)}\n{source(KEY_FIGURES)}'
    parts = [
        section.filled(con)
        if key["labelled"] or not section.needs_labels
        else section.html(f"<em>{say(UNLABELLED)}</em>")
        for section in SECTIONS
    ]
    return document("SmartSentry AML report", intro, SECTIONS, parts)


# ── Formats ──────────────────────────────────────────────────────────────────────────────────


def threshold(value: Decimal, name: str) -> str:
    """Return a threshold in the unit of its input."""
    if "amount" in name:
        return money(value // 1) + (f"{value % 1:.2f}"[1:] if value % 1 else "")
    return f"{value.normalize():f}" + (" days" if name.endswith("_days") else "")


hundredths = partial(percent, digits=2)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _times(lift: Decimal | None) -> str:
    return "–" if lift is None else f"{lift:.2f}"


def _marked(name: Column, **marks: Callable[[Row], bool]) -> Column:
    """Return a column of names, each followed by those marks that are true of its row."""

    def cell(row: Row) -> str:
        said = [f' <span class="warn">{m.replace("_", " ")}</span>' for m in marks if marks[m](row)]
        return name.cell(row) + "".join(said)

    return Column(cell)


# ── The parts ────────────────────────────────────────────────────────────────────────────────


def _figures(key: Row) -> str:
    alerted, fraudulent, found = (
        key[name] for name in ("alerted_transactions", "fraudulent", "fraudulent_alerted")
    )
    share = percent(_share(alerted, key["transactions"]))
    amount = None if key["amount"] is None else key["amount"] / 10**7
    said = {
        "Transactions": (count(key["transactions"]), f"{key['first_day']} to {key['last_day']}"),
        "Moved": ("–" if amount is None else f"{money(amount)} crore", money(key["amount"])),
        "Customers": (count(key["customers"]), "with at least one transaction"),
        "Alerts": (count(key["alerts"]), f"on {count(alerted)} transactions, {share}"),
    }
    if key["labelled"]:
        share = hundredths(_share(fraudulent, key["labelled"]))
        said |= {
            "Fraudulent": (count(fraudulent), f"{share} of labelled transactions"),
            "Fraudulent with an alert": (
                percent(_share(found, fraudulent)),
                f"{count(found)} transactions",
            ),
            "Alerted without fraud": (
                percent(_share(alerted - found, alerted)),
                "of the transactions with an alert",
            ),
            "Rules": (count(key["rules"]), "none of them reads a label"),
        }
    return figures(said)


def _chart(name: str) -> Callable[[list[Row]], str]:
    """Return a function that draws the chart of a name."""

    def draw(found: list[Row]) -> str:
        from smartsentry.pages import charts  # here, because only the charts need Altair

        return charts.figure(getattr(charts, name)(found), name)

    return draw


def _findings(found: list[Row]) -> str:
    def how_many(value: int) -> str:
        return f'<span class="warn">{value}</span>' if value else "0"

    which = Column(lambda row: escape(row["which"] or "none"))
    return table(
        found,
        {"Finding": text("finding"), "How many": number("how_many", how_many), "Which": which},
    )


def _work_list(found: list[Row]) -> str:
    columns = {
        "Standing": text("standing"),
        "Cases": number("cases"),
        "Share": number("share_of_cases", percent),
        "Transactions above the line": number("transactions"),
        "Alerts": number("alerts"),
        "In": number("amount_in", money),
        "Out": number("amount_out", money),
    }
    return table(found, columns)


def _interval(name: str, said: Callable[[Decimal], str]) -> Column:
    """Return a column of intervals between `name_low` and `name_high`."""

    def cell(row: Row) -> str:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        if low is None or row.get(name, low) is None:
            return "–"
        return f"{said(low).removesuffix('%')} to {said(high)}"

    return Column(cell, "number")


def _tenths(mean: Decimal | None) -> str:
    return "–" if mean is None else f"{mean:.1f}"


def _reviews(found: list[Row]) -> str:
    columns = {
        "Order": code("review_order"),
        "Days": number("days"),
        "Reviewed cases": number("reviewed_cases"),
        "With fraud": number("fraudulent_cases"),
        "Share of fraud a day": number("precision_mean", percent),
        "95% interval": _interval("precision", percent),
        "Schemes a day": number("schemes_a_day_mean", _tenths),
        "Their 95% interval": _interval("schemes_a_day", _tenths),
    }
    return table(found, columns)


def _scorecard(found: list[Row]) -> str:
    columns = {
        "Rows of": text("period"),
        "Score": code("score_name"),
        "Transactions": number("transactions"),
        "Fraudulent": number("fraudulent"),
        "ROC-AUC": number("roc_auc"),
        "Average precision": number("average_precision", percent),
        "Fraud in the first 1%": number("precision_in_first_percent", percent),
        "In the first 1,000": number("precision_in_first_1000", percent),
    }
    return table(found, columns)


def _points(found: list[Row]) -> str:
    columns = {
        "Scores from": number("lowest_score"),
        "Transactions": number("transactions"),
        "Fraudulent": number("fraudulent"),
        "Share of fraud": number("found", percent),
        "Promised": number("promised", percent),
    }
    return _chart("points")(found) + table(found, columns)


def _dispositions(found: list[Row]) -> str:
    if not any(row["reviewed"] for row in found):
        return f"<em>{say(UNDECIDED)}</em>"
    columns = {
        "Rule": code("rule_name"),
        "Set": text("rule_set"),
        "Cases": number("cases"),
        "Reviewed": number("reviewed"),
        "Share reviewed": number("reviewed_share", percent),
        "Confirmed": number("confirmed"),
        "Cleared": number("cleared"),
        "Precision": number("precision", percent),
        "95% interval": _interval("precision", percent),
    }
    return table(found, columns)


def _snoozes(found: list[Row]) -> str:
    columns = {
        "Rule": code("snoozed_rule"),
        "Customer": code("customer_id"),
        "From": text("snoozed_from", "together"),
        "Until": text("snoozed_until", "together"),
        "Owner": text("snooze_owner"),
        "Reason": text("snooze_reason"),
        "Hidden alerts": number("hidden_alerts"),
        "Hidden cases": number("hidden_cases"),
        "Hidden fraud": number("fraudulent_transactions"),
        "Share of fraud": number("fraud_share", hundredths),
    }
    return table(found, columns) if found else f"<em>{say(NO_SNOOZES)}</em>"


def _rules(found: list[Row]) -> str:
    def category(row: Row) -> str:
        name = str(row["category"]).removesuffix("_rules").removeprefix("network_")
        return escape(name.replace("_", " "))

    def alerts(row: Row) -> str:
        return count(row["alerts"] if row["is_applicable"] else None)

    columns = {
        "Rule": _marked(
            code("rule_name"),
            never_fires=lambda row: row["is_dead"],
            not_applicable=lambda row: not row["is_applicable"],
        ),
        "Set": text("rule_set"),
        "Category": Column(category),
        "Severity": number("severity"),
        "Alerts": Column(alerts, "number"),
        "Precision": number("precision", percent),
        "95% interval": _interval("precision", percent),
        "Recall": number("recall", percent),
        "Lift": number("lift", _times),
        "Alerts alone": number("alerts_alone"),
        "Fraud alone": number("fraud_alone"),
    }
    return _chart("rules")(found) + table(found, columns)


def _coverage(found: list[Row]) -> str:
    columns = {
        "Typology": _marked(text("fraud_type"), uncovered=lambda row: row["is_uncovered"]),
        "Rule set": text("rule_set"),
        "Transactions": number("transactions"),
        "Found": number("transaction_recall", percent),
        "Of honest rows": number("honest_alert_rate", percent),
        "Lift": number("lift", _times),
        "Not found": number("transactions_uncovered"),
        "Schemes": number("schemes"),
        "Schemes found": number("scheme_recall", percent),
        "Best rule": code("best_rule"),
        "Finds": number("best_rule_recall", percent),
    }
    from smartsentry.pages import charts

    drawn = [
        f"<h3>{escape(rule_set)}</h3>"
        + charts.figure(charts.coverage(list(group)), f"coverage-{rule_set}")
        for rule_set, group in groupby(found, lambda row: row["rule_set"])
    ]
    return "\n".join(drawn) + table(found, columns)


def _bands(found: list[Row]) -> str:
    def scores(row: Row) -> str:
        low, high = row["lowest_score"], row["highest_score"]
        return "empty" if low is None else f"{low} to {high}"

    warning = '<span class="warn">less fraud than the band below</span>'
    columns = {
        "Band": text("rule_risk_band"),
        "Scores in it": Column(scores, "number"),
        "Transactions": number("transactions"),
        "Fraudulent": number("fraudulent"),
        "Share of fraud": number("fraud_rate", hundredths),
        "Order": Column(lambda row: warning if row["is_out_of_order"] else ""),
    }
    return _chart("bands")(found) + table(found, columns)


def _budgets(found: list[Row]) -> str:
    columns = {
        "Budget": text("budget"),
        "Transactions": number("transactions"),
        "Lowest score": number("lowest_score"),
        "Fraudulent": number("true_positives"),
        "Precision": number("precision", hundredths),
        "Recall": number("recall", hundredths),
    }
    return table(found, columns)


def _tuning(found: list[Row]) -> str:
    from smartsentry.pages import charts

    figures = []
    for (rule, name), group in groupby(found, lambda row: (row["rule_name"], row["input_name"])):
        steps = list(group)
        first = steps[0]
        said = (
            f"{name}: {threshold(first['value_in_force'], name)} gives"
            f" {count(first['alerts_in_force'])} alerts"
        )
        if first["precision_in_force"] is not None:
            said += f", precision {percent(first['precision_in_force'])}"
            said += f", recall {hundredths(first['recall_in_force'])}"
        curves = charts.figure(charts.tuning(steps), escape(f"tuning-{rule}-{name}"))
        figures.append(f"<div><h3>{escape(rule)}</h3><p>{escape(said)}</p>{curves}</div>")
    key = "".join(f'<b style="color:{ink}">{name}</b>' for name, ink in charts.MEASURES.items())
    return (
        f'<p class="key">{key}</p>\n<div class="small-multiples">\n{chr(10).join(figures)}\n</div>'
    )


def _customers(found: list[Row]) -> str:
    columns = {
        "Customer": code("customer_id"),
        "Rating": text("customer_risk_rating"),
        "Occupation": text("occupation"),
        "PEP": Column(lambda row: "yes" if row["pep_flag"] else ""),
        "Accounts": number("accounts"),
        "Transactions": number("transactions"),
        "Moved": number("amount", money),
        "Alerts": number("alerts"),
        "Last alert": text("last_alert_at", "together"),
        "Highest score": number("highest_rule_risk_score"),
    }
    return table(found, columns)


def _flows(found: list[Row]) -> str:
    from smartsentry.pages import charts

    drawn = [
        charts.flow(list(payments), f"flow-{chain}")
        for chain, payments in groupby(found, lambda row: row["chain_no"])
    ]
    return "\n".join(drawn) or f"<em>{say(NO_CHAINS)}</em>"


def _build(builds: list[Row]) -> str:
    facts = [
        {"what": name.replace("_", " "), "value": value}
        for build in builds
        for name, value in build.items()
    ]
    return table(facts, {"What": text("what"), "Value": text("value")})


SECTIONS = (
    Section("report_findings", _findings),
    Section("report_work_list", _work_list),
    Section("report_reviews", _reviews, needs_labels=True),
    Section("report_review_days", _chart("review_days"), needs_labels=True),
    Section("report_scorecard", _scorecard, needs_labels=True),
    Section("report_points", _points, needs_labels=True),
    Section("report_dispositions", _dispositions),
    Section("report_snoozes", _snoozes),
    Section("report_per_day", _chart("per_day")),
    Section("report_rules", _rules),
    Section("report_rule_typologies", _chart("rule_typologies"), needs_labels=True),
    Section("report_coverage", _coverage, needs_labels=True),
    Section("report_overlap", _chart("overlap")),
    Section("report_bands", _bands),
    Section("report_budgets", _budgets),
    Section("report_tuning", _tuning),
    Section("report_customers", _customers),
    Section("report_flows", _flows),
    Section("report_build", _build),
)
