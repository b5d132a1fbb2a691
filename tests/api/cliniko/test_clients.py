"""Programs of others against the contract: a published client, and one generated from our own OpenAPI document.

The published one needs Node and npm, and fetches the packages that `npm/package-lock.json` pins. Where they are missing
its test is skipped, unless CLINIC_REQUIRE_NODE is set, as `.ci/run` does.
"""

import base64
import inspect
import json
import os
import shutil
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from billing.services import NewLine, issue_bill
from core.actor import Actor
from patients.models import Patient
from scheduling.models import Appointment
from tests.api.cliniko.cases import DESCRIBED
from tests.api.cliniko.conftest import VENDOR
from tests.api.generated import comparable, generated_client, operations, typed
from tests.factories import ApiKeyFactory, ProductFactory, SlotFactory

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db(transaction=True)]

NPM = Path(__file__).parent / "npm"
KEY = "ck_a-program-of-others"


@pytest.fixture
def clock(monkeypatch):
    """The real one: the clients have their own."""


@pytest.fixture
def opened(scene, admin_user, live_server):
    """A served clinic, and a key for it."""
    ApiKeyFactory(user=admin_user, text=KEY)
    scene.base = f"{live_server.url}{VENDOR}"
    return scene


# ------------------------------------------------------------------------------------ the published one


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A folder with the published client and our story of its calls."""
    if not (shutil.which("node") and shutil.which("npm")):
        if os.environ.get("CLINIC_REQUIRE_NODE"):
            pytest.fail("CLINIC_REQUIRE_NODE is set, and there is no node or no npm")
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json", "story.js"):
        shutil.copy(NPM / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=folder, check=True, timeout=180)
    return folder


def test_the_published_client_does_all_its_calls(opened, published):
    ids = {
        "patient_id": str(opened.patient.pk),
        "practitioner_id": str(opened.practitioner.pk),
        "appointment_type_id": str(opened.service.pk),
        "business_id": str(opened.practice.pk),
    }
    command = ["node", "story.js", opened.base, KEY, json.dumps(ids)]
    run = subprocess.run(command, cwd=published, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)

    assert told["connected"] is True
    assert told["patient"] == told["created"]
    assert (told["updated"]["notes"], told["updated"]["last_name"]) == ("Updated", "O'Patient")
    assert told["patients"]["total_entries"] == 2
    assert [one["id"] for one in told["found"]["patients"]] == [told["created"]["id"]]
    assert [one["id"] for one in told["born"]["patients"]] == [told["created"]["id"]]
    assert told["appointment"] == told["booked"]
    assert told["booked"]["patient_name"] == "Ada Moss"
    lasts = {name: moment(told[name]["ends_at"]) - moment(told[name]["starts_at"]) for name in ("booked", "moved")}
    assert lasts == {"booked": timedelta(hours=1), "moved": timedelta(minutes=30)}
    assert told["moved"]["notes"] == "Moved"
    for name in ("appointments", "mine", "week"):
        assert [one["id"] for one in told[name]["individual_appointments"]] == [told["booked"]["id"]], name
    assert isinstance(told["today"]["individual_appointments"], list)
    assert (told["gone"], told["away"]) == (404, 404)
    assert told["practitioner"] == told["practitioners"]["practitioners"][0]
    assert told["type"] == told["types"]["appointment_types"][0]
    assert told["business"] == told["businesses"]["businesses"][0]
    assert told["notes"]["treatment_notes"] == []
    assert told["refused"] == {"message": "Validation Failed", "errors": {"last_name": "can't be blank"}}
    assert Appointment.objects.get().archived_at is not None
    assert Patient.objects.get(pk=told["created"]["id"]).archived_at is not None


def moment(text):
    return timezone.datetime.fromisoformat(text)


# ----------------------------------------------------------------------------------- the generated one


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The package that a public generator makes of the contract's document."""
    return generated_client(tmp_path_factory.mktemp("generated"), "cliniko")


# What ends something comes last, in this order.
LAST = [
    "cancel_individual_appointment",
    "archive_individual_appointment",
    "delete_individual_appointment",
    "archive_patient_case",
    "archive_patient",
    "unarchive_patient",
    "delete_patient",
]


