"""Fills the django-allauth site. `python -m bench.allauth_people N` prints the key of a signed-in session."""

import sys

import django

USERNAME = "member-{}"


def fill(count: int) -> str:
    """Make `count` members with two addresses each, and return the session key of the first one."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    User.objects.bulk_create(
        User(username=USERNAME.format(n), first_name="Grace", last_name="Okafor", email=f"{n}@example.com")
        for n in range(count)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=email, primary=email == user.email, verified=True)
        for user in User.objects.all()
        for email in (user.email, f"other-{user.email}")
    )
    client = Client()
    client.force_login(User.objects.get(username=USERNAME.format(0)), "django.contrib.auth.backends.ModelBackend")
    return str(client.session.session_key)


if __name__ == "__main__":
    django.setup()
    print(fill(int(sys.argv[1])))
