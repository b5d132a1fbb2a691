"""The scopes of all contracts, contributed to `directory.services.applications`."""

from __future__ import annotations

from api.contracts import CONTRACTS
from core.errors import Text

SCOPES: dict[str, Text] = {name: words for contract in CONTRACTS for name, words in contract.scopes.items()}
