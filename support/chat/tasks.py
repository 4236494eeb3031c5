"""The worker's calendar of the chat. The job is defined next to the functions that do its work."""

from procrastinate.contrib.django import app

from support.chat.tidying import tidy_chats

app.periodic(cron="* * * * *")(tidy_chats)
