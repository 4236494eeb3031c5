"""Addresses of the public help."""

from django.urls import path

from support import views

urlpatterns = [
    path("", views.support, name="support"),
    path("guides/<slug:slug>/", views.guide, name="guide"),
    path("guides/<slug:slug>.pdf", views.guide_pdf, name="guide-pdf"),
    path("contact/", views.contact_form, name="contact"),
    path("contact/<uuid:message_id>/", views.contact_received, name="contact-received"),
]
