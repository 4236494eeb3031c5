"""URLs for signing in and out, and for the session."""

from django.urls import path

from accounts.sign_in import fresh, passkey, unsaved_forms, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/second-factor/", views.second_factor, name="second-factor"),
    path("sign-in/passkey/", passkey.sign_in, name="sign-in-passkey"),
    path("sign-in/passkey/options/", passkey.options, name="passkey-options"),
    path("sign-in/second-factor/options/", passkey.second_step_options, name="second-step-options"),
    path("sign-in/second-factor/first-passkey/", passkey.first_options, name="first-passkey-options"),
    path("sign-in/again/", fresh.again, name="sign-in-again"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("session/left/", views.session_left, name="session-left"),
    path("session/extend/", views.session_extend, name="session-extend"),
    path("session/keep/", unsaved_forms.keep, name="session-keep"),
]
