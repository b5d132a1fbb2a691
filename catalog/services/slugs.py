"""Slugs made from names."""

from __future__ import annotations

from itertools import chain, count

from django.utils.text import slugify

from catalog.models import Product, Service

LONGEST = 240  # leaves room for a number behind it


def free_slug(model: type[Service | Product], name: str, *, organization_id: int) -> str:
    """Return a slug made of `name` that no other row of the organization has; the constraint decides a race."""
    base = slugify(name)[:LONGEST] or str(model._meta.model_name)
    rows = model._default_manager.filter(organization_id=organization_id, slug__startswith=base)
    taken = set(rows.values_list("slug", flat=True))
    candidates = chain([base], (f"{base}-{number}" for number in count(2)))
    return next(slug for slug in candidates if slug not in taken)
