"""Units, counters and scales of Chinese, Japanese and Korean behind a number: 36平方厘米, 12個, 3.5万円."""

from __future__ import annotations

import re
from itertools import pairwise

_SCALES = {
    **dict.fromkeys("十", 10), **dict.fromkeys("百백", 100), **dict.fromkeys("千천", 1000),
    **dict.fromkeys("万萬만", 10**4), **dict.fromkeys("亿億억", 10**8),
}  # fmt: skip
# Words -> a unit of `units.py`.
_MEASURES: dict[str, str] = {
    word: name
    for name, words in {
        "mm": "毫米 公厘 ミリメートル", "cm": "厘米 公分 センチメートル センチ", "dm": "分米 公寸",
        "m": "米 公尺 メートル 미터", "km": "千米 公里 キロメートル キロ 킬로미터", "mg": "毫克",
        "g": "克 公克 グラム 그램",
        "kg": "千克 公斤 キログラム 킬로그램", "jin": "斤", "tonne": "吨 噸 公吨 トン 톤", "ml": "毫升 ミリリットル",
        "l": "升 公升 リットル 리터", "second": "秒 秒钟 초", "minute": "分钟 分鐘 分間 분",
        "hour": "小时 小時 时间 時間 个小时 钟头 시간", "day": "天 日 日間 일", "week": "周 星期 週 週間 주",
        "month": "个月 個月 ヶ月 か月 カ月 개월", "year": "年 年間 년", "yuan": "元 圆 块钱 人民币", "jiao": "角",
        "yen": "円 日元 日圓", "won": "원", "dollar": "美元 ドル 달러", "euro": "欧元 歐元 ユーロ", "gbp": "英镑 英鎊",
        "degree": "度 도", "celsius": "摄氏度", "hectare": "公顷 公頃", "mu": "亩 畝",
    }.items()
    for word in words.split()
}  # fmt: skip
# Words that only say what is counted. Left out are those that change the number: 双 and 対 are pairs, 打 is a dozen.
_COUNTER_WORDS = (
    "个 個 箇 つ 人 名 位 本 只 隻 条 條 枚 张 張 件 块 塊 台 辆 輛 匹 头 頭 棵 朵 支 枝 根 颗 顆 粒 片 次 回 遍 步 "
    "题 題 道 种 種 页 頁 岁 歲 歳 才 层 層 组 組 瓶 杯 袋 盒 箱 包 份 户 戶 家 间 間 所 座 架 艘 把 羽 册 冊 分 点 點 "
    "段 排 队 隊 级 級 圈 倍 株 篇 句 字 盏 幅 节 场 局 趟 通り 種類 "
    "개 명 권 마리 장 살 번 가지 점 대 그루 자루 송이 배"
)
_COUNTERS = frozenset(_COUNTER_WORDS.split())
_POWERS = {"平方": "square ", "立方": "cubic "}
_WORD = r"[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]"
_COUNTED = re.compile(
    rf"(?P<number>[^\u3000-\uffff]{{0,60}}[\d)}}])\s{{0,3}}"
    rf"(?P<words>{_WORD}{{1,16}}(?:/{_WORD}{{1,4}}| {_WORD}{{1,8}})?)"
)
# What is counted, behind its counter: 12个苹果, 12個のりんご, 12개의 사과. Japanese and Korean words need の or 의.
_THING = re.compile(
    r"(?:[的の]?[\u4e00-\u9fff]{1,8}|の?[\u30a0-\u30ff]{1,12}|の[\u3041-\u30ff\u4e00-\u9fff]{1,10}"
    r"|의 ?[\uac00-\ud7a3]{1,8})"
)
# Characters that may change the number, or make another word of the counter: 12个以上, 12个半, 12次方, 12位数, 12回目.
_CHANGES_THE_NUMBER = re.compile(
    r"[以上下内外左右半余餘不未超约約近前後后强弱強至或和与與及又分之倍打双雙对對対万萬亿億兆百千十零每毎折少减減增足欠缺差幂时時到来來반배쌍]"
    r"|多(?![边邊项項])|成(?![员員人])|目(?!标)|方(?![法案向块形阵体])|平方|立方|位数|[一二三四五六七八九](?![角边邊辺年])"
)
_HARMLESS = re.compile("不同的?|公?约数|公?約数")
_PART = re.compile(rf"(\d{{1,20}}(?:\.\d{{1,20}})?)\s{{0,3}}({_WORD}{{1,4}})\s{{0,3}}")
# 分 is a minute behind hours, a hundredth of a yuan behind yuan.
_SMALL_PARTS = {"hour": "minute", "jiao": "fen", "yuan": "fen"}


def counted(text: str) -> tuple[str, int, str] | None:
    """Return a number, the factor that words behind it stand for, and their unit: 3.5万円 is "3.5", 10,000 and "yen".

    None where the text is anything else, or where a word is not known: it might change the number (折, 分之).
    """
    match = _COUNTED.fullmatch(text)
    if match is None:
        return None
    words, factor = match["words"], 1
    # 千克 is a unit before it is 1000 of 克.
    while words and (name := _unit(words)) is None:
        if words[0] not in _SCALES:
            return None
        factor, words = factor * _SCALES[words[0]], words[1:]
    return match["number"], factor, name or "" if words else ""


def spelled_out(text: str) -> str:
    """Return several measures in English, 2小时30分钟 as "2 hour 30 minute"; "" for anything else."""
    parts = _PART.findall(text)
    if len(parts) < 2 or "".join(number + word for number, word in parts) != text.replace(" ", ""):
        return ""
    names = [_MEASURES.get(word, "分" if word == "分" else "") for _, word in parts]
    for at, (before, name) in enumerate(pairwise(names), start=1):
        if name == "分":
            names[at] = _SMALL_PARTS.get(before, "")
    return " ".join(f"{number} {name}" for (number, _), name in zip(parts, names, strict=True)) if all(names) else ""


def is_counter(name: str) -> bool:
    """Return whether a unit's name is a counter, of which several may count the same things: 12人 and 12名."""
    return name.partition(" ")[0] in _COUNTERS


def is_same_counter(one: str, other: str) -> bool:
    """Return whether two units' names are one counter, and at most one of them names a thing: 12个 and 12个苹果."""
    (counter, _, thing), (other_counter, _, other_thing) = one.partition(" "), other.partition(" ")
    return counter == other_counter and counter in _COUNTERS and not (thing and other_thing)


def _unit(words: str) -> str | None:
    """Return the unit that words name, a counter under its own name; None for other words."""
    first, slash, second = words.partition("/")
    if slash:
        one, other = _MEASURES.get(first), _MEASURES.get(second, "hour" if second in ("时", "時") else None)
        return f"{one} / {other}" if one and other else None
    for prefix, power in _POWERS.items():
        if words.startswith(prefix) and (name := _MEASURES.get(words.removeprefix(prefix))):
            return power + name
    return _MEASURES.get(words) or (words if words in _COUNTERS else _counter_with_a_thing(words))


def _counter_with_a_thing(words: str) -> str | None:
    """Return a counter and the thing behind it that is counted, 个 and 苹果, as two words; None for other words."""
    for length in (1, 2):
        counter, thing = words[:length], words[length:]
        if counter in _COUNTERS and thing and _THING.fullmatch(thing):
            changes = _CHANGES_THE_NUMBER.search(_HARMLESS.sub("", words[length - 1 :]))
            return None if changes else f"{counter} {thing}"
    return None
