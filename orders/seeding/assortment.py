"""What the demo shop sells: a homeware, food and beauty shop of about 300 SKUs, with its suppliers and warehouses.

A leaf category carries what its goods have in common: season, returns, where they lie and who delivers them.
"""

from dataclasses import dataclass
from decimal import Decimal

# Demand by month, January first; 1.0 is the category's own average.
FLAT = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
WINTER = (1.5, 1.2, 0.9, 0.7, 0.5, 0.4, 0.4, 0.5, 0.9, 1.5, 1.8, 1.7)
SUMMER = (0.5, 0.6, 0.8, 1.0, 1.3, 1.7, 1.8, 1.6, 1.0, 0.7, 0.5, 0.5)
SPRING = (0.8, 1.1, 1.6, 1.4, 1.1, 0.9, 0.8, 0.8, 1.0, 1.0, 0.8, 0.7)
MOVING = (0.9, 1.2, 1.4, 1.1, 1.0, 0.8, 0.8, 1.0, 1.2, 1.0, 0.8, 0.8)
YEAR_END = (0.9, 0.9, 0.9, 0.8, 0.9, 0.7, 0.7, 0.7, 0.9, 1.2, 1.5, 1.9)
GIFT = (1.0, 0.9, 0.4, 0.5, 0.7, 0.4, 0.3, 0.5, 1.0, 0.6, 0.5, 0.8)


@dataclass(frozen=True)
class Store:
    """A warehouse; the lowest priority serves first."""

    code: str
    name: str
    priority: int


@dataclass(frozen=True)
class Maker:
    """A supplier. `lateness` is the chance that a delivery comes late, `spread` by how many days at most."""

    code: str
    name: str
    lead_days: int
    minimum: int
    pack: int
    lateness: float
    spread: int
    language: str = "ko"


@dataclass(frozen=True)
class Shelf:
    """A leaf category. `returned` is the share of shipped lines that come back, `gift` how far holidays lift it."""

    code: str
    name: str
    parent: str
    season: tuple[float, ...]
    maker: str
    stores: tuple[str, ...]
    returned: float = 0.035
    gift: float = 1.0
    exempt: bool = False


@dataclass(frozen=True)
class Item:
    """One SKU."""

    sku: str
    option: str
    list_price: Decimal
    cost: Decimal
    popularity: float
    barcode: str


@dataclass(frozen=True)
class Ware:
    """One product with its SKUs."""

    name: str
    shelf: Shelf
    items: tuple[Item, ...]


STORES = (
    Store("icheon", "이천 물류센터", 10),
    Store("gimpo", "김포 저온센터", 20),
    Store("busan", "부산 남부센터", 30),
)

MAKERS = (
    Maker("hanbit", "한빛도예", 12, 24, 6, 0.20, 6),
    Maker("somgyeol", "솜결텍스타일", 10, 20, 5, 0.15, 5),
    Maker("deulnyeok", "들녘식품", 4, 30, 10, 0.10, 2),
    Maker("choroktteul", "초록뜰코스메틱", 7, 36, 12, 0.12, 3),
    Maker("bareun", "바른생활유통", 6, 20, 4, 0.15, 4),
    Maker("namhae", "남해무역", 26, 48, 12, 0.35, 14, "en"),
)

# (code, name, parent): the two upper levels; leaves follow in SHELVES.
GROUPS = (
    ("living", "리빙", ""),
    ("food", "식품", ""),
    ("beauty", "뷰티", ""),
    ("kitchen", "주방", "living"),
    ("bedding", "침구", "living"),
    ("bath", "욕실", "living"),
    ("decor", "홈데코", "living"),
    ("loungewear", "라운지웨어", "living"),
    ("drinks", "차·커피", "food"),
    ("pantry", "식료품", "food"),
    ("giftsets", "선물", "food"),
    ("skincare", "스킨케어", "beauty"),
    ("bodycare", "바디·헤어", "beauty"),
)

