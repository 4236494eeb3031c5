"""The form of the upgrade."""

from accounts.journeys.forms import DodIdField, NumbersForm, SSNField
from core.fields import DateField, text_field

ONE_OF_BOTH = "Enter the street address and ZIP or postal code that DEERS has for you, or both of your numbers."


class IdentityForm(NumbersForm):
    """Numbers, birth date and address of a Basic account holder, to be checked against DEERS.

    The address is not needed with both numbers.
    """

    ssn = SSNField(required=False)
    dod_id = DodIdField()
    date_of_birth = DateField(label="Date of birth", past=True, autocomplete="bday")
    street = text_field("Street address or P.O. box", autocomplete="street-address", most=200)
    postal_code = text_field("ZIP or postal code", autocomplete="postal-code", most=16)

    def clean(self) -> dict:
        """Add an error if there is neither a second number nor an address."""
        typed = super().clean()
        if typed.get("ssn") and typed.get("dod_id"):
            return typed
        missing = [name for name in ("street", "postal_code") if typed.get(name) == ""]
        if missing and "ssn" in typed and "dod_id" in typed:
            self.add_error(missing[0], ONE_OF_BOTH)
        return typed
