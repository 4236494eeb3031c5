"""Contact details of which a page shows only as much as the person needs to recognize them."""

HIDDEN = "•••"


def mask_email(email: str) -> str:
    """Return an address that its owner recognizes and nobody can learn: "r•••@mail.example". "" stays ""."""
    name, at, host = email.partition("@")
    return f"{name[:1]}{HIDDEN}@{host}" if at else ""


def mask_phone(phone: str) -> str:
    """Return a phone number of which only the last two digits are left: "••• 47". "" stays ""."""
    digits = [char for char in phone if char.isdigit()]
    return f"{HIDDEN} {''.join(digits[-2:])}" if digits else ""


def mask_number(number: str) -> str:
    """Return a phone or DoD ID number as its last four digits, for staff: "••• 0111". "" stays ""."""
    digits = "".join(char for char in number if char.isdigit())
    return f"{HIDDEN} {digits[-4:]}" if digits else ""
