"""A row found by plain SQL is the same as the one that the ORM finds."""

import pytest
from django.db.models import Model
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import Account, RegistrationDraft, UpgradeDraft
from safeguards import rows


@pytest.mark.django_db
def test_a_row_is_as_the_orm_would_have_found_it() -> None:
    draft = RegistrationDraft.objects.create(browser=b"b" * 32, level=1, first_name="Joan")
    found = rows.first(RegistrationDraft, "id = %s", [draft.pk])
    assert found is not None
    by_orm = RegistrationDraft.objects.get(pk=draft.pk)
    names = [field.attname for field in RegistrationDraft._meta.concrete_fields]
    assert [getattr(found, name) for name in names] == [getattr(by_orm, name) for name in names]
    assert not found._state.adding


@pytest.mark.django_db
def test_without_such_a_row_there_is_none() -> None:
    assert rows.first(Account, "id = %s", [0]) is None


@pytest.mark.parametrize("model", [Account, RegistrationDraft, UpgradeDraft])
def test_the_models_that_are_read_so_need_no_conversion(model: type[Model]) -> None:
    assert "id" in rows.names(model)


def test_a_model_with_json_is_refused() -> None:
    with pytest.raises(AssertionError, match="conversion"):
        rows.names(ProcrastinateJob)
