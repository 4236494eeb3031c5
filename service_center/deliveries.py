"""The page of what the worker owes: jobs that failed and emails that are late. It names nobody."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core import policy
from service_center.read_only import has_permission
from service_center.waiting import failed_jobs, late_mails

PERMISSION = "support.see_deliveries"


def page(request: HttpRequest) -> HttpResponse:
    """Show the oldest jobs that failed and emails that are late. Neither arguments nor addresses are shown."""
    if not has_permission(request, PERMISSION):
        raise PermissionDenied
    most = policy.WAITING_COUNTED
    jobs = list(failed_jobs().values_list("pk", "task_name", "attempts", "at")[:most])
    mails = list(late_mails(timezone.now()).values_list("kind", "created_at", "handed_over_at")[:most])
    context = {"title": "Jobs and emails", "jobs": jobs, "mails": mails, "most": most}
    return render(request, "admin/deliveries.html", {**admin.site.each_context(request), **context})
