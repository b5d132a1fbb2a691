"""Which services depend on a product."""

from django.utils.translation import ngettext_lazy

from catalog.models import Service
from core.hanging import Work

WORK = [
    Work(
        "catalog.product",
        ngettext_lazy("%(count)d service that uses it up", "%(count)d services that use it up", "count"),
        lambda product, at: Service.objects.live().filter(products__product=product).order_by("name", "pk"),
    ),
]
