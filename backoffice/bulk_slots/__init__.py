"""Offering many slots at once: asked for on one page, looked at week by week, made, and taken back."""
