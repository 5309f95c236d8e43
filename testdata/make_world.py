#!/usr/bin/env python3
"""Writes testdata/world: a small invented world of sellers, with the truth about who is who.

    python3 testdata/make_world.py            # writes testdata/world
    python3 testdata/make_world.py --check    # fails if the files differ from what would be written

Standard library only; the same bytes on every run and machine. Everybody and everything in it is invented: see
testdata/README.md for how each sort of value was made so that it can belong to nobody.

The world has operators who are banned and come back, honest sellers, and the coincidences that make honest
sellers look alike: forwarders, a formation agent, supplier texts and photos, families, common names.
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import random
import sys

SEED = 20260115
FOLDER = pathlib.Path(__file__).parent / "world"
DAY_ONE = datetime.date(2024, 2, 1)

PLATFORMS = {
    "ebay_uk": "MARKETPLACE_SELLER",
    "taobao": "MARKETPLACE_SELLER",
    "tiktok": "SOCIAL_PROFILE",
    "instagram": "SOCIAL_PROFILE",
    "bazaar_de": "MARKETPLACE_SELLER",
    "web": "WEBSITE",
    "paygate": "MERCHANT",
}

# What each platform asks of its sellers.
SHOWS = {
    "ebay_uk": ["person", "phone", "email", "payment", "registration", "address"],
    "taobao": ["person", "born", "phone", "payment", "registration", "handle", "address"],
    "tiktok": ["handle", "email", "avatar", "phone", "person"],
    "instagram": ["handle", "avatar", "email", "phone", "person"],
    "bazaar_de": ["person", "phone", "email", "payment", "address", "registration"],
    "web": ["tracker", "email", "phone", "handle", "payment", "address"],
    "paygate": ["person", "born", "document", "payment", "email", "phone", "address", "registration"],
}

# Brand, rights holder, right, what is sold (English, Chinese).
BRANDS = [
    ("Aurelle", "Aurelle Maison SA", "TRADE_MARK", "leather tote bag", "真皮托特包"),
    ("Northfell", "Northfell Outdoor Ltd", "TRADE_MARK", "waterproof down jacket", "防水羽绒服"),
    ("Kestrel & Co", "Kestrel Watches plc", "DESIGN", "automatic steel watch", "自动机械钢表"),
    ("Lumora", "Lumora Skincare Inc.", "TRADE_MARK", "vitamin face serum 30 ml", "维生素面部精华30毫升"),
    ("Voltaj", "Voltaj GmbH", "PATENT", "fast charger 65 W", "65瓦快速充电器"),
    ("Pennywhistle", "Pennywhistle Toys Ltd", "COPYRIGHT", "plush fox toy", "毛绒狐狸玩具"),
]

# Family names and given names with their pinyin.
FAMILY = [("陈", "Chen"), ("李", "Li"), ("黄", "Huang"), ("赵", "Zhao"), ("周", "Zhou"), ("吴", "Wu"), ("徐", "Xu"), ("孙", "Sun"),
          ("马", "Ma"), ("朱", "Zhu"), ("胡", "Hu"), ("郭", "Guo"), ("何", "He"), ("林", "Lin"), ("罗", "Luo"), ("梁", "Liang")]
GIVEN = [("伟明", "Weiming"), ("秀兰", "Xiulan"), ("建国", "Jianguo"), ("丽华", "Lihua"), ("志强", "Zhiqiang"), ("晓燕", "Xiaoyan"),
         ("海涛", "Haitao"), ("雪梅", "Xuemei"), ("俊杰", "Junjie"), ("春生", "Chunsheng"), ("美玲", "Meiling"), ("国栋", "Guodong")]
ENGLISH_FIRST = ["Alice", "Ben", "Carla", "Dylan", "Erin", "Farid", "Grace", "Hamza", "Imogen", "Jacob", "Keira", "Liam", "Maya", "Nadia",
                 "Owen", "Priya", "Rhys", "Sofia", "Tariq", "Una"]
ENGLISH_LAST = ["Abbott", "Bellamy", "Croft", "Dunmore", "Ellery", "Farrow", "Garside", "Hallam", "Ingram", "Jessop", "Kirkby", "Lomax",
                "Marsden", "Norcott", "Okafor", "Pemberton", "Quayle", "Rashid", "Stanhope", "Thackeray"]
SHOP_FIRST = ["Willow", "Copper", "Harbour", "Juniper", "Marigold", "Thistle", "Bramble", "Saffron", "Pebble", "Lantern", "Otter", "Foxglove",
              "Hazel", "Quill", "Meadow", "Tinker", "Velvet", "Amber", "Cobble", "Sparrow"]
SHOP_LAST = ["Goods", "Workshop", "Trading", "Boutique", "Supplies", "Corner", "Studio", "Outlet", "Market", "Emporium"]
HAN_SHOP = ["青禾", "云栖", "望海", "听雨", "山茶", "小满", "知夏", "南枝", "半亩", "拾光", "木槿", "白鹭"]
HAN_TRADE = ["百货", "服饰", "数码", "家居", "箱包", "母婴"]
TOWNS = [("Leeds", "LS99"), ("Bristol", "BS99"), ("Cardiff", "CF99"), ("Derby", "DE99"), ("Norwich", "NR99"), ("Preston", "PR99"), ("Exeter", "EX99")]
CITIES = [("广东省", "深圳市", "龙岗区"), ("浙江省", "义乌市", "北苑街道"), ("广东省", "广州市", "白云区"), ("福建省", "莆田市", "荔城区"),
          ("浙江省", "杭州市", "余杭区")]
CYRILLIC = str.maketrans("aceopxy", "асеорху")
LEET = str.maketrans("aeios", "43105")

# Shop names of the operators: Latin, and Han with its pinyin where they trade under both.
OPERATORS = [
    ("goldendragon_bags", "金龙箱包", "jinlong xiangbao"), ("kickz_vault", None, None), ("luxora.outlet", None, None),
    ("morningstar-trade", "晨星贸易", "chenxing maoyi"), ("peak_down_shop", "高峰羽绒", "gaofeng yurong"), ("timepiece.hub", None, None),
    ("glowlab_serums", "光彩美妆", "guangcai meizhuang"), ("chargeking", "快充王", "kuaichong wang"), ("foxcub.toys", None, None),
    ("northway_jackets", None, None), ("pearl_river_goods", "珠江优品", "zhujiang youpin"), ("bagnista", None, None),
    ("silkroad_select", "丝路严选", "silu yanxuan"), ("watchers_corner", None, None), ("puredrop_beauty", "纯露坊", "chunlu fang"),
    ("amperehaus", None, None), ("snugglepaws", None, None), ("summit_feather", None, None), ("redlantern_mart", "红灯笼商行", "hongdenglong shanghang"),
    ("urbanstitch", None, None), ("blue_heron_trade", "蓝鹭商贸", "lanlu shangmao"), ("vogue_alley", None, None),
]

# What a returning account keeps of the one before; all else is new. Unless the return is a hard one, at least two of the
# kept parts are such that both platforms see them.
RETURNS = [
    ("name", "phone", "holder", "text"),
    ("name", "email", "photo", "holder"),
    ("name", "handle", "payment", "person"),
    ("person", "holder", "photo", "address"),
    ("registration", "phone", "text"),
    ("name", "tracker", "email", "photo"),
    ("payment", "text", "handle"),
    ("name", "address", "photo"),
    ("holder", "person", "name"),
]


class World:
    """Everything written so far, and the counters that keep invented values apart."""

    def __init__(self):
        self.random = random.Random(SEED)
        self.accounts, self.listings, self.enforcements, self.truth = [], [], [], {}
        self.counters = {}

    def next(self, name):
        self.counters[name] = self.counters.get(name, -1) + 1
        return self.counters[name]

    def pick(self, items):
        return items[self.random.randrange(len(items))]

    def digits(self, count):
        return "".join(str(self.random.randrange(10)) for _ in range(count))

    # One sort of value each; how it is made so that it is nobody's stands in README.md.

    def phone(self, country):
        number = self.next("phone " + country)
        if country == "GB":
            return "+44 7700 900%03d" % number
        if country == "US":
            return "+1 212 555 01%02d" % number
        return "+86 199 0000 %04d" % (1000 + 7 * number)

    def email(self, name):
        name = "".join(c for c in name.lower() if c.isascii() and c.isalnum()) or "shop"
        return "%s%d@%s" % (name[:14], 10 + self.next("email"), self.pick(["mail.example", "post.example", "example.com", "example.org"]))

    def payment(self, country, holder, phone, email):
        if country == "GB":
            kind = self.pick(["IBAN", "IBAN", "PAYPAL"])
            value = iban("GB", "ZZZZ" + "0000" + self.digits(10)) if kind == "IBAN" else email
        elif country == "DE":
            kind, value = "IBAN", iban("DE", "9999" + self.digits(14))
        else:
            kind = self.pick(["CN-BANK", "ALIPAY", "USDT-TRC20", "CN-BANK"])
            value = {
                "CN-BANK": lambda: with_luhn("6200009" + self.digits(11)),
                "ALIPAY": lambda: phone.replace(" ", ""),
                "USDT-TRC20": lambda: base58check(b"\x41" + self.random.randbytes(20)),
            }[kind]()
        payment = {"scheme": kind, "value": value}
        return payment if kind == "USDT-TRC20" else {**payment, "holder_name": holder}

    def registration(self, country):
        if country == "CN":
            return {"scheme": "CN-USCC", "value": uscc(self.digits(8)), "country": "CN"}
        return {"scheme": "GB-COH", "value": "99%06d" % (1000 + 37 * self.next("company")), "country": "GB"}

    def address(self, country):
        number = self.random.randrange(1, 180)
        if country == "CN":
            region, city, district = self.pick(CITIES)
            return {"text": "%s%s%s示范路%d号%d栋%d室" % (region, city, district, number, self.random.randrange(1, 9), self.random.randrange(101, 999)), "country": "CN"}
        town, outward = self.pick(TOWNS)
        return {"street": "%d %s Row" % (number, self.pick(SHOP_FIRST)), "locality": town, "postcode": "%s %d%s" % (outward, self.random.randrange(1, 9), self.pick(["AA", "BB", "DD", "EE"])), "country": "GB"}

    def person(self, country):
        born = "%d-%02d-%02d" % (self.random.randrange(1962, 2003), self.random.randrange(1, 13), self.random.randrange(1, 29))
        if country == "CN":
            family, given = self.pick(FAMILY), self.pick(GIVEN)
            document = {"scheme": "CN-RESIDENT-ID", "value": resident_id(born, self.digits(3)), "country": "CN"}
            return {"han": family[0] + given[0], "latin": "%s %s" % (given[1], family[1]), "born": born, "document": document}
        document = {"scheme": "PASSPORT", "value": "ZZ%07d" % (101 + 13 * self.next("passport")), "country": "GB"}
        return {"han": None, "latin": "%s %s" % (self.pick(ENGLISH_FIRST), self.pick(ENGLISH_LAST)), "born": born, "document": document}

    def photo(self):
        return {"blake3": self.random.randbytes(32).hex(), "pdq": self.random.randbytes(32).hex()}

    def edited(self, photo, bits):
        """Another file that shows the same: a new digest, a perceptual hash `bits` bits away."""
        pdq = int(photo["pdq"], 16)
        for bit in self.random.sample(range(256), bits):
            pdq ^= 1 << bit
        return {"blake3": self.random.randbytes(32).hex(), "pdq": "%064x" % pdq}

    def identity(self, country, shop):
        """All that one seller can be known by, in the state it begins with."""
        person = self.person(country)
        phone, email = self.phone(country), self.email(shop)
        holder = person["han"] or person["latin"]
        brand = self.random.randrange(len(BRANDS))
        return {
            "country": country, "shop": shop, "person": person, "holder": holder, "phone": phone, "email": email,
            "handle": {"service": "WECHAT" if country == "CN" else "WHATSAPP", "value": "wx_%s" % self.digits(7) if country == "CN" else phone.replace(" ", "")},
            "payment": self.payment(country, holder, phone, email), "registration": self.registration(country),
            "address": self.address(country), "tracker": {"scheme": "GOOGLE_ANALYTICS", "value": "G-ZZ%s" % self.digits(8)},
            "brand": brand, "photo": self.photo(), "text": self.text(brand, country),
        }

    def text(self, brand, country):
        name, _, _, english, chinese = BRANDS[brand]
        if country == "CN":
            parts = [self.pick(["专柜同款", "原厂尾货", "海外代购"]), self.pick(["支持七天退换", "下单即发", "现货速发"]), self.pick(["细节做工精致", "材质手感一流", "实物拍摄所见即所得"]), self.pick(["老客户优先", "批发请私信", "加微信有优惠"])]
            return "%s %s，%s，编号%s。" % (name, chinese, "，".join(parts), self.digits(4))
        parts = [self.pick(["same factory as the boutique", "end of line stock", "direct from our own warehouse"]), self.pick(["posted within one day", "free tracked delivery", "ships worldwide in plain packing"]), self.pick(["stitching and finish checked by hand", "comes with box, card and dust cover", "photographed by us in daylight"]), self.pick(["message us for bundle prices", "returning buyers get ten per cent off", "ask for the rest of the range"])]
        return "%s %s, %s. Lot %s." % (name, english, ", ".join(parts), self.digits(4))

    def date(self, days):
        return DAY_ONE + datetime.timedelta(days=days)

    # Records.

    def add_account(self, entity, platform, account_id, who, show, opened, closed=None, name=None, description=None):
        """One observation of an account; `show` names the parts of `who` that this platform sees."""
        record = {"platform": platform, "account_id": account_id, "kind": PLATFORMS[platform], "source": platform}
        record["observed_at"] = at(max(opened, closed or opened) + datetime.timedelta(days=1), 9)
        record["opened_at"] = at(opened, 8)
        if closed:
            record["closed_at"] = at(closed, 17)
        record["display_name"] = name or who["shop"]
        person = {}
        if "person" in show:
            person = {"name": who["person"]["han"] if who.get("writes_han", True) and who["person"]["han"] else who["person"]["latin"]}
        if "born" in show:
            person["birth_date"] = who["person"]["born"]
        if person:
            record["persons"] = [person]
        if "document" in show:
            record["documents"] = [who["person"]["document"]]
        if "registration" in show:
            record["registrations"] = [who["registration"]]
            record["legal_name"] = who["legal_name"]
        for part, field in [("phone", "phones"), ("email", "emails"), ("address", "addresses"), ("handle", "handles"), ("payment", "payments"), ("tracker", "trackers")]:
            if part in show:
                record[field] = [who[part]]
        if "avatar" in show:
            record["images"] = [who["avatar"]]
        if platform == "web":
            record["urls"] = [who["url"]]
        if description:
            record["description"] = description
        record["verification"] = "DOCUMENT_CHECKED" if "born" in show else "SELF_DECLARED"
        self.accounts.append(record)
        self.truth["%s/%s" % (platform, account_id)] = entity

    def add_listing(self, platform, account_id, brand, text, photos, day):
        name, _, _, english, chinese = BRANDS[brand]
        number = self.next("listing")
        chinese_text = any("\u4e00" <= c <= "\u9fff" for c in text)
        self.listings.append({
            "platform": platform, "listing_id": "L%05d" % (10000 + number), "account_id": account_id, "observed_at": at(day, 12), "source": platform,
            "title": "%s %s" % (name, chinese if chinese_text else english), "description": text, "brand": name,
            "price": {"currency": "CNY" if platform == "taobao" else "EUR" if platform == "bazaar_de" else "GBP", "amount": "%d.%02d" % (self.random.randrange(9, 160), self.pick([0, 50, 99]))},
            "images": photos,
        })
        return "L%05d" % (10000 + number)

    def add_enforcement(self, platform, account_id, brand, day, action, outcome, appeal="NONE", listing=None):
        _, holder, kind, _, _ = BRANDS[brand]
        number = self.next("enforcement")
        record = {
            "platform": platform, "enforcement_id": "E%04d" % number, "account_id": account_id, "source": platform, "observed_at": at(day + datetime.timedelta(days=10), 10),
            "right": {"kind": kind, "office": self.pick(["UKIPO", "EUIPO", "CNIPA"]), "number": "ZZ%06d" % (900000 + brand)}, "rights_holder": holder,
            "action": action, "taken_at": at(day, 10), "outcome": outcome, "appeal": appeal, "harm": "HEALTH_AND_SAFETY" if BRANDS[brand][0] == "Lumora" else "ECONOMIC",
        }
        if listing:
            record["listing_id"] = listing
        if outcome != "PENDING":
            record["decided_at"] = at(day + datetime.timedelta(days=9), 10)
        self.enforcements.append(record)


def at(day, hour):
    return "%sT%02d:00:00Z" % (day.isoformat(), hour)


# Check digits, so that the values are well formed; the numbers before them are invented.

def iban(country, account):
    digits = "".join(str(int(c, 36)) for c in account + country + "00")
    return "%s%02d%s" % (country, 98 - int(digits) % 97, account)


def with_luhn(number):
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(number)))
    return number + str(-total % 10)


def uscc(body):
    """91, an area code that is none (999900), an organisation code with its check digit (GB 11714), the whole with its own (GB 32100)."""
    rest = 11 - sum(int(d) * w for d, w in zip(body, [3, 7, 9, 10, 5, 8, 4, 2])) % 11
    code = "91" + "999900" + body + {10: "X", 11: "0"}.get(rest, str(rest))
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(letters.index(c) * pow(3, i, 31) for i, c in enumerate(code))
    return code + letters[-total % 31]


def resident_id(born, serial):
    """An area code that is none (999900), birth date, serial, check character (GB 11643)."""
    body = "999900" + born.replace("-", "") + serial
    return body + "10X98765432"[sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(body)) % 11]


def base58check(payload):
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[rest] + text
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + text


# Stories.

def tweak(world, name, step, han, pinyin):
    """The next spelling of a banned shop's name."""
    plain = name.replace("_", " ").replace(".", " ").replace("-", " ")
    kinds = ["counter", "separator", "homoglyph", "spaced", "leet"] + (["han", "pinyin"] if han else [])
    kind = kinds[step % len(kinds)]
    return {
        "counter": "%s%02d" % (name, 2 + step), "separator": plain.replace(" ", "."), "homoglyph": plain.title().translate(CYRILLIC) if step % 2 else name.translate(CYRILLIC),
        "spaced": " ".join(plain.replace(" ", "")), "leet": name.translate(LEET), "han": han, "pinyin": pinyin,
    }[kind]


