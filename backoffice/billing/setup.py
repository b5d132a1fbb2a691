"""What clinic admins set up: price lists, accounts, ways of paying, companies, and how a practice bills."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from backoffice.kit.config import NamedAdmin, putting_away
from backoffice.kit.contributions import add_step
from backoffice.kit.filters import PracticeFilter, PutAwayFilter
from backoffice.kit.inlines import VerbInline
from backoffice.kit.steps import Step, StepForm
from backoffice.kit.verb_admin import Values, VerbAdmin
from billing.models import (
    Account,
    BillingSettings,
    CarePlanDiscardReason,
    Company,
    PaymentType,
    PriceList,
    PriceListItem,
)
from billing.services import SETTINGS, change_settings, save_account, set_account_archived, set_price, settings_of
from core.actor import Actor
from directory.models import Practice


@admin.register(PaymentType, CarePlanDiscardReason)
class MoneyNameAdmin(NamedAdmin):
    """Names that money needs."""


@admin.register(Company)
class CompanyAdmin(NamedAdmin):
    """Who pays for patients, and who sends bills."""

    list_display = ("name", "tax_number", "organization")
    fields = ("organization", "name", "address", "tax_number")
    search_fields = ("name", "tax_number")


class PriceInline(VerbInline):
    """Prices on a list, net."""

    model = PriceListItem
    view_verb = "directory.view"
    add_verb = "billing.set_price"
    change_verb = "billing.set_price"
    delete_verb = "billing.set_price"
    fields = ("service", "price")
    autocomplete_fields = ("service",)
    fixed = ("service",)
    related = ("service",)

    def create(self, owner: PriceList, form: Any, *, by: Actor, at: datetime) -> object:
        given = form.cleaned_data
        return set_price(owner.pk, given["service"].pk, price=given["price"], by=by, at=at)

    def change(self, owner: PriceList, row: PriceListItem, form: Any, *, by: Actor, at: datetime) -> object:
        return set_price(owner.pk, row.service_id, price=form.cleaned_data["price"], by=by, at=at)

    def remove(self, owner: PriceList, row: PriceListItem, *, by: Actor, at: datetime) -> object:
        return set_price(owner.pk, row.service_id, price=None, by=by, at=at)


@admin.register(PriceList)
class PriceListAdmin(NamedAdmin):
    """Price lists for care plans."""

    list_display = ("name", "currency", "organization")
    fields = ("organization", "name", "currency")
    inlines = (PriceInline,)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()


@admin.register(Account)
class AccountAdmin(VerbAdmin):
    """Where a practice's money lies."""

    view_verb = "billing.view_till"
    add_verb = "billing.save_account"
    change_verb = "billing.save_account"
    scope = "practice"
    steps = putting_away(
        "billing.set_account_archived",
        lambda pk, *, by, at: set_account_archived(pk, archived=True, by=by, at=at),
        lambda pk, *, by, at: set_account_archived(pk, archived=False, by=by, at=at),
    )
    list_display = ("name", "practice")
    list_filter = (PutAwayFilter, PracticeFilter)
    list_select_related = ("practice",)
    ordering = ("name", "pk")
    search_fields = ("name",)
    fields = ("practice", "name")

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Account:
        form.instance.practice_id = self.scope_id(form.request, form)
        return save_account(form.instance, by=by, at=at)

    def change(self, obj: Account, form: Any, values: Values, *, by: Actor, at: datetime) -> Account:
        return save_account(obj, by=by, at=at)


WIDGETS: dict[type[forms.Field], Any] = {
    forms.BooleanField: UnfoldBooleanSwitchWidget,
    forms.IntegerField: UnfoldAdminIntegerFieldWidget,
    forms.DecimalField: UnfoldAdminDecimalFieldWidget,
    forms.CharField: UnfoldAdminTextInputWidget,
    forms.TypedChoiceField: UnfoldAdminSelectWidget,
}


class SettingsForm(StepForm):
    """How a practice bills, field by field of the model."""

    def prepare(self) -> None:
        settings = settings_of(self.rows[0])
        for field in BillingSettings._meta.concrete_fields:
            if field.attname not in SETTINGS:
                continue
            made: Any = field.formfield()
            widget = next(widget for kind, widget in WIDGETS.items() if type(made) is kind)
            made.widget = widget(choices=made.choices) if hasattr(made, "choices") else widget()
            made.initial = getattr(settings, field.attname)
            self.fields[field.name] = made


add_step(
    Practice,
    Step(
        name="billing-settings",
        label=_("Billing settings"),
        verb="billing.change_settings",
        call=lambda pk, *, by, at, **values: change_settings(pk, values=values, by=by, at=at),
        done=ngettext_lazy("%(count)d practice changed.", "%(count)d practices changed.", "count"),
        offered=lambda practice: practice.archived_at is None,
        form=SettingsForm,
        bulk=False,
        icon="receipt_long",
    ),
)
