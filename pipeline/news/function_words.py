"""Words that carry grammar rather than content, by language, and the few that turn a meaning round.

Compiled by hand for comparing wordings of one statement: what a reporter changes when direct speech becomes reported
speech (pronouns, tense, conjunctions, fillers) is listed; modals that change a claim ("harus", "must") are not.
A language without a list works too: all its words count as content.
"""


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS: dict[str, frozenset[str]] = {
    "id": _listed(
        """
        ada adalah adapun agak agar akan akhirnya alias amat anda antara apa apabila apakah apalagi atas atau bagaimana
        bagi bahkan bahwa bahwasanya bakal banget begini begitu beliau berada berbagai beri berikut bila
        bilamana bisa boleh buat cara cukup dalam dan dapat dari daripada demi demikian dengan depan di dia dimana dong
        dua-duanya dulu guna hal hampir hanya hendak hingga ia ialah ini inilah itu itulah jadi jauh jelas jika jikalau
        juga justru kala kalau kalian kami kamu karena kata kau ke kemudian kepada kerap ketika khususnya kini kita kok
        lagi lah lain lalu lebih lewat maka malah malahan mana masih masing maupun melainkan melalui memang mengenai
        menjadi menurut mereka merupakan meski meskipun misalnya nah namun nanti nih nya oleh pada padahal paling para
        pasti pernah persen pihak pihaknya pula pun rp saat saja sambil sampai sana sang sangat satu saya sebab
        sebagai sebagaimana sebanyak sebelum sebelumnya sebenarnya sebuah secara sedang sedangkan sehingga sejak
        sejumlah sekali sekarang sekitar selain selama selalu seluruh semua semakin sempat sementara seorang sepanjang
        seperti seputar serta sesuatu sesudah setelah setiap si siapa silakan suatu sudah supaya tadi tapi telah tengah
        tentang tentu tentunya terhadap terkait terlalu termasuk ternyata tersebut tetap tetapi tiap toh untuk usai
        walau walaupun yaitu yakni yang
        aja alhamdulillah bapak bu deh gimana gini gitu gue ibu iya kan kayak lho loh mas mbak oh pak sih tuh udah ya
        """
    ),
    "en": _listed(
        """
        a about after again all also although am among an and any are around as at be became because become been before
        being between both but by ca can could did do does doing done during each even every few for from further get
        got had has have having he her here hers him himself his how however i if in into is it its itself just let like
        ll made make many may me might most much my myself nor now of off on once one only or other our ours out
        over own per percent quite rather re really s said same say says shall she should since so some still such than
        that the their theirs them themselves then there these they this those through thus to too toward towards under
        until up upon us ve very was we well were what when where whether which while who whom whose why will with wo
        would yes yet you your yours
        """
    ),
}

NEGATIONS: dict[str, frozenset[str]] = {
    "id": _listed(
        """
        belum bukan bukanlah engga enggak ga gak gk jangan janganlah kagak ndak ngga nggak tak takkan tanpa tdk tiada
        tidak tidaklah
        """
    ),
    "en": _listed("cannot neither never no none nor not nothing without"),
}
"""They turn the next content word round."""

NOT_ONLY: dict[str, frozenset[str]] = {
    "id": _listed("apa cuma hanya melulu saja sekadar semata"),
    "en": _listed("just merely only simply"),
}
"""After one of these a negation is none: "tidak hanya", "tidak apa-apa", "not only"."""

BESIDES: dict[str, tuple[str, frozenset[str]]] = {
    "id": ("bukan", _listed("belaka melulu saja semata")),
    "en": ("not", _listed("alone")),
}
"""A negation and what takes it back some words behind it: "bukan saya saja", "not you alone"."""

CHOICES: dict[str, frozenset[str]] = {"id": _listed("atau ataukah"), "en": _listed("or")}
"""Before one of these a negation is none: "datang atau tidak", "whether or not"."""

DENIALS: dict[str, frozenset[str]] = {
    "id": _listed(
        """
        batal bantah dibantah dibatalkan ditepis ditolak membantah membatalkan menampik menepis menolak menyangkal
        menentang mustahil urung
        """
    ),
    "en": _listed("cancel cancelled deny denied denies oppose opposed refuse refused reject rejected"),
}
"""Content words that turn what follows round."""

OPPOSITES: dict[str, frozenset[str]] = {
    "id": _listed(
        """
        naik/turun naikkan/turunkan meningkat/menurun tinggi/rendah besar/kecil menerima/menolak diterima/ditolak
        mendukung/menentang menang/kalah membuka/menutup dibuka/ditutup menambah/mengurangi masuk/keluar
        mempercepat/memperlambat cepat/lambat menguat/melemah untung/rugi surplus/defisit setuju/menolak bersalah/bebas
        mengizinkan/melarang diizinkan/dilarang memulai/mengakhiri mulai/berhenti aman/berbahaya
        membaik/memburuk baik/buruk benar/keliru positif/negatif impor/ekspor lanjut/henti maju/mundur
        """
    ),
    "en": _listed(
        """
        rise/fall rising/falling rose/fell increase/decrease higher/lower more/less accept/reject
        support/oppose win/lose won/lost open/close add/cut join/leave strengthen/weaken profit/loss surplus/deficit
        guilty/innocent allow/ban start/stop begin/end safe/dangerous better/worse good/bad right/wrong
        positive/negative import/export grow/shrink
        """
    ),
}
"""Two statements of which one has the first word and the other the second say opposite things."""

NUMBERS: dict[str, dict[str, int]] = {
    "id": {
        "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9, "sepuluh": 10,
        "sebelas": 11, "seratus": 100, "seribu": 1000,
    },
    "en": {
        "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
        "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
        "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
        "seventy": 70, "eighty": 80, "ninety": 90,
    },
}  # fmt: skip

SCALES: dict[str, dict[str, int]] = {
    "id": {
        "puluh": 10, "ratus": 100, "ribu": 10**3, "juta": 10**6, "miliar": 10**9, "milyar": 10**9, "triliun": 10**12,
    },
    "en": {
        "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    },
}  # fmt: skip
"""Words that multiply the number before them."""

ADDENDS: dict[str, dict[str, float]] = {"id": {"belas": 10, "setengah": 0.5}}
"""Words that are added to the number before them ("dua belas", "dua setengah")."""

LINKS = {"en": "and"}
"""What stands between such a multiplier and the number that is added ("two hundred and fifty")."""

STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "it": "italian", "nl": "dutch",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish",
}  # fmt: skip
"""The Snowball stemmer of a language."""