def reword(text):
    """The same offer in slightly other words."""
    swaps = [("same factory as the boutique", "same factory as the boutiques"), ("posted within one day", "posted in one day"), ("message us", "write to us"), ("专柜同款", "专柜正品同款"), ("现货速发", "现货秒发"), ("checked by hand", "all checked by hand")]
    for old, new in swaps:
        text = text.replace(old, new)
    return text


def operators(world):
    for number, (shop, han, pinyin) in enumerate(OPERATORS):
        country = "CN" if han or number % 3 else "GB"
        who = world.identity(country, shop)
        who["legal_name"] = world.pick(CITIES)[1] + (han or "星河%s" % world.pick(HAN_SHOP)) + "商贸有限公司" if country == "CN" else shop.replace("_", " ").title() + " Ltd"
        who["url"], who["avatar"] = "https://%s.example" % shop.replace("_", "-").replace(".", "-"), world.photo()
        opened = world.random.randrange(0, 120)
        size = 4 + number % 5
        for step in range(size):
            if step:
                keep = kept(RETURNS[(number + step) % len(RETURNS)], platform_of(number, step - 1), platform_of(number, step), (number + step) % 7 == 0)
                change(world, who, keep, shop)
            operator_account(world, "op-%02d" % (number + 1), who, number, step, size, opened, shop, han, pinyin)
            opened += world.random.randrange(45, 110)


