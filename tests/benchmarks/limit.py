"""What the database server itself can do: the least an order must write, driven by pgbench, prepared statements.

One order, three lines, three conditional stock updates in SKU order, one outbox row, commit. `multi` sends eight statements,
`func` one call of a function that touches the contended rows last.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection

from config.local.postgres import DATABASE, OWNER
from config.local.services import Services

SCHEMA = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.stock (id int PRIMARY KEY, on_hand int NOT NULL, reserved int NOT NULL DEFAULT 0,
    CHECK (reserved BETWEEN 0 AND on_hand)) WITH (fillfactor = 50);
INSERT INTO bench.stock SELECT n, 100000000 FROM generate_series(1, 1000) AS n;
CREATE TABLE bench.orders (id bigserial PRIMARY KEY, placed_at timestamptz NOT NULL, total numeric(16, 4) NOT NULL);
CREATE TABLE bench.lines (id bigserial PRIMARY KEY, order_id bigint NOT NULL REFERENCES bench.orders, sku int NOT NULL,
    quantity int NOT NULL, price numeric(16, 4) NOT NULL);
CREATE INDEX ON bench.lines (order_id);
CREATE TABLE bench.outbox (id bigserial PRIMARY KEY, topic text NOT NULL, payload jsonb NOT NULL);
CREATE FUNCTION bench.place(a int, b int, c int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE number bigint; moved int;
BEGIN
    INSERT INTO bench.orders (placed_at, total) VALUES (now(), 30000) RETURNING id INTO number;
    INSERT INTO bench.lines (order_id, sku, quantity, price)
        VALUES (number, a, 1, 10000), (number, b, 1, 10000), (number, c, 1, 10000);
    INSERT INTO bench.outbox (topic, payload) VALUES ('placed', jsonb_build_object('number', number));
    UPDATE bench.stock SET reserved = reserved + 1 WHERE id = a AND reserved < on_hand;
    UPDATE bench.stock SET reserved = reserved + 1 WHERE id = b AND reserved < on_hand;
    UPDATE bench.stock SET reserved = reserved + 1 WHERE id = c AND reserved < on_hand;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> 1 THEN RAISE EXCEPTION 'sold out'; END IF;
    RETURN number;
END $$;
GRANT USAGE ON SCHEMA bench TO shop_app;
GRANT ALL ON ALL TABLES IN SCHEMA bench TO shop_app;
GRANT ALL ON ALL SEQUENCES IN SCHEMA bench TO shop_app;
"""

# Three SKUs, drawn so that they come sorted and never twice; hot: the first is in every order.
_DRAW = {
    "spread": "\\set a random(1, 333)\n\\set b random(334, 666)\n\\set c random(667, 1000)\n",
    "hot": "\\set a 1\n\\set b random(334, 666)\n\\set c random(667, 1000)\n",
}
_MULTI = """BEGIN;
INSERT INTO bench.orders (placed_at, total) VALUES (now(), 30000) RETURNING id AS number \\gset
INSERT INTO bench.lines (order_id, sku, quantity, price)
    VALUES (:number, :a, 1, 10000), (:number, :b, 1, 10000), (:number, :c, 1, 10000);
UPDATE bench.stock SET reserved = reserved + 1 WHERE id = :a AND reserved < on_hand;
UPDATE bench.stock SET reserved = reserved + 1 WHERE id = :b AND reserved < on_hand;
UPDATE bench.stock SET reserved = reserved + 1 WHERE id = :c AND reserved < on_hand;
INSERT INTO bench.outbox (topic, payload) VALUES ('placed', jsonb_build_object('number', :number::bigint));
COMMIT;
"""
_FUNC = "SELECT bench.place(:a, :b, :c);\n"


@dataclass(frozen=True)
class Limit:
    rate: float
    milliseconds: float


def prepare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)


def pgbench(services: Services, design: str, draw: str, clients: int, seconds: float) -> Limit:
    """Orders a second of `multi` or `func`, on `spread` or `hot` SKUs."""
    postgres = services.postgres
    if postgres is None:
        raise SystemExit("The limit is measured with the embedded server's own pgbench: unset DATABASE_URL.")
    with TemporaryDirectory() as folder:
        script = Path(folder) / "order.sql"
        script.write_text(_DRAW[draw] + {"multi": _MULTI, "func": _FUNC}[design])
        done = subprocess.run(
            [
                str(postgres.binaries / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "2",
                "-T", str(max(1, round(seconds))), "-f", str(script), "-h", str(services.place.sockets), "-U", OWNER, DATABASE,
            ],
            env=postgres.environment | {"PGPASSWORD": services.place.secret(OWNER)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    latency = re.search(r"latency average = ([\d.]+) ms", done.stdout)
    if done.returncode or rate is None or latency is None:
        raise SystemExit(f"pgbench failed:\n{done.stdout}{done.stderr}")
    return Limit(float(rate[1]), float(latency[1]))
