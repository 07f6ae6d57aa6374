"""Pages that stand in front of an article are told from articles, in any language and without words where possible."""

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from pipeline.errors import Reject
from pipeline.news import cleaning, walls
from pipeline.news.cleaning import Uncleanable
from pipeline.news.lines import count_words
from pipeline.news.markup import scan
from pipeline.news.metadata import stated
from pipeline.news.pages import page_text
from pipeline.news.pagesigns import refusal
from tests.news.test_cleaning_html import PARAGRAPHS, article_of, body_of, fetched, web_page

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def page(body: str, title: str = "Warta", head: str = "", lang: str = "en") -> str:
    return f"<!doctype html><html lang={lang}><head><title>{title}</title>{head}</head><body>{body}</body></html>"


BUTTONS = "<form action='/x' method=post><button name=a>{}</button><button name=b>{}</button></form>"
BOT_CHECKS = {
    "cloudflare": page(
        '<div class="main-wrapper"><h1>warta.example</h1><p>Verifica di sicurezza in corso, attendere prego.</p></div>'
        "<script>window._cf_chl_opt={cvId:'3',cType:'managed'};</script>",
        "warta.example",
        lang="it",
    ),
    "cloudflare, named by its title": page("<p>Enable cookies to go on.</p>", "Just a moment..."),
    "datadome": page(
        "<p>សូមរង់ចាំ</p><script>var dd={'rt':'c','cid':'x','host':'geo.captcha-delivery.com'}</script>", "warta.example"
    ),
    "perimeterx": page("<h1>Before we go on</h1><div id=px-captcha></div><p>Press and hold. Reference ID 4c1</p>"),
    "imperva": page(
        "<iframe id=main-iframe src='/_Incapsula_Resource?SWUDNSAI=31&xinfo=9'>Request unsuccessful.</iframe>", ""
    ),
    "aws": page("<div id=challenge-container></div><script>AwsWafIntegration.saveReferrer();</script>", ""),
    "anubis": page("<h1>Making sure that you're no program</h1><script id='anubis_challenge'>{}</script><p>Wait</p>"),
    "a field for people alone": page(
        "<form><p>Klik kotak di bawah ini agar kami tahu siapa Anda.</p><div class='h-captcha'></div></form>",
        lang="id",
    ),
    "a picture to be read": page(
        "<form method=post><p>Δείτε την εικόνα και γράψτε τι λέει.</p><img src=/captcha/9.png><input name=c></form>",
        lang="el",
    ),
}
DENIALS = {
    "akamai": page(
        "<h1>Access Denied</h1><p>You don't have permission to access this on this server.</p>"
        "<p>Reference&#32;&#35;18.2d&#46;1 https://errors.edgesuite.net/18.2d</p>",
        "Access Denied",
    ),
    "nginx": page("<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>", "403 Forbidden"),
    "too many": page("<h1>429 Too Many Requests</h1>", "429 Too Many Requests"),
    "indonesian": page(
        "<h1>Akses ditolak</h1><p>Alamat Anda tidak dapat membuka halaman ini sekarang juga.</p>", "Akses ditolak"
    ),
    "cloudflare": page("<h1>Sorry, you have been blocked</h1><p>You are unable to open warta.example from here.</p>"),
    "a firewall": page("<div class='cf-error-details'><p>Die Verbindung wurde abgelehnt.</p></div>", lang="de"),
    "by country": page("<h1>Not available in your region</h1><p>We cannot show this page where you are.</p>"),
}
CONSENT_WALLS = {
    "english": page(
        "<div id=consent-wall><h2>Warta and its partners</h2><p>With your consent, we and our vendors store cookies "
        "and similar identifiers on your device for personalised advertising and to understand our audience. You can "
        "change your preferences or withdraw consent at any time in our privacy policy. Some vendors rely on "
        "legitimate interest.</p>" + BUTTONS.format("Accept all", "Manage options") + "</div>"
    ),
    "german": page(
        "<p>Um Warta mit Werbung zu nutzen, benötigen wir Ihre Einwilligung: Wir und unsere Partner speichern Cookies "
        "auf Ihrem Gerät, personalisieren Anzeigen und messen Tracking. Sie können Ihre Zustimmung jederzeit in den "
        "Einstellungen oder in der Datenschutzerklärung widerrufen.</p>"
        + BUTTONS.format("Akzeptieren", "Einstellungen"),
        lang="de",
    ),
    "french": page(
        "<p>Avec votre consentement, nos partenaires et nous utilisons des cookies ou traceurs pour des publicités "
        "personnalisées. Vous pouvez paramétrer vos préférences ou retirer votre consentement ; voyez notre politique "
        "de confidentialité et la liste des fournisseurs.</p>" + BUTTONS.format("Accepter", "Paramétrer"),
        lang="fr",
    ),
    "dutch": page(
        "<p>Warta en zijn partners vragen je toestemming voor cookies, waarmee wij gepersonaliseerde advertenties "
        "tonen. Je voorkeuren pas je aan bij de instellingen; lees ook de privacyverklaring en de lijst van "
        "leveranciers.</p>" + BUTTONS.format("Akkoord", "Instellen"),
        lang="nl",
    ),
    "indonesian": page(
        "<p>Dengan persetujuan Anda, Warta dan mitra kami memakai cookie untuk iklan yang dipersonalisasi. Preferensi "
        "dan kebijakan privasi dapat diubah kapan saja, dan persetujuan dapat dicabut kembali di halaman ini.</p>"
        + BUTTONS.format("Setuju", "Atur"),
        lang="id",
    ),
    "chinese": page(
        "<p>我们和合作伙伴使用 Cookie 来提供个性化广告并了解读者。"
        "继续之前请您同意，或者在偏好中修改选择。详情请阅读隐私政策。</p>" + BUTTONS.format("同意", "偏好"),
        lang="zh",
    ),
    "polish": page(
        "<p>Za Twoją zgodą my i nasi partnerzy używamy plików cookie, aby wyświetlać spersonalizowane reklamy. Zgodę "
        "można wycofać w ustawieniach prywatności, gdzie są też preferencje i lista dostawców.</p>"
        + BUTTONS.format("Zgadzam się", "Nie"),
        lang="pl",
    ),
}
LOGINS = {
    "english": page(
        "<main><h1>Welcome back</h1><p>Sign in with your reader account to open Warta on this device today.</p>"
        "<form><input name=mail><input type=password name=p><button>Sign in</button></form></main>"
    ),
    "without words": page("<form><p>Ⲙⲁⲣⲓⲁ</p><input name=u><input type='password'><button>→</button></form>", ""),
}
PAYWALLS = {
    "stated": web_page(
        body_of(["The ferry to Lomara will not sail this week, its owner said on Monday."]),
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"The ferry stays","datePublished":'
        '"2024-05-13","isAccessibleForFree":false}</script>',
    ),
    "said": page(
        "<main><h1>The ferry stays</h1><p>The ferry to Lomara will not sail this week, its owner said on Monday.</p>"
        "<p>Subscribe to continue reading</p></main>",
        "The ferry stays",
    ),
}
CASES = {
    Uncleanable.BOT_CHECK: BOT_CHECKS,
    Uncleanable.DENIED: DENIALS,
    Uncleanable.CONSENT: CONSENT_WALLS,
    Uncleanable.LOGIN: LOGINS,
    Uncleanable.PAYWALL: PAYWALLS,
}


