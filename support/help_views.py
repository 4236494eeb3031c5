"""The help center: its page of topics with the search, the articles, help codes, and "was this helpful"."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core import policy
from core.help_codes import BY_CODE, read_code
from core.words import try_again_in
from safeguards import client, standby
from safeguards.limits import CountersUnavailable
from support import articles, guides, ratings
from support.forms import RatingForm, ReasonForm
from support.search import search_help

# Other ways to reach us, by URL name: shown where their page is there.
WAYS_TO_US = (
    ("cases", "Status of your review", "You asked for a review and have its number."),
    ("contact", "Write to us", "A person reads your message. We email you when you can read the answer here."),
    ("call-back", "Ask us to call you", "Choose a time that suits you."),
    ("chat-start", "Chat with us", "A person answers while you wait."),
    ("support-pin", "Support PIN", "Signed in, get a number that tells an agent on the phone who you are."),
)


@login_not_required
@require_safe
def help_center(request: HttpRequest) -> HttpResponse:
    """Show the topics, or with `?q=` what a search found. A help code leads to its article."""
    asked = request.GET.get("q")
    if asked is not None and asked.strip():
        code = read_code(asked)
        return redirect("help-code", code) if code else found(request, asked)
    context = {
        "topics": articles.articles_by_topic(),
        "popular": articles.popular_articles(),
        "guides": guides.GUIDES.values(),
        "ways_to_us": ways_to_us(),
        "nothing_typed": asked is not None,
    }
    return render(request, "support/index.html", context)


def found(request: HttpRequest, asked: str, *, code: str = "", status: int = 200) -> HttpResponse:
    """Show what a search found. `code` is a help code that was typed and that we do not have."""
    context = {
        "asked": asked[: policy.HELP_SEARCH_MAX],
        "results": standby.read(request, search_help, asked),
        "unknown_code": code,
        "ways_to_us": ways_to_us(),
    }
    return render(request, "support/found.html", {**context, "popular": articles.popular_articles()}, status=status)


def ways_to_us() -> list[tuple[str, str, str]]:
    """Return address, words and a sentence of each way to us whose page is there."""
    return [(address, words, says) for name, words, says in WAYS_TO_US if (address := address_of(name))]


def address_of(name: str) -> str:
    """Return the address of a page by its URL name, or "" if the site has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def article_named(slug: str) -> articles.Article:
    """Return the article of that name. Raise Http404 if there is none."""
    if slug not in articles.all_articles():
        raise Http404("No such article")
    return articles.all_articles()[slug]


@login_not_required
@never_cache
@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an article. `?code=` says by which help code the person came."""
    chosen = article_named(slug)
    html, sections = articles.article_html(chosen)
    code = request.GET.get("code", "")
    every = articles.all_articles()
    context = {
        "article": chosen,
        "html": mark_safe(html),  # noqa: S308 - our own Markdown, rendered with HTML switched off
        "sections": sections,
        "came_by": BY_CODE[code] if code in chosen.codes else None,
        "codes": [BY_CODE[one] for one in chosen.codes if one in BY_CODE],
        "related": [every[one] for one in chosen.related if one in every],
        "guide": guides.GUIDES.get(chosen.guide),
    }
    return render(request, "support/article.html", context)


@login_not_required
@require_safe
def help_code(request: HttpRequest, code: str) -> HttpResponse:
    """Lead from a help code, however it is spelled, to its article. Say so if we do not have the code."""
    read = read_code(code)
    if chosen := articles.article_of_code(read):
        return redirect(f"{chosen.address}?code={read}")
    return found(request, code, code=read or code[:20], status=404)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, slug: str) -> HttpResponse:
    """Take an opinion on an article: first whether it was helpful, then, if it was not, why.

    Without an answer in the address, the page asks for one. `?said=` says which was kept.
    """
    chosen = article_named(slug)
    if request.method != "POST":
        said = request.GET.get("said", "")
        context = {
            "article": chosen,
            "said": said,
            "form": ReasonForm() if said == "no" else RatingForm(),
            "ways_to_us": ways_to_us(),
        }
        return render(request, "support/rate.html", context)
    asks_why = "reason" in request.POST or "remark" in request.POST
    form = (ReasonForm if asks_why else RatingForm)(request.POST)
    if form.is_valid():
        given = {"helpful": False, **form.cleaned_data}
        if response := kept(request, chosen, form, given):
            return response
    return refused(request, chosen, form, "no" if asks_why else "")


def kept(
    request: HttpRequest, chosen: articles.Article, form: RatingForm | ReasonForm, given: dict
) -> HttpResponse | None:
    """Keep an opinion and return where the person goes on, or return None after adding the reason to the form."""
    try:
        wait = ratings.too_many_ratings(client.address(request))
    except CountersUnavailable as failure:
        form.add_error(None, str(failure))
        return None
    if wait:
        form.add_error(None, f"There were many opinions from your network. {try_again_in(wait)}")
        return None
    get_token(request)  # a browser without the cookie gets one, whose secret then stands for it
    ratings.rate_article(chosen, browser=request.META["CSRF_COOKIE"], **given)
    said = "yes" if given["helpful"] else "why" if "reason" in given else "no"
    return redirect(f"{reverse('help-rate', args=[chosen.slug])}?said={said}")


def refused(request: HttpRequest, chosen: articles.Article, form: RatingForm | ReasonForm, said: str) -> HttpResponse:
    context = {"article": chosen, "said": said, "form": form, "ways_to_us": ways_to_us()}
    return render(request, "support/rate.html", context, status=429 if form.non_field_errors() else 200)
