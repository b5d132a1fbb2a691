"""The order of the lists: by each field that the document names, and by no other."""

import re

import pytest

from api.base.schema import document
from api.contracts import CONTRACTS
from tests.api.cliniko.conftest import PLAIN, VENDOR
from tests.factories import AppointmentFactory

IN_A_PATH = {
    "business_id": "practice",
    "patient_id": "patient",
    "patient_case_id": "case",
    "practitioner_id": "practitioner",
    "appointment_type_id": "service",
}


def sorts():
    """Each list that can be sorted, with the names of its fields as the document says them."""
    (cliniko,) = [one for one in CONTRACTS if one.name == "cliniko"]
    for path, methods in document(cliniko)["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            if parameter["name"] == "sort":
                yield path, re.findall(r"\w+", parameter["description"].rpartition(": ")[2])


@pytest.mark.parametrize("way", ["asc", "desc"])
def test_a_list_is_sorted_by_each_field_that_its_document_names(manager, scene, way):
    visit = AppointmentFactory(practice=scene.practice, specialist=scene.practitioner, patient=scene.patient)
    ids = {name: getattr(scene, whose).pk for name, whose in IN_A_PATH.items()}
    ids |= dict.fromkeys(("appointment_id", "attendee_id", "booking_id"), visit.pk)
    known = [(path, names) for path, names in sorts() if ids.keys() >= set(re.findall(r"{(\w+)}", path))]
    assert len(known) > 30
    asked = [f"{path.format_map(ids)}?sort={','.join(f'{name}:{way}' for name in names)}" for path, names in known]
    refused = {url: response.content for url in asked if (response := manager.get(url)).status_code != 200}
    assert refused == {}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (PLAIN, "appointment_type_id"),
        (f"{VENDOR}/appointments", "appointment_type_id"),
        (f"{VENDOR}/attendees", "booking_id"),
        (f"{VENDOR}/bookings", "appointment_type_id"),
        (f"{VENDOR}/bookings", "patient_ids"),
        (f"{VENDOR}/unavailable_blocks", "cancelled_at"),
    ],
)
def test_a_list_is_not_sorted_by_what_is_looked_up_for_each_row(client, path, name):
    response = client.get(f"{path}?sort={name}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [f"sort {name}"]
    assert name not in dict(sorts())[path.replace("/v1", "/cliniko/v1") if path == PLAIN else path]


def test_a_field_that_no_row_has_sorts_nothing_but_the_ids(client, scene):
    visits = [
        AppointmentFactory(practice=scene.practice, specialist=scene.practitioner, patient=scene.patient).pk
        for _visit in range(3)
    ]
    for name in ("archived_at", "cancelled_at", "deleted_at"):
        for way, expected in (("asc", visits), ("desc", visits[::-1])):
            shown = client.get(f"{PLAIN}?sort={name}:{way}").json()["individual_appointments"]
            assert [int(one["id"]) for one in shown] == expected
