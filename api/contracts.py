"""The contracts that are served, and which of them a path belongs to."""

from __future__ import annotations

from api.availability.contract import CONTRACT as AVAILABILITY
from api.base.contract import Contract
from api.cliniko.contract import CONTRACT as CLINIKO
from api.flextell.contract import CONTRACT as FLEXTELL
from api.services.contract import CONTRACT as SERVICES

CONTRACTS: tuple[Contract, ...] = (SERVICES, AVAILABILITY, FLEXTELL, CLINIKO)


def contract_of(path: str) -> Contract | None:
    """The contract under whose longest mount `path` lies; None for a path of nobody's."""
    mounts = [
        (len(mount), index)
        for index, contract in enumerate(CONTRACTS)
        for mount in contract.mounts
        if path == mount or path.startswith(f"{mount}/")
    ]
    return CONTRACTS[max(mounts)[1]] if mounts else None