def platform_of(number, step):
    return list(PLATFORMS)[(number * 3 + step * 2) % len(PLATFORMS)]


def kept(chosen, before, after, hard):
    """`chosen`, and if both platforms see less than two of it, a payee, telephone or mail address more."""
    seen = [part for part in SHOWS[after] if part in SHOWS[before]]
    more = [part for part in ("payment", "phone", "email") if part in seen and part not in chosen]
    short = 0 if hard else max(0, 2 - sum(part in seen for part in chosen))
    return chosen + tuple(more[:short])


def change(world, who, keep, shop):
    new = world.identity(who["country"], shop)
    for part in ["phone", "email", "handle", "registration", "address", "tracker"]:
        if part not in keep:
            who[part] = new[part]
    if "person" not in keep and world.random.random() < 0.5:
        who["person"] = new["person"]
    if "holder" not in keep and "payment" not in keep:
        who["holder"] = who["person"]["han"] or who["person"]["latin"]
    if "payment" not in keep:
        who["payment"] = world.payment(who["country"], who["holder"], who["phone"], who["email"])
    if "registration" not in keep:
        who["legal_name"] = world.pick(CITIES)[1] + world.pick(HAN_SHOP) + world.pick(HAN_TRADE) + "有限公司" if who["country"] == "CN" else "%s %s Ltd" % (world.pick(SHOP_FIRST), world.pick(SHOP_LAST))
    who["text"] = reword(who["text"]) if "text" in keep else world.text(who["brand"], who["country"])
    who["photo"] = world.edited(who["photo"], world.random.randrange(0, 14)) if "photo" in keep else world.photo()
    who["avatar"] = who["avatar"] if "photo" in keep else world.photo()
    who["keeps_name"] = "name" in keep
    who["writes_han"] = world.random.random() < 0.5
    who["url"] = "https://%s.example" % "".join(c for c in shop if c.isalnum()) if who["keeps_name"] else "https://%s-%s.example" % (world.pick(SHOP_FIRST).lower(), world.digits(3))


