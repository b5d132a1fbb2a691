"""People, places, users and keys: configured by clinic admins, through the verbs."""

import pytest
from django.urls import reverse

from core.models import AuditEntry
from directory.models import ApiKey, Color, Membership, Organization, Practice, Room, Specialist, Specialty, User
from directory.services import authenticate_key
from patients.models import CustomField
from tests.backoffice.conftest import form_of, said, signed_in, stored, url
from tests.factories import (
    AT,
    ApiKeyFactory,
    MembershipFactory,
    OrganizationFactory,
    PracticeFactory,
    SpecialtyFactory,
    UserFactory,
)


def errors_of(response):
    return {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}


# ---------------------------------------------------------------------------------------- configuration


def test_a_specialty_is_added_changed_and_deleted_through_its_verbs(manager, practice, history):
    manager.post(url("directory.specialty", "add"), {"name": "Cardiology", "sequence_number": "2"})
    row = Specialty.objects.get()
    assert (row.name, row.organization, row.sequence_number) == ("Cardiology", practice.organization, 2)
    address = url("directory.specialty", "change", row.pk)
    manager.post(address, {**form_of(manager.get(address)), "name": "Neurology"})
    row.refresh_from_db()
    assert row.name == "Neurology"
    manager.post(url("directory.specialty", "delete", row.pk), {"post": "yes"})
    assert [(verb, action) for verb, action, *_rest in history()] == [
        ("directory.configure", "create"),
        ("directory.configure", "change"),
        ("directory.delete_configured", "delete"),
    ]


def test_a_name_that_is_taken_is_refused(manager, practice):
    SpecialtyFactory(organization=practice.organization, name="Cardiology")
    before = stored()
    response = manager.post(url("directory.specialty", "add"), {"name": "Cardiology", "sequence_number": "0"})
    assert errors_of(response) == {"__all__": ["There is already one with this name."]}
    assert stored() == before


def test_putting_many_away_counts_them(manager, practice):
    rows = [SpecialtyFactory(organization=practice.organization) for _ in range(2)]
    gone = SpecialtyFactory(organization=practice.organization, archived=True)
    response = manager.post(
        f"{url('directory.specialty', 'changelist')}?put_away=all",
        {"action": "put-away", "index": "0", "_selected_action": [row.pk for row in [*rows, gone]]},
    )
    assert said(response)[0] == ("success", "3 archived.")
    assert Specialty.objects.live().count() == 0


def test_a_color_is_picked_and_kept_without_the_sign(manager, practice):
    manager.post(
        url("directory.color", "add"), {"name": "Teal", "background_color": "#0f766e", "text_color": "#ffffff"}
    )
    row = Color.objects.get()
    assert (row.background_color, row.text_color) == ("0f766e", "ffffff")
    assert 'value="#0f766e"' in manager.get(url("directory.color", "change", row.pk)).content.decode()


def test_the_choices_of_a_custom_field_are_typed_one_to_a_line(manager, practice):
    data = {"object_type": "patient", "label": "Side", "technical_name": "side", "type": "dropdown"}
    refused = manager.post(url("patients.customfield", "add"), {**data, "choices": ""})
    assert errors_of(refused) == {"choices": ["Are for a choice, and it needs some"]}
    manager.post(url("patients.customfield", "add"), {**data, "choices": "left\r\n\r\n right \r\n"})
    assert CustomField.objects.get().choices == ["left", "right"]


def test_a_specialist_is_added_with_the_practices_they_work_at(manager, practice):
    data = {"first_name": "Ioana", "last_name": "Zamfir", "works_at": [practice.pk], "scheduling_active": "on"}
    assert manager.post(url("directory.specialist", "add"), data).status_code == 302
    row = Specialist.objects.get()
    assert (row.organization, [one.practice for one in row.works_at.all()]) == (practice.organization, [practice])
    address = url("directory.specialist", "change", row.pk)
    data = form_of(manager.get(address))
    data.pop("works_at")
    manager.post(address, data)
    assert not row.works_at.exists()


def test_a_clinic_admin_does_not_take_a_specialist_from_another_practice(manager, practice, other_practice):
    from tests.factories import SpecialistFactory

    row = SpecialistFactory(organization=practice.organization, works_at=[practice, other_practice])
    address = url("directory.specialist", "change", row.pk)
    data = form_of(manager.get(address))
    data.pop("works_at")
    manager.post(address, data)
    assert [one.practice for one in row.works_at.all()] == [other_practice]


def test_a_room_is_added_with_what_can_be_busy(manager, practice):
    manager.post(url("directory.room", "add"), {"name": "Room 7", "is_active": "on"})
    row = Room.objects.get()
    assert (row.practice, row.resource.kind) == (practice, "room")


