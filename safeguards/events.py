"""Every event that the audit trail knows, with the sentence that the account holder reads.

One table serves the whole product, with a block for each room. Names are "thing.what-happened". Sentences speak to the
account holder. They are true no matter who did it, because the page names the actor beside them.
"""

EVENTS: dict[str, str] = {
    # safeguards
    "limit.reached": "There were too many tries in a short time, so the next one had to wait.",
    "keys.rotated": "Everything that is kept encrypted was encrypted again with a new key.",
    # deers
    "deers.unavailable": "We could not reach DEERS.",
    "deers.imported": "A file with records of people was read into DEERS.",
    # idproofing: the quiz
    "proofing.started": "An identity check was started.",
    "proofing.failures-told": "We wrote to the address that DEERS has for you, because identity questions failed.",
    "proofing.stopped": "A link in our message was used to stop identity questions in your name.",
    "proofing.reopened": "Your identity was proven in another way, so identity questions are possible again.",
    "proofing.route-chosen": "Another way to prove your identity was chosen.",
    "quiz.started": "Identity questions were started.",
    "quiz.passed": "The identity questions were answered correctly.",
    "quiz.failed": "The identity questions were not answered correctly, or not in time.",
    "quiz.abandoned": "The identity questions were left before the end.",
    "quiz.attempts-used": "The last attempt at the identity questions was used, so a waiting period began.",
    "quiz.closed": "The identity questions were closed: too many attempts failed, or our message stopped them.",
    "quiz.refused": "Identity questions were requested although they are closed.",
    "quiz.cooling-down": "Identity questions were requested again before the waiting period was over.",
    "quiz.thin-file": "We did not know enough to ask identity questions.",
    # idproofing: activation codes
    "code.issued": "An activation code was created.",
    "code.redeemed": "The activation code was used, and your identity is proven.",
    "code.failed": "An activation code was entered that was wrong or no longer valid.",
    "code.voided": "An activation code was canceled: too many wrong tries, or its letter was lost or came back.",
    # idproofing: letters
    "letter.queued": "A letter to the address that DEERS has for you was written.",
    "letter.told": "We wrote to you that a letter with an activation code was asked for in your name.",
    "letter.printed": "A letter to you was printed.",
    "letter.printed-again": "A letter to you has to be printed once more.",
    "letter.sent": "A letter to you was mailed.",
    "letter.voided": "A letter to you was canceled because it was no longer valid or no longer needed.",
    "letter.returned": "A letter to you came back from the post office, so it was canceled.",
    "letters.batch-made": "A batch of letters was put together to be printed.",
    "letters.batch-opened": "A member of our staff opened a batch of letters to print it.",
    "letters.batch-mailed": "A batch of letters was mailed.",
    # idproofing: visits
    "visit.booked": "A slip for a visit was created, to prove your identity with documents.",
    "visit.withdrawn": "A slip for a visit was withdrawn.",
    "visit.expired": "A slip for a visit was not used in time, or nobody took the second look in time.",
    "visit.checked": "Your documents were checked. A second member of our staff has to look at them too.",
    "visit.verified": "Your documents were checked and accepted.",
    "visit.not-the-same": "At the second look other documents were entered than at the first.",
    "visit.refused": "Your documents could not be accepted.",
    "visit.held": "A supervisor has to review a visit in your name.",
    "visit.reopened": "A supervisor made a slip for a visit valid again.",
    "visit.looked-up": "Your slip was opened for a visit.",
    "visit.not-found": "A reference was entered that does not belong to a slip for a visit.",
    # idproofing: reviews of details that did not match
    "case.opened": "A review was requested because the details did not match.",
    "case.repeated": "A review was requested again while another one about the same details was in progress.",
    "case.taken": "A reviewer started the review.",
    "case.put-back": "A reviewer returned the review, so that another reviewer can take it.",
    "case.proposed": "A reviewer proposed a decision. A second reviewer has to confirm it.",
    "case.sent-back": "A second reviewer did not confirm the decision and sent the review back.",
    "case.approved": "The review was approved.",
    "case.declined": "The review could not be approved.",
    "case.in-person": "The review ended with a request to come in person.",
    "case.continued": "The registration or upgrade continued after the review.",
    "case.expired": "The review ended because its time was over.",
    "case.refused": "A status page was requested with a wrong reference or continuation code.",
    "case.viewed": "A member of our staff looked at a review.",
    "case.compared": "A member of our staff compared a review with a record in DEERS.",
    # accounts: registration and upgrade
    "registration.started": "A registration was started.",
    "registration.matched": "The details that were given matched a record in DEERS.",
    "registration.not-matched": "The details that were given did not match a record in DEERS.",
    "registration.ineligible": "The record in DEERS does not allow an account.",
    "registration.email-corrected": "The email address for an activation code was corrected.",
    "registration.deers-awaited": "We were asked to write when DEERS works again.",
    "registration.already-registered": "Someone tried to register again for your account.",
    "registration.draft-purged": "An unfinished registration was deleted with everything in it.",
    "upgrade.started": "An upgrade to Premium was started.",
    # accounts: the account itself
    "account.opened": "Your account was opened.",
    "account.level-raised": "Your account was upgraded to Premium.",
    "account.locked": "Your account was locked.",
    "account.unlocked": "Your account was unlocked.",
    "account.access-ended": "Your password and all sessions were ended, because someone else read your email.",
    "account.frozen": "Your account was frozen.",
    "account.unfrozen": "Your account was unfrozen.",
    "account.given-back": "Your account was given back as it was before. Later changes to it were undone.",
    "account.closed": "Your account was closed.",
    "account.dormant": "Your account was disabled because it had not been used for a long time.",
    "account.pause-told": "We told you by email that there were too many wrong passwords for your account.",
    "account.pause-lifted": "A member of our staff ended a wait after too many tries.",
    "account.email-asked": "An email address was entered. It still has to be confirmed.",
    "account.email-confirmed": "You confirmed your email address.",
    "account.email-changed": "The email address of your account was changed.",
    "account.mailbox-shared": "Accounts of several households use the same email address. Our staff was told.",
    "account.phone-changed": "The phone number of your account was changed.",
    # accounts: signing in and out
    "sign-in.succeeded": "You signed in.",
    "sign-in.failed": "Someone gave a wrong password for your account.",
    "sign-in.refused": "Someone gave the right password, but your account was locked, frozen or closed.",
    "sign-in.again": "You confirmed that it was you before a change.",
    "sign-out.done": "You signed out.",
    "session.ended": "One of your sessions was ended from another one.",
    "consent.given": "The notice about this information system was accepted.",
    # accounts: credentials
    "password.changed": "Your password was changed.",
    "second-factor.enrolled": "An authenticator app was added to your account.",
    "second-factor.removed": "An authenticator app was removed from your account.",
    "second-factor.suspended": "An authenticator app or passkey that was added lately was suspended.",
    "second-factor.failed": "Someone tried to sign in to your account and failed the second step.",
    "passkey.added": "A passkey was added to your account.",
    "passkey.removed": "A passkey was removed from your account.",
    "passkey.passed": "A passkey was used to sign in.",
    "passkey.failed": "Someone tried to sign in with a passkey of your account, and it was not accepted.",
    "passkey.copied": "A passkey was refused because its count of uses was wrong. Somebody may have a copy of it.",
    "second-factor.renamed": "An authenticator app or a passkey of your account was given another name.",
    "backup-code.used": "A backup code was used to sign in.",
    "backup-codes.made": "New backup codes were created. The older ones no longer work.",
    # accounts: mail
    "mail.given-up": "We could not find out whether an email to you was sent, so we did not send it a second time.",
    # accounts: recovery
    "recovery.username-asked": "Someone asked us to send your username.",
    "recovery.password-asked": "Someone asked to set a new password.",
    "recovery.password-set": "A new password was set with a link that we sent you.",
    "recovery.email-undone": "A link sent to your old email address was used to undo the change.",
    "recovery.factor-asked": "We were told that your second step is lost. The wait for a new one began.",
    "recovery.factor-stopped": "A link in our email was used to stop the wait for a new second step.",
    "recovery.factor-link-sent": "The wait for a new second step was over, and we sent you the link to set one up.",
    "recovery.factor-expired": "The link to set up a new second step was not used in time.",
    "recovery.factor-replaced": "A new second step was set up with a link that we sent you. Old ones no longer work.",
    "recovery.proven-again": "Your identity was proven again, so that the frozen account can be given back.",
    "recovery.not-me": "A link in one of our emails was used to say that a change was not yours.",
    # portal
    "portal.record-viewed": "Your health record was viewed.",
    "portal.message-read": "A message from a care team was opened.",
    "portal.record-imported": "A file was added to your health record.",
    # support
    "support.account-viewed": "A member of our staff looked at your account.",
    "support.person-searched": "A member of our staff searched for a person.",
    "support.page-viewed": "A member of our staff looked at a page of the service center.",
    "support.list-viewed": "A member of our staff looked through a list.",
    "support.code-sent-again": "A member of our staff sent you a new activation code.",
    "support.help-asked": "A member of our staff asked to help you back into your account.",
    "support.help-approved": "A second member of our staff approved what was asked for your account.",
    "support.help-declined": "The help by our staff was declined.",
    "support.freeze-asked": "A supervisor asked to freeze a staff account. A second supervisor has to approve.",
    "support.freeze-declined": "A request to freeze a staff account was declined.",
    "support.conflict-found": "A member of our staff who must not decide about you was kept from doing so.",
    "support.contacted": "A message was sent to the service center.",
    "support.message-read": "A member of our staff read a message to the service center.",
    "support.message-answered": "A message to the service center was marked as answered.",
}

