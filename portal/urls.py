"""The portal's addresses: the dashboard, and every feature of portal/features.py."""

from django.urls import path

from portal import views

urlpatterns = [
    path("", views.portal, name="portal"),
    path("<slug:slug>/", views.feature, name="feature"),
    path("<slug:slug>/<slug:item>/", views.feature, name="feature-item"),
]
