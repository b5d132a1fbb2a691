"""A plugin of the runs under a mistake: the nearest tests run first, and it is written down which one failed.

pytest makes one argument of overlapping ones (`tests/orders/test_one.py tests/orders`) and forgets their order. An id
may hold blanks and dashes, so no report is taken apart.
"""

import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = os.environ["CLINIC_FIRST"].split("\n")
    items.sort(key=lambda item: _rank(item.nodeid.partition("::")[0], places))


def _rank(path: str, places: list[str]) -> int:
    return next((rank for rank, place in enumerate(places) if f"{path}/".startswith(f"{place}/")), len(places))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        _write(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _write(report.nodeid)


def _write(nodeid: str) -> None:
    with Path(os.environ["CLINIC_FAILURES"]).open("a", encoding="utf-8") as failures:
        failures.write(f"{nodeid}\n")
