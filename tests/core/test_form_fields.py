"""What people see of a form field, and what screen readers say."""

import re
from datetime import date

import pytest
from django import forms
from django.template import Context, Template

from core.fields import DateField, PlainText

NASTY = '"><script>alert(1)</script>'


class VisitForm(forms.Form):
    name = forms.CharField(label="Your name", max_length=50, widget=forms.TextInput({"autocomplete": "name"}))
    nickname = forms.CharField(required=False)
    email = forms.EmailField(error_messages={"required": "Enter your email address."})
    password = forms.CharField(widget=forms.PasswordInput({"autocomplete": "current-password"}))
    level = forms.ChoiceField(choices=[("1", "Basic"), ("2", "Premium")], widget=forms.RadioSelect)
    interests = forms.MultipleChoiceField(choices=[("a", "Art"), ("b", "Books")], widget=forms.CheckboxSelectMultiple)
    state = forms.ChoiceField(choices=[("", "Select"), ("West", [("OR", "Oregon"), ("WA", "Washington")])])
    agree = forms.BooleanField(label="I agree")
    born = DateField(label="Date of birth", autocomplete="bday")
    note = forms.CharField(widget=forms.Textarea, max_length=500)
    secret = forms.CharField(widget=forms.HiddenInput)


def drawn(tag: str, form: forms.Form) -> str:
    return Template(tag).render(Context({"form": form, "says": {"2": "Your whole record."}}))


def attribute(html: str, name: str, of: str) -> str | None:
    """The attribute `name` of the element with the id `of`."""
    element = re.search(rf'<[a-z]+ [^>]*\bid="{of}"[^>]*>', html)
    assert element, f"nothing has the id {of}"
    found = re.search(rf'\b{name}="([^"]*)"', element[0])
    return found[1] if found else None


def test_a_label_belongs_to_its_box():
    html = drawn("{% field form.name %}", VisitForm())
    assert '<label class="usa-label" for="id_name">Your name</label>' in html
    assert attribute(html, "name", of="id_name") == "name"
    assert attribute(html, "autocomplete", of="id_name") == "name"
    assert attribute(html, "maxlength", of="id_name") == "50"
    assert " required" in html


def test_an_optional_field_says_so():
    assert "(optional)" in drawn("{% field form.nickname %}", VisitForm())
    assert "(optional)" not in drawn("{% field form.name %}", VisitForm())


def test_hint_and_error_are_read_with_the_box():
    html = drawn('{% field form.email hint="Where we write to." %}', VisitForm({}))
    assert attribute(html, "aria-describedby", of="id_email") == "id_email_hint id_email_error"
    assert attribute(html, "aria-invalid", of="id_email") == "true"
    assert 'id="id_email_hint">Where we write to.<' in html
    assert "Enter your email address.</span>" in html
    assert "usa-form-group--error" in html


def test_a_field_without_a_mistake_is_not_marked():
    html = drawn("{% field form.email %}", VisitForm())
    assert "aria-invalid" not in html
    assert "aria-describedby" not in html
    assert "error" not in html


def test_what_was_typed_stays_but_a_password_never_does():
    form = VisitForm({"name": "Rosa", "password": "correct horse battery"})
    assert attribute(drawn("{% field form.name %}", form), "value", of="id_name") == "Rosa"
    html = drawn("{% field form.password %}", form)
    assert attribute(html, "type", of="id_password") == "password"
    assert "correct horse" not in html


def test_a_code_is_not_shown_again():
    form = VisitForm({"name": "7K3PQ-9XW2M"})
    assert "7K3PQ" not in drawn("{% field form.name keep=False %}", form)


def test_a_password_can_be_shown():
    html = drawn("{% field form.password %}", VisitForm())
    assert '<button type="button" class="usa-show-password" aria-controls="id_password"' in html


@pytest.mark.parametrize("name", ["name", "nickname", "email", "state", "note", "born", "secret"])
def test_nothing_typed_becomes_html(name: str):
    form = VisitForm({name: NASTY, f"{name}_month": NASTY, f"{name}_day": NASTY, f"{name}_year": NASTY})
    assert "<script" not in drawn("{% errors form %}{% field form." + name + " hint=says.x %}", form)


