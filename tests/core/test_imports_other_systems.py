"""Files as other systems write them, read with what docs/importing.md says of each, and nothing else."""

import contextlib
import io
import re
import shlex
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from catalog.models import Product
from orders.models import ProductOrder
from patients.models import Patient
from scheduling.models import Appointment
from tests.factories import PatientFactory, SpecialistFactory

DOCUMENT = (Path(settings.BASE_DIR) / "docs/importing.md").read_text(encoding="utf-8")

FILES = {
    "jane-patients.csv": (
        "Patient Number,First Name,Preferred Name,Last Name,Email,Mobile Phone,Home Phone,Birth Date,Sex,"
        "Street Address,City,Province,Postal,Country,Discharged\n"
        '1001,Ana,,Popa,ana@example.org,(604) 555-0101,,"Jan 5, 1980",Female,"1 Main St, Unit 2",Vancouver,BC,'
        "V5K 0A1,Canada,No\n"
    ),
    "simplepractice-clients.csv": (
        "\ufeffFirst Name,Last Name,Preferred Name,Date of Birth,Sex,Email,Mobile Phone,Address,City,State,Zip\r\n"
        "Ana,Popa,,01/05/1980,Female,ana@example.org,555-0101,1 Main St,Boston,MA,02101\r\n"
    ),
    "doctolib-patients.csv": (
        "Nom;Prénom;Sexe;Date de naissance;Téléphone portable;E-mail;Adresse;Code postal;Ville\r\n"
        "Popa;Ana;Femme;05/01/1980;06 12 34 56 78;ana@example.org;1 rue de l'Église;75011;Paris\r\n"
    ).encode("cp1252"),
    "dentrix-patients.csv": (
        "Patient List\r\nPrinted 02/17/2026\r\n\r\n"
        "Pat ID,Last Name,First Name,MI,Birthday,Gender,Home Phone,Cell Phone,Address,City,State,Zip,Status\r\n"
        '"DX1","Popa","Ana","M","01/05/1980","F","(555)555-0101","","1 Main St","Boston","MA","02101","Patient"\r\n'
        "Total patients: 1\r\n"
    ),
    "opendental-patients.csv": (
        "PatNum\tLName\tFName\tMiddleI\tGender\tBirthdate\tAddress\tCity\tState\tZip\tHmPhone\tWirelessPhone\tEmail\n"
        "7\tPopa\tAna\t\t1\t1980-01-05\t1 Main St\tBoston\tMA\t02101\t\t555-0101\tana@example.org\n"
        "8\tRusu\tIon\t\t0\t0001-01-01\t\t\t\t\t\t\t\n"
    ),
    "jane-appointments.csv": (
        "sep=,\nAppointment ID,Start At,End At,Patient Number,Staff Member,Treatment,State\n"
        '5,"Feb 3, 2026 9:00 AM","Feb 3, 2026 9:45 AM",1001,Ina Marin,Massage,arrived\n'
        '6,"Feb 4, 2026 12:15 PM","Feb 4, 2026 1:00 PM",1001,Ina Marin,Massage,no_show\n'
    ),
}


