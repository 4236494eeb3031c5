"""Every event that the audit trail knows, with the sentence that the holder of the account reads.

One table for the whole product: each room has its block. Names are "thing.what-happened"; sentences speak to
the account holder and are true whoever did it, since the page says who beside them.
"""

EVENTS: dict[str, str] = {
    # safeguards
    "limit.reached": "There were too many tries in a short time, so we asked to wait.",
    "keys.rotated": "Everything that is kept encrypted was encrypted anew with a new key.",
    # deers
    "deers.asked": "We looked for the person in DEERS.",
    "deers.unavailable": "We could not reach DEERS.",
    "deers.record-changed": "The mock DEERS record was changed.",
    # idproofing: the quiz
    "proofing.started": "Proving your identity was started.",
    "proofing.route-chosen": "Another way to prove your identity was chosen.",
    "quiz.started": "Identity questions were started.",
    "quiz.passed": "The identity questions were answered correctly.",
    "quiz.failed": "The identity questions were not answered correctly, or not in time.",
    "quiz.abandoned": "The identity questions were left before the end.",
    "quiz.attempts-used": "The last attempt at the identity questions was used up, so a waiting time began.",
    "quiz.cooling-down": "Identity questions were asked for again before the waiting time was over.",
    "quiz.thin-file": "We did not know enough to ask identity questions.",
    # idproofing: activation codes
    "code.issued": "An activation code was made.",
    "code.redeemed": "The activation code was used, and your identity is proven.",
    "code.failed": "An activation code was entered that was wrong or no longer good.",
    "code.voided": "An activation code was made void: too many wrong tries, or the letter with it went astray.",
    # idproofing: letters
    "letter.queued": "A letter to the address that DEERS has for you was written.",
    "letter.printed": "A letter to you was printed.",
    "letter.printed-again": "A letter to you has to be printed once more.",
    "letter.sent": "A letter to you was mailed.",
    "letter.voided": "A letter to you was made void: its time was over, or a newer code took its place.",
    "letter.returned": "A letter to you came back from the post office, so it was made void.",
    "letters.batch-made": "A batch of letters was put together to be printed.",
    "letters.batch-opened": "A member of our staff opened a batch of letters to print it.",
    "letters.batch-mailed": "A batch of letters was mailed.",
    # accounts: registration and upgrade
    "registration.started": "A registration was started.",
    "registration.matched": "The details that were given matched a record in DEERS.",
    "registration.not-matched": "The details that were given did not match a record in DEERS.",
    "registration.ineligible": "The record in DEERS does not allow an account.",
    "registration.deers-awaited": "We were asked to write when DEERS works again.",
    "registration.already-registered": "Someone tried to register again for your account.",
    "registration.abandoned": "A registration was left before the end.",
    "registration.draft-purged": "An unfinished registration was deleted with all it held.",
    "upgrade.started": "An upgrade to Premium was started.",
    "upgrade.abandoned": "An upgrade to Premium was left before the end.",
    # accounts: the account itself
    "account.opened": "Your account was opened.",
    "account.level-raised": "Your account was raised to Premium.",
    "account.locked": "Your account was locked.",
    "account.unlocked": "Your account was unlocked.",
    "account.frozen": "Your account was frozen.",
    "account.unfrozen": "Your account was taken out of the freeze.",
    "account.closed": "Your account was closed.",
    "account.dormant": "Your account was disabled because it had not been used for a long time.",
    "account.email-asked": "Another email address was asked for; it has to be confirmed there.",
    "account.email-changed": "The email address of your account was changed.",
    "account.phone-changed": "The phone number of your account was changed.",
    "account.details-changed": "Your contact details were changed.",
    # accounts: signing in and out
    "sign-in.succeeded": "You signed in.",
    "sign-in.failed": "Someone gave a wrong password for your account.",
    "sign-in.refused": "Someone gave the right password, but your account was locked, frozen or closed.",
    "sign-in.locked": "Signing in was locked after too many wrong passwords.",
    "sign-in.again": "You showed once more that it was you, before a change.",
    "sign-out.done": "You signed out.",
    "session.ended": "A session of yours was ended from another one.",
    "consent.given": "The notice about this information system was accepted.",
    # accounts: credentials
    "password.changed": "Your password was changed.",
    "second-factor.enrolled": "An authenticator app was added to your account.",
    "second-factor.removed": "An authenticator app was removed from your account.",
    # Not written any more, since each sign-in names its factor; but older trails hold it.
    "second-factor.passed": "A second factor was given.",
    "second-factor.failed": "Someone gave a wrong second factor for your account.",
    "passkey.added": "A passkey was added to your account.",
    "passkey.removed": "A passkey was removed from your account.",
    "passkey.passed": "A passkey was used to sign in.",
    "passkey.failed": "Someone tried to sign in with a passkey of your account, and it was not accepted.",
    "passkey.copied": "A passkey was refused because its count of uses was wrong. Somebody may have a copy of it.",
    "second-factor.renamed": "An authenticator app or a passkey of your account was given another name.",
    "backup-code.used": "A backup code was used to sign in.",
    "backup-codes.made": "New backup codes were made; the older ones no longer work.",
    # accounts: recovery and mail
    "recovery.username-asked": "Someone asked us to send your username.",
    "recovery.password-asked": "Someone asked to set a new password.",
    "recovery.password-set": "A new password was set with a link that we sent you.",
    "recovery.link-refused": "A link for a new password was used too late or a second time.",
    "recovery.email-undone": "A link sent to your old email address was used to take back the change.",
    "recovery.factor-asked": "We were told that your second factor is lost; the wait for a new one began.",
    "recovery.factor-stopped": "A link in our email was used to stop the wait for a new second factor.",
    "recovery.factor-replaced": "A new second factor was set up with a link that we sent you; the old ones ended.",
    "recovery.not-me": "A link in one of our emails was used to say that a change was not yours.",
    "mail.sent": "We sent you an email.",
    "mail.failed": "An email to you could not be sent.",
    # portal
    "portal.record-viewed": "Your health record was viewed.",
    "portal.premium-refused": "A Premium page was asked for from a Basic account.",
    # support
    "support.account-viewed": "A member of our staff looked at your account.",
    "support.person-searched": "A member of our staff searched for a person.",
    "support.list-viewed": "A member of our staff looked through a list.",
    "support.code-sent-again": "A member of our staff sent you a new activation code.",
    "support.help-asked": "A member of our staff asked to help you back into your account.",
    "support.help-approved": "A second member of our staff approved the help.",
    "support.help-declined": "The help by our staff was declined.",
    "support.contacted": "A message was sent to the service center.",
    "support.message-read": "A member of our staff read a message to the service center.",
    "support.message-answered": "A message to the service center was marked as answered.",
}

# What the staff's figures count; an index of the trail holds them apart (a change here makes a migration).
COUNTED = (
    "registration.started",
    "upgrade.started",
    "registration.matched",
    "proofing.route-chosen",
    "code.redeemed",
    "account.opened",
    "account.level-raised",
)
