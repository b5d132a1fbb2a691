"""The toolkit of the back office. It knows no area: every area is built from it."""
