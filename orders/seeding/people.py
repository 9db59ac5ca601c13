"""Customers of the demo: made-up names, numbers nobody has, addresses at domains nobody owns."""

from dataclasses import dataclass
from random import Random
from typing import Any

_FAMILY = tuple("김이박최정강조윤장임한오서신권황안송전홍유고문양손")
_FAMILY_SHARE = (215, 147, 84, 47, 43, 23, 21, 20, 19, 16, 15, 14, 14, 18, 14, 13, 14, 13, 11, 11, 11, 9, 9, 9, 9)
_GIVEN = (
    "민준", "서연", "지우", "하은", "도윤", "서준", "예은", "지민", "수빈", "현우", "유진", "은서",
    "지훈", "채원", "다은", "준영", "소연", "미경", "정희", "영수", "하늘", "가온", "보람", "혜진",
    "태현", "나래", "성민", "은정", "경아", "동현", "세영", "아름", "주원", "시우", "윤서", "재희",
    "규리", "한결", "이안", "미소", "상우", "선영", "현정", "진호", "슬기", "연우", "우진", "지안",
)  # fmt: skip
# Postal code's first three digits, street.
_STREETS = (
    ("041", "서울특별시 마포구 월드컵북로"),
    ("061", "서울특별시 강남구 테헤란로"),
    ("058", "서울특별시 송파구 올림픽로"),
    ("033", "서울특별시 은평구 통일로"),
    ("087", "서울특별시 관악구 관악로"),
    ("135", "경기도 성남시 분당구 판교역로"),
    ("103", "경기도 고양시 일산동구 중앙로"),
    ("164", "경기도 수원시 팔달구 효원로"),
    ("184", "경기도 화성시 동탄대로"),
    ("173", "경기도 이천시 중리천로"),
    ("215", "인천광역시 남동구 예술로"),
    ("220", "인천광역시 연수구 센트럴로"),
    ("242", "강원특별자치도 춘천시 공지로"),
    ("286", "충청북도 청주시 상당구 상당로"),
    ("341", "대전광역시 유성구 대학로"),
    ("301", "세종특별자치시 한누리대로"),
    ("549", "전북특별자치도 전주시 완산구 홍산로"),
    ("619", "광주광역시 서구 상무대로"),
    ("419", "대구광역시 중구 동성로"),
    ("441", "울산광역시 남구 삼산로"),
    ("480", "부산광역시 해운대구 센텀중앙로"),
    ("473", "부산광역시 부산진구 중앙대로"),
    ("514", "경상남도 창원시 성산구 중앙대로"),
    ("632", "제주특별자치도 제주시 노형로"),
)
_STREET_SHARE = (7, 8, 7, 5, 5, 6, 6, 6, 6, 2, 5, 4, 2, 3, 4, 2, 3, 4, 5, 3, 6, 4, 4, 3)


@dataclass(frozen=True)
class Person:
    external_id: str
    name: str
    phone: str
    email: str
    ship_to: dict[str, Any]


def person(number: int, draw: Random) -> Person:
    """The numbered customer. 010-0000-xxxx is given to nobody, and example.com and example.kr receive no mail."""
    name = draw.choices(_FAMILY, _FAMILY_SHARE)[0] + draw.choice(_GIVEN)
    phone = f"010-0000-{number % 10_000:04}"
    postal, street = draw.choices(_STREETS, _STREET_SHARE)[0]
    return Person(
        external_id=f"C{number:06}",
        name=name,
        phone=phone,
        email=f"c{number:06}@{'example.com' if number % 3 else 'example.kr'}",
        ship_to={
            "name": name,
            "phone": phone,
            "postal_code": f"{postal}{draw.randrange(10, 99)}",
            "address": f"{street} {draw.randrange(1, 400)}",
            "detail": f"{draw.randrange(101, 120)}동 {draw.randrange(1, 20)}0{draw.randrange(1, 5)}호",
        },
    )
