"""Write the realism report: `make realism`.

It compares the data with the published facts that they were set from, and shows how hard the labels
are to predict and how often each rule fires on honest and on criminal rows. Each section shows the
results of its queries in `dbt_project/analyses/realism`.
"""

import csv
from collections.abc import Callable
from html import escape

import altair as alt
import click
import duckdb

from smartsentry.pages import separability
from smartsentry.pages.charts import (
    ALARM,
    CALM,
    WHO,
    WIDTH,
    chart,
    colour,
    figure,
    folded,
    lines,
    powers,
    rule_names,
    spans,
)
from smartsentry.pages.html import (
    ANALYSES,
    Column,
    Row,
    Section,
    document,
    number,
    percent,
    query_text,
    rows,
    say,
    table,
    text,
)

FACTS = ANALYSES / "realism/facts.csv"


def _held(query: str, figures: Row) -> str:
    """Return a table of published facts and the figures of a query beside them."""

    def filled(template: str) -> str:
        try:
            return template.format(**figures)
        except TypeError:  # a null has no digits
            return "–"

    with FACTS.open(encoding="utf-8") as file:
        facts = [fact for fact in csv.DictReader(file) if fact["query"] == query]
    columns = {name: text(name) for name in ("figure", "source", "year")}
    found = Column(lambda fact: escape(filled(fact["found here"])), "found")
    return table(facts, columns | {"found here": found})


def _share(name: str = "proportion", title: str = "share of rows") -> alt.Y:
    return alt.Y(f"{name}:Q", title=title, axis=alt.Axis(format="%"))


def _tail(name: str, column: str, title: str) -> Callable[[list[Row], list[Row]], str]:
    """Return a function that draws the share of accounts with at least x, on log axes."""

    def draw(found: list[Row], figures: list[Row]) -> str:
        x = alt.X(f"{column}:Q", title=title, **powers(0, 5))
        y = alt.Y("proportion:Q", title="accounts with at least as many", **powers(-5, 0, "~%"))
        return _held(name, figures[0]) + figure(lines(found, x, y), name)

    return draw


def _amounts(found: list[Row], figures: list[Row]) -> str:
    header = alt.Header(
        labelExpr="'KYC level ' + datum.value", labelAngle=0, labelOrient="top", labelAnchor="start"
    )
    row = alt.Row("kyc_level:N", title=None, sort=["low", "medium", "high"], header=header)
    amount = alt.X("amount:Q", title="amount in rupees", **powers(1, 6, domain=[10, 1.6e6]))
    picture = lines(found, amount, _share(), height=130).facet(row=row)
    return _held("amounts", figures[0]) + figure(picture, "amounts")


def _digits(found: list[Row]) -> str:
    base = chart(folded(found, "honest", "expected"), width=WIDTH, height=200).encode(
        x=alt.X("digit:O", title="first digit", axis=alt.Axis(labelAngle=0)),
        y=_share("value"),
        color=colour({name: WHO[name] for name in ("honest", "expected")}),
    )
    bars = base.transform_filter("datum.who == 'honest'").mark_bar(size=40)
    ticks = base.transform_filter("datum.who == 'expected'").mark_tick(size=56, thickness=3)
    return _held("digits", found[0]) + figure(bars + ticks, "digits")


_activity = _tail("activity", "transactions", "rows of an account")
_counterparties = _tail("counterparties", "counterparties", "counterparties of an account")


def _hours(found: list[Row]) -> str:
    marks, scale = alt.Axis(values=list(range(0, 24, 3))), alt.Scale(domain=[0, 23], nice=False)
    hour = alt.X("hour:Q", title="hour of the day", axis=marks, scale=scale)
    picture = lines(folded(found, "honest", "criminal", "expected"), hour, _share("value"))
    honest, criminal = (found[0][f"{who}_at_night"] for who in ("honest", "criminal"))
    night = (
        f"{percent(honest, 0)} of the honest and {percent(criminal or 0, 0)} of the criminal rows"
        " are at night (22:00 to 05:59)."
    )
    return say(night) + _held("hours", found[0]) + figure(picture, "hours")


def _days(found: list[Row], dates: list[Row]) -> str:
    month = lines(
        found,
        alt.X("day_of_month:Q", title="day of the month", scale=alt.Scale(domain=[1, 31])),
        alt.Y("part:Q", title="rows, against the mean day"),
        height=190,
    )
    by_date = (
        chart(dates, width=WIDTH, height=170)
        .mark_line(strokeWidth=1.3, color=CALM)
        .encode(
            x=alt.X("date:T", title=None, axis=alt.Axis(format="%-d %b")),
            y=alt.Y("transactions:Q", title="honest rows a day", scale=alt.Scale(zero=True)),
        )
    )
    return _held("days", found[0]) + figure(alt.vconcat(month, by_date), "days")