# Events that are no longer recorded. Older trails hold them, and nobody can change those.
FORMER_EVENTS: dict[str, str] = {
    # Each sign-in names its factor now.
    "second-factor.passed": "The second step of a sign-in was completed.",
}
NO_SENTENCE = "Something happened that we have no description for. The service center can look it up."

# What staff read instead, for every sentence that says "you" to the holder.
STAFF_SENTENCES: dict[str, str] = {
    "proofing.failures-told": "We wrote to the person's address in DEERS, because identity questions failed.",
    "proofing.stopped": "A link in our message was used to stop identity questions in the person's name.",
    "proofing.reopened": "The person's identity was proven in another way, so identity questions are possible again.",
    "visit.checked": "The person's documents were checked. A second staff member has to look at them too.",
    "account.given-back": "The account was given back as it was before. Later changes to it were undone.",
    "account.pause-told": "We told the person by email that there were too many wrong passwords for the account.",
    "mail.given-up": "We could not find out whether an email to the person was sent, so we did not send it again.",
    "recovery.factor-link-sent": "The wait for a new second step was over, and we sent the person the link for one.",
    "recovery.proven-again": "The person's identity was proven again, so that the frozen account can be given back.",
    "support.help-approved": "A second staff member approved what was asked for the person's account.",
    "support.conflict-found": "A staff member who must not decide about the person was kept from doing so.",
    "proofing.route-chosen": "Another way to prove the person's identity was chosen.",
    "code.redeemed": "The activation code was used, and the person's identity is proven.",
    "letter.queued": "A letter to the address that DEERS has for the person was written.",
    "letter.told": "We wrote to the person that a letter with an activation code was asked for in their name.",
    "letter.printed": "A letter to the person was printed.",
    "letter.printed-again": "A letter to the person has to be printed once more.",
    "letter.sent": "A letter to the person was mailed.",
    "letter.voided": "A letter to the person was canceled because it was no longer valid or no longer needed.",
    "letter.returned": "A letter to the person came back from the post office, so it was canceled.",
    "visit.booked": "A slip for a visit was created, to prove the person's identity with documents.",
    "visit.verified": "The person's documents were checked and accepted.",
    "visit.refused": "The person's documents could not be accepted.",
    "visit.held": "A supervisor has to review a visit in the person's name.",
    "visit.looked-up": "The person's slip was opened for a visit.",
    "registration.already-registered": "Someone tried to register again for the account.",
    "account.opened": "The account was opened.",
    "account.level-raised": "The account was upgraded to Premium.",
    "account.locked": "The account was locked.",
    "account.unlocked": "The account was unlocked.",
    "account.access-ended": "The password and all sessions were ended, because someone else read the person's email.",
    "account.frozen": "The account was frozen.",
    "account.unfrozen": "The account was unfrozen.",
    "account.closed": "The account was closed.",
    "account.dormant": "The account was disabled because it had not been used for a long time.",
    "account.email-confirmed": "The person confirmed the email address of the account.",
    "account.email-changed": "The email address of the account was changed.",
    "account.phone-changed": "The phone number of the account was changed.",
    "sign-in.succeeded": "The person signed in.",
    "sign-in.failed": "Someone gave a wrong password for the account.",
    "sign-in.refused": "Someone gave the right password, but the account was locked, frozen or closed.",
    "sign-in.again": "The person confirmed who they are before a change.",
    "sign-out.done": "The person signed out.",
    "session.ended": "One of the person's sessions was ended from another one.",
    "password.changed": "The person's password was changed.",
    "second-factor.enrolled": "An authenticator app was added to the account.",
    "second-factor.removed": "An authenticator app was removed from the account.",
    "second-factor.failed": "Someone tried to sign in to the account and failed the second step.",
    "passkey.added": "A passkey was added to the account.",
    "passkey.removed": "A passkey was removed from the account.",
    "passkey.failed": "Someone tried to sign in with a passkey of the account, and it was not accepted.",
    "second-factor.renamed": "An authenticator app or a passkey of the account was given another name.",
    "recovery.username-asked": "Someone asked for the username to be sent.",
    "recovery.password-set": "A new password was set with a link that we sent to the person.",
    "recovery.email-undone": "A link sent to the person's old email address was used to undo the change.",
    "recovery.factor-asked": "We were told that the person's second step is lost. The wait for a new one began.",
    "recovery.factor-replaced": "A new second step was set up with a link from our email. Old ones no longer work.",
    "recovery.not-me": "A link in one of our emails was used to say that a change was not made by the person.",
    "portal.record-viewed": "The person's health record was viewed.",
    "portal.record-imported": "A file was added to the person's health record.",
    "support.account-viewed": "A member of our staff looked at the account.",
    "support.code-sent-again": "A member of our staff sent the person a new activation code.",
    "support.help-asked": "A member of our staff asked to help the person back into the account.",
}


def sentence_of(event: str) -> str:
    """Return what the account holder reads about an event. An unknown event gets a plain sentence too.

    A trail may hold events of an older version, or of a newer one that was taken back.
    """
    return EVENTS.get(event) or FORMER_EVENTS.get(event, NO_SENTENCE)


def staff_sentence_of(event: str) -> str:
    """Return what staff read about an event of a person's account: the same, but of the person instead of "you"."""
    return STAFF_SENTENCES.get(event) or sentence_of(event)


# What staff do at the desk. Such an event is no event of the staff member's own account, even if it is about nobody.
AT_THE_DESK = ("support.", "visit.", "case.", "letter.", "letters.", "code.", "proofing.", "quiz.", "deers.")

# What the staff's figures count. An index of the trail holds these events only, so a change here needs a migration.
COUNTED = (
    "registration.started",
    "upgrade.started",
    "registration.matched",
    "proofing.route-chosen",
    "code.redeemed",
    "account.opened",
    "account.level-raised",
)
