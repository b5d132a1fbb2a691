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


def way_to(status, start, next_states):
    """The shortest way from `start` to `status` by the table of states, both included."""
    ways, seen = [[start]], {start}
    for way in ways:  # grows while it is read
        if way[-1] == status:
            return way
        for following in sorted(next_states[way[-1]] - seen):
            seen.add(following)
            ways.append([*way, following])
    raise ValueError(f"no way leads from {start} to {status}")


def a_trait_per_state(states, columns_in, **more: factory.Trait):
    """A factory's `Params`: `shipped=True` for each state, with the columns that it has there; a new state has one."""
    traits = {str(state): factory.Trait(status=str(state), **columns_in(str(state))) for state in states}
    return type("Params", (), {**traits, **more})
