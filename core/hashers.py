"""The hasher of randomly generated secrets."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class RandomSecretHasher(PBKDF2PasswordHasher):
    """A salted digest in one round, for secrets of 48 random bytes.

    Nobody can try their way to one, so that the many rounds which protect a person's password would only let
    strangers keep the server busy: a third of a second for each wrong secret.
    """

    algorithm = "random_secret"
    iterations = 1

    def must_update(self, encoded: str) -> bool:
        """Return False: such a digest never needs renewal."""
        return False
