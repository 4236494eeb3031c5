"""URLs of the profile."""

from django.urls import path

from accounts.profile import closing, contact_details, factors, profile, security, sessions

urlpatterns = [
    path("account/", profile.profile, name="account"),
    path("account/email/", contact_details.change_email, name="change-email"),
    path("account/email/confirm/<str:token>/", contact_details.confirm_email, name="confirm-email"),
    path("account/phone/", contact_details.change_phone, name="change-phone"),
    path("account/not-me/", closing.freeze, name="freeze-account"),
    path("account/close/", closing.close, name="close-account"),
    path("account/security/", security.security, name="account-security"),
    path("account/security/password/", security.change_password, name="change-password"),
    path("account/security/password/judge/", security.judge_password),
    path("account/security/authenticator/", factors.add_app, name="enrol"),
    path("account/security/passkey/", factors.add_passkey, name="add-passkey"),
    path("account/security/passkey/options/", factors.passkey_options, name="new-passkey-options"),
    path("account/security/factors/<slug:kind>/<str:pk>/", factors.factor, name="factor"),
    path("account/security/backup-codes/", factors.backup_codes, name="backup-codes"),
    path("account/sessions/", sessions.sessions, name="account-sessions"),
    path("account/activity/", profile.activity, name="account-activity"),
    path(".well-known/change-password", security.where_to_change),
    path("recover/email/<str:token>/", contact_details.undo_email, name="undo-email"),
]
