"""The addresses of accounts; their names are part of the product."""

from django.urls import path

from accounts import pages
from accounts.registration import views as registration
from accounts.sign_in import views as sign_in
from accounts.upgrade import views as upgrade

urlpatterns = [
    path("register/", registration.begin, name="register"),
    path("register/with-code/", registration.begin, {"with_code": True}, name="register-with-code"),
    path("register/<uuid:draft_id>/<slug:name>/", registration.step, name="register-step"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/second-factor/", sign_in.second_factor, name="second-factor"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("session/left/", sign_in.session_left, name="session-left"),
    path("session/extend/", sign_in.session_extend, name="session-extend"),
    path("recover/username/", pages.recover_username, name="recover-username"),
    path("recover/password/", pages.recover_password, name="recover-password"),
    path("recover/password/<str:token>/", pages.recover_password_link, name="recover-password-link"),
    path("upgrade/", upgrade.begin, name="upgrade"),
    path("upgrade/<uuid:draft_id>/<slug:name>/", upgrade.step, name="upgrade-step"),
    path("account/", pages.profile, name="account"),
    path("account/security/", pages.security, name="account-security"),
    path("account/security/password/", pages.change_password, name="change-password"),
    path("account/security/authenticator/", pages.enrol, name="enrol"),
    path("account/security/backup-codes/", pages.backup_codes, name="backup-codes"),
    path("account/activity/", pages.activity, name="account-activity"),
]