def test_labels_hints_and_choices_are_escaped_too():
    form = VisitForm()
    form.fields["level"].choices = [(NASTY, NASTY)]  # type: ignore[attr-defined]
    form.fields["level"].label = NASTY
    html = Template("{% field form.level hint=nasty descriptions=says %}").render(
        Context({"form": form, "nasty": NASTY, "says": {NASTY: NASTY}})
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 5


def test_radio_buttons_are_a_group_with_a_question():
    html = drawn("{% field form.level tiles=True descriptions=says %}", VisitForm({"level": "2"}))
    assert '<legend class="usa-legend">Level</legend>' in html
    assert "checked" in html.split('id="id_level_1"')[0].split("<input")[-1] + html.split('id="id_level_1"')[1][:30]
    assert "usa-radio__input--tile" in html
    assert 'usa-radio__label-description">Your whole record.<' in html
    assert '<label class="usa-radio__label" for="id_level_0">Basic</label>' in html


def test_a_group_s_error_is_tied_to_the_group():
    html = drawn("{% field form.level %}", VisitForm({}))
    assert '<fieldset class="usa-fieldset" aria-describedby="id_level_error">' in html


def test_one_of_several_checkboxes_is_enough():
    html = drawn("{% field form.interests %}", VisitForm({"interests": ["b"]}))
    assert "required" not in html
    assert html.count("checked") == 1


def test_a_single_checkbox_has_its_label_beside_it():
    html = drawn("{% field form.agree %}", VisitForm({"agree": "on"}))
    assert '<label class="usa-checkbox__label" for="id_agree">I agree</label>' in html
    assert " checked" in html


def test_a_list_keeps_what_was_chosen_within_its_groups():
    html = drawn("{% field form.state %}", VisitForm({"state": "WA"}))
    assert '<optgroup label="West">' in html
    assert '<option value="WA" selected>Washington</option>' in html
    assert html.count("selected") == 1


def test_a_list_with_a_mistake_is_marked_like_a_box():
    assert 'class="usa-select usa-input--error"' in drawn("{% field form.state %}", VisitForm({}))


def test_a_long_text_counts_the_characters_left():
    html = drawn("{% field form.note %}", VisitForm())
    assert "You can enter up to 500 characters" in html
    assert attribute(html, "aria-describedby", of="id_note") == "id_note_count"


def test_a_question_can_be_the_heading_of_its_page():
    assert '<h1 class="field-heading">Level</h1></legend>' in drawn("{% field form.level large=True %}", VisitForm())


def test_a_hidden_field_is_only_its_input():
    assert drawn("{% field form.secret %}", VisitForm()).startswith('<input type="hidden"')


def test_a_date_has_three_labelled_boxes_that_know_a_birthday():
    html = drawn("{% field form.born %}", VisitForm({"born_month": "6", "born_day": "31", "born_year": "1957"}))
    assert '<legend class="usa-legend">Date of birth</legend>' in html
    for part in ("month", "day", "year"):
        assert f'for="id_born_{part}"' in html
        assert attribute(html, "name", of=f"id_born_{part}") == f"born_{part}"
        assert attribute(html, "autocomplete", of=f"id_born_{part}") == f"bday-{part}"
        assert attribute(html, "aria-describedby", of=f"id_born_{part}") == "id_born_error"
    assert '<option value="6" selected>June</option>' in html
    assert attribute(html, "value", of="id_born_day") == "31"
    assert "June 1957 has only 30 days." in html


def test_the_summary_leads_to_every_mistake():
    html = drawn("{% errors form %}", VisitForm({}))
    assert 'role="alert"' in html
    assert '<a href="#id_email">Enter your email address.</a>' in html
    assert '<a href="#id_level_0">' in html
    assert '<a href="#id_born_month">' in html
    assert "#id_secret" not in html


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({}, "month"),
        ({"day": "9", "year": "1948"}, "month"),
        ({"month": "6"}, "day"),
        ({"month": "6", "day": "9"}, "year"),
        ({"month": "6", "day": "31", "year": "1957"}, "day"),
        ({"month": "6", "day": "nine", "year": "1957"}, "day"),
        ({"month": "6", "day": "9", "year": "57"}, "year"),
        ({"month": "6", "day": "9", "year": "2031"}, "year"),
        ({"month": "4", "day": "1", "year": "2030"}, "month"),
        ({"month": "3", "day": "2", "year": "2030"}, "day"),
    ],
)
def test_the_summary_leads_to_the_first_box_of_a_date_that_is_wrong(typed: dict, box: str):
    class BirthForm(forms.Form):
        born = DateField(past=True, today=lambda: date(2030, 3, 1))

    form = BirthForm({f"born_{part}": text for part, text in typed.items()})
    assert f'<a href="#id_born_{box}">' in drawn("{% errors form %}", form)


def test_the_summary_names_the_field_where_its_sentence_does_not():
    assert '<a href="#id_name">Your name: This field is required.</a>' in drawn("{% errors form %}", VisitForm({}))


def test_a_mistake_of_the_whole_form_is_told_without_a_link():
    form = VisitForm({})
    form.add_error(None, "These details do not match.")
    assert "<li>These details do not match.</li>" in drawn("{% errors form %}", form)


def test_a_form_without_mistakes_has_no_summary():
    assert drawn("{% errors form %}", VisitForm()) == ""


def test_two_forms_on_a_page_do_not_share_ids():
    html = drawn("{% field form.name %}", VisitForm(prefix="other"))
    assert attribute(html, "name", of="id_other-name") == "other-name"


def test_what_is_wrong_is_said_from_the_top_of_the_form_to_its_end():
    """A form adds some errors only after all fields were read, such as that two numbers do not go together."""
    form = VisitForm({"name": "", "note": "Hello"})
    form.errors.clear()
    for name in ("note", None, "born", "name"):
        form.add_error(name, f"Wrong: {name}.")
    said = re.findall(r"Wrong: (\w+)", drawn("{% errors form %}", form))
    assert said == ["None", "name", "born", "note"]


@pytest.mark.parametrize(
    ("number", "dialed"),
    [
        ("1-800-555-0142", "+18005550142"),
        ("+1-202-555-0142", "+12025550142"),
        ("(931) 555-0111", "+19315550111"),
        ("254-555-0122", "+12545550122"),
        ("+49 631 555 0122", "+496315550122"),
    ],
)
def test_a_person_abroad_can_call_every_number_with_one_touch(number, dialed):
    link = f'<a class="usa-link text-no-wrap" href="tel:{dialed}">{number}</a>'
    assert Template("{% phone number %}").render(Context({"number": number})) == link


@pytest.mark.parametrize("number", ["555-0122", "", "ask for Ward 3", NASTY])
def test_a_number_that_cannot_be_called_from_elsewhere_is_no_link(number):
    html = Template("{% phone number %}").render(Context({"number": number}))
    assert "<a" not in html
    assert "<script" not in html


def test_a_text_keeps_what_arabic_and_hebrew_need_and_nothing_that_turns_numbers_around():
    isolated = "Take \u2067\u05d0\u200f\u2069 with water.\n"
    assert PlainText(strip=False).clean(isolated) == isolated
    assert PlainText().clean("Take \u202e01\u202c pills") == "Take 01 pills"