SHELVES = (
    Shelf("tableware", "그릇·접시", "kitchen", MOVING, "hanbit", ("icheon", "busan"), 0.045),
    Shelf("cups", "컵·잔", "kitchen", FLAT, "hanbit", ("icheon", "busan"), 0.045, gift=1.3),
    Shelf("cookware", "냄비·조리도구", "kitchen", MOVING, "namhae", ("icheon",), 0.03),
    Shelf("storage", "보관용기", "kitchen", FLAT, "bareun", ("icheon", "busan"), 0.03),
    Shelf("duvets", "이불·커버", "bedding", WINTER, "somgyeol", ("icheon",), 0.06),
    Shelf("pillows", "베개·쿠션", "bedding", FLAT, "somgyeol", ("icheon",), 0.05),
    Shelf("cooling", "여름침구", "bedding", SUMMER, "somgyeol", ("icheon",), 0.05),
    Shelf("towels", "수건", "bath", FLAT, "somgyeol", ("icheon", "busan"), 0.03, gift=1.4),
    Shelf("bathroom", "욕실용품", "bath", MOVING, "bareun", ("icheon",), 0.03),
    Shelf("candles", "캔들·디퓨저", "decor", YEAR_END, "bareun", ("icheon", "busan"), 0.03, gift=1.2),
    Shelf("lighting", "조명", "decor", YEAR_END, "namhae", ("icheon",), 0.05),
    Shelf("vases", "화병·가드닝", "decor", SPRING, "hanbit", ("icheon",), 0.05),
    Shelf("pajamas", "파자마", "loungewear", WINTER, "somgyeol", ("icheon",), 0.13),
    Shelf("socks", "양말·실내화", "loungewear", WINTER, "somgyeol", ("icheon", "busan"), 0.09),
    Shelf("aprons", "앞치마·에코백", "loungewear", FLAT, "somgyeol", ("icheon",), 0.08),
    Shelf("tea", "차", "drinks", WINTER, "deulnyeok", ("gimpo", "icheon"), 0.02, gift=1.6),
    Shelf("coffee", "원두·커피", "drinks", FLAT, "deulnyeok", ("gimpo", "icheon"), 0.02),
    Shelf("nuts", "견과", "pantry", FLAT, "deulnyeok", ("gimpo",), 0.02, gift=1.8),
    Shelf("grains", "쌀·잡곡", "pantry", FLAT, "deulnyeok", ("gimpo",), 0.02, gift=1.2, exempt=True),
    Shelf("sauces", "장·양념", "pantry", FLAT, "deulnyeok", ("gimpo",), 0.02, gift=1.2),
    Shelf("meals", "간편식", "pantry", WINTER, "deulnyeok", ("gimpo",), 0.02),
    Shelf("snacks", "과자·디저트", "pantry", YEAR_END, "deulnyeok", ("gimpo", "icheon"), 0.02, gift=1.5),
    Shelf("holiday-sets", "명절 선물세트", "giftsets", GIFT, "deulnyeok", ("gimpo",), 0.03, gift=4.5),
    Shelf("creams", "크림·로션", "skincare", WINTER, "choroktteul", ("icheon", "busan"), 0.03, gift=1.2),
    Shelf("serums", "세럼·앰플", "skincare", FLAT, "choroktteul", ("icheon", "busan"), 0.03),
    Shelf("sunscreen", "선케어", "skincare", SUMMER, "choroktteul", ("icheon", "busan"), 0.03),
    Shelf("masks", "마스크팩", "skincare", FLAT, "choroktteul", ("icheon", "busan"), 0.02),
    Shelf("wash", "바디워시·비누", "bodycare", SUMMER, "choroktteul", ("icheon", "busan"), 0.02, gift=1.3),
    Shelf("hair", "샴푸·트리트먼트", "bodycare", FLAT, "choroktteul", ("icheon", "busan"), 0.02, gift=1.3),
    Shelf("hands", "핸드·풋케어", "bodycare", WINTER, "choroktteul", ("icheon",), 0.02, gift=1.2),
)

