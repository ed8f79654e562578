"""The diagram of the tables says what the constraints, the tests and the raw contract say."""

from smartsentry.pages import er_diagram

NULL = "The parent; null where there is none."
NEVER = "The parent."


def model(name: str, kind: str, reads: tuple[str, ...] = (), **columns: tuple[str, str]) -> dict:
    """Return a node of dbt's manifest; a column is its description and its constraint."""
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": "main",
        "config": {"materialized": kind},
        "depends_on": {"nodes": list(reads)},
        "columns": {
            column: {"description": said, "constraints": [{"type": rule}] if rule else []}
            for column, (said, rule) in columns.items()
        },
    }


def check(kind: str, node: str, column: str, **arguments: str) -> dict:
    """Return a test of a column."""
    return {
        "test_metadata": {"name": kind, "kwargs": arguments},
        "attached_node": node,
        "column_name": column,
        "depends_on": {"nodes": ["parent", node]},
        "name": f"{kind} of {node}.{column}",
    }


def optional(**nodes: dict) -> dict[str, bool]:
    """Return for each table with a column `parent_id` whether the diagram calls it optional."""
    sources = {key: node for key, node in nodes.items() if node.get("resource_type") == "source"}
    others = {key: node for key, node in nodes.items() if key not in sources}
    others["parent"] = model("parent", "table")
    others |= {
        f"check of {key}": check("relationships", key, "parent_id", to="ref('parent')")
        for key, node in nodes.items()
        if "parent_id" in node.get("columns", {})
    }
    found = er_diagram.relations({"nodes": others, "sources": sources})
    return {relation.child: relation.is_optional for relation in found}


def test_a_description_that_mentions_null_decides_nothing() -> None:
    assert optional(
        required=model("required", "table", parent_id=(NULL, "not_null")),
        key=model("key", "table", parent_id=(NULL, "primary_key")),
        loose=model("loose", "table", parent_id=(NEVER, "")),
    ) == {"required": False, "key": False, "loose": True}


def test_a_test_decides_as_a_constraint_does() -> None:
    assert optional(
        tested=model("tested", "view", parent_id=(NULL, "")),
        is_tested=check("not_null", "tested", "parent_id"),
    ) == {"tested": False}


def test_a_view_is_as_what_it_reads() -> None:
    columns = {"customer_id": (NULL, ""), "receiver_account_id": (NEVER, "")}
    raw = {
        f"raw_{table}": {
            "resource_type": "source",
            "name": table,
            "identifier": table,
            "schema": "raw",
            "columns": {name: {"description": "", "constraints": []} for name in columns},
        }
        for table in ("accounts", "transactions")
    }
    nodes = {
        "parent": model("parent", "table"),
        "accounts": model("accounts", "view", ("raw_accounts",), **columns),
        "transactions": model("transactions", "view", ("raw_transactions",), **columns),
        "again": model("again", "view", ("transactions",), **columns),
    }
    for table, column in (
        ("accounts", "customer_id"),
        ("transactions", "receiver_account_id"),
        ("again", "receiver_account_id"),
        ("again", "customer_id"),
    ):
        nodes[f"{table}.{column}"] = check("relationships", table, column, to="ref('parent')")
    found = er_diagram.relations({"nodes": nodes, "sources": raw})
    assert {(one.child, one.column): one.is_optional for one in found} == {
        ("accounts", "customer_id"): False,
        ("transactions", "receiver_account_id"): True,
        ("again", "receiver_account_id"): True,
        ("again", "customer_id"): False,
    }
