"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest

from core import center, policy


def site(request: HttpRequest | None = None) -> dict:
    """For every page: whether somebody is signed in, whether the demo ribbon shows, and what pages tell in numbers."""
    user = getattr(request, "user", None)
    return {
        "signed_in": user is not None and user.is_authenticated,
        "demo": settings.DEMO,
        "policy": policy,
        "center": center,
        "passkeys_at": settings.OTP_WEBAUTHN_ALLOWED_ORIGINS[0],
    }
