"""Phrases that state a final answer, in languages other than English, as one table. Users add their own in the config.

English has rules of its own in `statements.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Words of a language, as regular expressions in lower case.

    * `stem`: letters that every phrase of the language holds, for a quick test.
    * `nouns`: the word for "answer", with what may stand around it. A colon behind it makes a phrase.
    * `verbs`: words behind the noun that make a phrase, too: "is".
    * `ends`: words that close the sentence behind the answer, as in Japanese.
    * `denials`: words directly in front of the noun that make it no answer: "wrong", "if the".
    * `doubts`: words that take an answer back.
    """

    stem: str
    nouns: str
    verbs: str = ""
    ends: str = ""
    denials: str = ""
    doubts: str = ""


LANGUAGES: dict[str, Language] = {
    "Chinese": Language(
        stem="答",
        nouns=r"(?:最终|最后|正确|标准)?的?答案|(?<![作回解应])答(?=\s?[:：])",
        verbs="应该是|应当是|应该为|应为|应是|就是|即为|即是|即|是|为|等于|选|】",
        denials="错误的?|错的?|不正确的?|不|误|如果|假设|假如|若|原来的?|之前的?|先前的?|初步的?|所谓的?",
        doubts="等等|等一下|不对|错了|有误|更正|抱歉|重新|我算错|不过|但是|然而",
    ),
    "Chinese choice": Language(
        stem="选",
        nouns=r"(?:故|应|所以|因此|因此应|本题应?|故应|正确)选(?:择|项)?",
        verbs=r"是|为|(?=\s?[(（]?[A-HＡ-Ｈ](?![A-Za-z]))",
        denials="不|误|别|勿|没|如果|若|排除|或|先|他|她|有人|同学",
    ),
    "Japanese": Language(
        stem="答",
        nouns="(?:最終的な|正しい|最終)?(?:答え|解答|回答|正答|答)",
        verbs="は、?|が",
        ends="(?:です|だ|である|になります|となります|になる|となる|であります)",
        denials="間違った|間違いの|誤った|誤答の|不|もし|仮に|元の|前の",
        doubts="待って|いや、|間違|訂正|すみません|違い|違う|しかし",
    ),
    "Japanese solution": Language(
        stem="解", nouns="正解|最終解", verbs="は、?", ends="(?:です|だ|である)", denials="不"
    ),
    "Korean": Language(
        stem="답",
        nouns=r"(?<![오문응])(?:최종\s?|정확한\s?|올바른\s?)?(?:정답|해답|답안|답)",
        verbs="은|는|이",
        ends="(?:입니다|이다|이에요|예요|이며|이 됩니다|가 됩니다|이 된다)",
        denials="틀린|잘못된|만약|만일|처음",
        doubts="잠깐|아니,|아니요|틀렸|정정|죄송|실수|그러나|하지만|다시",
    ),
    "German": Language(
        stem="antwort",
        nouns=r"(?:die\s)?(?:(?:richtige|korrekte|finale|endgültige|gesuchte)\s)?(?:end)?antwort",
        verbs=r"(?:ist|lautet|beträgt)(?:\s(?:also|somit|daher|demnach|folglich|damit))?",
        denials=r"falsche[rns]?|wenn|falls|angenommen|keine|nicht|ursprüngliche|vorherige|erste",
        doubts=r"moment|warte|halt|korrektur|falsch|fehler|entschuldigung|allerdings|jedoch|nein",
    ),
    "Spanish": Language(
        stem="respuesta",
        nouns=r"(?:la\s)?respuesta(?:\s(?:final|correcta))?",
        verbs=r"(?:es|será|sería)(?:\s(?:entonces|pues|por\s(?:lo\s)?tanto),?)?",
        denials=r"si|suponiendo\sque|supongamos\sque|falsa|primera",
        doubts=r"espera|error|incorrect[oa]|corrección|perdón|equivoqué|en\srealidad|sin\sembargo|no,",
    ),
    "French": Language(
        stem="réponse",
        nouns=r"(?:la\s)?(?:bonne\s)?réponse(?:\s(?:finale|correcte|exacte))?",
        verbs=r"(?:est|vaut|serait)(?:\s(?:donc|alors|ainsi))?",
        denials=r"mauvaise|fausse|si|supposons\sque|première",
        doubts=r"attend(?:ez|s)|erreur|faux|fausse|incorrecte?|correction|pardon|désolé|en\sfait|cependant|toutefois|non,",
    ),
    "Portuguese": Language(
        stem="resposta",
        nouns=r"(?:a\s)?resposta(?:\s(?:final|correta|certa))?",
        verbs=r"(?:é|será|seria)(?:\s(?:portanto|então|assim),?)?",
        denials=r"se|supondo\sque|falsa|primeira",
        doubts=r"espera|espere|erro|errad[oa]|incorret[oa]|correção|desculpe|na\sverdade|no\sentanto|porém|não,",
    ),
    "Italian": Language(
        stem="risposta",
        nouns=r"(?:la\s)?risposta(?:\s(?:finale|corretta|giusta|esatta))?",
        verbs=r"(?:è|e'|sarà|sarebbe)(?:\s(?:quindi|dunque|pertanto))?",
        denials=r"se|supponiamo\sche|falsa|prima",
        doubts=r"aspetta|errore|sbagliat[oa]|errat[oa]|correzione|scusa|in\srealtà|tuttavia|no,",
    ),
    "Russian": Language(
        stem="ответ",
        nouns=r"(?:(?:правильный|окончательный|верный|итоговый)\s)?ответ(?:ом)?",
        verbs=r"равен|это|есть|является|[—–-]",
        denials=r"неправильный|неверный|ошибочный|если|предположим,?|первый|не",
        doubts=r"подожди|ошибка|ошибся|неверно|неправильно|исправ|извините|на\sсамом\sделе|однако|нет,",
    ),
    "Ukrainian": Language(
        stem="відповід", nouns="(?:правильна\\s)?відповідь", verbs="[—–-]|дорівнює|це", denials="неправильна"
    ),
    "Dutch": Language(
        stem="antwoord",
        nouns=r"(?:het\s)?(?:(?:juiste|goede|uiteindelijke)\s)?antwoord",
        verbs=r"(?:is|luidt)(?:\s(?:dus|daarom))?",
        denials=r"foute|verkeerde|als|stel",
        doubts=r"wacht|fout|verkeerd|correctie|sorry|echter|nee,",
    ),
    "Polish": Language(
        stem="odpowied",
        nouns=r"(?:(?:prawidłowa|poprawna|ostateczna)\s)?odpowied(?:ź|zią)(?:\s(?:końcowa|poprawna))?",
        verbs="to|brzmi|wynosi|jest",
        denials="błędna|zła|jeśli",
        doubts=r"czekaj|błąd|źle|jednak|nie,",
    ),
    "Czech": Language(stem="odpověď", nouns="(?:správná\\s)?odpověď", verbs="je|zní", denials="špatná"),
    "Turkish": Language(
        stem="cevap",
        nouns="(?:doğru\\s)?cevap",
        ends=r"(?<=[\d})$])['’]?[dt][ıiuü]r",
        denials="yanlış",
        doubts="yanlış|hata|ancak",
    ),
    "Swedish and its neighbours": Language(
        stem="svar", nouns="svar(?:et)?", verbs="är|er", denials="fel|galt|forkert", doubts="vänta|fel"
    ),
    "Finnish": Language(stem="vastau", nouns="vastaus", verbs="on", denials="väärä"),
    "Romanian": Language(
        stem="răspuns", nouns="răspuns(?:ul)?(?:\\s(?:corect|final))?", verbs="este|e", denials="dacă"
    ),
    "Hungarian": Language(stem="válasz", nouns="(?:a\\s)?(?:helyes\\s)?válasz", denials="rossz"),
    "Greek": Language(stem="απάντηση", nouns="(?:η\\s)?(?:σωστή\\s)?απάντηση", verbs="είναι", denials="λάθος"),
    "Vietnamese": Language(
        stem="đáp",
        nouns="đáp\\s(?:án|số)(?:\\s(?:đúng|cuối\\scùng))?",
        verbs="là",
        denials="nếu",
        doubts="khoan|nhầm|tuy\\snhiên",
    ),
    "Vietnamese reply": Language(stem="trả lời", nouns="câu\\strả\\slời", verbs="là", denials="nếu"),
    "Indonesian": Language(
        stem="jawaban",
        nouns="jawaban(?:nya)?(?:\\s(?:akhir|akhirnya|yang\\sbenar))?",
        verbs="adalah|ialah",
        denials="jika",
        doubts="tunggu|salah",
    ),
    "Arabic": Language(
        stem="لإجاب",
        nouns="الإجابة(?:\\s(?:النهائية|الصحيحة))?",
        verbs="هي",
        denials="إذا\\sكانت",
        doubts="انتظر|خطأ|لكن",
    ),
    "Arabic answer": Language(
        stem="لجواب", nouns="الجواب(?:\\s(?:النهائي|الصحيح))?", verbs="هو", doubts="انتظر|خطأ|لكن"
    ),
    "Hindi": Language(
        stem="उत्तर",
        nouns="(?:अंतिम\\s|सही\\s)?उत्तर",
        verbs="है",
        ends="(?:\\s?है)",
        denials="गलत|यदि",
        doubts="रुको|गलत|लेकिन",
    ),
    "Bengali": Language(stem="উত্তর", nouns="(?:সঠিক\\s)?উত্তর", verbs="হলো|হল", denials="ভুল", doubts="ভুল|কিন্তু"),
    "Thai": Language(stem="คำตอบ", nouns="คำตอบ(?:สุดท้าย|ที่ถูกต้อง)?", verbs="คือ", doubts="เดี๋ยว|ผิด|แต่"),
    "Hebrew": Language(stem="תשובה", nouns="ה?תשובה(?:\\sהסופית)?", verbs="היא", denials="אם", doubts="רגע|טעות"),
    "Persian": Language(
        stem="پاسخ", nouns="پاسخ(?:\\s(?:نهایی|درست))?", ends="(?:\\s?است)", denials="اگر", doubts="اشتباه|اما"
    ),
}
"""Languages by name. To add one, add an entry; to add a single phrase, set `answer_phrases` in the checker's config."""

AND_WORDS, AND_SIGNS = "und|et|y|e|и|i|ve|và|en|og|och", "和|与|及|以及|と|그리고|및"
"""Words for "and", as regular expressions: those between spaces, and those of languages without spaces."""
OR_WORDS, OR_SIGNS = "oder|ou|o|или|lub|veya|hoặc", "或者?|または|もしくは|혹은|또는"
"""Words for "or", likewise."""
