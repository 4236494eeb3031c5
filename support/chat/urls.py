"""URLs of the visitor's side of the chat."""

from django.urls import path

from support.chat import views

urlpatterns = [
    path("", views.start, name="chat-start"),
    path("<uuid:chat_id>/", views.chat, name="chat"),
    path("<uuid:chat_id>/poll/", views.poll, name="chat-poll"),
    path("<uuid:chat_id>/typing/", views.typing, name="chat-typing"),
    path("<uuid:chat_id>/chat.txt", views.as_text, name="chat-text"),
]