@pytest.mark.parametrize(
    ("reason", "name"), [(reason, name) for reason, pages in CASES.items() for name in pages], ids=str
)
def test_a_wall_is_rejected_with_its_name_and_the_cure(reason: Uncleanable, name: str) -> None:
    with pytest.raises(Reject) as caught:
        cleaning.clean(CASES[reason][name].encode(), fetched())
    assert caught.value.reason is reason
    assert ": " in caught.value.detail


# What only seems to be one

STORY = body_of(PARAGRAPHS)
SCRIPTS = (
    "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"
    "<script src='https://cdn.cookielaw.org/onetrust.js'></script><script>window.__tcfapi=1</script>"
)
BANNER = (
    "<div id=onetrust-banner><p>We and our partners use cookies with your consent for personalised advertising; see "
    "our privacy preferences and the vendors.</p><button>Accept</button></div>"
)
COMMENTS = "<form><textarea></textarea><div class='g-recaptcha'></div><input type=password><button>Send</button></form>"
COOKIES = [
    "The union of readers asked the parliament of Selaraya on Monday for a law about cookies, which many pages of the "
    "island set without asking anybody, said its chair Ayu Lestari in front of the old town hall.",
    "Publishers answered that nobody reads the windows that such a law would bring, and that advertising pays for the "
    "ferry news, the tide tables and the poems of the harbour master, who agreed with them for once.",
    "A court will hear both sides in June; until then the pages of the island stay as they are, said the speaker of "
    "the parliament, and whoever wants no cookie may still buy the paper at the kiosk of the harbour.",
]


@pytest.mark.parametrize(
    "story",
    [
        web_page(STORY + BANNER + COMMENTS, SCRIPTS),
        page(f"<article>{STORY}</article>" + BANNER + COMMENTS, "Bridge", SCRIPTS),
        page(
            "".join(f"<p>{line}</p>" for line in COOKIES) + "<form><input name=q></form>",
            "A law about cookies",
            SCRIPTS,
        ),
        page(f"<p>{PARAGRAPHS[0]}</p>", ""),
        page(
            f"<p>{PARAGRAPHS[0]}</p><p>He had typed the wrong password, and the captcha was no help, he said.</p>",
            "In short",
        ),
        page(f"<article>{STORY}</article><p>Subscribe to our newsletter</p>", "Access denied: the bridge stays shut"),
    ],
)
def test_articles_with_the_furniture_of_walls_are_articles(story: str) -> None:
    assert article_of(story).text


def test_a_locked_article_that_says_something_is_kept_with_its_paywall() -> None:
    head = (
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge","datePublished":"2024-05-13",'
        '"isAccessibleForFree":false}</script>'
    )
    assert article_of(web_page(STORY, head)).paywall == "json-ld"


# Real pages and copies, which are not in the repository


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no news pages at {DATA}")
def test_no_real_page_is_taken_for_a_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even if none of them said that it is an article, and whatever body is found in it."""
    monkeypatch.setattr(walls, "_stated", lambda markup, node: False)
    read, found = 0, []
    for path in sorted((DATA / "extraction").rglob("*.html.gz")):
        page = page_text(gzip.decompress(path.read_bytes()), "text/html", None)
        markup, read = scan(page), read + 1
        shown = " ".join(word for _, word, _ in markup.words)
        found += [path.name for text in ("", shown) if walls.wall(page, markup, stated(markup), text)]
    assert read > 200
    assert found == []


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no copies of articles at {DATA}")
def test_no_real_article_speaks_like_a_wall() -> None:
    read, refused, dense = 0, [], 0.0
    with gzip.open(DATA / "text" / "id-news.jsonl.gz") as lines:
        for line in islice(lines, 0, None, 5):
            copy, read = json.loads(line), read + 1
            text = str(copy["text"])
            refused += [copy["title"]] if refusal(str(copy["title"]), text, text[:400]) else []
            dense = max(dense, len(walls._consenting().findall(text)) / max(count_words(text), 1))
    assert read > 4_000
    assert refused == []
    assert dense < 0.05, "requests for consent begin at six in a hundred"
