"""A row found by plain SQL, or read as JSON beside another, is the same as the one that the ORM finds."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F, Model, OuterRef
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import Account, RegistrationDraft, TrustedDevice, UpgradeDraft
from portal.family.models import Delegation
from safeguards import rows
from tests import people
from tests.accounts.holders import holder


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


@pytest.mark.django_db
def test_rows_that_belong_to_one_are_read_with_it_as_they_are(django_assert_num_queries):
    rosa, june = (holder(people.load(key)) for key in ("rosa", "june"))
    now, today = timezone.now(), timezone.localdate()
    made = [
        Delegation.objects.create(
            owner=rosa, sees=["labs", "notes"], acts=[], offered_at=now + timedelta(microseconds=number),
            changed_at=now, starts=today, ends=today + timedelta(days=9), code_index=bytes([0, 255, number]), code=code,
            code_ends_at=now,
        )
        for number, code in enumerate(["Ünïcode \U0001f511", None])
    ]  # fmt: skip
    columns = [field.attname for field in Delegation._meta.concrete_fields]
    theirs = (
        Delegation.objects.filter(owner=OuterRef("pk")).annotate(who=F("owner__first_name")).order_by("-offered_at")
    )
    with django_assert_num_queries(1):
        found = rows.first_with(Account.objects.filter(pk=rosa.pk), {"given": (theirs, [*columns, "who"])})
        assert found
        account, lists = found
        values = [{column: getattr(row, column) for column in columns} for row in lists["given"]]
    assert account == rosa
    assert values == [{column: getattr(row, column) for column in columns} for row in reversed(made)]
    assert {row.who for row in lists["given"]} == {rosa.first_name}
    nobody = rows.first_with(Account.objects.filter(pk=june.pk), {"given": (theirs, ["id"])})
    assert nobody
    assert nobody[1] == {"given": []}
    assert rows.first_with(Account.objects.filter(pk=0), {}) is None


@pytest.mark.django_db
def test_what_was_read_beforehand_is_not_asked_for_again(django_assert_num_queries):
    rosa = holder(people.load("rosa"))
    device = TrustedDevice(account=rosa, digest=b"x")
    rows.prefetch(rosa, "trusted_devices", [device])
    with django_assert_num_queries(0):
        assert list(rosa.trusted_devices.all()) == [device]
    assert not Account.objects.get(pk=rosa.pk).trusted_devices.exists()


PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%trusteddevice%'"


@pytest.mark.django_db
def test_what_is_planned_for_its_values_is_not_prepared_and_what_comes_after_is_again():
    def ask_often() -> int:
        for _ in range(9):
            TrustedDevice.objects.filter(digest=b"x").exists()
        with connection.cursor() as cursor:
            cursor.execute(PREPARED)
            return int(cursor.fetchone()[0])

    with rows.planned_for_values():
        assert ask_often() == 0
    assert ask_often() == 1