FILES["wc-product-export.csv"] = (
    '\ufeffID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,Stock,"Sale price","Regular price",Description\n'
    '44,variable,TOWEL,,Towel,1,,,,"<b>Soft</b> &amp; big\\nRed"\n'
    '45,variation,TOWEL-RED,,"Towel - Red",1,10,9.99,12.00,\n'
    '46,"simple, virtual",ROLLER,4006381333931,"Foam roller",0,,,"39,90",\n'
)
FILES["orders.csv"] = (
    '"Order Number","Order Status","Order Date","Customer Note","First Name (Billing)","Last Name (Billing)",'
    '"Country Code (Billing)","Email (Billing)","Phone (Billing)",SKU,"Item #","Item Name","Quantity","Item Cost"\n'
    '1201,Completed,"2025-02-04 09:12",,Ana,Popa,RO,ana@example.org,"0722 123 456",ROLLER,1,Foam roller,2,39.90\n'
    '1201,Completed,"2025-02-04 09:12",,Ana,Popa,RO,Ana@Example.org,,TOWEL-RED,2,Red towel,1,9.99\n'
    '1202,wc-on-hold,"2025-02-05 19:45",,Ion,Rusu,RO,ion@example.org,,ROLLER,1,Foam roller,1,39.90\n'
    '1203,Draft,"2025-02-06 10:00",,Ion,Rusu,RO,ion@example.org,,ROLLER,1,Foam roller,1,39.90\n'
)
FILES["patients.csv"] = (
    "Id,Title,First Name,Last Name,Date of Birth,Sex,Email,Country,Time Zone,Accepted Privacy Policy,Archived At\n"
    "1001,Mrs,Ana,Popa,05 Jan 1980,Female,ana@example.org,Australia,Sydney,Accepted,\n"
    "1002,,Ion,Rusu,,Not applicable,,Deutschland,,No response,2024-06-01 10:00:00 UTC\n"
)
FILES["appointments.csv"] = (
    "Appointment ID,Start Time,End Time,Patient ID(s),Practitioner,Type,Status,Cancelled At,Did Not Arrive\n"
    "1,04 Feb 2025 09:00 AM,04 Feb 2025 09:45 AM,1001,Ina Marin,Initial,Arrived,,No\n"
    "2,05 Feb 2025 12:15 PM,05 Feb 2025 01:00 PM,1001,Ina Marin,Initial,,,Yes\n"
    "3,06 Feb 2025 12:15 PM,06 Feb 2025 01:00 PM,1001,Ina Marin,Initial,,05 Feb 2025 06:00 PM,No\n"
)
FILES |= {
    "nookal-clients.csv": (
        "Client ID,Title,First Name,Last Name,Gender,DOB,Address 1,City,Postcode,Country,Mobile,Home,Work,Address 2\n"
        "1001,Ms,Ana,Popa,F,5/01/1980,1 Main St,Boston,6000,AUSTRALIA,412345678,,,\n"
    ),
    "practicehub-patients.csv": (
        "ID|First Name|Last Name|DOB|Gender|Email|Mobile|Phone|Address|Suburb|Postcode|Country\n"
        "1|Ana|Popa|1980-01-05T00:00:00+11:00|Female|ana@example.org|0412 345 679||2 Low St|Boston|6000|AU\n"
    ),
    "google-contacts.csv": (
        "First Name,Last Name,Birthday,Notes,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,"
        "Phone 2 - Value,Address 1 - Street,"
        "Address 1 - City,Address 1 - Postal Code,Address 1 - Country\n"
        "Ana,Popa,1980-01-05,,ana@example.org,Work,0722 123 456,Mobile,,1 Main St,Boston,400001,RO\n"
    ),
    "outlook-contacts.csv": (
        '"First Name","Last Name","Birthday","E-mail Address","Gender","Mobile Phone","Home Phone","Home Street",'
        '"Home City","Home Postal Code","Home Country/Region"\r\n'
        '"Ana","Popa","5.1.1980","mailto:ana@example.org","Unspecified","\'+491711234567","","Gasse 1",'
        '"Boston","80331","Österreich"\r\n"","Müller","0.0.00","","Unspecified","","","","","",""\r\n'
    ).encode("cp1252"),
    "nookal-appointments.csv": (
        "Appointment ID,Date,Start Time,End Time,Client ID,Client,Provider,Location,Type,Status,Cancelled\n"
        "5,3/02/2026,9:00am,9:45am,1001,Ana Popa,Dr Ina Marin,{practice},Massage,Completed,0\n"
        '6,4/02/2026,12:15pm,1pm,1001,Ana Popa,"Marin, Ina",{practice},Massage,Did Not Attend,0\n'
    ),
    "calendly-events.csv": (
        "Event UUID,Event Type Name,Start Date & Time,End Date & Time,User Name,Invitee Email,Canceled\n"
        "a,Massage,2026-02-03 09:00 am,2026-02-03 09:45 am,Ina Marin,Ana@Example.org,false\n"
        "b,Massage,2026-02-04 12:15 pm,2026-02-04 01:00 pm,Ina Marin,ana@example.org,true\n"
    ),
    "acuity-appointments.csv": (
        "Start Time,End Time,First Name,Last Name,Email,Type,Calendar,Label,Appointment ID\n"
        '"February 3, 2026 9:00 am","February 3, 2026 9:45 am",Ana,Popa,ana@example.org,Massage,Ina Marin,,1\n'
        '"February 4, 2026 12:15 pm","February 4, 2026 1:00 pm",Ana,Popa,ana@example.org,Massage,Ina Marin,No Show,2\n'
    ),
}


def told(name):
    """The words of the command that the document gives for a file."""
    command = re.search(rf"^manage\.py import_data (\S+ {re.escape(name)}(?:.*\\\n)*.*)$", DOCUMENT, re.MULTILINE)[1]
    return shlex.split(command.replace("\\\n", " "))


def run(name, folder, practice):
    content = FILES[name]
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.replace("{practice}", practice.name).encode())
    kind, _file, *words = told(name)
    out = io.StringIO()
    try:
        call_command("import_data", kind, path, *words, "--practice", practice.pk, no_color=True, stdout=out)
    except SystemExit:
        out.write("[refused]")
    return out.getvalue()


