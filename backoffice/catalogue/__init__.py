"""The catalogue area: services, products and the lists that describe them."""
