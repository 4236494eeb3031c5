"""What a test sends with each button: a reason out of those that the button offers."""

WHY = {
    button: {"reason": reason}
    for button, reason in (
        ("again", "spoiled"),
        ("approve", "called-back"),
        ("confirm", "compared"),
        ("decline", "no-longer"),
        ("freeze", "account-taken"),
        ("lift", "called"),
        ("make", "daily"),
        ("pdf", "first"),
        ("put-back", "shift-ends"),
        ("reject", "of-another"),
        ("resend", "not-arrived"),
        ("retry", "repaired"),
        ("returned", "moved"),
        ("send-back", "more-needed"),
        ("stop", "person-asked"),
        ("unlock", "called"),
        ("use-again", "mistyped"),
        ("void", "person-asked"),
    )
}
