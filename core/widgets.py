"""Form fields as USWDS draws them, with label, hint and error tied to the input for screen readers.

The HTML is built from strings, because a field costs ten times as much through Django's form templates. Everything that
comes from people or from forms is escaped where it enters a string.
"""

import html
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.widgets import Input

from core.fields import PARTS, MemorableDate

UNSAFE = re.compile(r"""[&<>"']""")
SEVERAL = (forms.RadioSelect, forms.CheckboxSelectMultiple)


def draw_field(
    bound: BoundField,
    *,
    hint: str,
    label: str,
    tiles: bool,
    large: bool,
    focus: bool,
    keep: bool,
    optional: bool,
    descriptions: Mapping[Any, str],
) -> str:
    """Return the HTML of one field. The arguments are those of the `field` tag."""
    widget, name = bound.field.widget, input_id(bound)
    wrong = bound.form.errors.get(bound.name, ())
    notes, described = _notes(widget, name, hint or str(bound.help_text), wrong)
    attrs = _shared(bound, described, bool(wrong))
    heading = '<h1 class="field-heading"' + (' tabindex="-1" data-focus>' if focus else ">") if large else ""
    caption = f"{escape(label or bound.label)}{_optional(bound) if optional else ''}"
    value = bound.value() if keep else None
    if isinstance(widget, MemorableDate):
        inner = _fieldset(caption, heading, notes + _date(bound, widget, value, attrs), "")
    elif isinstance(widget, SEVERAL):
        inner = _fieldset(caption, heading, notes + _choices(bound, widget, value, tiles, descriptions), described)
    elif isinstance(widget, forms.CheckboxInput):
        attrs |= {"checked": bool(value), "id": name, "name": bound.html_name}
        inner = notes + _choice("checkbox", caption, attrs, tiles, "")
    else:
        kind = "usa-label usa-label--error" if wrong else "usa-label"
        tag = f'<label class="{kind}" for="{name}">{caption}</label>'
        control = _control(bound, widget, value, attrs | {"id": name, "name": bound.html_name})
        inner = (f"{heading}{tag}</h1>" if large else tag) + notes + control
    group = "usa-form-group usa-form-group--error" if wrong else "usa-form-group"
    return _counted(widget, name, f'<div class="{group}">{inner}</div>')


def escape(text: object) -> str:
    """Return `text` made safe for HTML. Text that is already marked as HTML stays as it is.

    Django's own function costs five times as much.
    """
    if hasattr(text, "__html__"):
        return text.__html__()
    said = str(text)
    return html.escape(said) if UNSAFE.search(said) else said


def input_id(bound: BoundField) -> str:
    """Return the id of a field's input, which is also the stem of the ids of its hint and error."""
    return escape(bound.auto_id or bound.html_name)


def input_to_correct(bound: BoundField) -> str:
    """Return the id that an error message links to: of several inputs the first that is wrong, or else the first."""
    widget = bound.field.widget
    if isinstance(widget, MemorableDate):
        wrong = {error.code for error in bound.form.errors.get(bound.name, forms.utils.ErrorList()).as_data()}
        return f"{input_id(bound)}_{next((part for part in PARTS if part in wrong), PARTS[0])}"
    if isinstance(widget, SEVERAL):
        return f"{input_id(bound)}_0"
    return input_id(bound)


def attributes(attrs: Mapping[str, Any]) -> str:
    """Return HTML attributes, each after a space.

    True gives the name alone. False and None leave the attribute out.
    """
    said = []
    for name, value in attrs.items():
        if value is True:
            said.append(f" {name}")
        elif value is not None and value is not False:
            said.append(f' {name}="{escape(value)}"')
    return "".join(said)


