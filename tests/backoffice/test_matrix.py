"""Who may do what at which list: each list, each role, each place, written down once more by hand."""

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from core.permissions import rule_for
from tests.backoffice.conftest import said, stored, url
from tests.backoffice.rows import ROWS

pytestmark = pytest.mark.engine_independent

ADMINS: Any = {model._meta.label_lower: one for model, one in admin.site._registry.items()}

# Which roles see the list, add to it, change a row, delete one: clinic Admin, Front desk, Specialist.
MATRIX = {
    "directory.organization": ("AFS", "", "A", ""),
    "directory.practice": ("AFS", "", "A", ""),
    "directory.specialist": ("AFS", "A", "A", "A"),
    "directory.room": ("AFS", "A", "A", "A"),
    "directory.membership": ("A", "A", "A", "A"),
    "directory.user": ("A", "", "", ""),
    "directory.signin": ("A", "", "", ""),
    "directory.specialty": ("AFS", "A", "A", "A"),
    "directory.color": ("AFS", "A", "A", "A"),
    "directory.apikey": ("AFS", "A", "", ""),
    "directory.application": ("A", "A", "A", ""),
    "directory.authorization": ("AFS", "", "", ""),
    "directory.appintegration": ("A", "", "", ""),
    "directory.uielement": ("A", "", "", ""),
    "patients.patient": ("AFS", "AF", "AF", "AF"),
    "patients.document": ("AFS", "AFS", "AFS", ""),
    "patients.patientalert": ("AFS", "AFS", "", ""),
    "patients.patientsource": ("AFS", "A", "A", "A"),
    "patients.customfield": ("AFS", "A", "A", "A"),
    "catalog.service": ("AFS", "A", "A", "A"),
    "catalog.product": ("AFS", "A", "A", "A"),
    "catalog.formtemplate": ("AFS", "A", "A", "A"),
    "catalog.brand": ("AFS", "A", "A", "A"),
    "catalog.producttype": ("AFS", "A", "A", "A"),
    "catalog.productcategory": ("AFS", "A", "A", "A"),
    "catalog.unit": ("AFS", "A", "A", "A"),
    "orders.productorder": ("AFS", "AFS", "AFS", ""),
    "programs.serviceplan": ("AFS", "A", "A", "A"),
    "programs.enrollment": ("AFS", "AF", "", ""),
    "scheduling.appointment": ("AFS", "AFS", "AFS", ""),
    "scheduling.availableslot": ("AFS", "AF", "AF", ""),
    "scheduling.slotseries": ("AFS", "AF", "", "AF"),
    "scheduling.slotbatch": ("AFS", "AF", "", ""),
    "scheduling.timeoff": ("AFS", "AFS", "", "AFS"),
    "scheduling.timeoffseries": ("AFS", "AFS", "", "AFS"),
    "scheduling.holiday": ("AFS", "AF", "AF", "AF"),
    "billing.bill": ("AF", "", "", ""),
    "billing.transaction": ("AF", "", "", ""),
    "billing.careplan": ("AFS", "AFS", "AFS", ""),
    "billing.careplanentry": ("AFS", "", "", ""),
    "billing.account": ("AF", "A", "A", ""),
    "billing.paymenttype": ("AFS", "A", "A", "A"),
    "billing.company": ("AFS", "A", "A", "A"),
    "billing.pricelist": ("AFS", "A", "A", "A"),
    "billing.careplandiscardreason": ("AFS", "A", "A", "A"),
    "core.auditentry": ("A", "", "", ""),
    "core.patientlook": ("A", "", "", ""),
}