def operator_account(world, entity, who, number, step, size, opened, shop, han, pinyin):
    platform = platform_of(number, step)
    if step == 0:
        name = shop
    elif who["keeps_name"]:
        name = tweak(world, shop, number + step, han, pinyin)
    else:
        name = "%s %s" % (world.pick(SHOP_FIRST), world.pick(SHOP_LAST)) if who["country"] == "GB" else world.pick(HAN_SHOP) + world.pick(HAN_TRADE)
    account_id = "%s_%d" % ("".join(c if c.isalnum() else "_" for c in shop), step + 1)
    start = world.date(opened)
    last = step == size - 1
    closed = None if last else world.date(opened + 30)
    description = None
    if platform in ("tiktok", "instagram"):
        description = "加微信 %s" % who["handle"]["value"] if who["country"] == "CN" else "DM or WhatsApp for the catalogue"
    world.add_account(entity, platform, account_id, who, SHOWS[platform], start, closed, name, description)
    if platform != "paygate":
        photos = [who["photo"], world.edited(who["photo"], 6)]
        listing = world.add_listing(platform, account_id, who["brand"], who["text"], photos, start + datetime.timedelta(days=3))
        world.add_listing(platform, account_id, who["brand"], reword(who["text"]), [world.edited(who["photo"], 9)], start + datetime.timedelta(days=5))
        if not last:
            action = "BAN" if step % 2 else "SUSPENSION"
            world.add_enforcement(platform, account_id, who["brand"], world.date(opened + 30), action, "UPHELD", listing=listing)


