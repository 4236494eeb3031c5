"""The plain django-allauth site behind the same front as ours, so that only the sites differ."""

from django.core.wsgi import get_wsgi_application

from dslogon.web.front import Front


class PlainFront(Front):
    """Our front, without the probes and pages of our own site."""

    def start(self) -> None:
        self.application = self.load()
        self.probe = lambda path: None
        self.open_lanes()


site = PlainFront(get_wsgi_application)
