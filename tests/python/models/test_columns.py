"""A column is stated where it is made; macros and folders say what is true of them."""

import shutil
from pathlib import Path

import jinja2
import pytest
import yaml

from conftest import ROOT, Warehouse
from smartsentry.upkeep import columns

MODELS = ROOT / "dbt_project/models"


# ── Columns that are passed on ───────────────────────────────────────────────────────────────


def test_passed_on_columns_are_fresh() -> None:
    for path, text in columns.rendered().items():
        assert path.read_text() == text, f"{path} is stale: run `make columns`"


def test_a_change_where_a_column_is_made_reaches_all_that_pass_it_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    shutil.copytree(MODELS, models)
    monkeypatch.setattr(columns, "MODELS", models)
    monkeypatch.setattr(columns, "SOURCES", models / "staging/sources.yml")
    made = models / "features/account_velocity.yml"
    text = made.read_text().replace(
        "        data_type: tinyint\n        description: '{{ doc(\"dormancy_flag\") }}'\n",
        "        data_type: boolean\n        description: It's awake.\n",
    )
    made.write_text(text)
    before = yaml.safe_load((models / "marts/transactions.yml").read_text())
    columns.rewrite()
    for name in ("rules/transaction_features", "rules/transaction_rules", "marts/transactions"):
        (model,) = yaml.safe_load((models / f"{name}.yml").read_text())["models"]
        (column,) = (c for c in model["columns"] if c["name"] == "dormancy_flag")
        assert (column["data_type"], column["description"]) == ("boolean", "It's awake.")
    # Constraints and tests are the model's own; nothing else changed.
    assert column["constraints"] == [{"type": "not_null"}]
    for was in before["models"][0]["columns"]:
        (now,) = (c for c in model["columns"] if c["name"] == was["name"])
        assert now == was or was["name"] == "dormancy_flag"


def test_a_column_of_the_way_of_a_row_is_stated_once(small_warehouse: Warehouse) -> None:
    """From `raw` to `transactions` no model writes by hand what another one has said."""
    manifest = small_warehouse.artifact("manifest.json")
    nodes = manifest["nodes"] | manifest["sources"]
    twice, models = [], 0
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or not (
            node["fqn"][1] in ("staging", "features", "network", "rules")
            or node["name"] == "transactions"
        ):
            continue
        models += 1
        text = (ROOT / node["patch_path"].split("://")[1]).read_text()
        passed_on = "".join(match["columns"] for match in columns._SECTION.finditer(text))
        by_hand = {
            name: column["description"]
            for name, column in node["columns"].items()
            if f"- name: {name}\n" not in passed_on
            and not (
                name.startswith(("rule_", "network_rule_")) and node["name"] == "transactions"
            )  # rule_docs
        }
        for parent in node["depends_on"]["nodes"]:
            stated = nodes[parent]["columns"]
            twice += [
                f"{node['name']}.{name}"
                for name, description in by_hand.items()
                if name in stated and stated[name]["description"] == description
            ]
    assert models > 15
    assert twice == []


# ── Folders ──────────────────────────────────────────────────────────────────────────────────

# Which schema a folder's models are in.
SCHEMAS = {
    "staging": "staging",
    "features": "features",
    "network": "network",
    "rules": "rules",
    "worklist": "main",
    "marts": "main",
    "evaluation": "main",
}


def test_a_model_is_in_the_schema_of_its_folder(small_warehouse: Warehouse) -> None:
    nodes = small_warehouse.artifact("manifest.json")["nodes"].values()
    found = {
        node["name"]: (node["fqn"][1], node["schema"])
        for node in nodes
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
    }
    assert len(found) > 40
    assert {name: place for name, place in found.items() if SCHEMAS[place[0]] != place[1]} == {}
    assert {folder for folder, _ in found.values()} == SCHEMAS.keys()


# ── Macros ───────────────────────────────────────────────────────────────────────────────────


def test_every_macro_says_what_it_takes_and_gives(small_warehouse: Warehouse) -> None:
    """An engine's version of a macro is documented with the macro that dispatches to it."""
    manifest = small_warehouse.artifact("manifest.json")
    macros = {
        macro["name"]: macro
        for macro in manifest["macros"].values()
        if macro["package_name"] == "smartsentry" and not macro["name"].startswith("test_")
    }
    assert len(macros) > 50
    wrong = []
    jinja = jinja2.Environment(extensions=["jinja2.ext.do"])
    for name, macro in macros.items():
        asked = name.removeprefix("default__").removeprefix("spark__")
        documented = macros.get(asked, macro)
        arguments, defined = documented["arguments"], []
        if name.startswith("materialization_"):
            arguments = []  # dbt's own
        else:
            (found,) = jinja.parse(macro["macro_sql"]).find_all(jinja2.nodes.Macro)
            defined = [argument.name for argument in found.args]
        if [argument["name"] for argument in arguments] != defined:
            wrong.append(f"{name}: arguments {defined}")
        if not documented["description"].strip() or not all(
            argument["description"].strip() and argument["type"] for argument in arguments
        ):
            wrong.append(f"{name}: not described")
    assert wrong == []
