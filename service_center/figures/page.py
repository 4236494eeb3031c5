"""The page of figures, for staff whose role may see them, and its files."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import policy
from service_center.figures import charts, reading
from service_center.figures.files import FILES, csv_of
from service_center.figures.sources import SOURCES
from service_center.requests import load


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the figures of a period, `?days=`. A period that is not offered falls back to the usual one."""
    refuse_others(request)
    report = reading.read_report(asked_period(request))
    return render(request, "admin/figures.html", {**admin.site.each_context(request), **context(report)})


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:
    """Return one table of the page, by day, as CSV."""
    refuse_others(request)
    if name not in FILES:
        raise Http404
    report = reading.read_report(asked_period(request))
    answer = HttpResponse(csv_of(name, report), content_type="text/csv; charset=utf-8")
    named = f"{name}-{report.of.first}-to-{report.of.last}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{named}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def refuse_others(request: HttpRequest) -> None:
    if not request.user.has_perm("accounts.view_figures"):  # type: ignore[union-attr]
        raise PermissionDenied


def asked_period(request: HttpRequest) -> reading.Period:
    asked = request.GET.get("days", "")
    days = next((days for days in policy.FIGURE_PERIODS if str(days) == asked), policy.FIGURE_PERIOD)
    return reading.period(days)


def context(report: reading.Report) -> dict[str, Any]:
    """Return what the page shows, as rows of charts."""
    rates = reading.rates(report)
    rated = sum(rate.rated for rate in rates)
    return {
        "title": "Figures",
        "period": report.of,
        "periods": policy.FIGURE_PERIODS,
        "few": policy.FIGURES_FROM - 1,
        "funnel_heads": ("Journeys", "Went on"),
        "rate_heads": ("Right", "Answers"),
        "proof_heads": ("Passed", "Tries"),
        "funnels": [(funnel.route, charts.funnel_rows(funnel)) for funnel in reading.funnels(report)],
        "openings": [
            (charts.columns(label, reading.by_day(report, figure)), ages_of(report, figure))
            for figure, label in reading.OPENINGS.items()
        ],
        "opening_heads": ("Accounts",),
        "rates": charts.rate_rows(rates),
        "rated": rated,
        "right": charts.share(sum(rate.correct for rate in rates), rated) if rated else "",
        "by_route": charts.rate_rows(reading.proofs_by_route(report)),
        "by_age": charts.rate_rows(reading.proofs_by_age(report)),
        "to_issue": charts.wait_rows(reading.waits(report, "issue")),
        "to_use": charts.wait_rows(reading.waits(report, "use")),
        "answers": charts.wait_rows(reading.answers(report)),
        "marks": charts.marks(),
        "ages": charts.age_rows(reading.open_cases()),
        "waiting": [
            (source.label, charts.waiting_rows(ages))
            for source in SOURCES
            if source.key != "cases" and (ages := reading.waiting(source))
        ],
        "loads": charts.load_rows(load.loads()),
        "late_heads": ("In time", "Overdue"),
        "waiting_heads": ("Waiting",),
    }


def ages_of(report: reading.Report, figure: str) -> list[charts.Row]:
    return charts.count_rows(reading.openings_by_age(report, figure))
