"""The URLs of accounts. Their names are part of the product. Each room keeps its own table."""

from accounts.journeys.urls import urlpatterns as journeys
from accounts.profile.urls import urlpatterns as profile
from accounts.recovery.urls import urlpatterns as recovery
from accounts.sign_in.urls import urlpatterns as sign_in

urlpatterns = [*journeys, *sign_in, *recovery, *profile]
# These pages need a session, so each has a twin under /admin/ for the staff's session there.
with_session = [
    entry for entry in urlpatterns if str(entry.pattern).startswith(("sign-in/", "sign-out/", "session/", "account/"))
]
