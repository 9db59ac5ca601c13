"""Which kind of origin a visit or an advertisement is of: one published rule for both, so that they meet in one line. Pure.

The campaign's words go first, then the click ids that advertisers add, then the page the visitor came from. Names are compared
in small letters, without the blanks around them.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Grouping(StrEnum):
    PAID_SEARCH = "paid_search"  # an advertisement beside the answers of a search
    PAID_SOCIAL = "paid_social"  # an advertisement in a network of people
    PAID_OTHER = "paid_other"  # banners, shopping sites and whatever else is paid for by view or click
    ORGANIC_SEARCH = "organic_search"  # an answer of a search nobody paid for
    SOCIAL = "social"  # a post, a blog, a group
    EMAIL = "email"  # newsletters and other mail
    MESSAGE = "message"  # text messages, KakaoTalk messages, pushes of the app
    REFERRAL = "referral"  # a link on another page
    OTHER = "other"  # a campaign whose medium says none of these
    DIRECT = "direct"  # typed, kept as a favorite, or nothing was told
    UNKNOWN = "unknown"  # an order without any visit: by phone, or its shopper did not agree to be known again


@dataclass(frozen=True)
class Origin:
    """`key` is the line in which visits, orders and spend of one campaign meet."""

    grouping: Grouping
    source: str = ""
    medium: str = ""
    campaign: str = ""

    @property
    def key(self) -> str:
        return f"{self.grouping.value}/{self.source.replace('/', ' ')}/{self.campaign}"


DIRECT = Origin(Grouping.DIRECT)
UNKNOWN = Origin(Grouping.UNKNOWN)

_LONGEST = 100
_NAMES = {
    "naver_sa": "naver", "naversa": "naver", "네이버": "naver", "adwords": "google", "googleads": "google", "구글": "google",
    "다음": "daum", "ig": "instagram", "insta": "instagram", "인스타그램": "instagram", "fb": "facebook", "meta": "facebook",
    "페이스북": "facebook", "카카오": "kakao", "kakaotalk": "kakao", "카카오톡": "kakao", "밴드": "band", "유튜브": "youtube",
    "x": "twitter",
}  # fmt: skip
SEARCH = frozenset({"naver", "google", "daum", "bing", "yahoo", "zum", "nate", "duckduckgo", "baidu", "yandex"})
SOCIAL = frozenset({
    "instagram", "facebook", "twitter", "youtube", "band", "kakaostory", "tiktok", "pinterest", "threads", "linkedin",
    "naver_blog", "naver_cafe", "tistory", "kakao",
})  # fmt: skip
_PAID = frozenset(
    {"cpc", "ppc", "paid", "paidsearch", "paid_search", "paid-search", "sem", "sa", "ad", "ads", "cpa", "검색광고"}
)
_BANNERS = frozenset({"cpm", "cpv", "display", "banner", "da", "gfa", "gdn", "retargeting", "shopping", "배너"})
_PAID_SOCIAL = frozenset({"paid_social", "paid-social", "paidsocial", "cpc_social", "social_paid"})
_EMAIL = frozenset({"email", "e-mail", "mail", "newsletter", "메일", "이메일", "뉴스레터"})
_MESSAGE = frozenset({
    "message", "sms", "lms", "mms", "push", "app_push", "alimtalk", "friendtalk", "brandtalk", "channel_message", "문자",
    "알림톡", "친구톡", "푸시",
})  # fmt: skip
_SOCIAL = frozenset({"social", "sns", "social-media", "social_media", "post", "influencer", "story", "reels"})
_REFERRAL = frozenset({"referral", "affiliate", "link", "partner", "제휴"})
_CLICKS = {
    "gclid": (Grouping.PAID_SEARCH, "google"),
    "napm": (Grouping.PAID_SEARCH, "naver"),
    "kakao_click": (Grouping.PAID_SOCIAL, "kakao"),
    # Facebook adds it to every link, paid for or not.
    "fbclid": (Grouping.SOCIAL, "facebook"),
}
# By the longest end of the host's name that is in here.
_HOSTS = {
    "naver.com": (Grouping.ORGANIC_SEARCH, "naver"),
    "blog.naver.com": (Grouping.SOCIAL, "naver_blog"),
    "cafe.naver.com": (Grouping.SOCIAL, "naver_cafe"),
    "mail.naver.com": (Grouping.EMAIL, "naver"),
    "shopping.naver.com": (Grouping.REFERRAL, "naver_shopping"),
    "smartstore.naver.com": (Grouping.REFERRAL, "naver_smartstore"),
    "daum.net": (Grouping.ORGANIC_SEARCH, "daum"),
    "blog.daum.net": (Grouping.SOCIAL, "daum"),
    "cafe.daum.net": (Grouping.SOCIAL, "daum"),
    "mail.daum.net": (Grouping.EMAIL, "daum"),
    "tistory.com": (Grouping.SOCIAL, "tistory"),
    "nate.com": (Grouping.ORGANIC_SEARCH, "nate"),
    "zum.com": (Grouping.ORGANIC_SEARCH, "zum"),
    "mail.google.com": (Grouping.EMAIL, "google"),
    "bing.com": (Grouping.ORGANIC_SEARCH, "bing"),
    "search.yahoo.com": (Grouping.ORGANIC_SEARCH, "yahoo"),
    "duckduckgo.com": (Grouping.ORGANIC_SEARCH, "duckduckgo"),
    "baidu.com": (Grouping.ORGANIC_SEARCH, "baidu"),
    "instagram.com": (Grouping.SOCIAL, "instagram"),
    "facebook.com": (Grouping.SOCIAL, "facebook"),
    "twitter.com": (Grouping.SOCIAL, "twitter"),
    "x.com": (Grouping.SOCIAL, "twitter"),
    "t.co": (Grouping.SOCIAL, "twitter"),
    "youtube.com": (Grouping.SOCIAL, "youtube"),
    "band.us": (Grouping.SOCIAL, "band"),
    "story.kakao.com": (Grouping.SOCIAL, "kakaostory"),
    "pf.kakao.com": (Grouping.SOCIAL, "kakao"),
    "talk.kakao.com": (Grouping.MESSAGE, "kakao"),
    "tiktok.com": (Grouping.SOCIAL, "tiktok"),
    "pinterest.com": (Grouping.SOCIAL, "pinterest"),
    "pinterest.co.kr": (Grouping.SOCIAL, "pinterest"),
    "threads.net": (Grouping.SOCIAL, "threads"),
    "linkedin.com": (Grouping.SOCIAL, "linkedin"),
}
# Whoever comes back from paying comes from nowhere new.
_PAYING = frozenset({
    "pay.naver.com", "kakaopay.com", "tosspayments.com", "toss.im", "inicis.com", "kcp.co.kr", "nicepay.co.kr", "payco.com",
    "paypal.com",
})  # fmt: skip
_GOOGLE = re.compile(r"(www\.)?google(\.[a-z]{2,3}){1,2}")


def plain(text: str) -> str:
    """As names of sources, media and campaigns are compared. Some letters become two, so what is too long then is cut."""
    return unicodedata.normalize("NFC", text.strip().casefold())[:_LONGEST]


def of(
    *,
    referrer: str = "",
    source: str = "",
    medium: str = "",
    campaign: str = "",
    click_id: str = "",
    own: frozenset[str] = frozenset(),
) -> Origin:
    """`own` are the hosts of the shop itself: who comes from there comes from nowhere new."""
    told, medium, campaign = plain(source), plain(medium), plain(campaign)
    named = _NAMES.get(told, told)
    from_page, page = _of_host(referrer.strip().casefold()[:255], own)
    if medium or named or campaign:
        clicked = _CLICKS.get(click_id)
        name = named or (clicked[1] if clicked else page)
        return Origin(_of_words(name, medium) or (clicked[0] if clicked else Grouping.OTHER), name, medium, campaign)
    if click_id in _CLICKS:
        return Origin(*_CLICKS[click_id])
    return Origin(from_page, page)


def _of_words(name: str, medium: str) -> Grouping | None:
    if medium in _PAID_SOCIAL:
        return Grouping.PAID_SOCIAL
    if medium in _BANNERS:
        return Grouping.PAID_SOCIAL if name in SOCIAL else Grouping.PAID_OTHER
    if medium in _PAID:
        return Grouping.PAID_SEARCH if name in SEARCH else Grouping.PAID_SOCIAL if name in SOCIAL else Grouping.PAID_OTHER
    if medium in _EMAIL or (not medium and name in _EMAIL):
        return Grouping.EMAIL
    if medium in _MESSAGE or (not medium and name in _MESSAGE):
        return Grouping.MESSAGE
    if medium in _SOCIAL:
        return Grouping.SOCIAL
    if medium == "organic":
        return Grouping.ORGANIC_SEARCH if name in SEARCH else Grouping.SOCIAL if name in SOCIAL else Grouping.REFERRAL
    if medium in _REFERRAL:
        return Grouping.REFERRAL
    return Grouping.SOCIAL if not medium and name in SOCIAL else None


def _of_host(host: str, own: frozenset[str]) -> tuple[Grouping, str]:
    host = host.split(":")[0].rstrip(".")
    if not host:
        return Grouping.DIRECT, ""
    if _GOOGLE.fullmatch(host):
        return Grouping.ORGANIC_SEARCH, "google"
    ends = [host, *(host[place + 1 :] for place, letter in enumerate(host) if letter == ".")]
    for end in ends:
        if end in own or end in _PAYING:
            return Grouping.DIRECT, ""
        if end in _HOSTS:
            return _HOSTS[end]
    return Grouping.REFERRAL, host.removeprefix("www.")
