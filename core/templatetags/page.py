"""Template tags and filters for every page: form fields, icons, steps, and times in words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.templatetags.static import static
from django.urls import get_urlconf
from django.utils.safestring import SafeString, mark_safe

from core import widgets
from core.context_processors import site
from core.countries import country
from core.help_codes import PAGES
from core.masks import mask_email, mask_phone
from core.widgets import escape
from core.words import duration, seconds

register = template.Library()
register.filter(country)
register.filter(duration)
register.filter(seconds)
register.filter(mask_email)
register.filter(mask_phone)
NOT_NAMED = forms.Field.default_error_messages["required"]


class OnceNode(template.Node):
    """Renders its content once and keeps the result for the life of the process.

    The content is rendered without the context of the request, so that nothing of one person can reach the page of
    another. Only what `site` returns is known inside. The result is kept apart for each URLconf, because the same names
    lead elsewhere under /admin/.
    """

    child_nodelists = ()

    def __init__(self, inside: template.NodeList) -> None:
        self.inside = inside
        self.kept: dict[str | None, SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        urlconf = get_urlconf()
        if urlconf not in self.kept:
            bare = template.Context(site())
            with bare.bind_template(context.template):  # type: ignore[arg-type]
                self.kept[urlconf] = self.inside.render(bare)
        return self.kept[urlconf]


@register.tag
def once(parser: template.base.Parser, token: template.base.Token) -> OnceNode:
    """Render the content of `{% once %}…{% endonce %}` once, for parts of the frame that are the same on every page.

    The addresses of pages and files are most of the cost of a plain page. They do not change while a process runs.
    """
    inside = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(inside)


@register.simple_tag
@cache
def icon(name: str, size: int = 0) -> SafeString:
    """Return an icon of the USWDS sprite, hidden from screen readers. A `size` from 3 to 9 enlarges it."""
    kind = f" usa-icon--size-{size:d}" if size else ""
    use = f'<use href="{static("uswds/img/sprite.svg")}#{escape(name)}"></use>'
    return mark_safe(f'<svg class="usa-icon{kind}" aria-hidden="true" focusable="false">{use}</svg>')  # noqa: S308


@register.simple_tag
def phone(number: str) -> SafeString | str:
    """Return a phone number as a link that dials it from anywhere, with country and area code.

    A number that has no area code cannot be dialed from elsewhere, so it stays text.
    """
    digits = re.sub(r"[^0-9]", "", number)
    if number.lstrip().startswith("+"):
        dialed = digits
    elif len(digits) == 10:  # the United States and their territories, with area code
        dialed = f"1{digits}"
    elif len(digits) == 11 and digits.startswith("1"):
        dialed = digits
    else:
        return number
    return mark_safe(f'<a class="usa-link text-no-wrap" href="tel:+{dialed}">{escape(number)}</a>')  # noqa: S308


@register.simple_tag
@cache
def help_code(name: str) -> SafeString:
    """Return the line that leads from an error to its help article, by the name of the error in core/help_codes.py."""
    one = PAGES[name]
    link = f'<a class="usa-link" href="{one.address}">Help with code {one.code}</a>'
    return mark_safe(f'<p class="help-code">{link}</p>')  # noqa: S308 - both are constants


@register.simple_tag
def steps(journey: Any) -> SafeString:
    """Return the step indicator. `journey.steps` are labels, and `journey.position` counts from 0."""
    labels, now = [escape(label) for label in journey.steps], journey.position
    segments = "".join(_segment(label, at, now) for at, label in enumerate(labels))
    return mark_safe(  # noqa: S308 - the labels are escaped
        '<div class="usa-step-indicator usa-step-indicator--counters-sm" role="region" aria-label="Progress">'
        f'<ol class="usa-step-indicator__segments">{segments}</ol>'
        '<div class="usa-step-indicator__header"><p class="usa-step-indicator__heading">'
        '<span class="usa-step-indicator__heading-counter"><span class="usa-sr-only">Step</span> '
        f'<span class="usa-step-indicator__current-step">{now + 1}</span> '
        f'<span class="usa-step-indicator__total-steps">of {len(labels)}</span></span> '
        f'<span class="usa-step-indicator__heading-text">{labels[now]}</span></p></div></div>'
    )


def _segment(label: str, at: int, now: int) -> str:
    kind, said = "", ' <span class="usa-sr-only">not completed</span>'
    if at < now:
        kind, said = " usa-step-indicator__segment--complete", ' <span class="usa-sr-only">completed</span>'
    elif at == now:
        kind, said = ' usa-step-indicator__segment--current" aria-current="step', ""
    text = f'<span class="usa-step-indicator__segment-label">{label}{said}</span>'
    return f'<li class="usa-step-indicator__segment{kind}">{text}</li>'


@register.filter
def with_errors(forms_shown: Iterable[forms.BaseForm] | None) -> list[forms.BaseForm]:
    """Return those of a page's forms that came back with errors. A page that has no forms has none of them."""
    return [form for form in forms_shown or () if form.errors]


