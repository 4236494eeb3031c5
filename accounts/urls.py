"""The addresses of accounts; their names are part of the product."""

from django.urls import path

from accounts import kept_forms, password_hints
from accounts.own import closing, contact_details, profile, security, sessions
from accounts.own import factors as own_factors
from accounts.recovery import factor_pages
from accounts.recovery import pages as recovery
from accounts.registration import views as registration
from accounts.reviews import asking
from accounts.sign_in import fresh, passkey
from accounts.sign_in import views as sign_in
from accounts.upgrade import views as upgrade

urlpatterns = [
    path("register/", registration.begin, name="register"),
    path("register/with-code/", registration.begin, {"with_code": True}, name="register-with-code"),
    path("register/<uuid:draft_id>/review/", asking.in_registration, name="register-review"),
    path("register/<uuid:draft_id>/<slug:name>/", registration.step, name="register-step"),
    path("register/<uuid:draft_id>/second-factor/passkey/", registration.passkey_options),
    path("register/<uuid:draft_id>/credentials/judge/", password_hints.of_draft),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/second-factor/", sign_in.second_factor, name="second-factor"),
    path("sign-in/passkey/", passkey.sign_in, name="sign-in-passkey"),
    path("sign-in/passkey/options/", passkey.options, name="passkey-options"),
    path("sign-in/second-factor/options/", passkey.second_step_options, name="second-step-options"),
    path("sign-in/second-factor/first-passkey/", passkey.first_options, name="first-passkey-options"),
    path("sign-in/again/", fresh.again, name="sign-in-again"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("session/left/", sign_in.session_left, name="session-left"),
    path("session/extend/", sign_in.session_extend, name="session-extend"),
    path("session/keep/", kept_forms.keep, name="session-keep"),
    path("recover/username/", recovery.recover_username, name="recover-username"),
    path("recover/password/", recovery.recover_password, name="recover-password"),
    path("recover/password/<str:token>/", recovery.recover_password_link, name="recover-password-link"),
    path("recover/email/<str:token>/", contact_details.undo_email, name="undo-email"),
    path("recover/factor/", factor_pages.lost, name="lost-factor"),
    path("recover/factor/stop/<str:token>/", factor_pages.stop, name="stop-lost-factor"),
    path("recover/factor/<str:token>/", factor_pages.set_up, name="new-factor"),
    path("not-me/<str:token>/", recovery.this_was_not_me, name="not-me"),
    path("upgrade/", upgrade.begin, name="upgrade"),
    path("upgrade/with-code/", upgrade.begin, {"with_code": True}, name="upgrade-with-code"),
    path("upgrade/<uuid:draft_id>/review/", asking.in_upgrade, name="upgrade-review"),
    path("upgrade/<uuid:draft_id>/<slug:name>/", upgrade.step, name="upgrade-step"),
    path("recover/password/<str:token>/judge/", password_hints.of_link),
    path("upgrade/<uuid:draft_id>/second-factor/passkey/", upgrade.passkey_options),
    path("account/", profile.profile, name="account"),
    path("account/email/", contact_details.change_email, name="change-email"),
    path("account/email/confirm/<str:token>/", contact_details.confirm_email, name="confirm-email"),
    path("account/phone/", contact_details.change_phone, name="change-phone"),
    path("account/not-me/", closing.freeze, name="freeze-account"),
    path("account/close/", closing.close, name="close-account"),
    path("account/security/", security.security, name="account-security"),
    path("account/security/password/", security.change_password, name="change-password"),
    path("account/security/password/judge/", password_hints.of_account),
    path(".well-known/change-password", password_hints.where_to_change),
    path("account/security/authenticator/", own_factors.add_app, name="enrol"),
    path("account/security/passkey/", own_factors.add_passkey, name="add-passkey"),
    path("account/security/passkey/options/", own_factors.passkey_options, name="new-passkey-options"),
    path("account/security/factors/<slug:kind>/<str:pk>/", own_factors.factor, name="factor"),
    path("account/security/backup-codes/", own_factors.backup_codes, name="backup-codes"),
    path("account/sessions/", sessions.sessions, name="account-sessions"),
    path("account/activity/", profile.activity, name="account-activity"),
]
# What needs a session, and so has a twin under /admin/ for the session that staff have there.
with_session = [
    entry for entry in urlpatterns if str(entry.pattern).startswith(("sign-in/", "sign-out/", "session/", "account/"))
]
