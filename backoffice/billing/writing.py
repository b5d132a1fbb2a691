"""The form that writes a bill at the desk, for sales over the counter."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from backoffice.billing.payment_steps import practice_of
from backoffice.kit.contributions import add_step
from backoffice.kit.filters import MOST
from backoffice.kit.steps import Step, StepForm
from billing.models import Bill
from billing.services import NewLine, issue_bill
from catalog.models import Product, Service
from core.actor import Actor
from core.errors import Forbidden
from patients.models import Patient


class WriteBillForm(StepForm):
    """Asks for a product or a service, with its own price and tax, or for a description with a price."""

    product = forms.ModelChoiceField(
        Product.objects.none(), label=_("Product"), required=False, widget=UnfoldAdminSelectWidget
    )
    service = forms.ModelChoiceField(
        Service.objects.none(), label=_("Service"), required=False, widget=UnfoldAdminSelectWidget
    )
    label = forms.CharField(
        label=_("Or a description"),
        max_length=255,
        required=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )
    quantity = forms.IntegerField(
        label=_("Quantity"), min_value=1, max_value=9999, initial=1, widget=UnfoldAdminIntegerFieldWidget
    )
    unit_price = forms.DecimalField(
        label=_("Unit price, with tax"),
        required=False,
        min_value=Decimal("0.00"),
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget({"step": "0.01", "inputmode": "decimal"}),
        help_text=_("Empty: the price of the product or service."),
    )
    proforma = forms.BooleanField(label=_("Only a proforma"), required=False, widget=UnfoldBooleanSwitchWidget)

    def prepare(self) -> None:
        of = {"organization_id": self.rows[0].organization_id}
        for name, model in (("product", Product), ("service", Service)):
            chosen: Any = self.fields[name]
            rows: Any = model._default_manager.all()
            found = rows.visible_to(self.by).filter(archived_at=None, **of).order_by("name")
            # A select box has its limits; what is asked for by name is ordered as a product order or booked.
            chosen.queryset = rows.filter(pk__in=list(found.values_list("pk", flat=True)[:MOST])).order_by("name")

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        named = [name for name in ("product", "service", "label") if given.get(name)]
        if len(named) != 1:
            raise ValidationError(_("Choose a product or a service, or describe the item."))
        if named == ["label"] and given.get("unit_price") is None:
            self.add_error("unit_price", _("This field is required."))
        return given

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        product, service, price = given["product"], given["service"], given["unit_price"]
        if product is not None:
            line = NewLine(
                label=product.invoice_name or product.name,
                unit_price=product.price if price is None else price,
                quantity=given["quantity"],
                vat_percentage=product.tax_rate,
                vat_exemption=product.vat_exemption,
                product_id=product.pk,
            )
        elif service is not None:
            line = NewLine(
                label=service.name,
                unit_price=service.base_price if price is None else price,
                quantity=given["quantity"],
                vat_percentage=service.vat_percentage,
                vat_exemption=service.vat_exemption,
                service_id=service.pk,
            )
        else:
            line = NewLine(label=given["label"], unit_price=price, quantity=given["quantity"])
        return {"lines": [line], "proforma": given["proforma"]}


def _write_bill(pk: int, *, by: Actor, at: datetime, **given: Any) -> Bill:
    patient = Patient.objects.visible_to(by).one(pk=pk)
    practice = practice_of(patient, by)
    if practice is None:
        raise Forbidden
    return issue_bill(practice_id=practice.pk, patient_id=pk, by=by, at=at, **given)


add_step(
    Patient,
    Step(
        name="write-bill",
        label=_("Write a bill"),
        verb="billing.issue_bill",
        call=_write_bill,
        done=ngettext_lazy("%(count)d bill written.", "%(count)d bills written.", "count"),
        told=lambda bill: format_html(
            '{} <a class="bo-link" href="{}">{}</a>',
            _t("The bill has been written."),
            reverse("admin:billing_bill_change", args=(bill.pk,)),
            bill.full_number,
        ),
        offered=lambda row: row.archived_at is None,
        form=WriteBillForm,
        bulk=False,
        icon="receipt_long",
    ),
)