@register.simple_tag
def errors(shown: forms.BaseForm | Iterable[forms.BaseForm]) -> SafeString | str:
    """Return what is wrong with a form, or with the forms of a page, for the top of the page. Return "" if nothing is.

    Each sentence links to its field. A form that is one of several alike has a `title`, which its sentences begin with.
    """
    wrong = with_errors([shown] if isinstance(shown, forms.BaseForm) else shown)
    if not wrong:
        return ""
    lines = [line for form in wrong for line in _lines_of(form)]
    heading = "There is a problem" if len(lines) == 1 else f"There are {len(lines)} problems"
    return mark_safe(  # noqa: S308 - the sentences are escaped
        '<div class="usa-alert usa-alert--error error-summary" role="alert" tabindex="-1" data-focus>'
        f'<div class="usa-alert__body"><h2 class="usa-alert__heading">{heading}</h2>'
        f'<ul class="usa-list">{"".join(f"<li>{line}</li>" for line in lines)}</ul></div></div>'
    )


def _lines_of(form: forms.BaseForm) -> Iterator[str]:
    """Yield what is wrong with one form from top to bottom. Django notes errors in the order in which it finds them."""
    places = {name: place for place, name in enumerate(form.fields)}
    for name, said in sorted(form.errors.items(), key=lambda one: places.get(one[0], -1)):
        yield from _lines(form, name, said)


def _lines(form: forms.BaseForm, name: str, sentences: Iterable[Any]) -> Iterator[str]:
    """Yield the sentences about one field as links to it.

    Django's own "This field is required." does not name the field, so the label is put before it.
    """
    bound = form[name] if name in form.fields else None
    title = f"{escape(form.title)}: " if hasattr(form, "title") else ""
    for sentence in sentences:
        if bound is None or bound.is_hidden:
            yield title + escape(sentence)
        else:
            label = f"{escape(bound.label)}: " if sentence == NOT_NAMED else ""
            yield f'<a href="#{widgets.input_to_correct(bound)}">{title}{label}{escape(sentence)}</a>'


@register.simple_tag
def field(
    bound: BoundField,
    *,
    hint: str = "",
    label: str = "",
    tiles: bool = False,
    large: bool = False,
    focus: bool = False,
    keep: bool = True,
    optional: bool = True,
    descriptions: Mapping[Any, str] | None = None,
) -> SafeString:
    """Return one form field with its label, hint and error.

    `tiles` draws radio buttons and checkboxes as large tiles. `descriptions` maps a value to a sentence under its
    choice. `large` makes the label the heading of the page, and with
    `focus` people start reading there. `keep=False` shows the input empty, as for codes.
    `optional=False` leaves out "(optional)" where one of two inputs must be filled in.
    """
    if bound.is_hidden:
        return bound.as_widget()
    html = widgets.draw_field(
        bound,
        hint=hint,
        label=label,
        tiles=tiles,
        large=large,
        focus=focus,
        keep=keep,
        optional=optional,
        descriptions=descriptions or {},
    )
    return mark_safe(html)  # noqa: S308 - core/widgets.py escapes what enters it
