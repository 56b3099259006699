"""What the search knows about words: our dictionary for the word cutter, equal words, and words that need not match.

Built once from the catalogue, because a cutter that does not know 星光色 or 一加 would cut them apart.
"""

import re
from functools import cache

import rjieba

from app.goods import catalogue

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3007\u3005"

# A dictionary frequency far above ordinary words (jieba's own run to about 300,000 for single very common words):
# our names must win against any other way of cutting.
FREQUENCY = 500_000

# fmt: off
# Trade words of second-hand things that the cutter does not know as one word.
TRADE_WORDS = (
    "九成新", "九五新", "九九新", "充新", "准新", "未拆封", "无拆修", "无拆无修", "无维修", "原装屏", "换屏", "爆屏",
    "花屏", "磕碰", "划痕", "老化", "烧屏", "国行", "港版", "美版", "日版", "全网通", "双卡", "单卡", "面容", "指纹",
    "电池", "快充", "折叠屏", "直板", "小屏", "青春版", "至尊版", "纪念版", "典藏版", "探索版", "活力版",
    "准新车", "一手车", "过户", "年检", "全款", "泡水车", "事故车", "手动挡", "自动挡", "七座", "五座", "六座", "绿牌", "渝牌",
    "双开门", "对开门", "十字门", "冰柜", "挂机", "柜机", "滚筒", "波轮", "洗烘一体", "一级能效", "变频", "定频",
    "二手车", "二手家电", "出租房", "家用车", "代步车", "扫地机器人",
)

# Written differently, meant the same. Left: what is typed (after cleaning). Right: the word under which it is indexed.
EQUAL_WORDS = {
    "至尊版": "ultra", "至尊": "ultra", "折叠": "折叠屏", "折叠机": "折叠屏", "foldable": "折叠屏", "enjoy": "畅享",
    "移动电话": "手机", "智能手机": "手机", "phone": "手机", "smartphone": "手机",
    "粉红": "粉", "雪白": "白", "纯黑": "黑", "纯白": "白",
    # slips of the finger that are seen often
    "ipone": "iphone", "iphon": "iphone", "ihpone": "iphone", "iphoen": "iphone", "hauwei": "huawei", "huwei": "huawei",
    "xiaomo": "xiaomi", "xaiomi": "xiaomi", "sumsung": "samsung", "samsang": "samsung", "opop": "oppo", "vovo": "vivo",
    "promx": "promax", "pormax": "promax",
    # sizes and ways of building
    "寸": "英寸", "吋": "英寸", "千克": "公斤", "公升": "升",
    "双开门": "对开门", "对开": "对开门", "十字对开门": "十字门", "滚桶": "滚筒", "立式": "柜机",
    "挂壁式": "挂机", "壁挂": "挂机",
    "壁挂式": "挂机", "立柜式": "柜机", "柜式": "柜机", "烘干机": "干衣机", "冷柜": "冰柜", "抽烟机": "吸油烟机",
    "扫地机": "扫地机器人", "扫拖机器人": "扫地机器人",
    "七座": "7座", "五座": "5座", "六座": "6座", "自动档": "自动挡", "手动档": "手动挡",
}

# Words around a wish that say nothing about the thing: never a reason to leave an item out, and not looked up alone.
FILLERS = frozenset({
    "闲置", "自用", "转让", "出售", "出", "转", "收", "求购", "求", "买", "卖", "要", "想", "想要", "找", "我",
    "我要", "二手", "二手手机", "个", "台", "部", "只", "的", "了", "吗", "呢", "和", "与", "或", "有", "一个",
    "一台", "一部", "便宜", "多少", "多少钱", "价格", "报价", "最低", "最低价", "优惠", "靠谱", "推荐", "性价比",
    "元", "块", "块钱", "很", "非常", "好", "辆", "二手车", "二手家电", "家用", "出租房", "用",
    "a", "the", "for", "used", "second", "hand", "secondhand",
})

# Words that describe the thing but that most sellers leave out: they raise the rank, and count only when they stand alone.
DESCRIPTIONS = frozenset({
    "手机", "正品", "行货", "国行", "全网通", "5g", "4g", "双卡", "版", "版本", "款", "型", "机", "机型", "新",
    "成新", "成色", "电池", "健康", "健康度", "度", "内存", "存储", "容量", "g", "gb",
    "汽车", "车", "轿车", "家电", "电器", "英寸", "公斤", "升", "匹", "大", "小", "座", "代", "级", "系", "年", "牌", "全自动",
    "智能", "家用车", "代步", "代步车", "自动挡", "手动挡", "一级能效", "年款",
})
# fmt: on

_LATIN_EXTRA = ("pro", "max", "plus", "ultra", "mini", "lite", "air", "play", "xs", "xr", "rs", "fe", "gb", "tb")


@cache
def makers() -> tuple[tuple[catalogue.Brand, tuple[catalogue.Model, ...]], ...]:
    """Every brand once, with its models of all categories and what people type for it in any of them."""
    merged: dict[str, tuple[catalogue.Brand, tuple[catalogue.Model, ...]]] = {}
    for category in catalogue.CATEGORIES:
        for brand in catalogue.brands(category):
            before, models = merged.get(brand.code, (brand, ()))
            aliases = tuple(dict.fromkeys((*before.aliases, *brand.aliases)))
            merged[brand.code] = (
                before.model_copy(update={"aliases": aliases}),
                (*models, *catalogue.models(category, brand.code)),
            )
    return tuple(merged.values())


