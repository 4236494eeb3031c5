"""URLs of the public help."""

from django.urls import include, path

from accounts.journeys.reviews import views as cases
from support import calling, help_views, views

urlpatterns = [
    path("", help_views.help_center, name="support"),
    path("articles/<slug:slug>/", help_views.article, name="help-article"),
    path("articles/<slug:slug>/helpful/", help_views.rate, name="help-rate"),
    path("code/<str:code>/", help_views.help_code, name="help-code"),
    path("guides/<slug:slug>/", views.guide, name="guide"),
    path("guides/<slug:slug>/<slug:name>.png", views.guide_picture, name="guide-picture"),
    path("guides/<slug:slug>.pdf", views.guide_pdf, name="guide-pdf"),
    path("contact/", views.contact_form, name="contact"),
    path("chat/", include("support.chat.urls")),
    path("call-back/", calling.call_back, name="call-back"),
    path("call-back/<uuid:pk>/", calling.call_back_asked, name="call-back-asked"),
    path("pin/", calling.support_pin, name="support-pin"),
    path("cases/", cases.find, name="cases"),
    path("cases/status/", cases.status, name="case-status"),
    path("contact/answer/", views.read_answer, name="contact-answer"),
    path("contact/<uuid:message_id>/", views.contact_received, name="contact-received"),
]
