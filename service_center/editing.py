"""The editors' desk: notices to everybody, and what people say about the help articles."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import actions
from accounts.models import Account
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from safeguards import audit
from service_center import article_figures
from service_center.confirmed_actions import ConfirmedAction, ConfirmingAdmin, say_always
from service_center.notice_forms import PLACES, NoticeForm, WithdrawalForm, typed_before
from service_center.read_only import ReadOnlyAdmin, admin_page, has_permission
from support import articles, dated_notices
from support.models import DatedNotice, Rating

PUBLISH = "support.publish_datednotice"


def withdraw(notice: DatedNotice, *, by: Account, form: WithdrawalForm) -> actions.Done | actions.NotAllowed:
    """Stop showing a notice."""
    done = dated_notices.withdraw_notice(notice, by=by, reason=form.cleaned_data["reason"])
    return actions.Done() if done else actions.NotAllowed()


WITHDRAW = ConfirmedAction(
    name="withdraw",
    permission=PUBLISH,
    question="Stop showing this notice?",
    button="Withdraw it",
    follows=say_always(
        f"No page shows it any longer, within {policy.DATED_NOTICES_READ_EVERY.seconds} seconds.",
        "It stays in this list.",
    ),
    act=withdraw,
    done="The notice is withdrawn.",
    refused="It is withdrawn or over already.",
    form=WithdrawalForm,
)


@admin.register(DatedNotice)
class DatedNoticeAdmin(ConfirmingAdmin):
    """Notices to everybody: editors publish them, replace them and withdraw them."""

    list_display = ("title", "kind", "begins_at", "ends_at", "state")
    list_filter = ("kind",)
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 25
    show_full_result_count = False
    ordering = ("-published_at",)
    fields = readonly_fields = ("state", "kind", "title", "as_shown", "begins_at", "ends_at", "where", "published_at")
    confirmed = (WITHDRAW,)
    change_form_template = "admin/moves.html"
    change_list_template = "admin/support/datednotice/change_list.html"

    @admin.display(description="Now")
    def state(self, notice: DatedNotice) -> str:
        now = timezone.now()
        if notice.withdrawn_at:
            return "Withdrawn"
        if notice.ends_at <= now:
            return "Over"
        return "Shown" if notice.begins_at <= now else "Not yet shown"

    @admin.display(description="Text")
    def as_shown(self, notice: DatedNotice) -> SafeString:
        return format_html("<div>{}</div>", dated_notices.notice_html(notice.text))

    @admin.display(description="Shown on")
    def where(self, notice: DatedNotice) -> str:
        return ", ".join(words for place, words in PLACES.items() if getattr(notice, place))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.publish)
        return [path("publish/", view, name="support_datednotice_publish"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        more = {"may_publish": has_permission(request, PUBLISH)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        buttons = self.buttons_of(row) if row and has_permission(request, PUBLISH) else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "buttons": buttons})

    def buttons_of(self, notice: DatedNotice) -> list[tuple[str, str, str]]:
        """Return the buttons of a notice: to publish it with changes, and to withdraw it while it lasts."""
        again = ("again", f"../../publish/?notice={notice.pk}", "Publish it with changes")
        stop = (WITHDRAW.name, "../withdraw/", WITHDRAW.button)
        return [again, stop] if self.state(notice) in ("Shown", "Not yet shown") else [again]

    def publish(self, request: HttpRequest) -> HttpResponse:
        """Show the form of a notice, what it will look like, and publish it. `?notice=` begins with one from before."""
        if not has_permission(request, PUBLISH):
            raise PermissionDenied
        if proof := ask_for_second_step(request, policy.FRESH_FOR_DECISIONS):
            return proof
        before = self.notice_named(request.GET.get("notice", ""))
        initial = typed_before(before) if before else {"begins_at": timezone.localtime(), "places": ["on_help"]}
        form = NoticeForm(request.POST if request.method == "POST" else None, initial=initial)
        form.label_suffix = ""
        if request.method == "POST" and form.is_valid():
            notice = form.notice()
            if "look" not in request.POST:
                dated_notices.publish_notice(notice, by=request.user, replaces=before)
                messages.success(request, "The notice is published.")
                return redirect(admin_page(notice))
            return self.form_page(request, form, before, notice)
        return self.form_page(request, form, before)

    def notice_named(self, key: str) -> DatedNotice | None:
        """Return the notice with this key. A key that is none begins with nothing."""
        return get_object_or_404(DatedNotice, pk=key) if key and self.is_key(key) else None

    def form_page(
        self, request: HttpRequest, form: NoticeForm, before: DatedNotice | None, look: DatedNotice | None = None
    ) -> HttpResponse:
        shown = [(look, dated_notices.notice_html(look.text))] if look else []
        context = {"title": "Publish a notice", "form": form, "forms": [form], "before": before, "notices": shown}
        template = "admin/support/datednotice/publish.html"
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


class ByArticle(admin.SimpleListFilter):
    """The filter of opinions by article. The page of figures leads here with one; the list of all would be long."""

    title = "article"
    parameter_name = "article"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        slug = request.GET.get(self.parameter_name, "")
        article = articles.all_articles().get(slug)
        return [(slug, article.title if article else slug)] if slug else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(article=self.value()) if self.value() else queryset


@admin.register(Rating)
class RatingAdmin(ReadOnlyAdmin):
    """What people say about the help articles. Opening one shows the remark, and is recorded."""

    list_display = ("article", "day", "helpful", "reason")
    list_filter = ("helpful", "reason", ByArticle)
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    ordering = ("-day", "article", "pk")
    fields = readonly_fields = ("article", "day", "helpful", "reason", "remark")
    change_list_template = "admin/support/rating/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.by_article)
        return [path("articles/", view, name="support_rating_articles"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        opened = self.get_object(request, object_id)
        if opened and self.has_view_permission(request, opened):
            audit.record("support.rating-read", by=request.user, article=opened.article[:40])
        return super().change_view(request, object_id, form_url, extra_context)

    def by_article(self, request: HttpRequest) -> HttpResponse:
        """Show how helpful each article was in the last days, the least helpful first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {"title": "Helpfulness by article", "lines": article_figures.helpfulness_by_article()}
        template = "admin/support/rating/articles.html"
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )
