"""URLs of registration, of the upgrade, and of the reviews requested in them."""

from django.urls import path

from accounts.journeys.registration import views as registration
from accounts.journeys.reviews import request as reviews
from accounts.journeys.upgrade import views as upgrade

urlpatterns = [
    path("register/", registration.begin, name="register"),
    path("register/route/", registration.choose_route, name="register-route"),
    path("register/with-code/", registration.begin, {"with_code": True}, name="register-with-code"),
    path("register/<uuid:draft_id>/review/", reviews.in_registration, name="register-review"),
    path("register/<uuid:draft_id>/<slug:name>/", registration.step, name="register-step"),
    path("register/<uuid:draft_id>/second-factor/passkey/", registration.passkey_options),
    path("register/<uuid:draft_id>/credentials/judge/", registration.judge_password),
    path("upgrade/", upgrade.begin, name="upgrade"),
    path("upgrade/with-code/", upgrade.begin, {"with_code": True}, name="upgrade-with-code"),
    path("upgrade/<uuid:draft_id>/review/", reviews.in_upgrade, name="upgrade-review"),
    path("upgrade/<uuid:draft_id>/<slug:name>/", upgrade.step, name="upgrade-step"),
    path("upgrade/<uuid:draft_id>/second-factor/passkey/", upgrade.passkey_options),
]
