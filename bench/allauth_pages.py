"""The addresses of the django-allauth site, and the profile page that each of them builds for itself."""

from allauth.account.models import EmailAddress
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Name, username and email addresses of whoever is signed in."""
    addresses = EmailAddress.objects.filter(user=request.user).order_by("email")
    return render(request, "profile.html", {"addresses": addresses})


urlpatterns = [
    path("accounts/profile/", profile),
    path("accounts/", include("allauth.urls")),
]
