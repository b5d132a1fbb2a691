"""The steps of a care plan: sign, accept, bill, split into instalments, complete, discard."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice.billing.bills import InstalmentsForm
from backoffice.kit.cells import price
from backoffice.kit.steps import Step, StepForm
from billing.models import CarePlanDiscardReason
from billing.services import (
    accept_care_plan,
    archive_care_plan,
    bill_care_plan,
    care_plan_sums,
    complete_care_plan,
    discard_care_plan,
    reopen_care_plan,
    set_instalments,
    sign_care_plan,
)
from billing.states import NEXT, CarePlanState

_S = CarePlanState


def can_become(state: CarePlanState) -> Any:
    """Whether a plan may go to `state` now."""
    return lambda plan: plan.archived_at is None and state in NEXT[plan.state]


class SignForm(StepForm):
    """Asks who signed."""

    signed_by = forms.CharField(
        label=_("Signed by"), max_length=255, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"})
    )

    def prepare(self) -> None:
        self.initial["signed_by"] = self.rows[0].patient.name


class DiscardForm(StepForm):
    """Asks why, of the reasons that the organization keeps."""

    discard_reason = forms.ModelChoiceField(
        CarePlanDiscardReason.objects.none(),
        label=_("Reason"),
        required=False,
        empty_label=_("Not said"),
        widget=UnfoldAdminSelectWidget,
    )

    def prepare(self) -> None:
        rows = CarePlanDiscardReason.objects.visible_to(self.by).live()
        chosen: Any = self.fields["discard_reason"]
        chosen.queryset = rows.filter(organization_id=self.rows[0].practice.organization_id).order_by("name")

    def values(self) -> dict[str, Any]:
        reason = self.cleaned_data["discard_reason"]
        return {"discard_reason_id": reason.pk if reason else None}


class BillPlanForm(StepForm):
    """Asks how much of the plan to bill; all that is left unless said."""

    amount = forms.DecimalField(
        label=_("Amount, with tax"),
        required=False,
        min_value=Decimal("0.01"),
        decimal_places=2,
        max_digits=12,
        widget=UnfoldAdminDecimalFieldWidget({"step": "0.01", "inputmode": "decimal"}),
    )

    def prepare(self) -> None:
        plan = self.rows[0]
        left = care_plan_sums([plan])[plan.pk].billable
        told = _t("Left to bill: %(left)s. Empty: all of it.") % {"left": price(left, plan.currency)}
        self.fields["amount"].help_text = told


class PlanInstalmentsForm(InstalmentsForm):
    """Asks for the number of monthly instalments of a whole care plan, and the first date."""

    def whole(self) -> Decimal:
        plan = self.rows[0]
        return care_plan_sums([plan])[plan.pk].gross_discounted


SIGN = Step(
    name="sign",
    label=_("Signed"),
    verb="billing.sign_care_plan",
    call=sign_care_plan,
    done=ngettext_lazy("%(count)d care plan signed.", "%(count)d care plans signed.", "count"),
    offered=lambda plan: (
        plan.archived_at is None and plan.signed_at is None and plan.state in (_S.ESTIMATE, _S.ACCEPTED)
    ),
    guard=lambda plan, given, at: plan.sign(name=given["signed_by"], at=at),
    form=SignForm,
    bulk=False,
    icon="signature",
)
ACCEPT = Step(
    name="accept",
    label=_("Accept"),
    verb="billing.accept_care_plan",
    call=accept_care_plan,
    done=ngettext_lazy("%(count)d care plan accepted.", "%(count)d care plans accepted.", "count"),
    offered=lambda plan: plan.state == _S.ESTIMATE and plan.archived_at is None,
    variant="primary",
    icon="check",
)
BILL = Step(
    name="bill",
    label=_("Bill"),
    verb="billing.bill_care_plan",
    call=bill_care_plan,
    done=ngettext_lazy("%(count)d care plan billed.", "%(count)d care plans billed.", "count"),
    offered=lambda plan: (
        plan.archived_at is None
        and plan.state in (_S.ACCEPTED, _S.COMPLETED)
        and care_plan_sums([plan])[plan.pk].billable > 0
    ),
    form=BillPlanForm,
    bulk=False,
    variant="primary",
    icon="receipt_long",
)
INSTALMENTS = Step(
    name="instalments",
    label=_("Split into instalments"),
    verb="billing.set_instalments",
    call=lambda pk, **given: set_instalments(care_plan_id=pk, **given),
    done=ngettext_lazy(
        "%(count)d care plan split into instalments.", "%(count)d care plans split into instalments.", "count"
    ),
    offered=lambda plan: plan.archived_at is None and plan.state in (_S.ESTIMATE, _S.ACCEPTED),
    form=PlanInstalmentsForm,
    bulk=False,
    icon="calendar_month",
)
COMPLETE = Step(
    name="complete",
    label=_("Complete"),
    verb="billing.complete_care_plan",
    call=complete_care_plan,
    done=ngettext_lazy("%(count)d care plan completed.", "%(count)d care plans completed.", "count"),
    offered=can_become(_S.COMPLETED),
    icon="task_alt",
)
REOPEN = Step(
    name="reopen",
    label=_("Back to an estimate"),
    verb="billing.reopen_care_plan",
    call=reopen_care_plan,
    done=ngettext_lazy("%(count)d care plan reopened.", "%(count)d care plans reopened.", "count"),
    offered=can_become(_S.ESTIMATE),
    confirm=_("The agreement and the signature will no longer be valid."),
    icon="undo",
)
DISCARD = Step(
    name="discard",
    label=_("Discard"),
    verb="billing.discard_care_plan",
    call=discard_care_plan,
    done=ngettext_lazy("%(count)d care plan discarded.", "%(count)d care plans discarded.", "count"),
    offered=can_become(_S.DISCARDED),
    form=DiscardForm,
    bulk=False,
    variant="danger",
    icon="cancel",
)
PUT_AWAY = Step(
    name="put-away",
    label=_("Archive"),
    verb="billing.archive_care_plan",
    call=archive_care_plan,
    done=ngettext_lazy("%(count)d care plan archived.", "%(count)d care plans archived.", "count"),
    offered=lambda plan: plan.archived_at is None and plan.state == _S.DISCARDED,
    icon="archive",
)