# (shelf, product, list price, cost in percent of it, popularity, options); "1kg=32000" gives an option its own price.
_WARES = (
    ("tableware", "온기 백자 밥공기", 12900, 42, 1.9, "화이트,아이보리,먹색"),
    ("tableware", "온기 백자 국그릇", 14900, 42, 1.6, "화이트,아이보리,먹색"),
    ("tableware", "물결 앞접시", 9900, 40, 1.7, "화이트,하늘,연두"),
    ("tableware", "물결 파스타볼", 18900, 41, 1.2, "화이트,하늘,연두"),
    ("tableware", "달항아리 면기", 21900, 43, 0.9, "백자,청자"),
    ("tableware", "소담 2인 식기세트", 69000, 46, 0.6, "8종,12종=94000"),
    ("tableware", "소반 나무 쟁반", 32900, 46, 0.7, "원형,사각,긴 사각=36900"),
    ("tableware", "방짜 유기 수저", 39000, 55, 0.5, "1벌,2벌=74000"),
    ("tableware", "꽃담 종지", 5900, 38, 1.4, "분홍,노랑,하늘,백자"),
    ("cups", "아침 머그컵", 11900, 38, 2.3, "크림,세이지,테라코타,네이비"),
    ("cups", "이중유리컵", 13900, 44, 1.4, "300ml,450ml=15900"),
    ("cups", "다도 찻잔 세트", 38900, 45, 0.6, "2인,4인=62000"),
    ("cups", "보온 텀블러 500ml", 24900, 47, 1.5, "블랙,크림,포레스트"),
    ("cups", "막사발 유리잔", 8900, 40, 1.3, "맑음,호박,비취"),
    ("cookware", "스텐 편수냄비", 37900, 48, 0.8, "16cm,18cm=42900,20cm=46900"),
    ("cookware", "무쇠 주물냄비", 89000, 52, 0.6, "20cm,24cm=109000"),
    ("cookware", "세라믹 프라이팬", 34900, 49, 1.2, "24cm,28cm=39900"),
    ("cookware", "캄포나무 도마", 42900, 50, 0.8, "소,중=52900,대=64900"),
    ("cookware", "실리콘 조리도구", 8900, 40, 1.5, "뒤집개,국자,집게"),
    ("cookware", "핸드드립 포트", 45900, 51, 0.6, "스테인리스,블랙"),
    ("storage", "밀폐 유리용기", 7900, 41, 1.8, "400ml,700ml=9900,1.2L=12900"),
    ("storage", "스테인리스 김치통", 28900, 47, 0.7, "3L,6L=39900"),
    ("storage", "쌀통 진공 보관함", 33900, 46, 0.5, "5kg,10kg=42900"),
    ("storage", "냉장고 정리 트레이", 6900, 37, 1.5, "소,대=9900"),
    ("storage", "양념통 3종 세트", 15900, 42, 0.9, "우드,화이트"),
    ("storage", "접이식 장바구니", 12900, 39, 1.1, "네이비,올리브,머스터드"),
    ("storage", "라벨 보관병", 5900, 36, 1.2, "250ml,500ml=7500,1L=9500"),
    ("duvets", "구름 구스 이불", 189000, 55, 0.5, "싱글,퀸=229000,킹=259000"),
    ("duvets", "워싱코튼 이불커버", 59000, 45, 0.9, "싱글 크림,싱글 그레이,퀸 크림=72000,퀸 그레이=72000"),
    ("duvets", "극세사 겨울 패드", 39900, 44, 0.9, "싱글,퀸=49900"),
    ("duvets", "포근 무릎담요", 24900, 42, 1.0, "베이지,체크,차콜"),
    ("pillows", "경추 메모리폼 베개", 45900, 43, 0.9, "낮은형,높은형"),
    ("pillows", "호텔 솜베개", 19900, 40, 1.2, "1개,2개 세트=35900"),
    ("pillows", "린넨 쿠션커버", 14900, 39, 1.1, "오트밀,올리브,벽돌"),
    ("pillows", "아기 낮잠 베개", 22900, 42, 0.7, "구름,곰,토끼"),
    ("cooling", "인견 여름이불", 49900, 45, 0.9, "싱글,퀸=62000"),
    ("cooling", "쿨매트 패드", 36900, 44, 0.9, "싱글,퀸=46900"),
    ("cooling", "대나무 베개", 17900, 41, 0.6, ""),
    ("towels", "고밀도 40수 수건", 6900, 43, 2.4, "화이트,그레이,베이지,네이비"),
    ("towels", "호텔 바스타월", 15900, 44, 1.3, "화이트,샌드,차콜"),
    ("towels", "수건 선물세트 5장", 32900, 45, 0.9, "모던,클래식"),
    ("towels", "손뜨개 샤워타월", 7900, 38, 1.1, "소프트,보통"),
    ("bathroom", "샤워 커튼", 21900, 43, 0.7, "체크,린넨,투명"),
    ("bathroom", "규조토 발매트", 19900, 42, 1.1, "소,대=26900"),
    ("bathroom", "디스펜서 공병", 8900, 38, 1.2, "300ml,500ml=9900"),
    ("bathroom", "샤워기 필터 헤드", 27900, 46, 0.9, "실버,화이트"),
    ("bathroom", "대나무 칫솔 세트", 9900, 36, 1.1, "4개,8개=17900"),
    ("candles", "소이 캔들 200g", 23900, 38, 1.3, "무화과,백단,숲,목련"),
    ("candles", "리드 디퓨저 120ml", 28900, 37, 1.3, "무화과,숲,코튼"),
    ("candles", "인센스 스틱", 12900, 33, 0.8, "백단,유향"),
    ("candles", "룸 스프레이", 15900, 35, 0.9, "무화과,숲,코튼"),
    ("lighting", "버섯 무드등", 39900, 51, 0.8, "아이보리,오렌지"),
    ("lighting", "한지 플로어 램프", 98000, 54, 0.3, "소,대=128000"),
    ("lighting", "충전식 독서등", 26900, 49, 0.8, "화이트,블랙"),
    ("vases", "조약돌 화병", 22900, 41, 0.8, "소,대=32900"),
    ("vases", "토분 화분", 8900, 38, 1.0, "소,중=12900,대=18900"),
    ("vases", "허브 키우기 세트", 15900, 40, 0.7, "바질,로즈마리"),
    ("vases", "마른꽃 다발", 19900, 44, 0.7, "안개,목화,라벤더"),
    ("pajamas", "사계절 면 파자마", 42900, 41, 0.9, "S 블루,M 블루,L 블루,S 크림,M 크림,L 크림"),
    ("pajamas", "기모 홈웨어 세트", 52900, 43, 0.8, "S,M,L"),
    ("pajamas", "모달 원피스 잠옷", 36900, 41, 0.7, "S,M,L"),
    ("socks", "울 혼방 양말", 5900, 36, 1.7, "아이보리,브라운,블랙"),
    ("socks", "수면양말 3켤레", 12900, 37, 1.3, "파스텔,모노"),
    ("socks", "폭신 실내화", 16900, 40, 1.2, "M 그레이,L 그레이,M 베이지,L 베이지"),
    ("socks", "발목 면양말 5켤레", 13900, 36, 1.5, "무채색,파스텔,스트라이프"),
    ("aprons", "방수 앞치마", 21900, 39, 0.6, "민트,그레이"),
    ("aprons", "린넨 앞치마", 29900, 40, 0.7, "내추럴,카키,네이비"),
    ("aprons", "캔버스 에코백", 18900, 36, 0.9, "아이보리,블랙"),
    ("tea", "유기농 우전 녹차", 28000, 45, 0.8, "40g,80g=49000"),
    ("tea", "제주 감귤 블랙티", 14500, 40, 1.1, "티백 15입,티백 30입=26000"),
    ("tea", "대추생강차", 16800, 43, 1.3, "500g,1kg=29800"),
    ("tea", "캐모마일 티백", 9800, 38, 1.2, "20입,50입=21000"),
    ("tea", "국산 도라지차", 18900, 44, 0.7, ""),
    ("tea", "호박팥차", 13900, 42, 0.9, "20입,40입=25900"),
    ("coffee", "싱글 오리진 원두", 18900, 46, 1.0, "에티오피아 200g,콜롬비아 200g,과테말라 200g"),
    ("coffee", "하우스 블렌드 원두", 15900, 44, 2.0, "200g,500g=34000,1kg=59000"),
    ("coffee", "디카페인 원두", 17900, 45, 1.3, "200g,500g=38000"),
    ("coffee", "드립백 커피", 12900, 41, 1.6, "10입,30입=33000"),
    ("coffee", "콜드브루 원액", 19900, 43, 1.0, "500ml,1L=34000"),
    ("nuts", "하루견과", 18900, 55, 1.6, "15봉,30봉=34900"),
    ("nuts", "볶은 아몬드", 12900, 57, 1.2, "500g,1kg=23900"),
    ("grains", "신동진 백미", 29900, 66, 1.1, "5kg,10kg=54900"),
    ("grains", "잡곡 10종", 16900, 58, 0.9, "1kg,2kg=31900"),
    ("nuts", "구운 호두", 15900, 56, 0.8, "400g,800g=29900"),
    ("grains", "찰보리", 9900, 60, 0.6, "1kg,3kg=26900"),
    ("sauces", "현미식초", 7900, 45, 0.7, "500ml,900ml=12900"),
    ("sauces", "전통 한식간장", 13900, 48, 1.1, "500ml,900ml=21900"),
    ("sauces", "재래 된장", 12900, 47, 1.0, "500g,1kg=22900"),
    ("sauces", "저온압착 참기름", 21900, 52, 1.2, "180ml,350ml=38900"),
    ("sauces", "태양초 고추장", 13900, 48, 1.0, "500g,1kg=24900"),
    ("meals", "사골곰탕 600g", 5900, 50, 1.8, "1팩,5팩=27900"),
    ("meals", "차돌된장찌개", 7900, 50, 1.5, ""),
    ("meals", "통단팥죽", 4900, 48, 1.3, "1팩,4팩=18500"),
    ("meals", "현미 즉석밥 12입", 17900, 55, 1.5, ""),
    ("meals", "나물 비빔밥", 6900, 50, 1.2, "곤드레,취나물,시래기"),
    ("meals", "들깨 미역국", 4900, 48, 1.1, "1팩,5팩=22900"),
    ("snacks", "구운 김 스낵", 4900, 43, 1.3, "아몬드,현미,참깨"),
    ("snacks", "오란다 강정", 8900, 44, 1.4, "오리지널,흑임자"),
    ("snacks", "버터 쿠키 틴", 17900, 45, 1.1, "소,대=29900"),
    ("snacks", "곶감 초콜릿", 15900, 47, 0.8, "8입,16입=29900"),
    ("snacks", "쌀 카스텔라", 11900, 46, 0.9, ""),
    ("holiday-sets", "한우 곰탕 선물세트", 59000, 58, 0.8, "4팩,8팩=109000"),
    ("holiday-sets", "명품 견과 선물세트", 45900, 55, 0.9, "1호,2호=65900"),
    ("holiday-sets", "전통차 선물세트", 39900, 50, 0.9, "3종,5종=59900"),
    ("holiday-sets", "참기름·들기름 선물세트", 36900, 53, 0.9, ""),
    ("holiday-sets", "곶감 선물세트", 49900, 57, 0.8, "24입,40입=79900"),
    ("creams", "시카 수분크림", 24900, 28, 1.6, "50ml,100ml=39900"),
    ("creams", "쌀겨 보습로션", 21900, 27, 1.3, "150ml,300ml=35900"),
    ("creams", "세라마이드 크림", 32900, 29, 1.2, ""),
    ("creams", "아이크림", 34900, 27, 0.7, "20ml,40ml=59000"),
    ("serums", "히알루론 세럼", 27900, 26, 1.4, "30ml,50ml=39900"),
    ("serums", "비타민C 앰플", 29900, 27, 1.2, "15ml,30ml=49900"),
    ("serums", "병풀 토너", 18900, 26, 1.4, "200ml,400ml=29900"),
    ("sunscreen", "무기자차 선크림", 21900, 28, 1.7, "50ml,1+1 세트=37900"),
    ("sunscreen", "톤업 선쿠션", 28900, 30, 1.1, ""),
    ("masks", "쑥 진정 마스크팩", 2900, 32, 2.2, "1매,10매=24900"),
    ("masks", "슬리핑 마스크", 22900, 29, 0.9, ""),
    ("masks", "수분 마스크팩", 2500, 31, 1.6, "1매,10매=21900,30매=59000"),
    ("wash", "약산성 클렌징폼", 13900, 29, 1.4, "120ml,200ml=18900"),
    ("wash", "어성초 바디워시", 14900, 30, 1.6, "300ml,리필 500ml=17900"),
    ("wash", "천연 수제비누", 7900, 33, 1.4, "쑥,숯,어성초"),
    ("wash", "때필링 스크럽", 16900, 31, 0.8, ""),
    ("hair", "두피 스케일러", 17900, 30, 0.8, "민트,라벤더"),
    ("hair", "검은콩 샴푸", 18900, 31, 1.5, "500ml,1L=31900"),
    ("hair", "단백질 트리트먼트", 21900, 30, 1.1, "300ml,500ml=31900"),
    ("hair", "동백 헤어오일", 19900, 29, 0.9, ""),
    ("hands", "시어버터 핸드크림", 9900, 29, 1.7, "무화과,코튼,무향"),
    ("hands", "립밤", 6900, 28, 1.4, "꿀,장미,무색"),
    ("hands", "발각질 크림", 12900, 30, 0.8, ""),
)


def wares() -> tuple[Ware, ...]:
    """Every product with its SKUs; the first options of a product sell best, as they do."""
    shelves = {one.code: one for one in SHELVES}
    made = []
    for number, (shelf, name, price, percent, popularity, options) in enumerate(_WARES, 101):
        items = []
        for place, option in enumerate(options.split(",")):
            title, _, own = option.partition("=")
            amount = int(own or price)
            items.append(
                Item(
                    sku=f"{shelf[:3].upper()}-{number}-{place + 1:02}",
                    option=title,
                    list_price=Decimal(amount),
                    # Costs are paid in tens of won, before tax.
                    cost=Decimal(amount * percent // 1000 * 10),
                    popularity=popularity / (1 + 0.35 * place),
                    barcode=_barcode(number * 100 + place),
                )
            )
        made.append(Ware(name, shelves[shelf], tuple(items)))
    return tuple(made)


def _barcode(number: int) -> str:
    """An EAN-13 within the range kept for use inside one shop (2...)."""
    digits = f"20{number:010}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return f"{digits}{check}"
