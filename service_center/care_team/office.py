"""The pages on which a care team says when it is out of office, and keeps texts for its answers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.sign_in import unsaved_forms
from portal.messages.models import Template
from portal.messages.teams import teams_of_member
from service_center.care_team import desk
from service_center.care_team.forms import OutOfOfficeForm, TemplateForm, template_chosen
from service_center.care_team.views import member, page


def out_of_office(request: HttpRequest) -> HttpResponse:
    """Let a member say until when one of their teams is out of office."""
    account = member(request)
    teams = list(teams_of_member(account).order_by("name"))
    form = OutOfOfficeForm(request.POST if request.method == "POST" else None, teams=teams)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        desk.set_out_of_office(form.chosen(), said["until"], said["text"], by=account)
        messages.success(request, "Patients read it from now on." if said["until"] else "The team is back.")
        return redirect("admin:secure_messages_thread_out-of-office")
    return page(
        request,
        "out_of_office",
        title="Out of office",
        form=form,
        forms=[form],
        teams=teams,
        today=timezone.localdate(),
    )


@unsaved_forms.keeps_unsaved_form
def templates(request: HttpRequest) -> HttpResponse:
    """Show the texts that the member's teams often answer with, and keep or delete one."""
    account = member(request)
    teams = list(teams_of_member(account).order_by("name"))
    some = Template.objects.filter(team__in=teams).select_related("team").order_by("team__name", "title")
    if request.method == "POST" and request.POST.get("do") == "delete":
        if chosen := template_chosen(request.POST.get("template", ""), some):
            desk.delete_template(chosen, by=account)
            messages.success(request, "The text was deleted.")
        return redirect("admin:secure_messages_thread_templates")
    form = TemplateForm(
        request.POST if request.method == "POST" else None, teams=teams, initial=unsaved_forms.take(request).dict()
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        desk.save_template(form.chosen(), said["title"], said["body"], by=account)
        unsaved_forms.forget(request)
        messages.success(request, "The text is kept.")
        return redirect("admin:secure_messages_thread_templates")
    return page(request, "templates", title="Texts for answers", form=form, forms=[form], templates=some)
