"""kill -9 of gunicorn's workers in the middle of uploads and enrollments.

No document is without its file, and no enrollment without its grant and the orders that were sold with it. A file that
no row refers to is harmless and found by `check_files`. The control takes the transactions away.
"""

import base64
import random
import threading
import time
from collections import Counter

import pytest
from django.db import connections

from core.files import all_kept, unlike_their_rows
from orders.models import ProductOrder
from patients.models import Document
from programs.models import Enrollment, SessionMovement
from tests.factories import (
    DocumentFactory,
    MembershipFactory,
    PatientFactory,
    PracticeFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
)
from tests.patience import LIMIT
from tests.plugins.counts import scaled
from tests.races.doors import key
from tests.races.racing import broken
from tests.races.server import Server
from tests.races.test_kill import TRIES, Sender, lost

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

COUNT = scaled(quick=30, full=200)
KILLS = scaled(quick=4, full=20)
BUNDLED = 2  # products of the plan


@pytest.fixture(autouse=True)
def media(tmp_path, settings, monkeypatch):
    """The server and the test look into one folder, which is this test's own."""
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path / "media"))
    settings.MEDIA_ROOT = str(tmp_path / "media")


class Uploader(Sender):
    """A sender to a door that answers a creation with 200; a document that is sent again is another one."""

    made = 200

    def headers(self, name):
        """None: the door knows no keys."""
        return {}


def set_scene():
    """A clinic admin's key as both doors carry it, and what is sent: documents, and enrollments in one plan."""
    practice = PracticeFactory(time_zone="UTC")
    text = key(MembershipFactory(practice=practice, admin=True).user)
    plan = ServicePlanFactory(organization=practice.organization)
    for _number in range(BUNDLED):
        ServicePlanProductFactory(service_plan=plan)
    patient = PatientFactory(organization=practice.organization)

    def upload(number):
        content = f"Document {number}\n".encode() * 5000
        path = f"/api/v1/practices/{practice.pk}/archives/{practice.organization_id}/patients/{patient.pk}/documents"
        sent = {"base64Data": base64.b64encode(content).decode(), "type": "text", "name": f"{number}.txt"}
        return path, {**sent, "folderName": "Sent"}

    def enroll(_number):
        return "/v1/patient-service-plans", {"patient_id": patient.pk, "service_plan_id": plan.pk}

    return {"X-Api-Key": text}, upload, {"Authorization": f"Bearer {text}"}, enroll


def under_fire(folder, count, kills, *, without=""):
    """Send until as many of each are acknowledged, and as many workers killed."""
    api_key, upload, bearer, enroll = set_scene()
    stop, done, chance = threading.Event(), 0, random.Random(11)
    with Server(folder, without=without) as server:
        senders = [Uploader(server, api_key, upload, stop), Sender(server, bearer, enroll, stop)]
        for sender in senders:
            sender.start()
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            if done >= kills and lost(senders) and min(len(one.acknowledged) for one in senders) >= count:
                break
            time.sleep(chance.uniform(0.05, 0.3))
            alive = server.workers()
            if done < 10 * kills and alive and all(sender.answered.is_set() for sender in senders):
                done += server.kill(chance.choice(alive))
                for sender in senders:
                    sender.answered.clear()
        time.sleep(0.5)
        stop.set()
        for sender in senders:
            sender.join(LIMIT)
        assert not any(sender.is_alive() for sender in senders)
    connections.close_all()
    return senders, done


def in_part():
    """The documents without their file, and the enrollments without all that was sold."""
    found = [(one.model._meta.label, pk, why) for one in all_kept() for pk, why in unlike_their_rows(one)]
    grants = Counter(SessionMovement.objects.filter(kind="grant").values_list("enrollment_id", flat=True))
    orders = Counter(ProductOrder.objects.values_list("enrollment_id", flat=True))
    sold = {pk: (grants[pk], orders[pk]) for pk in Enrollment.objects.values_list("pk", flat=True)}
    return found + [("enrollment", pk, parts) for pk, parts in sold.items() if parts != (1, BUNDLED)]


def test_no_document_is_without_its_file_and_no_enrollment_without_what_was_sold(tmp_path):
    (uploads, enrollments), kills = under_fire(tmp_path, COUNT, KILLS)
    assert kills >= KILLS
    for sender in (uploads, enrollments):
        assert set(sender.other) <= {"lost"}, sender.other
        assert len(sender.acknowledged) >= COUNT
    assert in_part() == []
    assert broken() == []
    told = {one["data"]["id"] for one in uploads.acknowledged.values()}
    assert told <= set(Document.objects.values_list("pk", flat=True))
    assert {one["id"] for one in enrollments.acknowledged.values()} <= set(
        Enrollment.objects.values_list("pk", flat=True)
    )


def test_without_transactions_some_would_be(tmp_path):
    """Control."""
    for _try in range(TRIES):
        under_fire(tmp_path, 0, 3, without="transactions")
        if in_part() or broken():
            return
    pytest.fail("every enrollment was whole although nothing kept it so")


def test_a_document_whose_file_is_gone_is_found():
    """Control: the check reads the files."""
    row = DocumentFactory()
    row.file.storage.delete(row.file.name)
    assert [(label, pk) for label, pk, _why in in_part()] == [("patients.Document", row.pk)]
