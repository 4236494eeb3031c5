"""Whatever happens to a staff account takes two supervisors, and nobody acts on who watches over them."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import actions
from accounts.models import Account, Assistance, LostFactor, Notice, State
from safeguards.models import AuditEvent
from service_center import assistance
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.parallel import in_parallel
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

FREEZE = {"kind": "freeze", "reason": "account-taken"}
UNLOCK = {"kind": "unlock", "reason": "settled"}


@pytest.fixture
def ann(db: None) -> Client:
    return signed_in(staff("Supervisor", "ann.supervisor"))


@pytest.fixture
def bob(db: None) -> Client:
    return signed_in(staff("Supervisor", "bob.supervisor"))


@pytest.fixture
def carl(db: None) -> Account:
    return staff("Service center agent", "carl.agent")


def page(account: Account, action: str = "change") -> str:
    return f"/admin/accounts/account/{account.pk}/{action}/"


def state(account: Account) -> str:
    return Account.objects.get(pk=account.pk).state


def test_two_supervisors_freeze_an_agent_and_two_unfreeze_him(ann, bob, carl):
    ann.post(page(carl, "help"), FREEZE)
    assert state(carl) == State.ACTIVE
    assert "Nobody can sign in" in walk.text_of(bob.get(page(carl, "approve")))
    bob.post(page(carl, "approve"), WHY["approve"])
    assert state(carl) == State.FROZEN
    bob.post(page(carl, "help"), UNLOCK)
    assert state(carl) == State.FROZEN
    ann.post(page(carl, "approve"), WHY["approve"])
    assert state(carl) == State.ACTIVE


@pytest.mark.parametrize(("action", "before"), [("freeze", State.ACTIVE), ("unlock", State.FROZEN)])
def test_one_supervisor_alone_neither_freezes_nor_unlocks_a_colleague(ann, carl, action, before):
    Account.objects.filter(pk=carl.pk).update(state=before)
    asked = FREEZE if action == "freeze" else UNLOCK
    assert f'href="{page(carl, action)}"' not in ann.get(page(carl)).content.decode()
    ann.post(page(carl, action))
    ann.post(page(carl, "help"), asked)
    ann.post(page(carl, "approve"), WHY["approve"])
    assert state(carl) == before


def test_an_agent_alone_does_not_unfreeze_a_member_of_staff(carl):
    frozen = staff("Proofing reviewer", "rita.reviewer")
    actions.freeze(frozen, by="system")
    browser = signed_in(carl)
    assert "Two supervisors together" in walk.text_of(browser.get(page(frozen)))
    browser.post(page(frozen, "unlock"), WHY["unlock"])
    assert browser.post(page(frozen, "help"), UNLOCK).status_code == 403
    assert state(frozen) == State.FROZEN


@pytest.mark.parametrize("asked", [FREEZE, {"kind": "lost-factor", "reason": "device-lost"}])
def test_supervisors_do_not_shut_out_the_auditor_who_watches_over_them(ann, bob, asked):
    auditor = staff("Auditor", "amos.auditor")
    assert "watches over your work" in walk.text_of(ann.get(page(auditor)))
    ann.post(page(auditor, "freeze"))
    ann.post(page(auditor, "help"), asked)
    bob.post(page(auditor, "approve"), WHY["approve"])
    assert state(auditor) == State.ACTIVE
    assert not Assistance.objects.exists()
    assert AuditEvent.objects.filter(event="support.conflict-found", account_id=auditor.pk).exists()


def test_a_supervisor_whom_colleagues_want_to_freeze_does_not_decline_it(ann, bob):
    cora = staff("Supervisor", "cora.supervisor")
    ann.post(page(cora, "help"), FREEZE)
    hers = signed_in(cora)
    assert "This is your own account" in walk.text_of(hers.get(page(cora)))
    hers.post(page(cora, "decline"), WHY["decline"])
    assert Assistance.objects.get().decided_at is None
    bob.post(page(cora, "approve"), WHY["approve"])
    assert state(cora) == State.FROZEN


def test_who_is_to_be_frozen_is_not_warned_and_who_asked_is_on_record(ann, carl):
    ann.post(page(carl, "help"), FREEZE)
    assert not Notice.objects.exists()
    assert not AuditEvent.objects.filter(account_id=carl.pk, event__startswith="support.freeze").exists()
    event = AuditEvent.objects.get(event="support.freeze-asked")
    assert (event.actor_id, event.details) == (
        Account.objects.get(username="ann.supervisor").pk,
        {"about": carl.pk, "reason": "account-taken"},
    )
    ann.post(page(carl, "decline"), WHY["decline"])
    assert AuditEvent.objects.filter(event="support.freeze-declined").exists()


def test_nothing_is_asked_for_that_nobody_chose(ann, carl):
    offered = ann.get(page(carl)).context["help_form"]
    assert [offered.fields[name].choices[0][0] for name in ("kind", "reason")] == ["", ""]
    ann.post(page(carl, "help"), {"kind": "", "reason": ""})
    assert not Assistance.objects.exists()


def test_a_reason_has_to_go_with_what_is_asked_for(ann, carl):
    shown = ann.post(page(carl, "help"), {"kind": "freeze", "reason": "device-lost"})
    assert "This reason does not go with “Freeze the account”." in walk.text_of(shown)
    assert shown.context["help_form"].data.dict() == {"kind": "freeze", "reason": "device-lost"}
    assert not Assistance.objects.exists()


def test_a_beneficiary_is_frozen_and_unlocked_by_other_buttons(ann, carl):
    rosa, grace = holder(people.load("rosa")), premium(people.load("grace"))
    assert {kind.value for kind in assistance.kinds_for(rosa)} == {"email-of-record"}  # she has no second step to lose
    assert {kind.value for kind in assistance.kinds_for(grace)} == {"lost-factor", "email-of-record"}
    assert {kind.value for kind in assistance.kinds_for(carl)} == {"lost-factor", "freeze"}


def test_an_auditor_is_helped_by_those_who_run_the_server():
    auditor = staff("Auditor", "amos.auditor")
    call_command("change_staff_account", "Amos.Auditor", "lost-factor")
    assert LostFactor.objects.get().account == auditor
    call_command("change_staff_account", "amos.auditor", "freeze")
    call_command("change_staff_account", "amos.auditor", "unlock")
    assert state(auditor) == State.ACTIVE
    kinds = AuditEvent.objects.filter(event__startswith="account.", account_id=auditor.pk).order_by("pk")
    assert list(kinds.values_list("event", "actor_kind"))[1:] == [
        ("account.frozen", "system"),
        ("account.given-back", "system"),
        ("account.unfrozen", "system"),
    ]
    with pytest.raises(CommandError, match="the account is active"):
        call_command("change_staff_account", "amos.auditor", "unlock")
    with pytest.raises(CommandError, match="No staff account"):
        call_command("change_staff_account", "nobody.here", "freeze")


@pytest.mark.django_db(transaction=True)
def test_of_thirty_supervisors_who_approve_a_freeze_at_once_one_does_it():
    carl = staff("Service center agent", "carl.agent")
    ann, bob = staff("Supervisor", "ann.supervisor"), staff("Supervisor", "bob.supervisor")
    assistance.ask(carl, Assistance.Kind.FREEZE, Assistance.Reason.AWAY, by=ann)
    outcomes = in_parallel(lambda number: assistance.approve(carl, by=bob))
    assert sum(isinstance(outcome, actions.Done) for outcome in outcomes) == 1
    assert AuditEvent.objects.filter(event="account.frozen").count() == 1
