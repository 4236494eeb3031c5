"""Why a person got no further: for each reason what staff read, what they say to the caller, and what helps.

A reason is "thing:state". Every state of the things below has its row, so that nobody is left without an answer
(tests/service_center/test_why_stopped.py). What is said to the caller never tells which detail differed from DEERS, nor
what a question was about, nor that DEERS knows somebody. {until} stands for a day or time, and {reason} for why.
"""

from dataclasses import dataclass

from core import policy
from core.words import duration


@dataclass(frozen=True)
class Advice:
    """One row: the reason for staff, the sentence for the caller, the next step, and which button helps ("": none).

    `is_stop` is False where all goes well, or where the person has only to go on.
    """

    staff: str
    say: str
    step: str
    button: str = ""
    is_stop: bool = True


OTHER_ROUTES = "a letter to the address that DEERS has, a visit to an office, or a video call"
AGAIN = "Start again on the site. You can choose another way to prove who you are: a letter, a visit or a video call."
ID_CARD = "An ID card office can correct what DEERS has. After that, try again here."
SAME_WORDS = "We could not match these details with a record that can have an account here."
NO_ACCOUNT_YET = (
    "Check together, letter by letter, what is typed against the ID card. Never say what DEERS has. If it still does "
    "not match, the page offers a review by our staff."
)
IN_TIME = "The person goes on in the browser in which they began, or starts again."
RIGHT_AWAY = f"An unfinished journey is kept for {duration(policy.DRAFT_IDLE)} after the last step."

