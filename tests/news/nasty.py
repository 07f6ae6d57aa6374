"""Texts and pages that Hypothesis makes to trip up cleaning: signs that are rare, and markup that is broken."""

from hypothesis import strategies as st

SENTENCES = (
    "The old river bridge reopens next week after three months of work, the mayor of the town said on Monday.",
    "“Kami minta warga sabar, karena jalan di sekitarnya belum selesai,” kata Rina di balai kota, Senin (13/5/2024).",
    "قال الوزير يوم الاثنين إن الجسر سيفتح في الربيع ولم يفاجأ أحد في القاعة بذلك أبدا.",
    "部长星期一表示，大桥将于春天开放，会场里没有人感到意外。",
    "İstanbul'da köprü gelecek hafta yeniden açılacak, dedi belediye başkanı pazartesi günü gazetecilere.",
)
OTHERS = (
    *("Baca juga: Pasar Ikan Dipindah", "(RUD)", "Komentar", "Home", "12 Mei 2024 10:00 WIB", "© 2024 Old News", ""),
    *("Foto: Dok. Pemkot", "Bridge Reopens Next Week - Old News", "   ", "Facebook | Twitter"),
)
SIGNS = (
    *(
        "\xa0",
        "\xad",
        "\u0301",
        "\u0489",
        "\u200b",
        "\u200d",
        "\u200e",
        "\u202e",
        "\u2066",
        "\u2028",
        "\u2029",
        "\ufeff",
    ),
    *("\0", "\r", "\r\n", "\v", "\f", "\x1b", "\x1c", "\x1f", "\x7f", "\x85", "\t", "\ufffd", "\ufffe", "\ue000"),
    *("😀", "👩\u200d🔧", "𝒜", "𠀀", "\U000e0041", "İ", "ı", "ſ", "ß", "ﬁ", "K", "ά", "e\u0301\u0327", "اً", "ﷺ"),
    *("<", ">", "&", '"', "'", "-", "|", "•"),
)
sign = st.sampled_from(SIGNS) | st.characters(codec="utf-8", exclude_categories=("Cn",))


@st.composite
def line(draw: st.DrawFn) -> str:
    """A sentence or another line with some signs put into it."""
    text = draw(st.sampled_from((*SENTENCES, *OTHERS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(sign) + text[at:]
    return text


@st.composite
def copy(draw: st.DrawFn) -> str:
    """A text copy, with an article in it."""
    lines = draw(st.lists(line(), max_size=14))
    at = draw(st.integers(0, len(lines)))
    return draw(st.sampled_from(("\n", "\r\n", "\r", "\n\n", "\u2028"))).join(
        [*lines[:at], *SENTENCES[:2], *lines[at:]]
    )


OPEN = (
    *("<p>", "<div>", "<b>", "<i class='x'>", '<a href="/x?a=1&b=2">', "<li>", "<ul>", "<blockquote>", "<h2>", "<br>"),
    *("<span title='a > b'>", "<td>", "<table><tr>", "<!-- no <p> -->", "<script>if (a<b) '</p>'</script>", "<br/>"),
    *("<style>p{}</style>", "<font>", "<q>"),
)
CLOSE = (
    "</p>",
    "</div>",
    "</b>",
    "</i>",
    "</a>",
    "</li>",
    "</ul>",
    "</blockquote>",
    "</h2>",
    "</span>",
    "</article>",
    "",
)
BROKEN = (
    "<p",
    "<a href='",
    "<!--",
    "<![CDATA[x]]>",
    "<?php ?>",
    "</p></div>",
    "<",
    "<The",
    "</",
    "<title>",
    "<textarea>",
)
REFERENCES = (
    "&amp;",
    "&lt;",
    "&nbsp;",
    "&#8220;",
    "&#x1F600;",
    "&eacute;",
    "&copy",
    "&notit;",
    "&#0;",
    "&shy;",
    "&zwj;",
)


@st.composite
def page(draw: st.DrawFn, broken: bool = False) -> str:
    """HTML with an article in it; elements may be open or closed twice. `broken`: tags may be none."""
    words = line() if broken else line().map(lambda text: text.replace("<", "‹"))
    piece = st.sampled_from((*OPEN, *CLOSE, *REFERENCES, *(BROKEN if broken else ()))) | words
    body = "".join(draw(st.lists(piece, max_size=18)))
    behind = "".join(draw(st.lists(piece, max_size=8)))
    title = draw(words)
    kept = "".join(f"<p>{text}</p>\n" for text in SENTENCES[:2])
    return (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{kept}{body}</article>{behind}</body>"
    )
