"""URLs for getting back into an account, and for stopping somebody else."""

from django.urls import path

from accounts.recovery import lost_factor_views, views

urlpatterns = [
    path("recover/", views.recover, name="recover"),
    path("recover/username/", views.recover_username, name="recover-username"),
    path("recover/password/", views.recover_password, name="recover-password"),
    path("recover/password/<str:token>/", views.recover_password_link, name="recover-password-link"),
    path("recover/password/<str:token>/judge/", views.judge_password),
    path("recover/frozen/", views.frozen, name="recover-frozen"),
    path("recover/factor/", lost_factor_views.lost, name="lost-factor"),
    path("recover/factor/stop/<str:token>/", lost_factor_views.stop, name="stop-lost-factor"),
    path("recover/factor/<str:token>/", lost_factor_views.set_up, name="new-factor"),
    path("not-me/<str:token>/", views.this_was_not_me, name="not-me"),
    path("stop/<str:token>/", views.stop_questions, name="stop-questions"),
]