def line_words(brand: catalogue.Brand) -> frozenset[str]:
    """Brand aliases that are really a product line standing in the model names (iphone, galaxy): kept as words."""
    models = next((models for maker, models in makers() if maker.code == brand.code), ())
    shorts = [name.lower() for model in models for name in {model.short, model.short_en}]
    aliases = {alias.lower() for alias in brand.aliases}
    return frozenset(one for one in aliases if any(re.match(rf"{re.escape(one)}(?![a-z])", short) for short in shorts))


@cache
def equal_words() -> dict[str, str]:
    """One word to the word under which it is indexed: brand names, kinds, districts, colours and the table above."""
    table = dict(EQUAL_WORDS)
    for kind in _kinds():
        for name in (*kind.aliases, kind.name.en):
            if " " not in name:
                table.setdefault(name.lower(), kind.name.zh.lower())
    for brand, _ in makers():
        lines = line_words(brand)
        for name in {brand.name.zh, brand.name.en, *brand.aliases}:
            if " " not in name and name.lower() not in lines:
                table[name.lower()] = brand.code
    for district in catalogue.districts():
        for name in (district.name.zh, district.name.en.replace("'", ""), *district.aliases):
            table[name.lower()] = district.short
    for colour in catalogue.colours():
        if colour.name.zh.endswith("色"):
            table[colour.name.zh] = colour.name.zh.removesuffix("色")
    return {left: right for left, right in table.items() if left != right}


def _kinds() -> list[catalogue.Kind]:
    return [*catalogue.appliance_types(), *catalogue.bodies(), *catalogue.energies()]


@cache
def whole_words() -> frozenset[str]:
    """Names that a query looks up whole: no shorter word says the same (沙坪坝 is not 沙坪 and 坪坝)."""
    places = {name for row in catalogue.districts() for name in (row.short, row.name.zh, *row.aliases)}
    tints = {name for row in catalogue.colours() for name in (row.name.zh, row.name.zh.removesuffix("色"))}
    kinds = {name for row in _kinds() for name in (row.name.zh, *row.aliases)}
    return frozenset({*TRADE_WORDS, *EQUAL_WORDS, *places, *tints, *kinds})


@cache
def equal_phrases() -> dict[tuple[str, ...], str]:
    """Names of brands that are cut into several words ("red magic", "1加")."""
    phrases = {}
    for brand, _ in makers():
        for name in {brand.name.zh, brand.name.en, *brand.aliases}:
            parts = tuple(re.findall(rf"[a-z]+|[0-9]+|[{HAN}]+", name.lower()))
            if len(parts) > 1:
                phrases[parts] = brand.code
                phrases[tuple(equal_words().get(part, part) for part in parts)] = (
                    brand.code
                )  # AO史密斯: 史密斯 alone is the brand
    return phrases


@cache
def latin_words() -> frozenset[str]:
    """Latin words of brands and models, for cutting runs such as "mate60pro" or "promax" where people leave out spaces."""
    words = set(_LATIN_EXTRA)
    for brand, models in makers():
        names = [brand.name.en, *brand.aliases, *(model.short for model in models)]
        names.extend(alias for model in models if model.category != "phone" for alias in model.aliases)
        for name in names:
            words.update(word for word in re.findall(r"[a-z]+", name.lower()) if len(word) > 1)
    words.discard("one")  # only ever written as a part of OnePlus
    return frozenset(words)


@cache
def brand_words() -> tuple[str, ...]:
    """Everything that stands for a brand or its line, longest first, for the rule that reads 苹果十三 as 苹果13."""
    words = {"iphone", "mate", "note", "nova", "reno"}
    for brand, _ in makers():
        words.update({brand.name.zh.lower(), brand.name.en.lower(), *(alias.lower() for alias in brand.aliases)})
    return tuple(sorted(words, key=len, reverse=True))


@cache
def cutter() -> rjieba.Jieba:
    """The word cutter with our dictionary. Filled completely before anybody sees it; afterwards it is only read."""
    jieba = rjieba.Jieba()
    names = {*TRADE_WORDS, *EQUAL_WORDS}
    for brand, models in makers():
        names.update({brand.name.zh, *brand.aliases})
        for model in models:
            if model.category == "appliance":
                continue  # made of ordinary words: 英寸电视 must not become one
            for name in (model.short, *model.aliases):
                names.update(re.findall(rf"[{HAN}]+", name))
    for row in _kinds():
        names.update({row.name.zh, *row.aliases})
    for feature in catalogue.features():
        names.update({feature.name.zh, *feature.aliases})
    for colour in catalogue.colours():
        names.update({colour.name.zh, colour.name.zh.removesuffix("色")})
    for district in catalogue.districts():
        names.update({district.name.zh, district.short, *district.aliases})
    for name in sorted(names):
        if re.fullmatch(rf"[{HAN}]{{2,}}", name):
            jieba.add_word(name, FREQUENCY, "nz")
    return jieba