# Which roles may take each step with a row of their practice.
STEPS = {
    "orders.productorder": {"confirm": "AFS", "ship": "AFS", "deliver": "AFS", "cancel": "AFS"},
    "programs.enrollment": {"adjust": "AF", "extend": "AF", "cancel": "AF"},
    "scheduling.appointment": {
        "confirm": "AFS",
        "arrived": "AFS",
        "in-care": "AFS",
        "done": "AFS",
        "reschedule": "AFS",
        "treatment": "AFS",
        "assistants": "AFS",
        "no-show": "AFS",
        "cancel": "AFS",
        "reject": "AF",
        "undo": "AFS",
        "put-away": "AF",
    },
    "scheduling.availableslot": {
        "move-group": "AF",
        "change-series": "AF",
        "cancel-group": "AFS",
        "undo-group": "AFS",
        "withdraw": "AF",
    },
    "scheduling.slotseries": {"change-all": "AF", "withdraw": "AF"},
    "scheduling.slotbatch": {"undo": "AF"},
    "scheduling.timeoff": {"end": "AFS"},
    "scheduling.timeoffseries": {"end": "AFS"},
    "patients.patientalert": {"end": "AFS"},
    "patients.patient": {
        "add-document": "AFS",
        "raise-alert": "AFS",
        "merge": "AF",
        "put-away": "AF",
        "bring-back": "AF",
    },
    "patients.document": {"put-away": "AF", "bring-back": "AF"},
    "patients.customfield": {"put-away": "A", "bring-back": "A"},
    "catalog.service": {"attach": "A", "put-away": "A", "bring-back": "A"},
    "catalog.product": {"put-away": "A", "bring-back": "A"},
    "programs.serviceplan": {"put-away": "A", "bring-back": "A"},
    "directory.apikey": {"revoke": "AFS"},
    "directory.user": {"reset-password": "A", "reset-second-factor": "A", "deactivate": "A", "reactivate": "A"},
    "directory.application": {"renew-secret": "A", "close": "A"},
    "directory.authorization": {"revoke": "AFS"},
    "billing.bill": {"take-payment": "AF", "use-credit": "AF", "instalments": "AF", "credit": "A"},
    "billing.transaction": {"reverse": "AF"},
    "billing.careplan": {
        "sign": "AFS",
        "accept": "AFS",
        "bill": "AF",
        "instalments": "AF",
        "complete": "AFS",
        "reopen": "AF",
        "discard": "AFS",
        "put-away": "AF",
    },
    "billing.careplanentry": {"done": "AFS", "not-done": "AFS"},
} | {
    label: {"put-away": "A", "bring-back": "A"}
    for label in (
        "directory.practice",
        "directory.specialist",
        "directory.room",
        "directory.specialty",
        "patients.patientsource",
        "catalog.formtemplate",
        "catalog.brand",
        "catalog.producttype",
        "catalog.productcategory",
        "catalog.unit",
        "billing.account",
        "billing.paymenttype",
        "billing.company",
        "billing.pricelist",
        "billing.careplandiscardreason",
    )
}
ROLES = {"A": "clinic_admin", "F": "front_desk", "S": "specialist"}

# Rows that a role does not see although it sees the list: a specialist sees those they treat, and everybody
# but clinic admins only their own keys and authorizations.
HIDDEN = {
    "S": {
        "patients.patient",
        "patients.document",
        "patients.patientalert",
        "orders.productorder",
        "programs.enrollment",
        "scheduling.appointment",
        "scheduling.availableslot",
        "scheduling.slotseries",
        "scheduling.timeoff",
        "scheduling.timeoffseries",
        "billing.bill",
        "billing.transaction",
        "billing.careplan",
        "billing.careplanentry",
    },
    "F": set(),
    "A": set(),
}
OWN_ALONE = ("directory.apikey", "directory.authorization")


def test_the_matrix_names_every_list():
    assert sorted(MATRIX) == sorted(ROWS)


def test_the_steps_are_those_of_the_lists():
    found = {label: {step.name for step in ADMINS[label].steps} for label in ROWS if ADMINS[label].steps}
    assert found == {label: set(steps) for label, steps in STEPS.items()}


@pytest.mark.parametrize("label", sorted(STEPS))
def test_the_steps_allow_whom_the_matrix_names(label):
    for step in ADMINS[label].steps:
        allowed = {letter for letter, role in ROLES.items() if role in rule_for(step.verb).roles}
        assert allowed == set(STEPS[label][step.name]), step.name