@pytest.mark.parametrize("name", [name for name in FILES if re.search("-(patients|clients|contacts)", name)])
def test_patients_of_another_system_are_read_with_what_the_document_says(practice, tmp_path, name):
    said = run(name, tmp_path, practice)
    assert " refused\n" in said, said
    one = Patient.objects.get(last_name="Popa")
    gender = "" if "contacts" in name else "female"
    assert (one.first_name, one.date_of_birth, one.gender) == ("Ana", date(1980, 1, 5), gender), said
    assert one.phone_numbers.count() == 1
    assert one.city in ("Vancouver", "Boston", "Paris")
    others = Patient.objects.exclude(pk=one.pk)
    assert [(other.last_name, other.date_of_birth, other.gender) for other in others] in (
        [], [("Rusu", None, "male")], [("Müller", None, "")],
    )  # fmt: skip
    assert ("[refused]" in said) == (name == "dentrix-patients.csv")  # its last line is a sum


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("jane-appointments.csv", ["done", "no_show"]),
        ("nookal-appointments.csv", ["done", "no_show"]),
        ("calendly-events.csv", ["done", "cancelled"]),
        ("acuity-appointments.csv", ["done", "no_show"]),
    ],
)
def test_appointments_of_another_system_are_read_with_what_the_document_says(practice, tmp_path, name, states):
    PatientFactory(organization=practice.organization, old_reference_id="1001", email="ana@example.org")
    SpecialistFactory(organization=practice.organization, works_at=[practice], first_name="Ina", last_name="Marin")
    said = run(name, tmp_path, practice)
    visits = Appointment.objects.order_by("starts_at")
    assert [(one.status, one.appointment_type, (one.ends_at - one.starts_at).seconds // 60) for one in visits] == [
        (status, "Massage", 45) for status in states
    ], said
    assert [f"{one.starts_at:%d %H:%M}" for one in visits] == ["03 07:00", "04 10:15"], said


def test_orders_of_a_shop_are_read_with_the_walk_that_the_document_tells(practice, tmp_path, monkeypatch):
    known = PatientFactory(organization=practice.organization, email="ana@example.org")
    walk = re.search(r"```\n(manage\.py import_data products wc.*?)```", DOCUMENT, re.DOTALL)[1].splitlines()
    for name in ("wc-product-export.csv", "orders.csv"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said = []
    for line in walk:
        out = io.StringIO()
        words = shlex.split(line.replace("--practice 1", f"--practice {practice.pk}"))[1:]
        with contextlib.suppress(SystemExit):
            call_command(*words, no_color=True, stdout=out)
        said.append(re.search(r"(\d+) created, .*?(\d+) refused", out.getvalue()).groups())
    assert said == [("3", "0"), ("2", "2"), ("1", "0"), ("1", "1")], out.getvalue()
    orders = ProductOrder.objects.order_by("ordered_at", "pk").select_related("product", "patient")
    assert [
        (one.patient.last_name, one.product.name, one.quantity, str(one.unit_price), one.status) for one in orders
    ] == [
        (known.last_name, "Foam roller", 2, "39.90", "delivered"),
        (known.last_name, "Towel - Red", 1, "9.99", "delivered"),
        ("Rusu", "Foam roller", 1, "39.90", "pending"),
    ]
    assert list(Product.objects.order_by("pk").values_list("is_active", "description")) == [
        (False, "Soft & big\nRed"), (True, ""), (False, ""),
    ]  # fmt: skip
    # The shop's clock is the practice's: two hours before UTC.
    assert orders[0].ordered_at == datetime(2025, 2, 4, 7, 12, tzinfo=UTC)
    assert "“Draft” is none of" in (tmp_path / "rest-2.csv").read_text(encoding="utf-8")


def test_patients_and_visits_of_cliniko_are_read_with_what_the_document_says(practice, tmp_path):
    SpecialistFactory(organization=practice.organization, works_at=[practice], first_name="Ina", last_name="Marin")
    said = run("patients.csv", tmp_path, practice)
    assert "Left empty" not in said
    people = Patient.objects.order_by("pk")
    kept = people.values_list("time_zone", "accepted_privacy_policy", "country_code", "gender", "archived_at")
    assert list(kept) == [
        ("Australia/Sydney", True, "AU", "female", None),
        ("", None, "DE", "", datetime(2024, 6, 1, 10, tzinfo=UTC)),
    ], said
    said = run("appointments.csv", tmp_path, practice)
    visits = Appointment.objects.order_by("pk").values_list("status", "cancelled_at")
    assert list(visits) == [
        ("done", None), ("no_show", None), ("cancelled", datetime(2025, 2, 5, 16, tzinfo=UTC)),
    ], said  # fmt: skip
