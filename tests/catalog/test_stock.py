"""Which products run low."""

import pytest

from catalog.models import Product
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def test_low_is_what_is_on_sale_counted_and_fewer_than_it_should_be(organization):
    def product(name, **more):
        return ProductFactory(organization=organization, name=name, **more)

    low = product("low", stock_level=2, critical_stock_level=3)
    product("enough", stock_level=3, critical_stock_level=3)
    product("not counted", stock_level=None, critical_stock_level=3)
    product("no limit", stock_level=0, critical_stock_level=None)
    product("not on sale", stock_level=0, critical_stock_level=3, is_active=False)
    assert list(Product.objects.low_in_stock()) == [low]
