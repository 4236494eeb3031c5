"""The URLs of the demo. dslogon/urls.py includes them only if settings.DEMO is true."""

from django.urls import path

from demo import views

urlpatterns = [
    path("", views.demo, name="demo"),
    path("people.json", views.people_json, name="demo-people"),
    path("mail/", views.mail, name="demo-mail"),
    path("mail/<int:pk>.html", views.mail_html, name="demo-mail-html"),
    path("letters/<uuid:pk>.pdf", views.letter_pdf, name="demo-letter"),
    path("mail.json", views.mail_json, name="demo-mails"),
]
