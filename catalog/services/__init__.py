"""The verbs of the catalogue, by topic."""

from catalog.services.contents import (
    SessionValues,
    add_attachment,
    attach_form,
    delete_attachment,
    remove_form,
    remove_used_product,
    set_protocol,
    use_product,
)
from catalog.services.offers import OfferValues, assign_specialist, change_offer, price_for, remove_specialist
from catalog.services.products import (
    ProductValues,
    archive_product,
    change_product,
    create_product,
    delete_product,
    restore_product,
)
from catalog.services.treatments import (
    ServiceValues,
    archive_service,
    change_service,
    create_service,
    delete_service,
    restore_service,
)

__all__ = [
    "OfferValues",
    "ProductValues",
    "ServiceValues",
    "SessionValues",
    "add_attachment",
    "archive_product",
    "archive_service",
    "assign_specialist",
    "attach_form",
    "change_offer",
    "change_product",
    "change_service",
    "create_product",
    "create_service",
    "delete_attachment",
    "delete_product",
    "delete_service",
    "price_for",
    "remove_form",
    "remove_specialist",
    "remove_used_product",
    "restore_product",
    "restore_service",
    "set_protocol",
    "use_product",
]
