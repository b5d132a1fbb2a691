"""How much a run tries: quick counts for every change, full counts at night (`CLINIC_FULL=1`)."""

import os

import pytest
from hypothesis import HealthCheck, settings

FULL = os.environ.get("CLINIC_FULL", "") not in ("", "0")

# A first call pays for imports and connections, so no example has a time limit. The quick run repeats the
# same examples each time: a red one is red for everybody; the nightly one looks for new ones.
_slow_first_call = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "quick", max_examples=25, deadline=None, derandomize=True, suppress_health_check=_slow_first_call
)
settings.register_profile("full", max_examples=1000, deadline=None, suppress_health_check=_slow_first_call)


def scaled(quick: int, full: int) -> int:
    """The count for this run: rounds of a race, rows of an import."""
    return full if FULL else quick


def pytest_configure() -> None:
    """Load the profile before any test with `@given` is imported."""
    settings.load_profile("full" if FULL else "quick")


def pytest_report_header() -> str:
    """Say which counts this run uses."""
    return "counts: full" if FULL else "counts: quick (CLINIC_FULL=1 for all, slow tests included)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests to the night."""
    if FULL:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
