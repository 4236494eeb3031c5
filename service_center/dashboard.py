"""The page of figures, for staff whose role may see them."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import policy
from service_center import charts, figures
from service_center.requests import load


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the figures of a period, `?days=`. A period that is not offered falls back to the usual one."""
    if not request.user.has_perm("accounts.view_figures"):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = next((days for days in policy.FIGURE_PERIODS if str(days) == asked), policy.FIGURE_PERIOD)
    return render(request, "admin/figures.html", {**admin.site.each_context(request), **context(figures.period(days))})


def context(of: figures.Period) -> dict:
    """Return what the page shows, as rows of charts."""
    rates, waits = figures.rates(of), figures.waits(of)
    answered = sum(rate.answered for rate in rates)
    return {
        "title": "Figures",
        "period": of,
        "periods": policy.FIGURE_PERIODS,
        "funnel_heads": ("Journeys", "Went on"),
        "rate_heads": ("Right", "Answers"),
        "funnels": [(funnel.route, charts.funnel_rows(funnel)) for funnel in figures.funnels(of)],
        "rates": charts.rate_rows(rates),
        "answered": answered,
        "right": charts.share(sum(rate.correct for rate in rates), answered) if answered else "",
        "to_issue": charts.wait_rows(waits.to_issue),
        "to_use": charts.wait_rows(waits.to_use),
        "marks": charts.marks(),
        "ages": charts.age_rows(figures.open_cases()),
        "loads": charts.load_rows(load.loads()),
        "late_heads": ("In time", "Overdue"),
    }
