"""`smartsentry report`: one HTML page that shows what is in the warehouse and how its rules do.

Everything on the page comes from the queries in `dbt_project/analyses/report`, one file each, and
each stands under what was made from it. The page needs no network and no script, and prints.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from pathlib import Path

import duckdb

from smartsentry.pages.html import write_page
from smartsentry.project import ROOT
from smartsentry.warehouse import open_for_reading

QUERIES = ROOT / "dbt_project/analyses/report"
STYLE = Path(__file__).with_name("report.css")

Row = dict[str, object]

MISSING = "the report needs Altair, which is not installed: `make report` installs it."
UNLABELLED = "This needs labels, and no transaction of this warehouse has one."


@dataclass(frozen=True)
class Section:
    """A part of the page: what is said, the query, and what is made of its rows.

    Attributes:
        query: The file in `QUERIES` is `report_<query>.sql`; also the section's anchor.
        tables: What the query reads, in words of the catalogue.
        body: Makes HTML from the rows.
        needs_labels: Whether there is nothing to show without labels.
    """

    query: str
    title: str
    lead: str
    tables: tuple[str, ...]
    body: Callable[[list[Row]], str]
    needs_labels: bool = False


def write_report(warehouse: Path, target: Path) -> None:
    """Write the report of a warehouse; the file before stays until the new one is whole.

    Args:
        warehouse: The DuckDB file.
        target: The HTML file, as `write_page` takes it.

    Raises:
        click.ClickException: there is no warehouse, Altair is not installed, or the file cannot be
            written.
        duckdb.CatalogException: the file holds no built warehouse.
    """
    with open_for_reading(warehouse) as con:
        page = html(con)
    write_page(target, page)


def html(con: duckdb.DuckDBPyConnection) -> str:
    """Return the page for an open warehouse."""
    (key,) = rows(con, "key_figures")
    builds = rows(con, "build")
    labelled = key["labelled"] != 0
    parts = []
    for section in SECTIONS:
        found = rows(con, section.query)
        body = section.body(found) if labelled or not section.needs_labels else _say(UNLABELLED)
        parts.append(
            f'<section id="{section.query}">\n<h2>{escape(section.title)}</h2>\n'
            f'<p class="lead muted">{escape(section.lead)}</p>\n{body}\n'
            f"{_source(section.query, section.tables)}\n</section>\n"
        )
    links = "\n".join(f'<a href="#{part.query}">{escape(part.title)}</a>' for part in SECTIONS)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # Nothing may be fetched and nothing may run, whatever stands in the data.
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<title>SmartSentry AML report</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{STYLE.read_text()}</style>\n</head>\n<body>\n<header>\n"
        f"<h1>SmartSentry AML report</h1>\n{_intro(key, builds)}\n</header>\n"
        f"{_figures(key)}\n{_source('key_figures', ('transactions', 'rule_catalogue'))}\n"
        f"<nav>{links}</nav>\n{''.join(parts)}"
        f'<section id="build">\n<h2>The build</h2>\n{_build(builds)}\n'
        f"{_source('build', ('build_info',))}\n</section>\n</body>\n</html>\n"
    )


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """Run one of the queries; return its rows by column name, as DuckDB gives them."""
    result = con.execute(query_text(query))
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def query_text(query: str) -> str:
    """Return the SQL of one of the queries."""
    return (QUERIES / f"report_{query}.sql").read_text()


# ── How values are said ──────────────────────────────────────────────────────────────────────


def rupees(amount: Decimal | None) -> str:
    """Return money in whole rupees with Indian digit grouping: ₹1,23,456."""
    if amount is None:
        return "–"
    whole = f"{abs(amount):.0f}"
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)][::-1]
    sign = "−" if amount < 0 and int(whole) else ""
    return f"{sign}₹{','.join([*pairs, tail])}"


def count(value: object) -> str:
    """Return a number with thousands separated; a dash for null."""
    return "–" if value is None else f"{value:,}"


def percent(value: object, digits: int = 1) -> str:
    """Return a share as a percentage; a dash for null."""
    return "–" if value is None else f"{float(str(value)):.{digits}%}"


def threshold(value: Decimal, name: str) -> str:
    """Return a threshold in the unit of its input."""
    if "amount" in name:
        return rupees(value)
    return f"{value.normalize():f}" + (" days" if name.endswith("_days") else "")


def _say(sentence: str) -> str:
    return f"<p><em>{escape(sentence)}</em></p>"


def _source(query: str, tables: tuple[str, ...]) -> str:
    names = ", ".join(f"<code>{escape(table)}</code>" for table in tables)
    return (
        f'<p class="source">Reads {names}.</p>\n<details open><summary>Query</summary>'
        f"<pre>{escape(query_text(query).strip())}</pre></details>"
    )


def _table(heads: dict[str, bool], cells: list[list[str]]) -> str:
    """Return a table from ready HTML cells; the heads say which columns are numbers."""
    kinds = [' class="number"' if number else "" for number in heads.values()]
    head = "".join(
        f"<th{kind}>{escape(name)}</th>" for name, kind in zip(heads, kinds, strict=True)
    )
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in cells
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


# ── The parts ────────────────────────────────────────────────────────────────────────────────


def _intro(key: Row, builds: list[Row]) -> str:
    said = (
        "What is in the warehouse, which rules fire, how often they are right and what they miss."
    )
    for build in builds:
        data = "" if build["scale"] is None else f", seed {build['seed']}, scale {build['scale']:g}"
        commit = build["git_commit"]
        code = "" if commit is None else f", commit {str(commit)[:10]}"
        changes = " with changes" if build["git_dirty"] else ""
        said += f" Built {build['built_at']} UTC{data}{code}{changes}."
    return f'<p class="muted">{escape(said)}</p>'


def _figures(key: Row) -> str:
    transactions = int(str(key["transactions"]))
    figures = {
        "Transactions": (count(transactions), f"{key['first_day']} to {key['last_day']}"),
        "Moved": (_crores(key["amount"]), rupees(key["amount"])),
        "Customers": (count(key["customers"]), "with at least one transaction"),
        "Alerts": (
            count(key["alerts"]),
            f"on {count(key['alerted_transactions'])} transactions,"
            f" {percent(_share(key['alerted_transactions'], transactions))}",
        ),
    }
    if key["labelled"]:
        fraudulent = key["fraudulent"]
        figures |= {
            "Fraudulent": (
                count(fraudulent),
                f"{percent(_share(fraudulent, key['labelled']), 2)} of labelled transactions",
            ),
            "Fraudulent with an alert": (
                percent(_share(key["fraudulent_alerted"], fraudulent)),
                f"{count(key['fraudulent_alerted'])} transactions",
            ),
            "Alerted without fraud": (
                percent(
                    _share(
                        int(str(key["alerted_transactions"])) - int(str(key["fraudulent_alerted"])),
                        key["alerted_transactions"],
                    )
                ),
                "of the transactions with an alert",
            ),
            "Rules": (count(key["rules"]), "none of them reads a label"),
        }
    cells = "\n".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, (value, note) in figures.items()
    )
    return f'<dl class="figures">\n{cells}\n</dl>'


def _share(part: object, whole: object) -> float | None:
    return float(str(part)) / float(str(whole)) if whole else None


def _crores(amount: object) -> str:
    return "–" if amount is None else f"{rupees(Decimal(str(amount)) / 10**7)} crore"


def _findings(found: list[Row]) -> str:
    return _table(
        {"Finding": False, "How many": True, "Which": False},
        [
            [
                escape(str(row["finding"])),
                f'<span class="warn">{row["how_many"]}</span>' if row["how_many"] else "0",
                escape(str(row["which"] or "none")),
            ]
            for row in found
        ],
    )


def _chart(name: str) -> Callable[[list[Row]], str]:
    """Return what draws the chart of a name."""

    def draw(found: list[Row]) -> str:
        from smartsentry.pages import charts as report_charts

        markup = report_charts.CHARTS[name]([_plain(row) for row in found])
        return f"<figure>{report_charts.scoped(markup, name)}</figure>"

    return draw


def _plain(row: Row) -> Row:
    """Return a row as JSON can hold it."""

    def plain(value: object) -> object:
        if isinstance(value, Decimal):
            return float(value)
        return value.isoformat() if isinstance(value, date | datetime) else value

    return {name: plain(value) for name, value in row.items()}


def _rules(found: list[Row]) -> str:
    def name(row: Row) -> str:
        dead = ' <span class="warn">never fires</span>' if row["is_dead"] else ""
        unfed = "" if row["is_applicable"] else ' <span class="warn">not applicable</span>'
        return f"<code>{escape(str(row['rule_name']))}</code>{dead}{unfed}"

    def interval(row: Row) -> str:
        if row["precision"] is None:
            return "–"
        low, high = percent(row["precision_low"]), percent(row["precision_high"])
        return f"{low.removesuffix('%')} to {high}"

    return _chart("rules")(found) + _table(
        {
            "Rule": False,
            "Category": False,
            "Severity": True,
            "Alerts": True,
            "Precision": True,
            "95% interval": True,
            "Recall": True,
            "Lift": True,
            "Alerts alone": True,
            "Fraud alone": True,
        },
        [
            [
                name(row),
                escape(str(row["category"]).removesuffix("_rules").replace("_", " ")),
                str(row["severity"]),
                count(row["alerts"] if row["is_applicable"] else None),
                percent(row["precision"]),
                interval(row),
                percent(row["recall"]),
                "–" if row["lift"] is None else f"{row['lift']:.2f}",
                count(row["alerts_alone"]),
                count(row["fraud_alone"]),
            ]
            for row in found
        ],
    )


def _coverage(found: list[Row]) -> str:
    return _chart("coverage")(found) + _table(
        {
            "Typology": False,
            "Transactions": True,
            "Found": True,
            "Not found": True,
            "Schemes": True,
            "Schemes found": True,
            "Best rule": False,
            "Finds": True,
        },
        [
            [
                escape(str(row["fraud_type"]))
                + (' <span class="warn">uncovered</span>' if row["is_uncovered"] else ""),
                count(row["transactions"]),
                percent(row["transaction_recall"]),
                count(row["transactions_uncovered"]),
                count(row["schemes"]),
                percent(row["scheme_recall"]),
                f"<code>{escape(str(row['best_rule'] or '–'))}</code>",
                percent(row["best_rule_recall"]),
            ]
            for row in found
        ],
    )


def _bands(found: list[Row]) -> str:
    def scores(row: Row) -> str:
        if row["lowest_score"] is None:
            return "empty"
        return f"{row['lowest_score']} to {row['highest_score']}"

    return _chart("bands")(found) + _table(
        {
            "Band": False,
            "Scores in it": True,
            "Transactions": True,
            "Fraudulent": True,
            "Share of fraud": True,
            "Order": False,
        },
        [
            [
                escape(str(row["rule_risk_band"])),
                scores(row),
                count(row["transactions"]),
                count(row["fraudulent"]),
                percent(row["fraud_rate"], 2),
                '<span class="warn">less fraud than the band below</span>'
                if row["is_out_of_order"]
                else "",
            ]
            for row in found
        ],
    )


def _budgets(found: list[Row]) -> str:
    return _table(
        {
            "Budget": False,
            "Transactions": True,
            "Lowest score": True,
            "Fraudulent": True,
            "Precision": True,
            "Recall": True,
        },
        [
            [
                escape(str(row["budget"])),
                count(row["transactions"]),
                count(row["lowest_score"]),
                count(row["true_positives"]),
                percent(row["precision"], 2),
                percent(row["recall"], 2),
            ]
            for row in found
        ],
    )


def _tuning(found: list[Row]) -> str:
    from smartsentry.pages import charts as report_charts

    thresholds: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        thresholds.setdefault((str(row["rule_name"]), str(row["input_name"])), []).append(row)
    figures = []
    for (rule, name), steps in thresholds.items():
        first = steps[0]
        value = threshold(Decimal(str(first["value_in_force"])), name)
        right = ""
        if first["precision_in_force"] is not None:
            right = (
                f", precision {percent(first['precision_in_force'])}"
                f", recall {percent(first['recall_in_force'], 2)}"
            )
        markup = report_charts.tuning([_plain(step) for step in steps])
        figures.append(
            f"<figure><h3>{escape(rule)}</h3><figcaption>{escape(name)}: {escape(value)} gives"
            f" {count(first['alerts_in_force'])} alerts{right}</figcaption>"
            f"{report_charts.scoped(markup, f'tuning-{rule}-{name}')}</figure>"
        )
    key = (
        f'<p class="key"><b style="color:{report_charts.INK}">alerts</b>'
        f'<b style="color:{report_charts.ALARM}">precision</b>'
        f'<b style="color:{report_charts.CALM}">recall</b></p>'
    )
    return f'{key}\n<div class="small-multiples">\n{chr(10).join(figures)}\n</div>'


def _customers(found: list[Row]) -> str:
    return _table(
        {
            "Customer": False,
            "Rating": False,
            "Occupation": False,
            "PEP": False,
            "Accounts": True,
            "Transactions": True,
            "Moved": True,
            "Alerts": True,
            "Last alert": False,
            "Highest score": True,
        },
        [
            [
                f"<code>{escape(str(row['customer_id']))}</code>",
                escape(str(row["customer_risk_rating"])),
                escape(str(row["occupation"])),
                "yes" if row["pep_flag"] else "",
                count(row["accounts"]),
                count(row["transactions"]),
                rupees(row["amount"]),
                count(row["alerts"]),
                f'<span class="together">{escape(str(row["last_alert_at"] or "–"))}</span>',
                count(row["highest_rule_risk_score"]),
            ]
            for row in found
        ],
    )


def _build(builds: list[Row]) -> str:
    return _table(
        {"What": False, "Value": False},
        [
            [escape(name.replace("_", " ")), escape("–" if value is None else str(value))]
            for build in builds
            for name, value in build.items()
        ],
    )


SECTIONS = (
    Section(
        "findings",
        "What needs attention",
        "A dead rule guards nothing, an uncovered typology passes unseen, and a band out of order"
        " ranks the wrong transactions first.",
        ("rule_performance", "typology_coverage", "score_calibration"),
        _findings,
    ),
    Section(
        "per_day",
        "Volume and alerts per day",
        "Transactions, the money that they move, and the alerts on them; one transaction may alert"
        " by several rules.",
        ("transactions",),
        _chart("per_day"),
    ),
    Section(
        "rules",
        "Rules by alerts and precision",
        "Precision is the share of fraud among a rule's alerts, recall the share of all fraud that"
        " it finds, lift how many times better than chance it is. Alone: no other rule fires.",
        ("rule_performance", "rule_marginal_value"),
        _rules,
    ),
    Section(
        "rule_typologies",
        "What each rule finds of each typology",
        "The share of a typology's transactions on which the rule fires. Rules by category.",
        ("rule_typology_recall", "rule_performance"),
        _chart("rule_typologies"),
        needs_labels=True,
    ),
    Section(
        "coverage",
        "Coverage of the typologies",
        "One alerted transaction is enough to find a scheme.",
        ("typology_coverage",),
        _coverage,
        needs_labels=True,
    ),
    Section(
        "overlap",
        "Rules that say the same",
        "Transactions on which both rules fire, as a share of those on which either does. Dark"
        " pairs are nearly one rule.",
        ("rule_overlap",),
        _chart("overlap"),
    ),
    Section(
        "bands",
        "Score bands",
        "A higher band of rule_risk_score should hold a higher share of fraud.",
        ("score_calibration",),
        _bands,
    ),
    Section(
        "budgets",
        "Review budgets",
        "What a team finds that reviews the highest scores first.",
        ("alert_budget",),
        _budgets,
    ),
    Section(
        "tuning",
        "Tuning curves",
        "One threshold moved from half to double, all others as they are. Everything is relative to"
        " the value in force, the dashed line: ×0.5 is half of its alerts, precision or recall.",
        ("threshold_sweep",),
        _tuning,
    ),
    Section(
        "customers",
        "Customers to look at first",
        "By the highest score of a transaction, then by alerts. case_file('…') shows one in full.",
        ("customer_risk", "customers", "transactions"),
        _customers,
    ),
)
