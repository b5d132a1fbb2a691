"""A passkey in software: it answers what a page asks the browser, as a browser at `origin` would."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG


class Passkey:
    """One pair of keys. `verifies`: it asks for a fingerprint, face or PIN."""

    def __init__(self, *, origin: str = "https://testserver", verifies: bool = True) -> None:
        self.origin, self.verifies = origin, verifies
        self.id, self.key, self.owner = secrets.token_bytes(16), ec.generate_private_key(ec.SECP256R1()), b""

    def made(self, options: dict[str, Any], **changes: Any) -> str:
        """What the browser sends for a new passkey."""
        asked = options["publicKey"]
        self.owner = websafe_decode(asked["user"]["id"])
        public = AttestedCredentialData.create(b"\0" * 16, self.id, ES256.from_cryptography_key(self.key.public_key()))
        data = self._data(asked["rp"]["id"], FLAG.AT, public)
        response = {
            "clientDataJSON": websafe_encode(self._client(CollectedClientData.TYPE.CREATE, asked)),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return self._sent({**response, **changes})

    def used(self, options: dict[str, Any], **changes: Any) -> str:
        """What the browser sends to sign in."""
        asked = options["publicKey"]
        client, data = self._client(CollectedClientData.TYPE.GET, asked), self._data(asked["rpId"])
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(self.key.sign(data + client.hash, ec.ECDSA(SHA256()))),
            "userHandle": websafe_encode(self.owner),
        }
        return self._sent({**response, **changes})

    def _client(self, kind: Any, asked: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(kind, asked["challenge"], self.origin)

    def _data(self, host: str, flags: FLAG = FLAG.UP, public: Any = b"") -> AuthenticatorData:
        if self.verifies:
            flags |= FLAG.UV
        return AuthenticatorData.create(hashlib.sha256(host.encode()).digest(), FLAG.UP | flags, 0, public)

    def _sent(self, response: dict[str, str]) -> str:
        own = websafe_encode(self.id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": response})


def asked_on(page: Any) -> dict[str, Any]:
    """What a page's script would ask the browser for."""
    found = re.search(r'<script id="js_data" type="application/json">(.*?)</script>', page.content.decode())
    assert found, page.status_code
    (options,) = json.loads(found[1]).values()
    asked: dict[str, Any] = options
    return asked