def _gaps(found: list[Row]) -> str:
    picture = lines(
        folded(found, "honest", "expected"),
        alt.X("hours:Q", title="hours between two rows of an account", **powers(-3, 4, ",~r")),
        alt.Y("value:Q", title="share of at least as long", **powers(-5, 0, "~%")),
    )
    return _held("gaps", found[0]) + figure(picture, "gaps")


def _balances(found: list[Row]) -> str:
    columns = {
        "rows of": text("who"),
        "rows": number("transactions"),
        "at the floor of 0": number("at_the_floor"),
        "share at the floor": number("share_at_the_floor", lambda share: percent(share, 2)),
        "share of money in": number("share_money_in", lambda share: percent(share, 2)),
    }
    return _held("balances", found[0]) + table(found, columns)


def _channels(found: list[Row]) -> str:
    columns = {
        "channel": text("channel"),
        "share": number("proportion", lambda share: percent(share, 2)),
        "specified": number("specified", lambda share: percent(share, 0)),
    }
    return _held("channels", found[0]) + table(found, columns)


def _payments(found: list[Row], figures: list[Row]) -> str:
    columns = {
        "channel": text("channel"),
        "type": text("transaction_type"),
        "rows": number("transactions"),
        "share": number("proportion", lambda share: percent(share, 2)),
    }
    amounts = {name: number(name) for name in ("smallest", "median", "mean", "largest")}
    return _held("payments", figures[0]) + table(found, columns | amounts)


def _customers(found: list[Row], figures: list[Row]) -> str:
    columns = {
        "occupation": text("occupation"),
        "customers": number("people"),
        "mean age": number("age"),
        "company accounts": number("companies", lambda share: percent(share, 1)),
        "low income": number("low_income", lambda share: percent(share, 0)),
        "high income": number("high_income", lambda share: percent(share, 0)),
        "median balance": number("balance"),
    }
    return _held("customers", figures[0]) + table(found, columns)


def _crime(found: list[Row], figures: list[Row]) -> str:
    columns = {
        "part in a scheme": text("part"),
        "customers": number("people"),
        "share of the active": number("proportion", lambda share: percent(share, 2)),
        "schemes of each": number("schemes", lambda mean: f"{mean:.1f}"),
    }
    return _held("crime", figures[0]) + table(found, columns)


def _typologies(found: list[Row], figures: list[Row]) -> str:
    columns = {
        "typology": text("fraud_type"),
        "schemes": number("schemes"),
        "rows": number("transactions"),
        "share of fraud": number("proportion", lambda share: percent(share, 2)),
    }
    return _held("typologies", figures[0]) + table(found, columns)


def _hardness(data: separability.Data) -> str:
    columns = separability.f1_by_column(data)
    model = separability.boosting(data)
    best = [{"column": name, "f1": f1} for name, f1 in list(columns.items())[:15]]
    kinds = [{"typology": kind, "auc": auc} for kind, auc in model.roc_auc_by_typology.items()]
    size = {"width": 560, "height": alt.Step(18)}
    x = alt.X("f1:Q", title=None, scale=alt.Scale(domain=[0, 1]))
    bars = chart(best, title="best F1 of one column, the 15 best columns", **size).encode(
        x=x, y=alt.Y("column:N", sort="-x", title=None)
    )
    bound = chart([{"f1": 0.5}]).mark_rule(strokeDash=[5, 4]).encode(x=x)
    title = "ROC-AUC of gradient boosting by typology, each against honest rows"
    dots = chart(kinds, title=title, **size).encode(
        x=alt.X("auc:Q", title=None, scale=alt.Scale(domain=[0.5, 1])),
        y=alt.Y("typology:N", sort="x", title=None),
    )
    picture = alt.vconcat(
        bars.mark_bar(color=CALM, size=12) + bound,
        dots.mark_point(filled=True, size=70, color=ALARM, opacity=1),
    )
    found = {
        "f1": best[0]["f1"],
        "column": best[0]["column"],
        "tree": separability.f1_of_a_tree(data),
        "roc_auc": model.roc_auc,
        "pr_auc": model.pr_auc,
        "by_chance": float(data.label.mean()),
    }
    said = (
        f"Measured on the features of {len(data.label):,} rows, {int(data.label.sum()):,} of them"
        " criminal; the model is trained on two thirds of the accounts and measured on the others."
    )
    return say(said) + _held("hardness", found) + figure(picture, "hardness")


