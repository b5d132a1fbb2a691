"""Connected programs are looked at by clinic admins: by the name of the program, in their own practices."""

from tests.backoffice.conftest import url
from tests.factories import AppIntegrationFactory, ApplicationFactory, PracticeFactory, UIElementFactory


def test_a_connection_is_told_by_the_name_of_its_program(manager, practice):
    application = ApplicationFactory(practice=practice, name="Front desk telephone")
    row = AppIntegrationFactory(practice=practice, app=application.client_id, status="failure")
    AppIntegrationFactory(practice=practice, app="key:7")
    listed = manager.get(url("directory.appintegration", "changelist")).content.decode()
    assert "Front desk telephone" in listed
    assert "API key 7" in listed
    page = manager.get(url("directory.appintegration", "change", row.pk)).content.decode()
    assert application.client_id in page


def test_what_a_program_shows_is_read_with_its_values_escaped(manager, practice):
    items = [{"title": f"Calls {number}", "value": "<b>9</b>"} for number in range(5)]
    row = UIElementFactory(practice=practice, items=items)
    listed = manager.get(url("directory.uielement", "changelist")).content.decode()
    assert "Calls 2" in listed
    assert "Calls 3" not in listed
    page = manager.get(url("directory.uielement", "change", row.pk)).content.decode()
    assert "Calls 4: &lt;b&gt;9&lt;/b&gt;" in page


def test_what_another_practice_is_shown_is_not_listed(manager, practice):
    elsewhere = PracticeFactory(organization=practice.organization)
    UIElementFactory(practice=elsewhere, name="theirs")
    UIElementFactory(practice=None, organization=practice.organization, name="everywhere")
    UIElementFactory(practice=None, organization=PracticeFactory().organization, name="of-strangers")
    listed = manager.get(url("directory.uielement", "changelist")).content.decode()
    assert "everywhere" in listed
    assert "theirs" not in listed
    assert "of-strangers" not in listed