def _shared(bound: BoundField, described: str, wrong: bool) -> dict[str, Any]:
    """Return the attributes that every input of a field carries."""
    attrs = dict(bound.field.widget.attrs)
    if bound.field.required and bound.form.use_required_attribute:
        attrs["required"] = True
    if bound.field.disabled:
        attrs["disabled"] = True
    if described:
        attrs["aria-describedby"] = described
    if wrong:
        attrs["aria-invalid"] = "true"
    return attrs


def _optional(bound: BoundField) -> str:
    if bound.field.required or isinstance(bound.field.widget, forms.CheckboxInput):
        return ""
    return ' <span class="optional">(optional)</span>'


def _notes(widget: forms.Widget, name: str, hint: str, wrong: Collection[Any]) -> tuple[str, str]:
    """Return hint and error as HTML, and their ids for `aria-describedby`."""
    notes, ids = "", []
    if hint:
        notes += f'<div class="usa-hint" id="{name}_hint">{escape(hint)}</div>'
        ids.append(f"{name}_hint")
    if wrong:
        sentences = " ".join(escape(sentence) for sentence in wrong)
        said = '<span class="usa-sr-only">Error: </span>'
        notes += f'<span class="usa-error-message" id="{name}_error">{said}{sentences}</span>'
        ids.append(f"{name}_error")
    if _counts(widget):
        ids.append(f"{name}_count")
    return notes, " ".join(ids)


def _fieldset(caption: str, heading: str, inner: str, described: str) -> str:
    if heading:
        legend = f'<legend class="usa-legend usa-legend--large">{heading}{caption}</h1></legend>'
    else:
        legend = f'<legend class="usa-legend">{caption}</legend>'
    ids = f' aria-describedby="{described}"' if described else ""
    return f'<fieldset class="usa-fieldset"{ids}>{legend}{inner}</fieldset>'


def _classes(kind: str, attrs: dict[str, Any]) -> str:
    """Return the USWDS classes of an input, and those that its widget asks for. The latter are taken out of `attrs`."""
    wrong = f" {kind}--error" if "aria-invalid" in attrs else ""
    extra = attrs.pop("class", "")
    return f"{kind}{wrong} {escape(extra)}" if extra else kind + wrong


def _control(bound: BoundField, widget: forms.Widget, value: Any, attrs: dict[str, Any]) -> str:
    """Return the input itself, for every widget that has a single one."""
    if isinstance(widget, forms.Textarea):
        kind = _classes("usa-textarea", attrs) + (" usa-character-count__field" if _counts(widget) else "")
        # HTML drops a line break at the start of the content. With this one, a line break that begins the text is kept.
        return f'<textarea class="{kind}"{attributes(attrs)}>\n{escape(value or "")}</textarea>'
    if isinstance(widget, forms.Select):
        return _select(widget, value, attrs)
    if isinstance(widget, forms.PasswordInput):
        return _password(widget, value, attrs)
    if isinstance(widget, Input):
        kind = _classes("file-input" if isinstance(widget, forms.FileInput) else "usa-input", attrs)
        shown = widget.format_value(value)
        return f'<input class="{kind}" type="{widget.input_type}"{attributes(attrs | {"value": shown})}>'
    return bound.as_widget(attrs=attrs)


def _password(widget: forms.PasswordInput, value: Any, attrs: dict[str, Any]) -> str:
    """Return a password input and its "Show password" button, which the style sheet hides where scripts are off.

    The input of another secret says what its button shows.
    """
    shown = widget.format_value(value) if widget.render_value else None
    kind, rest = _classes("usa-input", attrs), attributes(attrs | {"value": shown})
    what = getattr(widget, "what", "password")
    return (
        f'<input class="{kind}" type="password" autocapitalize="off" autocorrect="off" spellcheck="false"{rest}>'
        f'<button type="button" class="usa-show-password" aria-controls="{attrs["id"]}"'
        f' data-show-text="Show {what}" data-hide-text="Hide {what}">Show {what}</button>'
    )


