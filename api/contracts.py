"""The contracts that are served, each a folder beside this module, and which of them a path belongs to."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from api.base.contract import Contract


def _found() -> tuple[Contract, ...]:
    """The CONTRACT of every folder that has a contract.py."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/contract.py"))
    return tuple(import_module(f"api.{name}.contract").CONTRACT for name in folders if name != "base")


CONTRACTS = _found()


def contract_of(path: str) -> Contract | None:
    """The contract under whose longest mount `path` lies; None for a path of nobody's."""
    mounts = [
        (len(mount), index)
        for index, contract in enumerate(CONTRACTS)
        for mount in contract.mounts
        if path == mount or path.startswith(f"{mount}/")
    ]
    return CONTRACTS[max(mounts)[1]] if mounts else None
