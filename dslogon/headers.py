"""Headers that every response carries, including files and errors, and for which Django has no setting.

The content security policy is in the settings. It allows no inline code, and only the scripts that the page itself
names by a nonce.
"""

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.sessions.zones import STAFF_PATH

# What pages may use of the browser: passkeys, and copying codes to the clipboard. Everything else is off.
USED = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
UNUSED = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"),
    *("gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock"),
    *("serial", "sync-xhr", "usb", "xr-spatial-tracking"),
)
PERMISSIONS = ", ".join([*(f"{name}=(self)" for name in USED), *(f"{name}=()" for name in UNUSED)])


class HeadersMiddleware:
    """Adds Permissions-Policy, and Cross-Origin-Resource-Policy so that no other site can embed what is here.

    It also keeps caches from storing that a file is missing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= 400 and request.path_info.startswith(settings.STATIC_URL):
            # The next version may have the file. Until then nobody should remember that it is missing.
            response.headers["Cache-Control"] = "no-store"
        response.headers["Permissions-Policy"] = PERMISSIONS
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class PolicyMiddleware(CSPMiddleware):
    """django-csp's middleware, with a different rule for the admin.

    Django's own admin gives its scripts no nonce, so under /admin/ scripts are allowed by their origin.
    """

    def get_policy_parts(self, request: HttpRequest, *args: Any, **kwargs: Any) -> PolicyParts:
        parts = super().get_policy_parts(request, *args, **kwargs)
        if request.path_info.startswith(STAFF_PATH):
            parts.replace = {"script-src": ["'self'"]} | (parts.replace or {})
        return parts
