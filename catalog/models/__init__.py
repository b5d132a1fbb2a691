"""Services, who offers them, what belongs to them, and products."""

from catalog.models.product import Brand, Product, ProductCategory, ProductType, Unit
from catalog.models.service import (
    FormTemplate,
    Service,
    ServiceAttachment,
    ServiceForm,
    ServiceProduct,
    ServiceSession,
    ServiceSpecialist,
)

__all__ = [
    "Brand",
    "FormTemplate",
    "Product",
    "ProductCategory",
    "ProductType",
    "Service",
    "ServiceAttachment",
    "ServiceForm",
    "ServiceProduct",
    "ServiceSession",
    "ServiceSpecialist",
    "Unit",
]
