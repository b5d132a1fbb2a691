"""Our rules of OAuth2, which the library asks while it issues codes and tokens."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings

from directory.models import AccessToken, Application, Authorization, AuthorizationCode, RefreshToken
from directory.states import ClientType


def pkce_required(client_id: str) -> bool:
    """Whether a client must prove that it is the one which asked: one that has no secret to prove it with."""
    return Application.objects.filter(client_id=client_id, client_type=ClientType.PUBLIC).exists()


def stands(authorization: Authorization) -> bool:
    """Whether the authorization was not revoked and its person still works here."""
    return authorization.revoked_at is None and authorization.user.is_active


class Validator(OAuth2Validator):
    """The library's answers, with authorizations. It is called inside a transaction.

    A code or refresh token is locked while it is looked at: of two requests with the same one, the second sees that
    it was used.
    """

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Application, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """As the library's; an application whose owner is gone acts for nobody."""
        allowed: bool = super().validate_grant_type(client_id, grant_type, client, request, *args, **kwargs)
        return allowed and (grant_type != "client_credentials" or client.user.is_active)

    def validate_user(self, username: str, password: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Nobody signs in here: a password is tried where tries are counted and a second factor is asked for."""
        return False

    # ------------------------------------------------------------------------------------------- codes

    def _create_authorization_code(self, request: Any, code: Any, expires: datetime | None = None) -> AuthorizationCode:
        seconds = oauth2_settings.AUTHORIZATION_CODE_EXPIRE_SECONDS
        made: AuthorizationCode = AuthorizationCode.objects.create(
            application=request.client,
            user=request.user,
            authorization=request.authorization,
            code=code["code"],
            expires=expires or timezone.now() + timedelta(seconds=seconds),
            redirect_uri=request.redirect_uri,
            scope=" ".join(request.scopes),
            code_challenge=request.code_challenge or "",
            code_challenge_method=request.code_challenge_method or "",
        )
        return made

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the code may be changed for tokens; one that was, is in two hands: what it gave is taken back."""
        codes = AuthorizationCode.objects.select_for_update(of=("self",)).select_related("authorization__user")
        found = codes.filter(code=code, application=client).first()
        if found is None:
            return False
        if found.spent_at is not None:
            RefreshToken.revoke_family(found.family)
            return False
        if found.is_expired() or not stands(found.authorization):
            return False
        request.scopes = found.scope.split()
        request.user = found.user
        request.authorization, request.family = found.authorization, found.family
        return True

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """Note that the code is spent."""
        AuthorizationCode.objects.filter(code=code, application=request.client).update(spent_at=timezone.now())

    # ------------------------------------------------------------------------------------------ tokens

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """As the library's, which ends the family of one that was used already; and the authorization must stand."""
        same = RefreshToken.objects.filter(token_checksum=AccessToken.hashed(refresh_token))
        list(same.select_for_update().values_list("pk"))
        if not super().validate_refresh_token(refresh_token, client, request, *args, **kwargs):
            return False
        request.authorization = request.refresh_token_instance.authorization
        return stands(request.authorization)

    def _create_access_token(
        self, expires: datetime, request: Any, token: dict[str, Any], source_refresh_token: RefreshToken | None = None
    ) -> AccessToken:
        made = AccessToken(
            application=request.client,
            user=request.user,
            authorization=getattr(request, "authorization", None),
            scope=token["scope"],
            expires=expires,
            source_refresh_token=source_refresh_token,
        )
        self._set_token_value(made, token["access_token"])
        made.save(force_insert=True)
        return made

    def _create_refresh_token(
        self, request: Any, refresh_token_code: str, access_token: AccessToken, previous_refresh_token: Any
    ) -> RefreshToken:
        family: uuid.UUID = previous_refresh_token.token_family if previous_refresh_token else request.family
        made = RefreshToken(
            application=request.client,
            user=request.user,
            authorization=request.authorization,
            access_token=access_token,
            token_family=family,
        )
        self._set_token_value(made, refresh_token_code)
        made.save(force_insert=True)
        return made
