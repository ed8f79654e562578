"""The typologies of crime, one module each.

To add one: write a module with an instance of `Payments`, `Structuring`, `Graph` or an own frozen
dataclass derived from `Typology` (its figures are its fields), name it `TYPOLOGY` and add the
module's name to `ACTIVE`. The configuration, the plan and the labels read this registry.
"""

import importlib
import types
from collections.abc import Mapping

from seed_gen.typologies.base import Typology

ACTIVE = (
    "mule_ring",
    "layering",
    "ato",
    "smurfing",
    "identity_fraud",
    "dormant_ato",
    "dormant_smurfing",
    "dormant_to_offshore",
    "inactive_ato",
    "inactive_smurfing",
    "inactive_to_offshore",
    "fan_in",
    "fan_out",
    "cycle",
    "scatter_gather",
    "gather_scatter",
    "bipartite",
    "stack",
    "funnel_account",
    "rapid_movement",
    "round_tripping",
)


def registry() -> Mapping[str, Typology]:
    """Return every active typology with its default figures, by its `fraud_type`."""
    modules = [importlib.import_module(f"seed_gen.typologies.{module}") for module in ACTIVE]
    return types.MappingProxyType({module.TYPOLOGY.name: module.TYPOLOGY for module in modules})
