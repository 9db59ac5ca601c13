"""Boards that staff put together."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.models import Board
from config.kernel.models import User

LONGEST_NAME = 100


@transaction.atomic
def copy(*, board_id: int, actor: User, at: datetime) -> Board:
    """A board of one's own with the same tiles, shared with nobody yet."""
    board = Board.objects.get(pk=board_id)
    name = _("%(board)s (copy of %(day)s)") % {"board": board.title, "day": f"{at:%Y-%m-%d}"}
    made = Board.objects.create(name=name[:LONGEST_NAME], owner=actor)
    tiles = list(board.tiles.all())
    for tile in tiles:
        tile.pk, tile.board = None, made
    made.tiles.bulk_create(tiles)
    return made
