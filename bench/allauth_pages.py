"""The URLs of the django-allauth site, and the profile page that every such site builds for itself."""

from allauth.account.models import EmailAddress
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show name, username and email addresses of the signed-in user."""
    addresses = EmailAddress.objects.filter(user=request.user).order_by("email")
    return render(request, "profile.html", {"addresses": addresses})


urlpatterns = [
    path("accounts/profile/", profile),
    path("accounts/", include("allauth.urls")),
]