def _select(widget: forms.Select, value: Any, attrs: dict[str, Any]) -> str:
    chosen = set(widget.format_value(value))
    multiple = {"multiple": widget.allow_multiple_selected}
    kind = _classes("usa-select", attrs).replace("usa-select--error", "usa-input--error")
    return f'<select class="{kind}"{attributes(attrs | multiple)}>{_options(widget.choices, chosen)}</select>'


def _options(choices: Iterable[tuple[Any, Any]], chosen: set[str]) -> str:
    parts = []
    for value, label in choices:
        if isinstance(label, list | tuple):
            parts.append(f'<optgroup label="{escape(value)}">{_options(label, chosen)}</optgroup>')
            continue
        text = "" if value is None else str(value)
        parts.append(f'<option value="{escape(text)}"{" selected" if text in chosen else ""}>{escape(label)}</option>')
    return "".join(parts)


def _choices(
    bound: BoundField,
    widget: forms.RadioSelect | forms.CheckboxSelectMultiple,
    value: Any,
    tiles: bool,
    descriptions: Mapping[Any, str],
) -> str:
    """Return radio buttons or checkboxes, one below the other. The error is tied to the fieldset around them."""
    kind = widget.input_type  # "radio" or "checkbox"
    chosen, stem = set(widget.format_value(value)), input_id(bound)
    attrs = _shared(bound, "", False) | {"name": bound.html_name}
    if kind == "checkbox":
        # On a checkbox, "required" asks for this very box. The form means any one of them.
        attrs.pop("required", None)
    parts = []
    for at, (option, label) in enumerate(widget.choices):
        text = "" if option is None else str(option)
        own = attrs | {"id": f"{stem}_{at}", "value": text, "checked": text in chosen}
        parts.append(_choice(kind, escape(label), own, tiles, descriptions.get(option, "")))
    return "".join(parts)


def _choice(kind: str, caption: str, attrs: dict[str, Any], tiles: bool, description: str) -> str:
    more = f' <span class="usa-{kind}__label-description">{escape(description)}</span>' if description else ""
    tile = f" usa-{kind}__input--tile" if tiles else ""
    extra = attrs.pop("class", "")
    return (
        f'<div class="usa-{kind}"><input class="usa-{kind}__input{tile}{" " if extra else ""}{escape(extra)}"'
        f' type="{kind}"{attributes(attrs)}>'
        f'<label class="usa-{kind}__label" for="{attrs["id"]}">{caption}{more}</label></div>'
    )


def _date(bound: BoundField, widget: MemorableDate, value: Any, attrs: dict[str, Any]) -> str:
    """Return the three inputs of a memorable date. A browser that knows the birthday can fill in each part."""
    typed = value if isinstance(value, list) else widget.decompress(value)
    whose = attrs.pop("autocomplete", "")
    parts = []
    for part, box, text in zip(PARTS, widget.widgets, typed, strict=True):
        stem = f"{input_id(bound)}_{part}"
        own = attrs | box.attrs | {"id": stem, "name": f"{bound.html_name}_{part}"}
        if whose:
            own["autocomplete"] = f"{whose}-{part}"
        group = f"usa-form-group usa-form-group--{part}"
        parts.append(
            f'<div class="{group}"><label class="usa-label" for="{stem}">{part.capitalize()}</label>'
            f"{_control(bound, box, text, own)}</div>"
        )
    return f'<div class="usa-memorable-date">{"".join(parts)}</div>'


def _counts(widget: forms.Widget) -> bool:
    """Return whether the number of characters left is shown, as it is for long texts with a limit."""
    return isinstance(widget, forms.Textarea) and "maxlength" in widget.attrs


def _counted(widget: forms.Widget, name: str, group: str) -> str:
    if not _counts(widget):
        return group
    most = widget.attrs["maxlength"]
    return (
        f'<div class="usa-character-count">{group}<span class="usa-character-count__message" id="{name}_count">'
        f"You can enter up to {most} characters</span></div>"
    )
