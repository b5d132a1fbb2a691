"""What the contract says of itself: valid, complete, and the same as its snapshot."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.urls import resolve
from drf_spectacular.validation import validate_schema

from api.availability.contract import CONTRACT as SLOTS
from api.base.filters import YEARS
from api.base.operations import operations_of
from api.base.renderer import to_json
from api.base.schema import document
from api.contracts import CONTRACTS
from api.flextell.contract import CONTRACT as FLEXTELL
from api.services.contract import CONTRACT
from api.snapshots import path_of, snapshot
from core.days import FIRST_YEAR, LAST_YEAR
from core.permissions import VISITOR, rule_for

pytestmark = pytest.mark.engine_independent

PUBLIC_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def served():
    """The document as a client reads it."""
    return yaml.safe_load(to_json(document(CONTRACT)))


@pytest.fixture(scope="module", params=CONTRACTS, ids=lambda contract: contract.name)
def each(request):
    """The document of each contract."""
    return yaml.safe_load(to_json(document(request.param)))


def operations(served):
    return [
        (method.upper(), path, operation)
        for path, methods in served["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_the_snapshot_is_what_is_served(contract):
    kept = path_of(contract, Path(settings.BASE_DIR)).read_text()
    assert snapshot(contract) == kept, "run `make schema` and read the difference"


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_the_document_is_valid(contract):
    validate_schema(document(contract))  # `document` itself raises where the generator warns


def test_the_command_writes_the_snapshots(tmp_path, settings, capsys):
    settings.BASE_DIR = tmp_path
    call_command("write_schemas")
    assert (tmp_path / "docs/schema/services.yaml").read_text() == snapshot(CONTRACT)
    paths = [f"docs/schema/{contract.name}.yaml" for contract in CONTRACTS]
    assert capsys.readouterr().out.split() == paths


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_every_operation_of_the_specification_is_described_and_no_other(contract):
    described = yaml.safe_load(to_json(document(contract)))
    expected = import_module(f"tests.api.{contract.name}.cases").DESCRIBED
    assert sorted(f"{method} {path}" for method, path, _ in operations(described)) == sorted(expected)


def test_a_delete_with_a_body_is_described_with_it(db):
    contract = next(one for one in CONTRACTS if one.name == "availability")
    path = "/v1/admin/clinic/availability/providers/available_slots/destroy_in_batch"
    described = document(contract)["paths"][path]["delete"]["requestBody"]
    schema = {"$ref": "#/components/schemas/DestroyBatchInput"}
    assert described == {"content": {"application/json": {"schema": schema}}, "required": True}


def test_every_described_path_resolves_to_a_view_with_that_method(each):
    for method, path, operation in operations(each):
        concrete = path
        for parameter in operation["parameters"] if "{" in path else []:
            if parameter["in"] == "path":
                is_uuid = parameter["schema"].get("format") == "uuid"
                value = PUBLIC_ID if is_uuid else "1"
                concrete = concrete.replace(f"{{{parameter['name']}}}", value)
        assert method in operations_of(resolve(concrete).func), path


@pytest.mark.parametrize("each", [one for one in CONTRACTS if one.invalid != 422], ids=lambda one: one.name)
def test_a_contract_that_answers_another_status_to_bad_input_names_no_422(each):
    told = {status for item in document(each)["paths"].values() for one in item.values() for status in one["responses"]}
    assert str(each.invalid) in told
    assert "422" not in told


def test_every_operation_has_a_name_a_summary_and_its_refusals(each):
    (invalid,) = {str(one.invalid) for one in CONTRACTS if one.title == each["info"]["title"]}
    names = [operation["operationId"] for _method, _path, operation in operations(each)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(each):
        assert operation["summary"], path
        assert operation["tags"], path
        statuses = set(operation["responses"])
        assert {"400", "401", "403", "503"} <= statuses, path
        if "{" in path:
            assert "404" in statuses, path
        if method != "GET":
            assert "409" in statuses, path
        if "requestBody" in operation:
            assert invalid in statuses, path
        if any(parameter["name"] in ("X-Tenant", "X-Organization-ID") for parameter in operation.get("parameters", [])):
            # A practice that is none of the caller's; a header that is no id.
            assert {"404", "422"} <= statuses, path


def test_what_is_required_and_how_many_is_said(db):
    served = document(FLEXTELL)
    asked = served["paths"]["/v1/appointments/calendar"]["get"]["parameters"]
    assert [one["name"] for one in asked if one.get("required")] == ["from", "to"]
    inputs = served["components"]["schemas"] | document(SLOTS)["components"]["schemas"]
    treatments = inputs["AppointmentInput"]["properties"]["treatments"]  # the specification: "Minimum array length: 1"
    assert treatments["minItems"] == 1
    slots = inputs["CreateBatchInput"]["properties"]["slots"]
    assert (slots["minItems"], slots["maxItems"]) == (1, 10_000)


def test_an_error_of_availability_is_a_text_or_lists_by_field(db):
    told = document(SLOTS)["components"]["schemas"]["Error"]["properties"]["errors"]
    lists = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    assert told["oneOf"] == [{"type": "string"}, lists]


def test_what_is_counted_says_so(served):
    register = served["paths"]["/v1/services/{service_id}/register"]["post"]
    assert "429" in register["responses"]


def test_a_credential_is_optional_exactly_where_the_tables_let_visitors_in(served):
    for method, path, operation in operations(served):
        concrete = re.sub(r"{(service_id|product_id)}", PUBLIC_ID, path)
        route = resolve(re.sub(r"{\w+}", "1", concrete)).func
        permission = operations_of(route)[method].permission
        assert ({} in operation["security"]) == (VISITOR in rule_for(permission).roles), path
        assert {"key": []} in operation["security"]


def test_every_list_has_its_filters_and_pages(served):
    lists = {
        "/v1/services": {"published", "is_public", "category", "specialty_id"},
        "/v1/services/{service_id}/specialists": set(),
        "/v1/service-plans": {"published", "billing_model", "service_id", "telerehab_access", "library_access"},
        "/v1/service-plans/{plan_id}/products": set(),
        "/v1/patient-service-plans": {"patient_id", "status"},
        "/v1/patient-service-plans/{program_id}/appointments": set(),
        "/v1/products": {"is_active"},
        "/v1/patient-product-orders": {"patient_id", "status", "source"},
        "/v1/services/{service_id}/slots": {"from", "to", "specialist_id"},
        "/v1/me/appointments": {"from", "to", "patient_id", "status"},
    }
    for path, own in lists.items():
        parameters = served["paths"][path]["get"]["parameters"]
        found = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        assert found == own | {"updated_since", "page", "page_size"}, path


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_each_document_is_served_with_a_page_to_browse_it(client, db, contract):
    response = client.get(f"/v1/schema/{contract.name}")
    assert (response.status_code, response.json()["info"]["title"]) == (200, contract.title)
    page = client.get(f"/v1/schema/{contract.name}/browse")
    assert f'data-schema="/v1/schema/{contract.name}"' in page.content.decode()


def test_the_document_is_served_to_everyone(client, db):
    response = client.get("/v1/schema/services")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == yaml.safe_load(to_json(document(CONTRACT)))


def test_the_page_to_browse_it_takes_nothing_from_elsewhere(client, db):
    response = client.get("/v1/schema/services/browse")
    page = response.content.decode()
    assert response.status_code == 200
    assert 'data-schema="/v1/schema/services"' in page
    linked = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(linked) == 4
    for address in linked:
        assert address.startswith("/static/")
        assert finders.find(address.removeprefix("/static/")), address


def test_a_generated_client_can_send_and_fetch_a_file(served):
    taken = served["components"]["schemas"]["UploadInput"]["properties"]["file"]
    assert taken == {"type": "string", "format": "binary"}
    path = "/v1/services/{service_id}/attachments/{attachment_id}/{file_name}"
    sent = served["paths"][path]["get"]["responses"]["200"]["content"]
    assert "application/pdf" in sent
    assert "*/*" not in sent


def test_what_a_patch_requires_is_required(served):
    path = "/v1/me/appointments/{appointment_id}/reschedule"
    body = served["paths"][path]["patch"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/RescheduleInput"}
    assert served["components"]["schemas"]["RescheduleInput"]["required"] == ["slot_id"]


def test_an_input_says_what_it_refuses(served):
    schemas = served["components"]["schemas"]
    inputs = {name: schema for name, schema in schemas.items() if name.endswith("Input")}
    assert {name for name, schema in inputs.items() if schema.get("additionalProperties") is not False} == set()
    endless = [
        f"{name}.{field}"
        for name, schema in inputs.items()
        for field, shape in schema["properties"].items()
        if shape.get("type") == "string" and not {"maxLength", "enum", "format", "readOnly"} & set(shape)
    ]
    assert endless == []
    page = [one for one in served["paths"]["/v1/services"]["get"]["parameters"] if one["name"] == "page"]
    assert page[0]["schema"]["maximum"] == 10**9


def test_what_comes_back_unchanged_is_described_as_read_only(served):
    changed = served["components"]["schemas"]["PatchedServiceInput"]["properties"]
    assert changed["id"] == {"type": "string", "format": "uuid", "readOnly": True}
    assert "readOnly" not in changed["name"]
    assert "id" not in served["components"]["schemas"]["ServiceInput"]["properties"]


def test_the_years_that_are_described_are_those_that_are_taken():
    assert re.match(YEARS, f"{FIRST_YEAR}-01-01")
    assert re.match(YEARS, f"{LAST_YEAR}-12-31")
    assert not re.match(YEARS, f"{FIRST_YEAR - 1}-12-31")
    assert not re.match(YEARS, f"{LAST_YEAR + 1}-01-01")
