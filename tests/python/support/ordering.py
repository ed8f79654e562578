"""Expressions of a query whose value may depend on the order of rows.

Two rows of the same second have no order, so an engine may read them in any; sums of doubles differ
in their last bits with the order. Both are refused in the SQL itself, because runs may agree by
chance.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

# Which row is meant depends on the order of rows; of the others only on the values in the frame.
POSITIONAL = (
    *(exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.Ntile),
    *(exp.First, exp.Last, exp.AnyValue, exp.ArgMax, exp.ArgMin, exp.ArrayAgg, exp.GroupConcat),
)
INEXACT = (
    *(exp.Avg, exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop),
    *(exp.Corr, exp.CovarPop, exp.CovarSamp),
)
EXACT_TYPES = (*exp.DataType.INTEGER_TYPES, exp.DataType.Type.DECIMAL, exp.DataType.Type.BOOLEAN)

# What is unique among the few rows that a model of the catalogues or the evaluation puts in order.
OTHER_KEYS = {
    "case_budget": {"case_id"},
    "case_days": {"day"},
    "case_decisions": {"disposition_no"},
    "case_queue": {"case_id"},
    "cases": {"rule_name", "place"},
    "customer_feature_catalogue": {"table_no"},
    "decided_transactions": {"disposition_no"},
    "rule_catalogue_in_force": {"input_name"},
    "run_summary": {"rule_name", "occupation"},
    "score_calibration": {"band_no"},
    "threshold_sweep": {"factor"},
    "transaction_priority": {"score_month"},
    "typology_coverage": {"rule_name"},
}


def unique_in(model: str) -> set[str]:
    """The columns that may end an order in a model."""
    return OTHER_KEYS.get(model, set()) | {"transaction_no"}


def positions_in_doubt(tree: exp.Expression, unique: Collection[str]) -> list[str]:
    """Positional functions and frames of rows whose order does not end in a unique column."""
    found = []
    for function in tree.find_all(exp.Window, *POSITIONAL):
        if isinstance(function, exp.Window):
            named = _named_window(function)
            spec, order = (function.args.get(part) or named.get(part) for part in ("spec", "order"))
            counts_rows = spec is not None and (spec.args.get("kind") or "").upper() == "ROWS"
            if function.parent and function.arg_key == "windows":
                continue  # a definition: judged where a function goes over it
            if not counts_rows and not isinstance(_plain(function.this), POSITIONAL):
                continue
        elif function.find_ancestor(exp.Window):
            continue
        else:  # an aggregate: its order stands within
            order = function.find(exp.Order)
        keys = [key.this for key in order.expressions] if order else []
        last = keys[-1] if keys else None
        if not isinstance(last, exp.Column) or last.name not in unique:
            found.append(function.sql("duckdb"))
    return found


def _named_window(window: exp.Window) -> dict[str, object]:
    select = window.find_ancestor(exp.Select)
    for named in (select.args.get("windows") or []) if select else []:
        if named.name and named.name == window.alias:
            return named.args
    return {}


def _plain(function: exp.Expression) -> exp.Expression:
    wrapped = isinstance(function, exp.IgnoreNulls | exp.RespectNulls)
    return function.this if wrapped else function


def inexact_sums(tree: exp.Expression) -> list[str]:
    """Sums of doubles, averages and deviations in a query whose types have been annotated."""
    found = [function.sql("duckdb") for function in tree.find_all(*INEXACT)]
    for total in tree.find_all(exp.Sum):
        summed = total.this
        is_exact = summed.type is not None and summed.type.this in EXACT_TYPES
        # A quotient and a number with an exponent are doubles whatever they are made of.
        if (
            not is_exact
            or summed.find(exp.Div)
            or any(
                "e" in literal.this.lower()
                for literal in summed.find_all(exp.Literal)
                if not literal.is_string
            )
        ):
            found.append(f"{total.sql('duckdb')}, of type {summed.type}")
    return found