def test_a_practice_keeps_its_policies(manager, practice):
    address = url("directory.practice", "change", practice.pk)
    data = {**form_of(manager.get(address)), "no_show_forfeits": "on", "notice_hours": "48"}
    assert manager.post(address, data).status_code == 302
    practice.refresh_from_db()
    assert (practice.no_show_forfeits, practice.notice_hours) == (True, 48)


def test_a_time_zone_that_does_not_exist_is_refused_at_its_field(manager, practice):
    address = url("directory.practice", "change", practice.pk)
    before = stored()
    response = manager.post(address, {**form_of(manager.get(address)), "time_zone": "Mars/Olympus"})
    assert list(errors_of(response)) == ["time_zone"]
    assert stored() == before


def test_an_organization_and_its_first_practice_are_made_by_a_superuser(db):
    boss = signed_in(UserFactory(username="boss", superuser=True))
    refused = boss.post(url("directory.specialty", "add"), {"name": "Too early", "sequence_number": "0"})
    assert refused.context["title"] == "Set up the clinic first"
    assert not Specialty.objects.exists()
    boss.post(url("directory.organization", "add"), {"name": "New clinic", "hosts": "clinic.example.org\n"})
    organization = Organization.objects.get()
    assert organization.hosts == ["clinic.example.org"]
    data = {"name": "First", "time_zone": "Europe/Bucharest", "currency": "RON", "notice_hours": "24"}
    data["booking_horizon_months"] = "12"
    assert boss.post(url("directory.practice", "add"), data).status_code == 302
    assert Practice.objects.get().organization == organization


def test_while_a_clinic_is_set_up_each_step_leads_to_the_next(db):
    boss = signed_in(UserFactory(username="boss", superuser=True))
    start = reverse("admin:index")
    saved = boss.post(url("directory.organization", "add"), {"name": "New clinic", "hosts": ""})
    assert saved.headers["Location"] == start
    practice = PracticeFactory(organization=Organization.objects.get())
    form = boss.get(url("directory.specialist", "add")).context["adminform"].form
    assert form["works_at"].initial == [practice.pk]


def test_a_superuser_of_several_organizations_is_asked_which(boss, practice, foreign_practice):
    fields = boss.get(url("directory.specialty", "add")).context["adminform"].form.fields
    assert set(fields["organization"].queryset) == set(Organization.objects.all())
    data = {"organization": foreign_practice.organization_id, "name": "Cardiology", "sequence_number": "0"}
    boss.post(url("directory.specialty", "add"), data)
    assert Specialty.objects.get().organization == foreign_practice.organization


def test_where_a_row_belongs_never_changes(boss, practice, foreign_practice):
    row = SpecialtyFactory(organization=practice.organization)
    address = url("directory.specialty", "change", row.pk)
    data = {**form_of(boss.get(address)), "name": "Renamed", "organization": foreign_practice.organization_id}
    boss.post(address, data)
    row.refresh_from_db()
    assert (row.name, row.organization) == ("Renamed", practice.organization)


# ------------------------------------------------------------------------------------- users and members


def user_data(client, **values):
    return {**form_of(client.get(url("directory.user", "add"))), **values}


def test_a_superuser_adds_a_user_with_a_role(boss, practice, history):
    password = "a long and unusual pass"
    response = boss.post(
        url("directory.user", "add"),
        user_data(
            boss,
            username="maria",
            first_name="Maria",
            password1=password,
            password2=password,
            **{
                "memberships-TOTAL_FORMS": "1",
                "memberships-INITIAL_FORMS": "0",
                "memberships-0-practice": practice.pk,
                "memberships-0-role": "front_desk",
            },
        ),
    )
    assert response.status_code == 302
    user = User.objects.get(username="maria")
    assert (user.check_password(password), user.is_superuser) == (True, False)
    assert user.memberships.get().role == "front_desk"
    assert [verb for verb, *_rest in history()] == ["directory.create_user", "directory.set_membership"]
    assert password not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize(
    ("typed", "field"), [(("short", "short"), "password1"), (("one long password", "another long one"), "password2")]
)
def test_a_poor_password_is_refused_at_its_field(boss, practice, typed, field):
    before = stored()
    data = user_data(boss, username="maria", password1=typed[0], password2=typed[1])
    response = boss.post(url("directory.user", "add"), data)
    assert list(errors_of(response)) == [field]
    assert stored() == before


