"""The sidebar, and what the search palette finds."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import SearchResult

from backoffice.kit.actor import actor_of
from backoffice.kit.contributions import line_for
from backoffice.kit.searches import of_few
from core.hints import asked_of_each, sorted_after
from core.prepared import one_of
from scheduling.models import Appointment

_l = gettext_lazy

# What the palette shows of each kind; a last line leads to the rest.
AT_A_GLANCE = 8

# Pages that are no list of a model: group, title, address, icon, and the verb that one must be allowed somewhere.
PAGES: list[tuple[Any, Any, str, str, str]] = [
    ("", _l("Orders board"), "order_board", "view_kanban", "orders.view"),
    ("", _l("Programs board"), "program_board", "view_column", "programs.view"),
    ("", _l("Day list"), "day_list", "print", "scheduling.view"),
    (_l("Money"), _l("To bill"), "to_bill", "pending_actions", "billing.bill_appointment"),
    (_l("Money"), _l("Till"), "till", "point_of_sale", "billing.view_till"),
    (_l("Money"), _l("Cash book"), "cash_book", "menu_book", "billing.view_till"),
    (_l("Money"), _l("Debts"), "aged_debts", "hourglass_top", "billing.view_till"),
    (_l("Calendar"), _l("Create slots in bulk"), "bulk_slots", "library_add", "scheduling.create_slots"),
]

# Group, and its lists: title, model, icon. A list is shown to those who may see its rows.
GROUPS: list[tuple[Any, list[tuple[Any, str, str]]]] = [
    (
        "",
        [
            (_l("Patients"), "patients.Patient", "groups"),
            (_l("Appointments"), "scheduling.Appointment", "event"),
            (_l("Programs"), "programs.Enrollment", "fitness_center"),
            (_l("Orders"), "orders.ProductOrder", "local_shipping"),
        ],
    ),
    (
        _l("Money"),
        [
            (_l("Bills"), "billing.Bill", "receipt_long"),
            (_l("Payments"), "billing.Transaction", "payments"),
            (_l("Care plans"), "billing.CarePlan", "clinical_notes"),
        ],
    ),
    (
        _l("Calendar"),
        [
            (_l("Slots"), "scheduling.AvailableSlot", "event_available"),
            (_l("Slot series"), "scheduling.SlotSeries", "event_repeat"),
            (_l("Bulk creations"), "scheduling.SlotBatch", "library_add_check"),
            (_l("Time off"), "scheduling.TimeOff", "beach_access"),
            (_l("Recurring time off"), "scheduling.TimeOffSeries", "update"),
            (_l("Holidays & closed days"), "scheduling.Holiday", "celebration"),
        ],
    ),
    (
        _l("Catalogue"),
        [
            (_l("Services"), "catalog.Service", "healing"),
            (_l("Plans"), "programs.ServicePlan", "sell"),
            (_l("Products"), "catalog.Product", "inventory_2"),
        ],
    ),
    (
        _l("People & rooms"),
        [
            (_l("Specialists"), "directory.Specialist", "stethoscope"),
            (_l("Practices"), "directory.Practice", "home_health"),
            (_l("Rooms"), "directory.Room", "meeting_room"),
            (_l("Members"), "directory.Membership", "badge"),
            (_l("Users"), "directory.User", "person"),
            (_l("Sign-ins"), "directory.SignIn", "login"),
            (_l("Who looked"), "core.PatientLook", "visibility"),
        ],
    ),
    (
        _l("Settings"),
        [
            (_l("Specialties"), "directory.Specialty", "category"),
            (_l("Form templates"), "catalog.FormTemplate", "description"),
            (_l("Brands"), "catalog.Brand", "branding_watermark"),
            (_l("Product types"), "catalog.ProductType", "label"),
            (_l("Product categories"), "catalog.ProductCategory", "shelves"),
            (_l("Units"), "catalog.Unit", "straighten"),
            (_l("Colors"), "directory.Color", "palette"),
            (_l("Accounts"), "billing.Account", "account_balance"),
            (_l("Payment types"), "billing.PaymentType", "credit_card"),
            (_l("Price lists"), "billing.PriceList", "request_quote"),
            (_l("Companies"), "billing.Company", "business"),
            (_l("Reasons for discarding"), "billing.CarePlanDiscardReason", "playlist_remove"),
            (_l("Patient sources"), "patients.PatientSource", "campaign"),
            (_l("Alerts"), "patients.PatientAlert", "warning"),
            (_l("Custom fields"), "patients.CustomField", "edit_note"),
            (_l("Organizations"), "directory.Organization", "inventory"),
            (_l("API keys"), "directory.ApiKey", "key"),
            (_l("Applications"), "directory.Application", "apps"),
            (_l("Authorizations"), "directory.Authorization", "handshake"),
            (_l("Connected programs"), "directory.AppIntegration", "extension"),
            (_l("What programs show"), "directory.UIElement", "widgets"),
            (_l("Groups"), "auth.Group", "group"),
            (_l("History"), "core.AuditEntry", "history"),
        ],
    ),
]


# What is set up once is folded away from what the desk opens all day.
SET_UP = (_l("Catalogue"), _l("People & rooms"), _l("Settings"))


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with what this actor may open."""
    groups: list[dict[str, Any]] = []
    for title, lists in GROUPS:
        items = [
            {"title": name, "icon": icon, "link": list_of(label), "active": is_active(request, label)}
            for name, label, icon in lists
            if may_open(request, label)
        ]
        if title == "":
            items.insert(0, {"title": _("Today"), "icon": "today", "link": reverse("admin:index")})
            if actor_of(request).may("scheduling.view"):
                link = reverse("admin:calendar")
                active = request.path == link
                items.insert(0, {"title": _("Calendar"), "icon": "calendar_month", "link": link, "active": active})
            if actor_of(request).may("scheduling.assign_registration"):
                link = reverse("admin:registrations")
                items.insert(4, {"title": _("Registrations"), "icon": "how_to_reg", "link": link})
        for group, name, page, icon, verb in PAGES:
            if group == title and actor_of(request).may(verb):
                link = reverse(f"admin:{page}")
                items.append({"title": name, "icon": icon, "link": link, "active": request.path == link})
        if items:
            groups.append({"title": title, "separator": bool(title), "items": items, "collapsible": title in SET_UP})
    return groups


