"""A Redis in Python for platforms without a binary wheel: `python -m config.local.redis_stand_in PORT`. Slow; for demos."""

import sys

from fakeredis import TcpFakeServer

TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="redis").serve_forever()
