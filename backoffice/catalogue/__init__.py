"""What the clinic offers: services, products and the lists that describe them."""
