"""Say which tests stand nearest to a mistake, the likeliest to notice it first."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NAMED = 6

# Where the tests of a file are, the nearest first; the whole suite is asked of what survives them.
TESTS = {
    "api/": ["tests/api"],
    "api/base/": ["tests/api/test_paging.py", "tests/api/test_body.py", "tests/api/test_limits.py", "tests/api/test_auth.py", "tests/api/test_idempotency.py", "tests/api"],
    "api/cliniko/": ["tests/api/cliniko"],
    "api/oauth/": ["tests/api/oauth", "tests/races/test_tokens.py"],
    "backoffice/": ["tests/backoffice"],
    "backoffice/kit/": ["tests/backoffice/kit", "tests/backoffice/test_hostile.py", "tests/backoffice"],
    "billing/": ["tests/billing/test_limits.py", "tests/billing/test_constraints.py", "tests/billing"],
    "catalog/": ["tests/catalog", "tests/project/test_verb_matrix.py", "tests/api/services"],
    "core/actor.py": ["tests/core/test_actor.py", "tests/orders"],
    "core/checks.py": ["tests/core/test_checks.py", "tests/core/test_values.py", "tests/core"],
    "core/db.py": ["tests/core/test_unit_of_work.py", "tests/core"],
    "core/imports/": ["tests/core/test_imports_refusals.py", "tests/core/test_imports.py", "tests/core"],
    "core/locks.py": ["tests/core/test_locks.py", "tests/core"],
    "core/": ["tests/core"],
    "core/days.py": ["tests/project/test_values.py", "tests/core", "tests/backoffice/calendar/test_far_days.py", "tests/patients"],
    "core/hanging.py": ["tests/core/test_hanging.py", "tests/backoffice/test_taking_away.py"],
    "core/values.py": ["tests/core/test_values.py", "tests/directory", "tests/catalog", "tests/scheduling"],
    "directory/": ["tests/directory", "tests/api/test_auth.py", "tests/backoffice/people"],
    "directory/models/applications.py": ["tests/directory/test_applications.py", "tests/api/oauth"],
    "directory/models/keys.py": ["tests/directory/test_keys.py", "tests/api/test_auth.py"],
    "directory/querysets.py": ["tests/directory", "tests/api/oauth", "tests/api/test_auth.py", "tests/backoffice/people", "tests/scheduling/test_conditions.py"],
    "directory/services/applications.py": ["tests/directory/test_applications.py", "tests/api/oauth", "tests/backoffice/people/test_applications.py"],
    "directory/services/keys.py": ["tests/directory/test_keys.py", "tests/api/test_auth.py", "tests/backoffice/people"],
    "directory/services/sign_ins.py": ["tests/backoffice/people/test_sign_in_limits.py", "tests/backoffice/people", "tests/races/test_sign_in.py"],
    "directory/services/staff.py": ["tests/backoffice/people", "tests/directory"],
    "directory/services/tokens.py": ["tests/api/oauth", "tests/directory/test_applications.py"],
    "orders/": ["tests/orders", "tests/project/test_expected_permissions.py", "tests/project/test_constraints.py", "tests/api/services/test_orders.py", "tests/programs"],
    "patients/": ["tests/patients", "tests/directory/test_scope.py", "tests/api/flextell", "tests/backoffice/patients"],
    "programs/models.py": ["tests/project/test_constraints.py", "tests/programs", "tests/api/services/test_enrollments.py", "tests/core/test_append_only.py"],
    "programs/": ["tests/programs", "tests/scheduling/test_appointment_verbs.py", "tests/api/services/test_enrollments.py", "tests/api/services/test_plans.py", "tests/scheduling"],
    "scheduling/dated.py": ["tests/scheduling/test_lists.py", "tests/scheduling"],
    "scheduling/querysets.py": ["tests/scheduling/test_conditions.py", "tests/scheduling/test_lists.py", "tests/scheduling/test_online.py", "tests/scheduling", "tests/api/services/test_registrations.py"],
    "scheduling/calendar/claims.py": ["tests/scheduling/test_conditions.py", "tests/scheduling/test_claims.py", "tests/scheduling"],
    "scheduling/calendar/places.py": ["tests/scheduling/test_appointment_verbs.py", "tests/scheduling/test_claims.py", "tests/scheduling"],
    "scheduling/imports/": ["tests/scheduling/test_imports.py", "tests/core/test_undo_import.py", "tests/project/test_round_trip.py"],
    "scheduling/services/lifecycle.py": ["tests/scheduling/test_appointment_verbs.py", "tests/programs/test_ledger.py", "tests/scheduling"],
    "scheduling/services/patient_rules.py": ["tests/scheduling/test_patient_rules.py", "tests/scheduling/test_online.py", "tests/scheduling", "tests/api/services/test_portal.py"],
    "scheduling/services/sessions.py": ["tests/programs", "tests/scheduling"],
    "scheduling/": ["tests/scheduling/test_limits.py", "tests/scheduling/test_patient_rules.py", "tests/scheduling/test_appointment_verbs.py", "tests/scheduling/test_slots.py", "tests/scheduling/test_claims.py", "tests/scheduling", "tests/api/services", "tests/api/availability", "tests/backoffice/calendar"],
}  # fmt: skip


def nearest(file: str, old: str, *, only_named: bool = False) -> list[str]:
    """The test files that name what is changed, those that name it most often first; then the neighbours' folders.

    Only neighbours are asked by name: another area's tests pass through this one for other reasons. `only_named`: the
    folders only where nothing names it.
    """
    beginnings = [beginning for beginning in TESTS if file.startswith(beginning)]
    neighbours = TESTS[max(beginnings, key=len)]
    names = _names(file, old)
    if not names:
        return neighbours
    named = re.compile(rf"\b({'|'.join(sorted(names))})\b")
    counts = {path: len(named.findall(text)) for path, text in _texts().items() if _is_under(path, neighbours)}
    told = sorted((path for path, count in counts.items() if count), key=lambda path: -counts[path])
    if only_named and told:
        return list(dict.fromkeys([*told[: NAMED // 2], *[one for one in neighbours if one.endswith(".py")][:2]]))
    return [*told[:NAMED], *neighbours]


def _names(file: str, old: str) -> set[str]:
    """What the tests may call it: the function or class that is changed, or the public ones that use a private one."""
    source = (ROOT / file).read_text(encoding="utf-8")
    if source.count(old) != 1:
        return set()
    # Where the old piece says something: a piece may begin with the line before it.
    line = source[: source.index(old) + len(old) - len(old.lstrip())].count("\n") + 1
    tree = ast.parse(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    around = [one for one in ast.walk(tree) if isinstance(one, kinds) and one.lineno <= line <= (one.end_lineno or 0)]
    public = {one.name for one in around if not one.name.startswith("_")}
    functions = {one.name for one in around if isinstance(one, ast.FunctionDef)}
    if functions and not functions & public:
        pieces = {one.name: ast.get_source_segment(source, one) or "" for one in tree.body if isinstance(one, kinds)}
        wanted = re.compile(rf"\b({'|'.join(functions)})\b")
        public |= {name for name, text in pieces.items() if not name.startswith("_") and wanted.search(text)}
    return public - {"Meta"}


def _is_under(path: str, places: list[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


@cache
def _texts() -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
    }
