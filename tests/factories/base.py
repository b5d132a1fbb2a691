"""What every factory stands on."""

from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

AT = datetime(2026, 2, 17, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class RowFactory(DjangoModelFactory):
    """A row that was made at `AT` and knows what the database holds, as one that was read does."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        names = {field.name for field in model_class._meta.concrete_fields}
        for name in ("created_at", "updated_at"):
            if name in names:
                kwargs.setdefault(name, AT)
        row = super()._create(model_class, *args, **kwargs)
        if hasattr(row, "remember"):
            row.remember([field.attname for field in row._meta.concrete_fields])
        return row


def of_practice_organization(factory_class, **kwargs):
    """A row of the organization of the practice that its parent row has."""
    return factory.SubFactory(factory_class, organization=factory.SelfAttribute("..practice.organization"), **kwargs)
