"""The contracts' OpenAPI documents as YAML files, to be reviewed in a diff."""

from __future__ import annotations

from pathlib import Path

import yaml

from api.base.contract import Contract
from api.base.renderer import to_json
from api.base.schema import document


def path_of(contract: Contract, root: Path) -> Path:
    """Where the contract's snapshot is kept."""
    return root / "docs" / "schema" / f"{contract.name}.yaml"


def snapshot(contract: Contract) -> str:
    """The document as YAML: what is served, and nothing of how it was made."""
    served = yaml.safe_load(to_json(document(contract)))
    return yaml.safe_dump(served, sort_keys=False, allow_unicode=True, width=120)