def test_the_generated_client_does_every_operation(opened, generated, organization):
    """Each is called with typed input, and what it answers is what its types say, to the last field."""
    product = ProductFactory(organization=organization)
    tomorrow = timezone.now().replace(microsecond=0) + timedelta(days=1)
    session = SlotFactory(practice=opened.practice, specialist=opened.practitioner, capacity=2,
                          starts_at=tomorrow + timedelta(days=3))  # fmt: skip
    SlotFactory(practice=opened.practice, specialist=opened.practitioner, starts_at=tomorrow + timedelta(hours=6))
    lines = [NewLine(label="Visit", unit_price=Decimal(100), vat_percentage=Decimal(19))]
    bill = issue_bill(practice_id=opened.practice.pk, patient_id=opened.patient.pk, lines=lines,
                      by=Actor.system("test"), at=timezone.now())  # fmt: skip
    token = base64.b64encode(f"{KEY}:".encode()).decode()
    client = generated.AuthenticatedClient(opened.base.removesuffix(VENDOR), token, prefix="Basic")
    known = operations(generated)
    assert len(known) == len(DESCRIBED)
    wish = {
        "appointment_type_id": str(opened.service.pk),
        "business_id": str(opened.practice.pk),
        "patient_id": str(opened.patient.pk),
        "practitioner_id": str(opened.practitioner.pk),
        "starts_at": tomorrow.isoformat(),
    }
    bodies = {
        "create_individual_appointment": wish,
        "update_individual_appointment": {"notes": "Changed"},
        "replace_individual_appointment": {"ends_at": None},
        "cancel_individual_appointment": {"cancellation_reason": 50, "cancellation_note": "x"},
        "create_patient": {"first_name": "Ada", "last_name": "Kern", "patient_phone_numbers": [{"number": "1"}]},
        "update_patient": {"city": "Cluj"},
        "replace_patient": {"reminder_type": "SMS"},
        "create_patient_case": {"name": "Hip", "patient_id": str(opened.patient.pk)},
        "update_patient_case": {"name": "Left hip"},
        "replace_patient_case": {"name": "Right hip"},
    }
    given = {
        "business_id": opened.practice.pk,
        "practitioner_id": opened.practitioner.pk,
        "appointment_type_id": opened.service.pk,
        "product_id": product.pk,
        "group_id": 2**51 + session.pk,
        "from_": tomorrow.date(),
        "to": tomorrow.date(),
    }

    def call(name):
        signature = inspect.signature(known[name].sync_detailed)
        sent = {one: given[one] for one in signature.parameters if one in given}
        if name in bodies:
            kind = signature.parameters["body"].annotation
            sent["body"] = typed(generated, kind).from_dict(bodies[name])
        response = known[name].sync_detailed(client=client, **sent)
        assert response.status_code in (200, 201, 204), (name, response.status_code, response.content)
        if response.status_code == 204:
            assert response.content == b""
            return None
        assert type(response.parsed).__name__ != "Error", name
        assert comparable(response.parsed.to_dict()) == comparable(json.loads(response.content)), name
        return response.parsed

    made = call("create_individual_appointment")
    assert made.patient_name == "Ada Moss"
    given |= {name: int(made.id) for name in ("appointment_id", "attendee_id", "booking_id")}
    given["patient_case_id"] = int(call("create_patient_case").id)
    given["patient_id"] = int(call("create_patient").id)
    given["invoice_id"], given["item_id"] = bill.pk, bill.lines.get().pk
    given["user_id"] = int(call("get_own_user").id)
    first = {"create_individual_appointment", "create_patient_case", "create_patient", "get_own_user"}
    for name in sorted(known.keys() - first - set(LAST)):
        call(name)
    for name in LAST:
        if name == "delete_individual_appointment":
            given["appointment_id"] = int(call("create_individual_appointment").id)
        call(name)
    assert set(Appointment.objects.values_list("status", flat=True)) == {"cancelled", "confirmed"}
