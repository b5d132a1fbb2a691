"""The kinds of the catalogue that can be imported: services with their parts, products, and their small lists."""

from catalog.imports.contents import FORM_TEMPLATES, PROTOCOLS, SERVICE_FORMS, USED_PRODUCTS
from catalog.imports.goods import (
    BRANDS,
    CURRENCY,
    OFFERS,
    PRODUCT,
    PRODUCT_CATEGORIES,
    PRODUCT_TYPES,
    PRODUCTS,
    SERVICE,
    SERVICES,
    UNITS,
)

IMPORTS = [
    SERVICES,
    OFFERS,
    FORM_TEMPLATES,
    SERVICE_FORMS,
    PROTOCOLS,
    BRANDS,
    PRODUCT_TYPES,
    PRODUCT_CATEGORIES,
    UNITS,
    PRODUCTS,
    USED_PRODUCTS,
]

__all__ = ["CURRENCY", "IMPORTS", "PRODUCT", "SERVICE"]