def test_a_user_name_that_is_taken_is_refused_at_its_field(boss, practice):
    UserFactory(username="maria")
    before = stored()
    response = boss.post(url("directory.user", "add"), user_data(boss, username="maria"))
    assert list(errors_of(response)) == ["username"]
    assert stored() == before


def test_a_password_is_set_on_a_page_of_its_own(boss, practice):
    user = UserFactory(username="maria")
    address = reverse("admin:directory_user_password", args=(user.pk,))
    assert address in boss.get(url("directory.user", "change", user.pk)).content.decode()
    refused = boss.post(address, {"password1": "123", "password2": "123"})
    assert list(refused.context["form"].errors) == ["password1"]
    boss.post(address, {"password1": "a long and unusual pass", "password2": "a long and unusual pass"})
    user.refresh_from_db()
    assert user.check_password("a long and unusual pass")


def test_an_empty_password_is_refused(boss, practice):
    user = UserFactory(username="maria")
    before = stored()
    address = reverse("admin:directory_user_password", args=(user.pk,))
    assert boss.post(address, {"password1": "", "password2": ""}).status_code == 200
    assert stored() == before


def test_only_superusers_set_passwords(manager, practice):
    user = MembershipFactory(practice=practice).user
    before = stored()
    address = reverse("admin:directory_user_password", args=(user.pk,))
    assert [manager.get(address).status_code, manager.post(address, {}).status_code] == [403, 403]
    assert stored() == before


def test_nobody_locks_themselves_out(boss, practice):
    user = User.objects.get(username="boss")
    address = url("directory.user", "change", user.pk)
    data = form_of(boss.get(address))
    data.pop("is_superuser")
    before = stored()
    response = boss.post(address, data)
    assert errors_of(response) == {"is_superuser": ["You cannot remove your own role."]}
    assert stored() == before


def test_a_clinic_admin_gives_and_takes_roles_of_their_practice(manager, practice, history):
    UserFactory(username="maria", email="maria@example.org")
    manager.post(url("directory.membership", "add"), {"who": "maria@example.org", "role": "front_desk"})
    row = Membership.objects.get(user__username="maria")
    assert (row.practice, row.role) == (practice, "front_desk")
    address = url("directory.membership", "change", row.pk)
    manager.post(address, {**form_of(manager.get(address)), "role": "specialist"})
    row.refresh_from_db()
    assert row.role == "specialist"
    manager.post(url("directory.membership", "delete", row.pk), {"post": "yes"})
    assert not Membership.objects.filter(pk=row.pk).exists()
    assert {verb for verb, *_rest in history()} == {"directory.set_membership", "directory.remove_membership"}


def test_a_clinic_admin_does_not_learn_who_works_elsewhere(manager, practice, foreign_practice):
    MembershipFactory(practice=foreign_practice, user__username="stranger")
    before = stored()
    response = manager.post(url("directory.membership", "add"), {"who": "stranger", "role": "front_desk"})
    assert errors_of(response) == {"who": ["There is no such user."]}
    assert stored() == before


def test_the_list_of_users_names_only_roles_that_one_may_know(manager, practice, foreign_practice):
    user = MembershipFactory(practice=practice, user__username="maria").user
    MembershipFactory(practice=foreign_practice, user=user)
    content = manager.get(url("directory.user", "changelist")).content.decode()
    assert "Front desk (Practice)" in content
    assert "Foreign practice" not in content


# -------------------------------------------------------------------------------------------------- keys

KEY_OF_ANOTHER = "A key is your own or that of a service account. Make a service account for a program."


def test_a_key_is_shown_exactly_once(manager, practice, admin_user):
    data = {**form_of(manager.get(url("directory.apikey", "add"))), "label": "Shop", "scopes": ["orders:read"]}
    response = manager.post(url("directory.apikey", "add"), data)
    text = response.context["key_text"]
    assert text in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    key = ApiKey.objects.get()
    assert (key.user, key.label, key.scopes) == (admin_user, "Shop", ["orders:read"])
    assert authenticate_key(text, at=AT) == key
    for address in (url("directory.apikey", "changelist"), url("directory.apikey", "change", key.pk)):
        content = manager.get(address).content.decode()
        assert text not in content
        assert key.key_hash not in content
    assert text not in str(list(AuditEntry.objects.values_list("changes", flat=True)))
    assert text not in str(manager.session.items())


def test_a_key_cannot_be_made_for_somebody_elses_everything(manager, practice):
    other = MembershipFactory(practice=practice).user
    before = stored()
    data = {**form_of(manager.get(url("directory.apikey", "add"))), "user": other.pk}
    response = manager.post(url("directory.apikey", "add"), data)
    assert errors_of(response) == {"__all__": [KEY_OF_ANOTHER]}
    assert stored() == before


