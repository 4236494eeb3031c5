"""The short codes on error pages and in emails, such as "H-12". Each leads to one article of the help center.

A person reads the code to an agent on the phone, or types it into the search box of the help center. A code never gets
another meaning: a page or an email that is gone leaves a gap. The articles name their codes (support/articles/), and a
system check holds that each code has exactly one article.
"""

import re
from dataclasses import dataclass

from core.typed import clean_typed

TYPED = re.compile(r"h[ -]?([0-9]{2,3})", re.IGNORECASE)


@dataclass(frozen=True)
class HelpCode:
    """A code, and what shows it: "the page …" or "the email …", with its heading."""

    code: str
    shown_by: str

    @property
    def address(self) -> str:
        """Return the address that leads to the article. It is the same under /admin/ and when nothing else works."""
        return f"/support/code/{self.code}/"


def page(number: int, heading: str) -> HelpCode:
    return HelpCode(f"H-{number}", f"the page “{heading}”")


def email(number: int, subject: str) -> HelpCode:
    return HelpCode(f"H-{number}", f"the email “{subject}”")


# What shows an error, by the name that its template uses.
PAGES = {
    "400": page(10, "We could not read that request"),
    "403": page(11, "You cannot open this page"),
    "404": page(12, "Page not found"),
    "429": page(13, "Please wait before you try again"),
    "500": page(14, "Something went wrong on our side"),
    "503": page(15, "Please try again in a moment"),
    "csrf": page(16, "This page was open for too long"),
    "deers-silent": HelpCode("H-17", "the message that DEERS does not answer"),
    "draft-gone": page(18, "This page is no longer open"),
    "link-over": page(19, "This link no longer works"),
    "link-used": page(20, "This link for a new password no longer works"),
    "frozen": page(21, "Your account is frozen"),
    "not-active": page(22, "This account cannot sign in now"),
    "not-matched": HelpCode("H-23", "the message that your details do not match"),
    "questions-closed": HelpCode("H-24", "the message that we cannot ask you questions"),
    "questions-wait": HelpCode("H-25", "the message that you have no attempts left for now"),
    "sign-in-wait": HelpCode("H-26", "the message that you have to wait before you sign in"),
    "code-void": HelpCode("H-27", "the message that a code is not right"),
    "unavailable": page(28, "Something on our side does not answer"),
}

