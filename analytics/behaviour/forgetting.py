"""What an event may tell for ever, and what it forgets with the customer it was of.

Words that only count as being there are hidden; what is counted each by itself gets another name, which leads nowhere. Of the
shop's own kinds only the properties of the built-in ones are kept: nobody else has said that theirs name nobody.
"""

from analytics.behaviour.kinds import BUILT_IN

RENAMED = ("order",)
HIDDEN = ("gclid", "fbclid", "napm", "kakao_click", "query")
KEPT = tuple(sorted({name for kind in BUILT_IN for name in kind.properties}))