_ORDERS = {
    "rule_risk_score": "risk score of the rules",
    "priority_score": "priority, by the scorecard",
    "regression_on_flags": "logistic regression on the rules' flags",
    "boosting_on_flags": "gradient boosting on the rules' flags",
    "regression_on_all": "logistic regression on all columns",
    "boosting_on_all": "gradient boosting on all columns",
}


def _ceiling(orders: list[separability.Order]) -> str:
    if not orders:
        return say("No month of these weeks has a scorecard, so there is nothing to compare.")
    found = [
        {
            "order": _ORDERS[order.name],
            "roc_auc": order.roc_auc,
            "average_precision": order.average_precision,
            "first_percent": order.in_first_percent,
        }
        for order in orders
    ]
    columns = {
        "first by": text("order"),
        "ROC-AUC": number("roc_auc", lambda area: f"{area:.3f}"),
        "average precision": number("average_precision", lambda mean: f"{mean:.3f}"),
        "fraud in the first 1%": number("first_percent", lambda share: percent(share, 0)),
    }
    held = {order.name: order.in_first_percent for order in orders}
    return _held("ceiling", held) + table(found, columns)


def _rules(found: list[Row]) -> str:
    picture = spans(
        folded(found, "honest", "criminal"),
        alt.X(
            "value:Q",
            title="share of the rows on which the rule fires",
            axis=alt.Axis(format="~%", orient="top"),
        ),
        rule_names(found),
        {name: WHO[name] for name in ("honest", "criminal")},
        width=WIDTH - 150,
        height=alt.Step(15),
    )
    columns = {
        "rule": text("rule_name"),
        "honest rows": number("honest_rows"),
        "criminal rows": number("criminal_rows"),
        "share of honest": number("honest", lambda share: percent(share, 3)),
        "share of criminal": number("criminal", lambda share: percent(share, 3)),
    }
    return _held("rules", found[0]) + figure(picture, "rules") + table(found, columns)


SECTIONS = (
    Section("realism_amounts", _amounts, ("realism_amounts_figures",)),
    Section("realism_digits", _digits),
    Section("realism_activity", _activity, ("realism_activity_figures",)),
    Section("realism_counterparties", _counterparties, ("realism_counterparties_figures",)),
    Section("realism_hours", _hours),
    Section("realism_days", _days, ("realism_dates",)),
    Section("realism_gaps", _gaps),
    Section("realism_balances", _balances),
    Section("realism_channels", _channels),
    Section("realism_payments", _payments, ("realism_payments_figures",)),
    Section("realism_customers", _customers, ("realism_customers_figures",)),
    Section("realism_crime", _crime, ("realism_crime_figures",), needs_labels=True),
    Section("realism_typologies", _typologies, ("realism_typologies_figures",), needs_labels=True),
    Section("realism_hardness", _hardness, needs_labels=True),
    Section("realism_ceiling", _ceiling, needs_labels=True),
    Section("realism_rules", _rules, needs_labels=True),
)


def report(con: duckdb.DuckDBPyConnection) -> str:
    """Return the report on an open warehouse as the text of one HTML file.

    Raises:
        click.ClickException: the data were loaded, not made by the seeder.
        duckdb.CatalogException: the file holds no built warehouse.
    """
    (run,) = rows(con, "realism_run")
    if run["seed"] is None:
        raise click.ClickException(
            "the data of this warehouse were loaded: realism is measured on the seeder's only."
        )
    sections = [section for section in SECTIONS if run["labelled"] or not section.needs_labels]
    said = (
        "{transactions:,} transactions from {window_start} to {window_end}; seed {seed}, scale"
        " {scale:g}, fraud rate {fraud_rate:g}. Each figure of the data is next to the one that it"
        " was set from, with its source; where none is published, the report says who chose it."
    ).format(**run)
    if not run["labelled"]:
        said += " The data carry no labels: sections that need them are left out."
    learnt: dict[Callable[..., str], Callable[[str], str]] = {
        _hardness: lambda query: _hardness(separability.read(con, query)),
        _ceiling: lambda query: _ceiling(separability.orders(con, query)),
    }
    parts = [
        section.html(learnt[section.body](query_text(section.query)))
        if section.body in learnt
        else section.filled(con)
        for section in sections
    ]
    return document("How real the data are", say(said), sections, parts)