OF_ACCOUNTS: dict[str, Advice] = {
    "account:active": Advice(
        "The account is open, and nothing stops the person.",
        "Your account is open. Sign in with your username and your password.",
        "Ask what the person sees on the screen, and which step comes next there.",
        is_stop=False,
    ),
    "account:locked": Advice(
        f"The account is locked after {policy.SIGN_IN_FAILURES_IN_A_ROW} wrong passwords in a row. It may not have "
        "been the person who typed them.",
        "There were too many wrong passwords, so your account was locked. A new password by email unlocks it, or I do.",
        "Check who is calling, then unlock the account.",
        "unlock",
    ),
    "account:frozen": Advice(
        "The account is frozen. Staff do not unlock it: the person proves again who they are.",
        "Nobody can use your account now. On the sign-in page choose “My account is frozen”, and prove who you are: "
        "online, by letter or at a visit.",
        "Stay on the line until the page is found. If the email address is lost too, an ID card office can put the "
        "right one into DEERS.",
    ),
    "account:dormant": Advice(
        f"The account was disabled because nobody used it for {policy.DORMANT_AFTER.days} days.",
        "Your account rested because it was not used for a long time. A new password by email opens it again, or I do.",
        "Check who is calling, then unlock the account.",
        "unlock",
    ),
    "account:closed": Advice(
        "The account is closed, and does not open again.",
        "This account was closed. You can register again at any time.",
        "The person registers again. Everything has to be proven again.",
    ),
    "pause:sign-in": Advice(
        "Something has to wait after too many tries, until {until}. It may not have been the person.",
        "There were too many tries. Wait until {until}, or use a browser in which you have signed in before.",
        "Check who is calling, then end the waits.",
        "lift",
    ),
    "factor:waiting": Advice(
        "The person reported the second step as lost. The wait for a new one ends {until}.",
        "We wrote to you. After the wait, {until}, you get a link to set up a new second step.",
        "Nothing can shorten the wait. If the person did not ask for it, freeze the account.",
        "freeze",
    ),
    "help:waiting": Advice(
        "A colleague asked for help with this account. A second one has to approve.",
        "What you asked us for waits for a second member of our staff. We write to you as soon as it is decided.",
        "Look at the request under “Help with getting back in”, and approve or decline it.",
        "help",
    ),
    "email:none": Advice(
        "The account has no email address, so no code, link or notice reaches the person.",
        "We have no email address for you. Sign in and add one, or have an ID card office put one into DEERS.",
        "If the person cannot sign in, ask for help with the email address in DEERS.",
        "help",
    ),
    "email:unconfirmed": Advice(
        "The email address was never confirmed. A new password is not sent to it.",
        "Please open the email in which we asked you to confirm your address. Look among the junk mail, too.",
        "The person can have the link sent again in the profile.",
    ),
}
OF_DEERS: dict[str, Advice] = {
    "deers:silent": Advice(
        "DEERS does not answer right now. Nobody can register, upgrade or be looked up.",
        "A system that we depend on does not answer right now. Please try again in a few minutes.",
        "On the page the person can ask for an email when it works again. What was typed is kept.",
    ),
    "deers:minor": Advice(
        f"DEERS says that the person is under {policy.ADULT_AGE}. Minors have no account of their own.",
        SAME_WORDS,
        "A parent sees a child’s record in their own account, under family access. Say no more than that to a caller.",
    ),
    "deers:deceased": Advice(
        "DEERS says that the person has died. Nobody can have an account in this name.",
        SAME_WORDS,
        "If that is wrong, the person goes to an ID card office. If someone registers for the dead, tell a supervisor.",
    ),
    "deers:ended": Advice(
        "DEERS has no eligibility that is in force.",
        SAME_WORDS + " " + ID_CARD,
        "The sponsor, or an ID card office, can say why it ended.",
    ),
    "deers:protected": Advice(
        "This record is shielded: no self-service, and nothing of it is shown here.",
        SAME_WORDS + " Please visit an ID card office.",
        "Never say that there is a record, or where it is. Tell a supervisor about the call.",
    ),
    "mismatch:registration": Advice(
        "In the last hours, details with this person’s number did not match DEERS. Which one differed is not kept.",
        SAME_WORDS,
        NO_ACCOUNT_YET,
    ),
    "mismatch:upgrade": Advice(
        "The details that were typed for the upgrade did not match. Which one differed is not kept. Former addresses "
        "and the wrong birth date are the usual causes.",
        SAME_WORDS,
        NO_ACCOUNT_YET,
    ),
    "mismatch:too-many": Advice(
        "Details with this number did not match too often, so the next try has to wait, until {until}.",
        "There were too many tries. Please try again {until}, with your ID card at hand.",
        "If the details do not match then either, the page offers a review by our staff.",
        "lift",
    ),
}
OF_JOURNEYS: dict[str, Advice] = {
    "draft:details": Advice(
        "The person began and has not sent the details yet.",
        "Please fill in your name as DEERS has it, your date of birth and your number, and send the page.",
        IN_TIME + " " + RIGHT_AWAY,
        is_stop=False,
    ),
    "draft:mismatched": Advice(
        "The details that were typed last did not match. Which one differed is not kept.", SAME_WORDS, NO_ACCOUNT_YET
    ),
    "draft:questions": Advice(
        "The person is at the identity questions.",
        "Please answer the questions in that browser. Take your time: the page lets you ask for more.",
        "Never help with an answer. If the person cannot answer, the page offers " + OTHER_ROUTES + ".",
        is_stop=False,
    ),
    "draft:letter": Advice(
        "The person chose a letter, and has not asked for it yet.",
        "Please press the button that sends you the letter.",
        IN_TIME,
        is_stop=False,
    ),
    "draft:visit": Advice(
        "The person chose a visit or a call, and has not used the slip yet.",
        "Please bring the slip and two documents to the visit, or have them at hand for the call.",
        "At a video call, open the slip by its reference.",
        "attend",
        is_stop=False,
    ),
    "draft:blocked": Advice(
        "The chosen way to prove who they are cannot go on. {reason}",
        "This way is not possible for you now. Please choose another one on the page: " + OTHER_ROUTES + ".",
        "Tell the person what each way needs, and how long it takes.",
    ),
    "draft:delivery": Advice(
        "The questions are passed. The person has to choose how the code comes.",
        "Please choose whether the code comes by email or on the screen.",
        IN_TIME,
        is_stop=False,
    ),
    "draft:code": Advice(
        "The person has to enter the activation code.",
        "Please enter the code that you got. The newest one counts.",
        "If no email came, check the spelling of the address with the person, and send a new code.",
        "resend",
        is_stop=False,
    ),
    "draft:credentials": Advice(
        "The identity is proven. A username and a password are missing.",
        f"Please choose a username and a password of at least {policy.PASSWORD_MIN_LENGTH} characters. A sentence is "
        "fine.",
        IN_TIME,
        is_stop=False,
    ),
    "draft:second_factor": Advice(
        "Only the second step is missing: a passkey or an authenticator app.",
        "Please set up a passkey, or scan the picture with an authenticator app and type the six digits.",
        "The clock of the phone has to be right. The key can be typed in place of the picture.",
        is_stop=False,
    ),
    "draft:give_back": Advice(
        "The identity is proven again. The person has to say from which change on the account was not theirs.",
        "Please choose the first change that you do not know, or say that you know them all.",
        IN_TIME,
        is_stop=False,
    ),
    "draft:finished": Advice(
        "The journey is finished.",
        "All is done. Sign in with your username and your password.",
        "Nothing is left to do.",
        is_stop=False,
    ),
    "draft:has_account": Advice(
        "The person has an account already, and tried to register again.",
        "You have an account already. On the sign-in page choose “Forgot username” or “Forgot password”.",
        "Look at the account. Only one is possible for each person.",
    ),
    "draft:letter_asked": Advice(
        "The registration or upgrade ended well for now: its code comes with a letter.",
        f"Your code comes by mail, usually within {policy.LETTER_ARRIVES.days} days. Enter it at the address that the "
        "letter names.",
        "See “Letters” for where it is.",
    ),
    "draft:in_review": Advice(
        "The person asked for a review of the details.",
        f"Our staff look at it within {policy.CASE_DUE.days} days. You get an email, and the status page shows how it "
        "stands.",
        "See “Reviews” for how it stands.",
        "case",
    ),
    "draft:not_basic": Advice(
        "The account could not be raised: it is Premium already, or it is not open.",
        "Please sign in again and look at your profile: it says which level you have.",
        "Look at the account’s level and state above.",
    ),
    "draft:given_back": Advice(
        "A frozen account was given back. The person sets a new password by email.",
        "You have your account back. Please set a new password with the link that we sent you.",
        "If the email did not come, the person asks for another link under “Forgot password”.",
        is_stop=False,
    ),
    "draft:no_mailbox": Advice(
        "A frozen account was given back, but no email address is known to be the person’s.",
        "You have your account back, but we do not know where to write to you. An ID card office can put your email "
        "address into DEERS.",
        "Once DEERS has an address, ask for help with it.",
        "help",
    ),
    "draft:needs_premium": Advice(
        "The frozen account is Premium, and the person has proven only as much as Basic needs.",
        "Please prove who you are once more, and choose Premium at the start.",
        "The person starts again from “My account is frozen”.",
    ),
    "blocked:thin-file": Advice(
        "Too little is known to ask identity questions. No attempt was used up.",
        "We cannot ask you questions online. Please choose another way: " + OTHER_ROUTES + ".",
        "Help to choose. A letter is the easiest where the address in DEERS is right.",
    ),
    "blocked:cooling-down": Advice(
        "No attempt at the questions is left for now. The next one is possible {until}.",
        "Please try the questions again {until}, or choose another way now: " + OTHER_ROUTES + ".",
        "The wait cannot be ended: it protects the person from guesses.",
    ),
    "blocked:closed": Advice(
        "The questions are closed until the person has proven who they are in another way.",
        "Please choose another way: " + OTHER_ROUTES + ".",
        "Help to choose a letter, a visit or a call.",
    ),
    "blocked:left": Advice(
        "The questions were left before the end. That used up an attempt.",
        "Please start the questions again, and keep the page open until the end.",
        "Papers about loans, cards and former homes help. The page lets people ask for more time.",
    ),
    "blocked:no-address": Advice(
        "DEERS has no address that a letter could go to.",
        "We have no postal address for you. Please choose a visit or a video call. " + ID_CARD,
        "An ID card office, or milConnect, can enter the address.",
    ),
}
OF_QUESTIONS: dict[str, Advice] = {
    "proofing:started": Advice(
        "The details matched, and nothing more was done.",
        AGAIN,
        IN_TIME,
        is_stop=False,
    ),
    "proofing:questions": Advice(
        "Identity questions were begun, and are not finished.",
        "Please go on in the browser in which you began. A question that is left open counts as not answered.",
        "If the browser is closed, the attempt is lost. The person starts again.",
        is_stop=False,
    ),
    "proofing:passed": Advice(
        "The questions are passed, but no code was made: the person has left before that.",
        "You passed the questions. " + AGAIN,
        "The person starts again. Nobody can make a code for them.",
    ),
    "proofing:failed": Advice(
        "The identity questions were not answered correctly, or not in time. Which ones is not kept. One attempt is "
        "left.",
        "The questions were not all answered right or in time. You have one more attempt, or you choose another way: "
        + OTHER_ROUTES
        + ".",
        "Never help with an answer. If the person is not sure, another way is safer than the last attempt.",
    ),
    "proofing:abandoned": Advice(
        "The identity questions were left before the end. That used up an attempt.",
        "Please start again, and keep the page open until the end.",
        "Ask whether time, or the device, was the difficulty.",
    ),
    "proofing:cooling_down": Advice(
        "All attempts at the questions are used up. The next one is possible {until}.",
        "Please try again {until}, or choose another way now: " + OTHER_ROUTES + ".",
        "The wait cannot be ended: it protects the person from guesses.",
    ),
    "proofing:closed": Advice(
        "The questions are closed until the person has proven who they are in another way.",
        "Please choose another way: " + OTHER_ROUTES + ".",
        "Help to choose a letter, a visit or a call.",
    ),
    "proofing:thin_file": Advice(
        "Too little is known to ask identity questions. No attempt was used up.",
        "We cannot ask you questions online. Please choose another way: " + OTHER_ROUTES + ".",
        "Help to choose. A letter is the easiest where the address in DEERS is right.",
    ),
    "proofing:code_sent": Advice(
        "An activation code was made. See “Codes” for how it was sent, and until when it works.",
        "You have a code. Please enter the newest one.",
        "If it does not come, look below at how it was sent.",
        is_stop=False,
    ),
    "proofing:proven": Advice(
        "The identity is proven.",
        "You have proven who you are.",
        "Nothing is left to prove.",
        is_stop=False,
    ),
    "closed:stopped": Advice(
        "A link in our message was used to say that somebody else answers questions in this name. No questions are "
        "asked, and codes that came from them are void.",
        "Someone used the link in our message to stop questions in your name. Please choose another way: "
        + OTHER_ROUTES
        + ".",
        "Ask whether it was the person. If not, somebody may be trying to be them: tell a supervisor.",
    ),
    "closed:in-a-row": Advice(
        f"{policy.QUIZ_IN_A_ROW} attempts in a row failed. Questions are closed until the person has proven who they "
        "are in another way.",
        "Questions are not possible for you now. Please choose another way: " + OTHER_ROUTES + ".",
        "Help to choose a letter, a visit or a call. It opens the questions again.",
    ),
    "closed:lifetime": Advice(
        f"{policy.QUIZ_FAILURES} attempts failed at all. For this person only the other ways are left.",
        "Questions are no longer possible for you. Please choose another way: " + OTHER_ROUTES + ".",
        "Help to choose a letter, a visit or a call.",
    ),
}
OF_CODES: dict[str, Advice] = {
    "code:live": Advice(
        "An activation code is waiting to be entered. It works until {until}.",
        "Your code works until {until}. Look among the junk mail, too.",
        "Check the spelling of the address with the person, then send a new code.",
        "resend",
    ),
    "code:used": Advice(
        "The code was used, so the identity is proven, but the account was not finished.",
        "You have proven who you are, but did not finish. Please start again on the site.",
        "The person starts again. If an hour has not passed, the browser in which they began still knows them.",
    ),
    "code:void": Advice(
        "The code was canceled: a newer one took its place, there were too many wrong tries, or its letter came back.",
        "That code no longer works. Please start again to get a new one.",
        "If a newer code is on its way, only that one counts.",
    ),
    "code:expired": Advice(
        "The time of the code is over since {until}, and nobody used it.",
        "Your code no longer works, because its time is over. Please start again to get a new one.",
        f"Codes by email work for {duration(policy.CODE_LIFE_EMAIL)}, codes by letter for "
        f"{policy.CODE_LIFE_LETTER.days} days.",
    ),
    "letter:queued": Advice(
        "A letter with a code waits to be printed. It should arrive by {until}.",
        "Your letter goes out with the next mail, and should be with you by {until}.",
        "Nobody can read the code to the person. Only the newest letter counts.",
    ),
    "letter:printed": Advice(
        "A letter with a code is printed, and not mailed yet. It should arrive by {until}.",
        "Your letter is printed, and should be with you by {until}.",
        "Nobody can read the code to the person. Only the newest letter counts.",
    ),
    "letter:sent": Advice(
        "A letter with a code is in the mail. It should arrive by {until}.",
        "Your letter is in the mail, and should be with you by {until}. Enter the code at the address that it names.",
        "After that day, the person asks for another letter, or chooses another way.",
    ),
    "letter:void": Advice(
        "The letter was canceled: a newer one or another code took its place, or its time is over.",
        "The code in that letter no longer works. Please start again, and have another one sent.",
        f"{policy.LETTERS.times} letters in {policy.LETTERS.period.days} days are possible, one a day.",
    ),
    "letter:returned": Advice(
        "The letter came back from the post office, so its code is void.",
        "Your letter came back to us. " + ID_CARD,
        "The address in DEERS is probably wrong. Do not read it to the caller: the ID card office corrects it.",
    ),
}
OF_VISITS_AND_REVIEWS: dict[str, Advice] = {
    "visit:open": Advice(
        "The person has a slip for a visit or a call. It is good until {until}.",
        "Please bring your slip and two documents by {until}.",
        "At a video call, open the slip by its reference.",
        "attend",
    ),
    "visit:checked": Advice(
        "The documents were checked. A second member of our staff has to look at them by {until}.",
        "A second member of our staff has to look at your documents. You need not do anything if you were told so.",
        "A colleague takes the second look at the slip.",
        "attend",
    ),
    "visit:held": Advice(
        "The visit is held for a supervisor.",
        "A supervisor has to look at your visit. We write to you.",
        "Say no more than that. A supervisor settles it.",
    ),
    "visit:verified": Advice(
        "The documents were accepted, and the code went out by email.",
        "Your documents were accepted. Please enter the code that we sent you by email.",
        "If the email did not come, send a new code.",
        "resend",
        is_stop=False,
    ),
    "visit:refused": Advice(
        "The documents could not be accepted. {reason}",
        "Your documents could not be accepted. {reason} You can come again with others.",
        "The person prints a new slip. Tell them which documents count.",
    ),
    "visit:expired": Advice(
        "The slip was not used in time.",
        "Your slip is no longer valid. Please make a new one on the site.",
        f"A slip is good for {policy.VISIT_LIFE.days} days.",
    ),
    "visit:withdrawn": Advice(
        "The slip was withdrawn, because the person was checked with another one or chose another way.",
        "That slip is no longer valid. Please use the newest one.",
        "Look whether there is a newer slip.",
    ),
    "case:open": Advice(
        "A review of the details waits for a reviewer. It is due by {until}.",
        "Our staff look at your details by {until}. You get an email then.",
        "Reviewers take the case. Nobody can say what differed.",
        "case",
    ),
    "case:taken": Advice(
        "A reviewer is looking at the details. The review is due by {until}.",
        "A member of our staff is looking at your details. You get an email by {until}.",
        "Nobody can say what differed.",
        "case",
    ),
    "case:proposed": Advice(
        "A reviewer proposed a decision. A second one has to confirm it, by {until}.",
        "Our staff are still looking at your details. You get an email by {until}.",
        "A second reviewer confirms the decision.",
        "case",
    ),
    "case:repeated": Advice(
        "The person asked once more while a review about the same number was under way.",
        "We have your request. Our staff look at it by {until}.",
        "The first review is decided first.",
        "case",
    ),
    "case:approved": Advice(
        "The review was approved. The person has to go on, with the link in our email.",
        "Please open the link in our last email, and go on from there.",
        f"The link works for {policy.CASE_GO_ON_LIFE.days} days, with the continuation code.",
    ),
    "case:continued": Advice(
        "The review was approved, and the person has gone on.",
        "Please go on in the browser in which you began.",
        "See what came after it.",
        is_stop=False,
    ),
    "case:declined": Advice(
        "The review could not be approved.",
        "We could not confirm your details. " + ID_CARD,
        "Nobody can say what differed. A new review is possible once DEERS was corrected.",
    ),
    "case:in_person": Advice(
        "The review ended with a request to come in person.",
        "Please visit an ID card office with two documents.",
        "Tell the person which documents count.",
    ),
    "case:expired": Advice(
        "The review ended because its time was over.",
        "Nobody could decide in time. We are sorry. Please ask for a review again.",
        "Tell a supervisor: that should not happen.",
    ),
}
NOTHING: dict[str, Advice] = {
    "nothing:registration": Advice(
        "No try of this person has matched their record in DEERS, or what they did is over and deleted.",
        AGAIN,
        "Ask which page the person saw last, and what it said. " + NO_ACCOUNT_YET,
    ),
    "nothing:basic": Advice(
        "The account is Basic, and no upgrade is under way.",
        "Your account is open. Choose “Upgrade to Premium” when you want to see more of your record.",
        "Ask what the person wants to do.",
        is_stop=False,
    ),
    "nothing:premium": Advice(
        "The account is Premium and open. Nothing stops the person.",
        "Your account is open, at the highest level.",
        "Ask what the person sees on the screen.",
        is_stop=False,
    ),
    "nothing:staff": Advice(
        "This is a staff account. It has no level and no record.",
        "Please ask your supervisor.",
        "Two supervisors together freeze it or unlock it.",
        is_stop=False,
    ),
}
ADVICE: dict[str, Advice] = {
    **OF_ACCOUNTS,
    **OF_DEERS,
    **OF_JOURNEYS,
    **OF_QUESTIONS,
    **OF_CODES,
    **OF_VISITS_AND_REVIEWS,
    **NOTHING,
}
# Events that end a try and move no row of which the state is read. The others stand in the tables of transitions.
OF_EVENTS: dict[str, str] = {
    "registration.not-matched": "mismatch:upgrade",
    "registration.already-registered": "draft:has_account",
    "quiz.thin-file": "proofing:thin_file",
    "quiz.refused": "proofing:closed",
    "quiz.cooling-down": "proofing:cooling_down",
    "proofing.stopped": "closed:stopped",
    "deers.unavailable": "deers:silent",
}
