"""The Content-Security-Policy of every page: pages load and run only our own files."""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

BACK_OFFICE = "/admin/"

# What a page may ask the browser for: a passkey, and nothing of the device.
PERMISSIONS = ", ".join(
    [
        *(f"{name}=()" for name in ("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture")),
        *(f"{name}=()" for name in ("geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment")),
        *(f"{name}=()" for name in ("screen-wake-lock", "serial", "usb", "xr-spatial-tracking")),
        *(f"publickey-credentials-{name}=(self)" for name in ("create", "get")),
    ]
)


class ContentPolicy(CSPMiddleware):
    """The policy of the settings. In the back office the theme's scripts (Alpine) evaluate what its templates say,
    and place what floats over its lists by style attributes; a style sheet in the page is refused there, too.

    No page has a script or a style of its own in it, so that no nonce is needed: a policy without one is stricter.
    """

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(BACK_OFFICE):
            parts.update = {
                **(parts.update or {}),
                "script-src": [UNSAFE_EVAL],
                "style-src": [SELF],
                "style-src-attr": [UNSAFE_INLINE],
            }
        return parts

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response with both policies."""
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        answer: HttpResponseBase = super().process_response(request, response)
        return answer
