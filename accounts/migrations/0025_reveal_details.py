from django.db import migrations


class Migration(migrations.Migration):
    """Let a role look at a person's hidden details."""

    dependencies = [("accounts", "0024_pauses_from_the_trail")]

    operations = [
        migrations.AlterModelOptions(
            name="account",
            options={
                "default_permissions": ("view",),
                "permissions": [
                    ("unlock_account", "Can unlock an account"),
                    ("freeze_account", "Can freeze an account"),
                    ("resend_code", "Can send an activation code again"),
                    ("assist_account", "Can ask for help with an account, and approve what a colleague asked"),
                    ("reveal_details", "Can look at a person's hidden details for a reason, for a minute"),
                    ("view_figures", "Can see the figures of registration and proofing"),
                ],
            },
        ),
    ]