def list_of(label: str) -> str:
    """Where the list of a model is."""
    meta = apps.get_model(label)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")


def may_open(request: HttpRequest, label: str) -> bool:
    """Whether the list is registered and this actor may see rows of it."""
    model_admin = admin.site._registry.get(apps.get_model(label))
    return model_admin is not None and model_admin.has_view_permission(request)


def is_active(request: HttpRequest, label: str) -> bool:
    """Whether the request is about this model."""
    return request.path.startswith(list_of(label))


# What the search box looks through: model, icon, the page of a hit, and whether only a number can mean one.
SEARCHED = (
    ("patients.Patient", "person", "page", False),
    ("scheduling.Appointment", "event", "change", True),
    ("orders.ProductOrder", "local_shipping", "change", False),
    ("programs.Enrollment", "fitness_center", "change", False),
)


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return the search palette's results: a few of each kind, by a fixed number of queries."""
    found: list[SearchResult] = []
    for label, icon, page, numbers_only in SEARCHED:
        if not may_open(request, label) or (numbers_only and not term.strip().lstrip("#").isdecimal()):
            continue
        model_admin: Any = admin.site._registry[apps.get_model(label)]
        asked = term.strip().lstrip("#")
        model_admin.get_search_results(request, model_admin.get_queryset(request), asked)
        meta, shown = model_admin.opts, request.__dict__["found"].first(AT_A_GLANCE + 1)
        found += [
            SearchResult(
                title=line_for(row),
                description=str(meta.verbose_name).capitalize(),
                link=reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=(row.pk,)),
                icon=icon,
            )
            for row in shown[:AT_A_GLANCE]
        ]
        if len(shown) > AT_A_GLANCE:
            every = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
            found.append(
                SearchResult(
                    title=_("All results"),
                    description=str(meta.verbose_name_plural).capitalize(),
                    link=f"{every}?{urlencode({'q': term})}",
                    icon="manage_search",
                )
            )
    return [*found, *registrations_found(request, term)]


def registrations_found(request: HttpRequest, term: str) -> list[SearchResult]:
    """People who left their name or number and wait to be called back."""
    actor = actor_of(request)
    if not actor.may("scheduling.assign_registration") or not term.strip() or "\x00" in term:
        return []
    waiting = Appointment.objects.visible_to(actor).registrations().order_by("-created_at", "-pk")
    named = one_of("pk", of_few(waiting, ("contact_name", "contact_phone"), term.strip()))
    rows = sorted_after(asked_of_each(waiting).filter(named))[:AT_A_GLANCE]
    page, told = reverse("admin:registrations"), str(_("Registration"))
    return [SearchResult(title=one.contact_name, description=told, link=page, icon="how_to_reg") for one in rows]