def honest(world):
    """Sellers with nothing to hide: most on one platform, every fifth on two or three."""
    suppliers = [(brand, world.text(brand, country), world.photo()) for brand, country in [(1, "CN"), (3, "GB"), (4, "CN"), (4, "GB"), (5, "GB")]]
    forwarders = [
        {"text": "广东省深圳市宝安区集运路1号环球集运仓A区", "country": "CN"},
        {"street": "Unit 7 Harbour Freight Park", "locality": "Felixstowe", "postcode": "IP99 1AA", "country": "GB"},
        {"text": "浙江省义乌市国际商贸集运中心三号仓", "country": "CN"},
    ]
    agent = {"street": "Suite 400, 1 Formation House", "locality": "London", "postcode": "EC99 1AA", "country": "GB"}
    for number in range(134):
        country = "CN" if number % 2 else "GB"
        if country == "CN":
            shop = HAN_SHOP[number // 2 % len(HAN_SHOP)] + HAN_TRADE[number // 2 // len(HAN_SHOP) % len(HAN_TRADE)]
        else:
            shop = "%s %s" % (SHOP_FIRST[number // 2 % len(SHOP_FIRST)], SHOP_LAST[(number // 2 * 3 + number // 40) % len(SHOP_LAST)])
        who = honest_identity(world, country, shop, number)
        if number % 14 == 4:
            who["phone"] = world.phone("US")
        if number % 10 == 4:
            who["payment"] = world.payment("DE", who["holder"], who["phone"], who["email"])
        if number % 6 == 1:
            who["address"] = forwarders[number // 6 % 3]
        if number % 6 == 2:
            who["address"] = agent
            if number % 4 == 2:
                who["email"] = "filings@formation-house.example"
        honest_accounts(world, "honest-%03d" % (number + 1), who, number, suppliers)


def honest_identity(world, country, shop, number):
    who = world.identity(country, shop)
    common = {0: ("王伟", "Wei Wang"), 1: (None, "John Smith")}
    if number % 13 == 1 and country == "CN":
        who["person"].update(han=common[0][0], latin=common[0][1])
    if number % 18 == 0:
        who["person"].update(han=None, latin=common[1][1])
    who["holder"] = who["person"]["han"] or who["person"]["latin"]
    if "holder_name" in who["payment"]:
        who["payment"] = {**who["payment"], "holder_name": who["holder"]}
    who["legal_name"] = world.pick(CITIES)[1] + shop + "有限公司" if country == "CN" else shop + " Ltd"
    who["avatar"] = world.photo()
    who["url"] = "https://%s-%d.example" % (shop.split()[0].lower() if country == "GB" else "shop", 100 + number)
    return who


def honest_accounts(world, entity, who, number, suppliers):
    homes = ["ebay_uk", "bazaar_de", "instagram", "web"] if who["country"] == "GB" else ["taobao", "tiktok", "ebay_uk", "paygate"]
    count = 1 if number % 5 else 2 + number // 5 % 2
    start = world.random.randrange(0, 600)
    for step in range(count):
        platform = homes[(number // 2 + step) % len(homes)]
        account_id = "s%04d" % (2000 + number * 7 + step)
        show = ["person", "phone", "email"] if platform in ("tiktok", "instagram") else ["person", "phone", "email", "payment", "address"]
        show += ["avatar"] if platform in ("tiktok", "instagram") else ["registration"]
        show += {"paygate": ["born", "document"], "taobao": ["born"], "web": ["tracker"]}.get(platform, [])
        world.add_account(entity, platform, account_id, who, show, world.date(start + 20 * step))
        if platform == "paygate":
            continue
        day = world.date(start + 20 * step + 4)
        if number % 3 == 0:
            brand, text, photo = suppliers[number // 3 % len(suppliers)]
            world.add_listing(platform, account_id, brand, text, [photo], day)
        world.add_listing(platform, account_id, who["brand"], world.text(who["brand"], who["country"]), [who["photo"]], day)


def families(world):
    """Two relatives with a shop each: one phone, one address, one surname, two sellers."""
    for number in range(5):
        country = "GB" if number % 2 else "CN"
        first = honest_identity(world, country, "%s %s" % (SHOP_FIRST[number + 11], "Keepsakes"), 5)
        second = honest_identity(world, country, "%s %s" % (SHOP_FIRST[number + 4], "Curios"), 5)
        second["phone"], second["address"] = first["phone"], first["address"]
        if country == "CN":
            family, given = FAMILY[number], GIVEN[number + 1]
            first["person"].update(han=family[0] + GIVEN[number + 5][0], latin="%s %s" % (GIVEN[number + 5][1], family[1]))
            second["person"].update(han=family[0] + given[0], latin="%s %s" % (given[1], family[1]))
        else:
            surname = first["person"]["latin"].split()[1]
            second["person"]["latin"] = "%s %s" % (ENGLISH_FIRST[number + 7], surname)
        for who in (first, second):
            who["holder"] = who["person"]["han"] or who["person"]["latin"]
            who["payment"] = world.payment(country, who["holder"], world.phone(country), who["email"])
        for side, who in enumerate((first, second)):
            platform = "taobao" if country == "CN" else "ebay_uk"
            account_id = "f%03d%s" % (number + 1, "ab"[side])
            world.add_account("family-%d%s" % (number + 1, "ab"[side]), platform, account_id, who, ["person", "born", "phone", "email", "payment", "address"], world.date(100 + 30 * number + 9 * side))
            world.add_listing(platform, account_id, who["brand"], who["text"], [who["photo"]], world.date(105 + 30 * number + 9 * side))


def named_sellers(world):
    """Three sellers whose repeat-infringer status is YES, NO and CANNOT_SAY; README.md tells their stories."""
    brand = 0
    who = honest_identity(world, "GB", "Moorland Leather", 5)
    who.update(brand=brand, legal_name="Moorland Leather Ltd")
    shows = ["person", "phone", "email", "payment", "address", "registration"]

    # YES: the newest account is clean, but three banned ones behind it share its payee and telephone.
    for step, (platform, account_id, name) in enumerate([("ebay_uk", "moorland_leather", "Moorland Leather"), ("bazaar_de", "moorland-leather-2", "Moorland-Leather.2"), ("web", "moorlandleather", "M00rland Leather"), ("ebay_uk", "mlbags_direct", "ML Bags Direct")]):
        day = 60 + 100 * step
        closed = world.date(day + 40) if step < 3 else None
        world.add_account("named-yes", platform, account_id, who, shows, world.date(day), closed, name)
        listing = world.add_listing(platform, account_id, brand, who["text"], [world.edited(who["photo"], 3 * step)], world.date(day + 2))
        if step < 3:
            world.add_enforcement(platform, account_id, brand, world.date(day + 40), "BAN", "UPHELD", listing=listing)
        who["email"], who["address"] = world.email("moorland"), world.address("GB")

    # NO: one complaint dismissed, one reversed on appeal, one upheld.
    who = honest_identity(world, "GB", "Willow & Wren", 5)
    who["legal_name"] = "Willow and Wren Ltd"
    for step, (platform, account_id) in enumerate([("ebay_uk", "willow_and_wren"), ("instagram", "willow.and.wren")]):
        show = shows if platform == "ebay_uk" else ["person", "phone", "email", "avatar"]
        world.add_account("named-no", platform, account_id, who, show, world.date(30 + step))
        world.add_listing(platform, account_id, 5, world.text(5, "GB"), [who["photo"]], world.date(33 + step))
    for day, outcome, appeal in [(200, "DISMISSED", "NONE"), (320, "REVERSED", "ALLOWED"), (410, "UPHELD", "NONE")]:
        world.add_enforcement("ebay_uk", "willow_and_wren", 5, world.date(day), "TAKEDOWN", outcome, appeal)

    # CANNOT_SAY: two upheld strikes count; the third is under open appeal and a fourth is not decided.
    who = honest_identity(world, "CN", "Tidewater Audio", 5)
    who["legal_name"] = "深圳潮水音频有限公司"
    for step, (platform, account_id) in enumerate([("tiktok", "tidewater_audio"), ("ebay_uk", "tidewater_audio_uk")]):
        show = ["person", "phone", "email", "payment", "handle", "registration"]
        world.add_account("named-cannot-say", platform, account_id, who, show, world.date(300 + 10 * step))
        world.add_listing(platform, account_id, 4, world.text(4, "CN"), [who["photo"]], world.date(304 + 10 * step))
    for day, platform, account_id, outcome, appeal in [(400, "tiktok", "tidewater_audio", "UPHELD", "NONE"), (430, "ebay_uk", "tidewater_audio_uk", "UPHELD", "REFUSED"), (600, "tiktok", "tidewater_audio", "UPHELD", "OPEN"), (640, "ebay_uk", "tidewater_audio_uk", "PENDING", "NONE")]:
        world.add_enforcement(platform, account_id, 4, world.date(day), "TAKEDOWN", outcome, appeal)


def histories(world):
    """Every tenth account is seen a second time, later, with a new shop text: history, not a new account."""
    for record in world.accounts[::10]:
        later = datetime.date.fromisoformat(record["observed_at"][:10]) + datetime.timedelta(days=21)
        world.accounts.append({**record, "observed_at": at(later, 9), "description": "Spring opening hours: every day" if record["platform"] != "taobao" else "春季营业时间：每天"})


def files(world):
    lines = lambda rows: "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    by = lambda *names: lambda row: tuple(row[name] for name in names)
    return {
        "accounts.jsonl": lines(sorted(world.accounts, key=by("observed_at", "platform", "account_id"))),
        "listings.jsonl": lines(sorted(world.listings, key=by("observed_at", "platform", "listing_id"))),
        "enforcements.jsonl": lines(sorted(world.enforcements, key=by("taken_at", "platform", "enforcement_id"))),
        "truth.csv": "account,entity\n" + "".join("%s,%s\n" % row for row in sorted(world.truth.items())),
    }


def make():
    world = World()
    for story in (operators, honest, families, named_sellers, histories):
        story(world)
    return files(world)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file differs")
    check = parser.parse_args().check
    FOLDER.mkdir(exist_ok=True)
    for name, text in make().items():
        path = FOLDER / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            sys.exit("%s differs" % path)
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
