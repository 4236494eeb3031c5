"""The template context that every page gets."""

from django.conf import settings
from django.http import HttpRequest

from core import center, policy


def site(request: HttpRequest | None = None) -> dict:
    """Return what every page needs.

    That is whether somebody is signed in, whether the demo ribbon shows, whether the site may call itself official, the
    numbers that pages mention, how to reach the service center, and the origin of passkeys. Without a request nobody is
    signed in.
    """
    user = getattr(request, "user", None)
    return {
        "signed_in": user is not None and user.is_authenticated,
        "demo": settings.DEMO,
        "official_site": settings.OFFICIAL_SITE and not settings.DEMO,
        "policy": policy,
        "center": center,
        "passkeys_at": settings.OTP_WEBAUTHN_ALLOWED_ORIGINS[0],
    }
