"""The operator's page: jobs that failed or wait, emails that are not out, imports and seals. It shows nobody.

What a job works on stands in its arguments, which may lead to somebody, so they are never shown. Emails are only
counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_safe
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from accounts.actions import Done, NotAllowed
from accounts.models import Account, Notice
from core import policy
from safeguards import audit
from safeguards.models import AuditEvent, AuditSeal
from safeguards.rows import planned_for_values
from service_center import reasons
from service_center.confirmed_actions import ConfirmedAction, confirm, say_always

SEE, RETRY = "procrastinate.view_procrastinatejob", "procrastinate.change_procrastinatejob"
EVENTS_LOOKED_THROUGH = 100_000
"""How far back in the trail an import is looked for: own. Nothing lists the events of one kind."""


@dataclass(frozen=True)
class Job:
    """A job that failed, as the operator sees it."""

    pk: int
    kind: str
    attempts: int
    failed_at: datetime | None

    # What a page of a row says of it.
    _meta: ClassVar = SimpleNamespace(verbose_name="job", app_label="procrastinate", model_name="procrastinatejob")

    def __str__(self) -> str:
        return f"{self.pk}, {self.kind}"


def kind_of(task_name: str) -> str:
    """Return what a job does, in words: "send notice" for accounts.tasks.send_notice."""
    return task_name.rpartition(".")[2].replace("_", " ")


def failed_jobs(before: int | None = None) -> list[Job]:
    """Return the failed jobs with the greatest numbers, or those below `before`, and one more than fits the page."""
    rows: QuerySet[Any] = ProcrastinateJob.objects.filter(status="failed", **({"pk__lt": before} if before else {}))
    when = Max("procrastinateevent__at", filter=Q(procrastinateevent__type="failed"))
    found = rows.order_by("-pk").annotate(failed_at=when).values_list("pk", "task_name", "attempts", "failed_at")
    return [Job(pk, kind_of(name), tries, at) for pk, name, tries, at in found[: policy.JOBS_TO_A_PAGE + 1]]


def waiting_jobs(now: datetime) -> list[dict[str, Any]]:
    """Return the kinds of job that wait, with how many wait, since when the oldest should run, and the most tries."""
    waiting = ProcrastinateJob.objects.filter(status="todo").values("task_name").order_by("task_name")
    rows = waiting.annotate(
        count=Count("pk"),
        due=Count("pk", filter=Q(scheduled_at=None) | Q(scheduled_at__lte=now)),
        oldest=Min("procrastinateevent__at"),
        tries=Max("attempts"),
    )
    return [{**row, "kind": kind_of(row["task_name"])} for row in rows]


def unsent_mails() -> list[dict[str, Any]]:
    """Return the kinds of email that are not out: how many wait, how many may be out, and how many were given up."""
    unsent = Notice.objects.filter(sent_at=None).values("kind").order_by("kind")
    rows = unsent.annotate(
        waiting=Count("pk", filter=Q(handed_over_at=None, given_up_at=None)),
        unknown=Count("pk", filter=Q(handed_over_at__isnull=False, given_up_at=None)),
        given_up=Count("pk", filter=Q(given_up_at__isnull=False)),
        oldest=Min("created_at"),
    )
    return [{**row} for row in rows]


def last_import() -> AuditEvent | None:
    """Return the event of the last import, if it is among the last events."""
    newest = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    recent = AuditEvent.objects.filter(pk__gt=newest - EVENTS_LOOKED_THROUGH)
    return recent.filter(event="deers.imported").order_by("-pk").first()


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the state of the machinery."""
    if not request.user.has_perm(SEE):  # type: ignore[union-attr]
        raise PermissionDenied
    with planned_for_values():
        shown = context(request)
    return render(request, "admin/operations.html", {**admin.site.each_context(request), **shown})


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows."""
    now, asked = timezone.now(), request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    failed = failed_jobs(before)
    more = failed[policy.JOBS_TO_A_PAGE :]
    seal = AuditSeal.objects.order_by("-day").first()
    return {
        "title": "Operations",
        "failed": failed[: policy.JOBS_TO_A_PAGE],
        "older": failed[policy.JOBS_TO_A_PAGE - 1].pk if more else None,
        "is_first": before is None,
        "waiting": waiting_jobs(now),
        "worker": ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"],
        "mails": unsent_mails(),
        "imported": last_import(),
        "seal": seal,
        "seal_late": seal is not None and now - seal.sealed_at > policy.AUDIT_SEALED_WITHIN + policy.AUDIT_SEAL_OVERDUE,
        "may_retry": request.user.has_perm(RETRY),  # type: ignore[union-attr]
    }


def retry(job: Job, *, by: Account) -> Done | NotAllowed:
    """Let a failed job run again, once: of two operators at the same time, the second finds it no longer failed."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM procrastinate_jobs WHERE id = %s AND status = 'failed' FOR UPDATE", [job.pk])
            if not cursor.fetchone():
                return NotAllowed()
            cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job.pk])
            audit.record("jobs.retried", by=by, job=job.kind.replace(" ", "-")[:40], tries=job.attempts)
    except IntegrityError:  # the same job waits already
        return NotAllowed()
    return Done()


RETRYING = ConfirmedAction(
    name="retry",
    permission=RETRY,
    question="Run this job once more?",
    button="Run it again",
    follows=say_always(
        "The job waits for the worker, and runs within seconds if one is free.",
        "If it fails again, it is listed here again.",
    ),
    act=retry,
    done="The job waits for the worker.",
    refused="That is not possible now: it no longer counts as failed, or the same job waits already.",
    why=reasons.RETRYING,
)


def retry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why a job is to run again, and let it."""
    if not request.user.has_perm(RETRY):  # type: ignore[union-attr]
        raise PermissionDenied
    row = ProcrastinateJob.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    job = Job(row.pk, kind_of(row.task_name), row.attempts, None)
    return confirm(request, admin.site, RETRYING, job, reverse("admin:operations"))


def addresses(site: admin.AdminSite) -> Iterator[URLPattern]:
    """Yield the addresses of the operator's pages."""
    yield path("operations/", site.admin_view(page), name="operations")
    yield path("operations/jobs/<int:pk>/retry/", site.admin_view(retry_page), name="operations_retry")
