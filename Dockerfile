# The image of the web server and the job worker; docker-compose.yml says which command each one runs.
FROM python:3.11-slim-bookworm AS packages
ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /site
COPY requirements requirements
RUN python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/run.txt

# Node is needed only to fetch the design system, so it stays behind in this stage.
FROM packages AS assets
COPY . .
RUN python -m dslogon.up install

FROM packages
COPY . .
COPY --from=assets /site/var/static var/static
COPY --from=assets /site/var/staticfiles.json var/staticfiles.json
RUN useradd --uid 1000 --no-create-home site && mkdir -p var/keys var/owner && chown site var/keys var/owner
USER site
EXPOSE 8000
CMD ["python", "-m", "dslogon.web"]