# What shows an email, by the name of its template in templates/mail/.
MAILS = {
    "account-closed": email(101, "Your DS Logon account is closed"),
    "account-dormant": email(102, "Your DS Logon account is disabled"),
    "account-frozen": email(103, "Your DS Logon account is frozen"),
    "account-locked": email(104, "Your DS Logon account is locked"),
    "account-opened": email(105, "Your DS Logon account is open"),
    "account-unfrozen": email(106, "Your DS Logon account is no longer frozen"),
    "account-unlocked": email(107, "Your DS Logon account is open again"),
    "activation-code": email(108, "Your DS Logon activation code"),
    "appointment-changed": email(109, "There is news about a request to your clinic"),
    "appointment-reminder": email(110, "You have an appointment soon"),
    "appointment-waits-for-staff": email(111, "A request for an appointment has no answer"),
    "appointment-waits": email(112, "A request to your clinic has no answer yet"),
    "backup-codes-made": email(113, "New DS Logon backup codes were made"),
    "caller-identified": email(177, "Someone called us about your DS Logon account"),
    "cancellation-waits-for-staff": email(114, "A cancellation has not been passed on"),
    "cancellation-waits": email(115, "A clinic may not know yet that you canceled"),
    "case-changed": email(116, "There is news about your request"),
    "case-opened": email(117, "We have your request for a review"),
    "child-comes-of-age": email(118, "A parent’s access to a health record ends soon"),
    "code-void": email(119, "Your activation code can no longer be used"),
    "confirm-email": email(120, "Confirm your email address for DS Logon"),
    "contact-answered": email(175, "We have answered your message"),
    "contact-closed": email(176, "Your message is closed"),
    "contact-for-staff": email(121, "New message"),
    "contact-received": email(122, "We have your message"),
    "copy-failed-for-staff": email(123, "The copy of a health record could not be made"),
    "copy-failed": email(124, "We could not make the copy of your health record"),
    "copy-ready": email(125, "The copy of your health record is ready"),
    "daily-summary": email(126, "What is new in your health portal"),
    "deers-answers": email(127, "DEERS works again"),
    "dormancy-warning": email(128, "Sign in to DS Logon soon to keep your account active"),
    "email-changed": email(129, "The email address of your DS Logon account was changed"),
    "factor-kept": email(130, "No new second step for your DS Logon account"),
    "factor-lost": email(131, "Someone asked for a new second step for your DS Logon account"),
    "factor-replaced": email(132, "Your DS Logon account has a new second step"),
    "family-changed": email(133, "There is news about family access"),
    "help-asked": email(134, "The service center is helping you with your DS Logon account"),
    "letter-asked": email(135, "A letter was asked for in your name"),
    "level-raised": email(136, "Your DS Logon account is now Premium"),
    "new-device": email(137, "A new device signed in to your DS Logon account"),
    "new-factor": email(138, "Set up your new second step for DS Logon"),
    "new-in-record": email(139, "There is something new in your health record"),
    "new-message": email(140, "You have a new secure message"),
    "new-password": email(141, "Choose a new DS Logon password"),
    "next-step-ended": email(142, "About your DS Logon registration"),
    "next-step-minor": email(143, "About an account for someone who is too young"),
    "next-step-protected": email(144, "About your DS Logon registration"),
    "password-changed": email(145, "Your DS Logon password was changed"),
    "phone-changed": email(146, "The phone number of your DS Logon account was changed"),
    "questions-failed": email(147, "Identity questions failed in your name"),
    "record-code-made": email(148, "A code was made that opens parts of your health record"),
    "record-code-stopped": email(149, "A code for your health record was stopped"),
    "record-shared": email(150, "Your code was used to look at your health record"),
    "refill-changed": email(151, "There is news about a request to your pharmacy"),
    "refill-waits-for-staff": email(152, "A request for a refill or renewal has no answer"),
    "refill-waits": email(153, "A request to your pharmacy has no answer yet"),
    "review-approved": email(154, "A review in your name was approved"),
    "second-factor-added": email(155, "A second step was added to your DS Logon account"),
    "second-factor-removed": email(156, "A second step was removed from your DS Logon account"),
    "sign-in-paused": email(157, "Too many wrong passwords for your DS Logon account"),
    "surrogate-asked": email(158, "You asked to act for a patient"),
    "surrogate-changed": email(159, "There is news about your request to act for a patient"),
    "surrogate-for-you": email(160, "Someone can open your health record for you"),
    "surrogate-over": email(161, "No one opens your health record as your surrogate any more"),
    "time-to-measure": email(162, "A reminder from your health tools"),
    "visit-booked": email(163, "Your slip to prove who you are"),
    "visit-changed": email(164, "News about your visit to prove who you are"),
    "visit-verified": email(165, "Your documents are accepted: here is your activation code"),
    "you-come-of-age": email(166, "Your health record is yours alone"),
    "your-username": email(167, "Your DS Logon username"),
    "chat-code": email(168, "Your code for a copy of your chat"),
    "chat-copy": email(169, "Your chat with the service center"),
    "new-message-for-another": email(172, "There is an answer to a message that you wrote for another person"),
}

BY_CODE = {one.code: one for one in (*PAGES.values(), *MAILS.values())}


def read_code(text: str) -> str:
    """Return the code that somebody typed, such as "h 12" for "H-12", or "" if the text is none. It may be unknown."""
    found = TYPED.fullmatch(clean_typed(text).strip())
    return f"H-{found[1]}" if found else ""