@pytest.mark.parametrize("letter", "AFS")
@pytest.mark.parametrize("label", sorted(MATRIX))
def test_the_list_opens_to_whom_the_matrix_names(roles, practice, label, letter):
    view, add, _change, _delete = MATRIX[label]
    client = roles[ROLES[letter]]
    assert client.get(url(label, "changelist")).status_code == (200 if letter in view else 403)
    # Where rows are made on another page, the way leads there.
    opens = 302 if ADMINS[label].made_on else 200
    assert client.get(url(label, "add")).status_code == (opens if letter in add else 403)
    before = stored()
    posted = client.post(url(label, "add"), {})
    assert posted.status_code == (opens if letter in add else 403)
    assert stored() == before


@pytest.mark.parametrize("letter", "AFS")
@pytest.mark.parametrize("label", sorted(MATRIX))
def test_a_row_opens_to_whom_the_matrix_names(roles, practice, label, letter):
    view, _add, change, delete = MATRIX[label]
    client, row = roles[ROLES[letter]], ROWS[label](practice)
    hidden = label in HIDDEN[letter] or (label in OWN_ALONE and letter in "FS")
    shown = client.get(url(label, "change", row.pk))
    before = stored()
    posted = client.post(url(label, "change", row.pk), {})
    removed = client.post(url(label, "delete", row.pk), {"post": "yes"}) if letter not in delete else None
    if letter not in view:
        assert (shown.status_code, posted.status_code) == (403, 403)
    elif hidden:
        assert (shown.status_code, shown.headers["Location"]) == (302, reverse("admin:index"))
        assert posted.status_code in (302, 403)
    else:
        assert shown.status_code == 200
        assert shown.context["has_change_permission"] == (letter in change)
        assert shown.context["has_delete_permission"] == (letter in delete)
        assert posted.status_code == (200 if letter in change else 403)
    if removed is not None:
        assert removed.status_code in (302, 403)
    assert stored() == before


DENIED = [
    (label, step, letter)
    for label in sorted(STEPS)
    for step in ADMINS[label].steps
    for letter in sorted(set(ROLES) - set(STEPS[label][step.name]))
]


@pytest.mark.parametrize(("label", "step", "letter"), DENIED, ids=[f"{a}-{b.name}-{c}" for a, b, c in DENIED])
def test_a_step_is_refused_to_whom_the_matrix_does_not_name(roles, practice, label, step, letter):
    client, row = roles[ROLES[letter]], ROWS[label](practice)
    if letter in MATRIX[label][0]:
        actions = client.get(url(label, "changelist")).context["action_form"]
        assert actions is None or step.name not in dict(actions.fields["action"].choices)
    before = stored()
    response = client.post(url(label, step.name, row.pk), {"apply": "1"})
    assert response.status_code == 302
    # These are seen by clinic admins alone, an application by its owner as well.
    unseen = label in HIDDEN[letter] or label in ("directory.application", "directory.user")
    expected = "doesn’t exist" if unseen else "You are not allowed to do this."
    assert expected in said(response)[-1][1]
    client.post(url(label, "changelist"), {"action": step.name, "index": "0", "_selected_action": [row.pk]})
    assert stored() == before


@pytest.mark.parametrize("role", ["superuser", "clinic_admin", "front_desk", "specialist"])
def test_the_buttons_of_an_order_are_those_the_tables_allow(roles, practice, role):
    from directory.models import Specialist
    from tests.factories import AppointmentFactory

    row = ROWS["orders.productorder"](practice)
    for one in Specialist.objects.filter(user__username="specialist"):
        AppointmentFactory(practice=practice, specialist=one, patient=row.patient)
    page = roles[role].get(url("orders.productorder", "change", row.pk))
    assert [str(button.label) for button in page.context["buttons"]] == ["Confirm", "Cancel …"]
