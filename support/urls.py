"""URLs of the public help."""

from django.urls import path

from accounts.journeys.reviews import views as cases
from support import views

urlpatterns = [
    path("", views.support, name="support"),
    path("guides/<slug:slug>/", views.guide, name="guide"),
    path("guides/<slug:slug>.pdf", views.guide_pdf, name="guide-pdf"),
    path("contact/", views.contact_form, name="contact"),
    path("cases/", cases.find, name="cases"),
    path("cases/status/", cases.status, name="case-status"),
    path("contact/answer/", views.read_answer, name="contact-answer"),
    path("contact/<uuid:message_id>/", views.contact_received, name="contact-received"),
]
