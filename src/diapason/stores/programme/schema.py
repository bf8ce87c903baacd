"""Tables, and the statements that keep their totals; one text for SQLite and PostgreSQL.

`totals` is a cube: for each subset of the axes (bit 1 sector, 2 region, 4 month) one number per value, so that a view
reads what it shows and nothing else. Whoever files takes the old numbers of the touched workspaces out and puts the new
ones in, in one transaction.
"""

__all__ = ["COMING", "COUNT", "MARK", "MOVED", "OLD", "SAME", "SHARED", "TABLES", "TOUCH", "VERSION"]

VERSION = 1

TABLES = (
    "CREATE TABLE IF NOT EXISTS about (version BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS workspaces (id BIGINT PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " sector TEXT NOT NULL, region TEXT NOT NULL, seq BIGINT NOT NULL, day TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS lines (workspace BIGINT NOT NULL, month TEXT NOT NULL, what TEXT NOT NULL,"
    " name TEXT NOT NULL, state TEXT NOT NULL, same TEXT, since TEXT, seq BIGINT NOT NULL,"
    " PRIMARY KEY (workspace, month, what, name))",
    "CREATE INDEX IF NOT EXISTS lines_by_same ON lines (same) WHERE same IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS totals (axes BIGINT NOT NULL, what TEXT NOT NULL, sector TEXT NOT NULL,"
    " region TEXT NOT NULL, month TEXT NOT NULL, state TEXT NOT NULL, n BIGINT NOT NULL,"
    " PRIMARY KEY (axes, what, sector, region, month, state))",
    "CREATE TABLE IF NOT EXISTS axes"
    " (axes BIGINT PRIMARY KEY, s BIGINT NOT NULL, r BIGINT NOT NULL, m BIGINT NOT NULL)",
    "INSERT INTO axes (axes, s, r, m) VALUES (0,0,0,0),(1,1,0,0),(2,0,1,0),(3,1,1,0),(4,0,0,1),(5,1,0,1),(6,0,1,1),"
    "(7,1,1,1) ON CONFLICT (axes) DO NOTHING",
)

TOUCH = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS touched (id BIGINT NOT NULL, month TEXT NOT NULL, PRIMARY KEY (id, month))"
)
COMING = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS coming (id BIGINT PRIMARY KEY, sector TEXT NOT NULL, region TEXT NOT NULL)"
)
MARK = "CREATE TEMPORARY TABLE IF NOT EXISTS arrived (same TEXT PRIMARY KEY)"

MOVED = """
INSERT INTO touched (id, month)
SELECT DISTINCT l.workspace, l.month
FROM coming c JOIN workspaces w ON w.id = c.id JOIN lines l ON l.workspace = w.id
WHERE c.sector <> w.sector OR c.region <> w.region
ON CONFLICT (id, month) DO NOTHING
"""
"""A workspace that has moved to another sector or region takes all of its months along."""

OLD = """
INSERT INTO arrived (same)
SELECT DISTINCT l.same FROM touched t JOIN lines l ON l.workspace = t.id AND l.month = t.month
WHERE l.same IS NOT NULL
ON CONFLICT (same) DO NOTHING
"""
"""Digests that the touched workspaces had: others may count in their place now."""

SHARED = """
INSERT INTO touched (id, month)
SELECT DISTINCT workspace, month FROM lines WHERE same IN (SELECT same FROM arrived)
ON CONFLICT (id, month) DO NOTHING
"""
"""Workspaces that share a digest with those that are filed."""

COUNT = """
INSERT INTO totals (axes, what, sector, region, month, state, n)
SELECT a.axes, g.what, CASE WHEN a.s = 1 THEN g.sector ELSE '' END, CASE WHEN a.r = 1 THEN g.region ELSE '' END,
       CASE WHEN a.m = 1 THEN g.month ELSE '' END, g.state, {sign} SUM(g.n)
FROM (
    SELECT l.what, w.sector, w.region, l.month, l.state, COUNT(*) AS n
    FROM touched t JOIN lines l ON l.workspace = t.id AND l.month = t.month JOIN workspaces w ON w.id = t.id
    GROUP BY l.what, w.sector, w.region, l.month, l.state
) g CROSS JOIN axes a
WHERE true
GROUP BY 1, 2, 3, 4, 5, 6
ON CONFLICT (axes, what, sector, region, month, state) DO UPDATE SET n = totals.n + excluded.n
"""
"""Puts the numbers of the touched workspaces and months into the totals, or takes them out (`sign`)."""

SAME = """
UPDATE lines SET state = CASE WHEN EXISTS (
    SELECT 1 FROM lines o JOIN workspaces ow ON ow.id = o.workspace, workspaces w
    WHERE w.id = lines.workspace AND o.same = lines.same AND o.what = lines.what AND o.month = lines.month
      AND (COALESCE(o.since, ''), ow.key, o.name) < (COALESCE(lines.since, ''), w.key, lines.name)
) THEN 'duplicate' ELSE 'accepted' END
WHERE same IN (SELECT same FROM arrived)
"""
"""Of lines of one month with the same digest the oldest is accepted, the others are duplicates."""
