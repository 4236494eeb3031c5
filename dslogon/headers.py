"""Headers that every answer carries, files and refusals too, and that Django has no setting for.

The content security policy is in the settings. It has no nonces: there is no inline script or style to allow.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# What pages may use of the browser: passkeys, and putting codes on the clipboard. All the rest is off.
USED = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
UNUSED = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"),
    *("gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock"),
    *("serial", "sync-xhr", "usb", "xr-spatial-tracking"),
)
PERMISSIONS = ", ".join([*(f"{name}=(self)" for name in USED), *(f"{name}=()" for name in UNUSED)])


class HeadersMiddleware:
    """Adds Permissions-Policy, and Cross-Origin-Resource-Policy so that no other site can embed what is here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
