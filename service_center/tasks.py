"""The calendar of the desk. The job is defined next to the function that does its work."""

from procrastinate.contrib.django import app

from service_center.visits import expire_visits

app.periodic(cron="15 * * * *")(expire_visits)