def test_a_key_that_has_expired_before_it_began_is_refused_at_its_field(manager, practice):
    before = stored()
    data = {**form_of(manager.get(url("directory.apikey", "add"))), "expires_at": "2020-01-01T10:00"}
    response = manager.post(url("directory.apikey", "add"), data)
    assert errors_of(response) == {"expires_at": ["Must lie in the future"]}
    assert stored() == before


def test_a_key_is_revoked_after_being_asked(manager, practice, admin_user):
    key = ApiKeyFactory(user=admin_user)
    address = url("directory.apikey", "revoke", key.pk)
    assert manager.get(address).status_code == 200
    manager.post(address)
    key.refresh_from_db()
    assert key.revoked_at is None
    manager.post(address, {"apply": "1"})
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_the_desk_sees_and_revokes_its_own_keys_alone(desk, practice, front_desk_user):
    mine, other = ApiKeyFactory(user=front_desk_user), ApiKeyFactory(practice=practice)
    listed = desk.get(url("directory.apikey", "changelist")).context["cl"].result_list
    assert [row.pk for row in listed] == [mine.pk]
    before = stored()
    assert desk.post(url("directory.apikey", "revoke", other.pk), {"apply": "1"}).status_code == 302
    assert stored() == before
    desk.post(url("directory.apikey", "revoke", mine.pk), {"apply": "1"})
    mine.refresh_from_db()
    assert mine.revoked_at is not None


# ----------------------------------------------------------------------------------------------- history


def test_the_history_tells_before_and_after_in_words(manager, practice, front_desk_user):
    row = SpecialtyFactory(organization=practice.organization, name="Cardiology")
    address = url("directory.specialty", "change", row.pk)
    manager.post(address, {**form_of(manager.get(address)), "name": "Neurology"})
    (told,) = manager.get(url("directory.specialty", "history", row.pk)).context["told"]
    assert (told.who, told.door, told.what) == ("clinic-admin", "Back office", "Configure")
    assert [(one.name, one.before, one.after) for one in told.changes] == [("Name", "Cardiology", "Neurology")]


def test_the_history_names_what_ids_mean_to_who_may_know(boss, manager, practice, foreign_practice):
    mine, theirs = (
        SpecialtyFactory(organization=practice.organization),
        SpecialtyFactory(organization=foreign_practice.organization),
    )
    entry = AuditEntry.objects.create(
        at=AT,
        actor_kind="system",
        door="command:test",
        verb="catalog.change_service",
        action="change",
        object_kind="catalog.service",
        object_id=1,
        organization_id=practice.organization_id,
        changes={
            "specialty_id": [mine.pk, theirs.pk],
            "published": [False, True],
            "category": ["therapy", "examination"],
        },
    )
    address = url("core.auditentry", "change", entry.pk)
    content = manager.get(address).content.decode()
    assert mine.name in content
    assert theirs.name not in content
    for text in (f"#{theirs.pk}", "Yes", "Examination", "The system", "Command test"):
        assert text in content
    assert theirs.name in boss.get(address).content.decode()


def test_the_history_of_everything_is_read_only(boss, practice):
    entry = AuditEntry.objects.create(
        at=AT, actor_kind="system", door="d", verb="orders.ship", action="change", object_kind="orders.productorder",
        object_id=1,
    )  # fmt: skip
    before = stored()
    assert boss.post(url("core.auditentry", "change", entry.pk), {"verb": "x"}).status_code == 403
    assert boss.post(url("core.auditentry", "delete", entry.pk), {"post": "yes"}).status_code == 403
    assert boss.post(url("core.auditentry", "add"), {}).status_code == 403
    assert stored() == before


def test_an_entry_about_something_unknown_is_told_all_the_same(boss, practice):
    entry = AuditEntry.objects.create(
        at=AT, actor_kind="visitor", door="services", verb="later.verb", action="create", object_kind="later.thing",
        object_id=5, credential="key:7", changes={"column": [None, [1, 2]]},
    )  # fmt: skip
    content = boss.get(url("core.auditentry", "change", entry.pk)).content.decode()
    for text in ("A visitor", "API, key 7", "later.thing", "1, 2"):
        assert text in content
    assert boss.get(url("core.auditentry", "changelist")).status_code == 200


def test_two_organizations_stay_apart_in_the_list_of_organizations(manager, practice):
    OrganizationFactory(name="Somebody else's")
    assert [row.pk for row in manager.get(url("directory.organization", "changelist")).context["cl"].result_list] == [
        practice.organization_id
    ]
