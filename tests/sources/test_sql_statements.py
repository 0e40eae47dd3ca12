"""Whatever a data source asks of an SQL server, the server stays as it was, even where the login may do everything.

Each statement is looked up, and then a snapshot of it is attempted. Before and after, the server is compared: tables
with their rows, definitions, sequences, settings, accounts, files.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, SourceError, open_source

from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL

SETTINGS = SourceSettings(connect_timeout=5, read_timeout=5)


@dataclass
class Target:
    """A database that statements are tried on, with all rights."""

    connection: Connection
    database: str
    look: Callable[[], object]
    """Returns all that could change."""

    def verdict(self, statement: str) -> str:
        """What the look-up says; "" if it has nothing to say against the statement."""
        return reason(lambda source: source.find(Location(database=self.database, request=statement)), self.connection)

    def outcome(self, statement: str) -> str:
        """The same of a snapshot."""
        location = Location(database=self.database, request=statement)
        return reason(lambda source: list(source.batches(location)), self.connection)


def reason(attempt: Callable[[Any], object], connection: Connection) -> str:
    try:
        with open_source(connection, SETTINGS) as source:
            attempt(source)
    except SourceError as error:
        return str(error) or "?"
    return ""


def as_administrator(server: MariaDB | PostgreSQL) -> Connection:
    return Connection("SQL", server.host, server.port, server.admin_username, server.admin_password)


@pytest.fixture
def postgresql_target(postgresql: PostgreSQL) -> Iterator[Target]:
    database = f"statements_{secrets.token_hex(4)}"
    with postgresql.connect_as_administrator() as admin:
        admin.autocommit = True
        admin.execute(f"CREATE DATABASE {database}".encode())
    with postgresql.connect_as_administrator(database) as connection:
        connection.autocommit = True
        connection.execute(POSTGRESQL_CONTENT.encode())
        (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)

        def look() -> object:
            return [connection.execute(query.encode()).fetchall() for query in POSTGRESQL_LOOK] + files(folder)

        yield Target(as_administrator(postgresql), database, look)
    with postgresql.connect_as_administrator() as admin:
        admin.autocommit = True
        admin.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())


@pytest.fixture
def mariadb_target(mariadb: MariaDB) -> Iterator[Target]:
    database = f"statements_{secrets.token_hex(4)}"
    with mariadb.connect_as_administrator() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {database}")
        cursor.execute(f"USE {database}")
        for statement in MARIADB_CONTENT:
            cursor.execute(statement)
        connection.commit()
        cursor.execute("SELECT @@datadir")
        ((folder,),) = cursor.fetchall()

        def look() -> object:
            seen: list[object] = []
            for query in MARIADB_LOOK:
                cursor.execute(query.format(database))
                seen.append(cursor.fetchall())
            connection.rollback()
            return seen + files(folder)

        yield Target(as_administrator(mariadb), database, look)
        cursor.execute(f"DROP DATABASE {database}")


def files(folder: str) -> list[object]:
    """What a statement might leave behind in the server's folder or in the one for everybody's files."""
    places = ((folder, "*planted*"), (folder, "*/*planted*"), ("/tmp", "planted*"))
    return [sorted(Path(place).glob(pattern)) for place, pattern in places]


def statements(text: str) -> tuple[str, ...]:
    r"""One a line; `\n` stands for a line break in it."""
    return tuple(line.strip().replace("\\n", "\n") for line in text.strip().splitlines())


POSTGRESQL_CONTENT = """
    CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'one'), (2, 'two');
    CREATE TABLE log (a int); CREATE SEQUENCE s; CREATE TABLE parent (a int) PARTITION BY LIST (a);
    CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
    CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (1); RETURN 1; END $$;
    CREATE FUNCTION reads() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM t $$;
    CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (1); END $$;
    CREATE VIEW acting AS SELECT pg_reload_conf() AS reloaded;
    CREATE TYPE colour AS ENUM ('red');
"""
POSTGRESQL_LOOK = statements(
    """
    SELECT * FROM t ORDER BY 1
    SELECT * FROM log
    SELECT last_value, is_called FROM s
    SELECT * FROM m
    SELECT oid, relname, relkind, reltuples, relacl, relowner FROM pg_class ORDER BY 1
    SELECT attrelid, attname, atttypid FROM pg_attribute WHERE attrelid > 16000 ORDER BY 1, 2
    SELECT oid, proname, prosrc FROM pg_proc WHERE oid > 16000 ORDER BY 1
    SELECT oid FROM pg_type ORDER BY 1
    SELECT oid FROM pg_namespace ORDER BY 1
    SELECT oid, enumlabel FROM pg_enum ORDER BY 1
    SELECT * FROM pg_trigger
    SELECT * FROM pg_rules
    SELECT oid FROM pg_largeobject_metadata ORDER BY 1
    SELECT oid, description FROM pg_description, pg_class WHERE objoid = oid AND oid > 16000
    SELECT extname FROM pg_extension
    SELECT count(*) FROM pg_statistic
    SELECT rolname FROM pg_roles WHERE rolname LIKE '%planted%'
    SELECT slot_name FROM pg_replication_slots
    SELECT datname FROM pg_database WHERE datname LIKE '%planted%'
    SELECT name, setting FROM pg_settings WHERE name <> 'transaction_read_only' ORDER BY 1
    SELECT count(*) FROM pg_locks, pg_database WHERE locktype = 'advisory' AND database = pg_database.oid \
        AND datname = current_database()
    SELECT pg_conf_load_time()
    SELECT gid FROM pg_prepared_xacts WHERE database = current_database()
    SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()
    """
)
POSTGRESQL_REFUSED = statements(
    """
    INSERT INTO t VALUES (3, 'three')
    INSERT INTO t VALUES (3) RETURNING a
    UPDATE t SET a = 9
    UPDATE t SET a = 9 RETURNING *
    DELETE FROM t
    DELETE FROM t RETURNING *
    TRUNCATE t
    WITH x AS (INSERT INTO t VALUES (4) RETURNING a) SELECT * FROM x
    WITH x AS (DELETE FROM t RETURNING a) TABLE x
    WITH x AS (UPDATE t SET a = 0 RETURNING a) SELECT * FROM x
    MERGE INTO t USING log ON t.a = log.a WHEN MATCHED THEN DELETE
    CREATE TABLE planted (a int)
    CREATE TABLE planted AS SELECT * FROM t
    SELECT * INTO planted FROM t
    CREATE TEMP TABLE planted (a int)
    CREATE VIEW planted AS SELECT 1
    CREATE INDEX ON t (a)
    CREATE SEQUENCE planted
    CREATE SCHEMA planted
    CREATE ROLE planted
    CREATE DATABASE planted
    CREATE EXTENSION plpgsql_planted
    CREATE FUNCTION planted() RETURNS int LANGUAGE sql AS 'SELECT 1'
    CREATE TYPE planted AS (a int)
    ALTER TYPE colour ADD VALUE 'blue'
    ALTER TABLE t ADD COLUMN c int
    ALTER SYSTEM SET work_mem = '1MB'
    ALTER ROLE CURRENT_USER SET work_mem = '1MB'
    DROP TABLE t
    DROP VIEW v
    DROP SCHEMA public CASCADE
    COMMENT ON TABLE t IS 'x'
    GRANT SELECT ON t TO PUBLIC
    REFRESH MATERIALIZED VIEW m
    ANALYZE t
    VACUUM
    REINDEX TABLE t
    CLUSTER
    LOCK TABLE t
    SET work_mem = '1MB'
    RESET ALL
    SET SESSION AUTHORIZATION reader
    SET TRANSACTION READ WRITE
    BEGIN
    COMMIT
    ROLLBACK
    START TRANSACTION READ WRITE
    SAVEPOINT x
    PREPARE TRANSACTION 'x'
    CHECKPOINT
    DISCARD ALL
    NOTIFY x
    LISTEN x
    CALL p()
    DO $$ BEGIN INSERT INTO log VALUES (1); END $$
    COPY t TO STDOUT
    COPY t FROM STDIN
    COPY t TO '/tmp/planted_copy'
    COPY t TO PROGRAM 'touch /tmp/planted_program'
    PREPARE x AS SELECT 1
    EXECUTE x
    DECLARE x CURSOR FOR SELECT 1
    FETCH 1 FROM x
    SHOW work_mem
    EXPLAIN SELECT 1
    EXPLAIN ANALYZE DELETE FROM t
    SELECT * FROM t FOR UPDATE
    SELECT * FROM t FOR SHARE
    SELECT * FROM (SELECT * FROM t FOR UPDATE) q
    SELECT 1; DROP TABLE t
    SELECT 1; SELECT 2
    SELECT 1; COMMIT; DROP TABLE t
    ; DROP TABLE t
    SELECT $1
    SELECT * FROM t WHERE a = $1::int
    SELECT
    SELECT FROM t
    -- nothing
    SELECT nextval('s')
    SELECT setval('s', 7)
    SELECT pg_reload_conf()
    SELECT "pg_reload_conf"()
    TABLE acting
    SELECT lo_export(1, '/tmp/planted_lo')
    SELECT pg_create_restore_point('x')
    SELECT pg_switch_wal()
    SELECT pg_stat_reset()
    SELECT pg_create_physical_replication_slot('planted')
    SELECT pg_rotate_logfile()
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE false
    SECURITY LABEL ON TABLE t IS 'x'
    LOAD 'x'
    IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z
    REASSIGN OWNED BY reader TO admin
    SELECT * FROM nowhere
    SELECT 1 FROM
    """
)
POSTGRESQL_REFUSED += ("", "  ")
POSTGRESQL_FAILING = statements(
    """
    SELECT writes()
    SELECT set_config('transaction_read_only', 'off', false), writes()
    """
)
"""What only running can tell; nothing is read, and nothing changes."""
POSTGRESQL_READING = statements(
    """
    SELECT 1
    SELECT * FROM t;
    SELECT a, a FROM t -- ; all\\n ;
    TABLE t
    VALUES (1), (2)
    (SELECT 1)
    TABLE v
    WITH x AS (SELECT * FROM t) SELECT * FROM x
    WITH RECURSIVE x(n) AS (SELECT 1 UNION SELECT n + 1 FROM x WHERE n < 3) TABLE x
    SELECT reads()
    SELECT random(), clock_timestamp()
    SELECT ';' AS "a;b" /* ; */
    TABLE m
    SELECT generate_series(1, 3)
    SELECT 1 UNION ALL SELECT 2 ORDER BY 1 LIMIT 1
    SELECT '%s %(a)s :a ?'
    SELECT pg_advisory_lock(1)
    SELECT lo_create(0)
    SELECT pg_notify('x', 'y')
    SELECT set_config('work_mem', '1MB', false)
    """
)
"""What can be read: it works, and the last four leave nothing behind that outlives the reading."""

MARIADB_CONTENT = statements(
    """
    CREATE TABLE t (a int, b text)
    INSERT INTO t VALUES (1, 'one'), (2, 'two')
    CREATE TABLE log (a int)
    CREATE TABLE mylog (a int) ENGINE=MyISAM
    CREATE SEQUENCE s
    CREATE VIEW v AS SELECT * FROM t
    CREATE FUNCTION writes() RETURNS int BEGIN INSERT INTO log VALUES (1); RETURN 1; END
    CREATE FUNCTION mywrites() RETURNS int BEGIN INSERT INTO mylog VALUES (1); RETURN 1; END
    CREATE FUNCTION counted() RETURNS int READS SQL DATA RETURN (SELECT COUNT(*) FROM t)
    CREATE PROCEDURE p() INSERT INTO log VALUES (1)
    CREATE VIEW writing AS SELECT writes()
    """
)
MARIADB_LOOK = statements(
    """
    CHECKSUM TABLE t, log, mylog, s
    SELECT * FROM t
    SELECT * FROM s
    SHOW FULL TABLES
    SHOW CREATE TABLE t
    SELECT routine_name, routine_definition FROM information_schema.routines WHERE routine_schema = '{}' ORDER BY 1
    SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = '{}'
    SELECT event_name FROM information_schema.events WHERE event_schema = '{}'
    SHOW INDEX FROM t
    SHOW DATABASES LIKE '%planted%'
    SELECT variable_name, global_value FROM information_schema.system_variables WHERE global_value_origin <> \
        'COMPILE-TIME' AND variable_name NOT LIKE 'GTID%' ORDER BY 1
    SELECT user, host FROM mysql.global_priv WHERE user LIKE '%planted%' OR user = 'reader'
    SELECT @@global.max_connections, @@global.general_log, @@global.read_only, @@global.sql_mode, \
        @@global.event_scheduler
    SELECT plugin_name FROM information_schema.plugins ORDER BY 1
    SHOW MASTER STATUS
    SELECT * FROM mysql.tables_priv WHERE db = '{}'
    SELECT * FROM mysql.func
    """
)
MARIADB_REFUSED = statements(
    """
    INSERT INTO t VALUES (3, 'three')
    INSERT INTO t VALUES (3, 'x') RETURNING a
    REPLACE INTO t VALUES (1, 'x')
    REPLACE INTO t VALUES (1, 'x') RETURNING a
    UPDATE t SET a = 9
    DELETE FROM t
    DELETE FROM t RETURNING a
    TRUNCATE t
    CREATE TABLE planted (a int)
    CREATE TABLE planted SELECT * FROM t
    CREATE TEMPORARY TABLE planted (a int)
    CREATE OR REPLACE VIEW planted AS SELECT 1
    CREATE INDEX i ON t (a)
    CREATE SEQUENCE planted
    CREATE DATABASE planted
    CREATE USER planted
    CREATE FUNCTION planted() RETURNS int RETURN 1
    CREATE EVENT planted ON SCHEDULE EVERY 1 DAY DO SELECT 1
    CREATE TRIGGER planted BEFORE INSERT ON t FOR EACH ROW SET @a = 1
    ALTER TABLE t ADD c int
    DROP TABLE t
    DROP VIEW v
    DROP DATABASE crm
    RENAME TABLE t TO planted
    GRANT SELECT ON t TO reader@'127.0.0.1'
    SET PASSWORD FOR reader@'127.0.0.1' = ''
    SET GLOBAL max_connections = 99
    SET @@global.general_log = 1
    SET SESSION TRANSACTION READ WRITE
    SET @a = 1
    SET NAMES latin1
    SET STATEMENT max_statement_time = 1 FOR DROP TABLE t
    SET STATEMENT max_statement_time = 1 FOR DELETE FROM t
    SET STATEMENT max_statement_time = 1 FOR SELECT 1
    BEGIN NOT ATOMIC DROP TABLE t; END
    BEGIN NOT ATOMIC SELECT 1; END
    IF 1 THEN DROP TABLE t; END IF
    LOOP DELETE FROM t; END LOOP
    FOR i IN 1..2 DO DELETE FROM t; END FOR
    WHILE 0 DO SELECT 1; END WHILE
    EXECUTE IMMEDIATE 'DROP TABLE t'
    PREPARE x FROM 'DROP TABLE t'
    EXECUTE x
    CALL p()
    DO writes()
    DO SLEEP(0)
    SELECT * FROM t INTO OUTFILE '/tmp/planted_outfile'
    SELECT * INTO OUTFILE 'planted_outfile' FROM t
    SELECT a INTO DUMPFILE '/tmp/planted_dumpfile' FROM t LIMIT 1
    SELECT 1 /*! INTO OUTFILE '/tmp/planted_comment' */
    SELECT 1 /*M! INTO OUTFILE '/tmp/planted_comment' */
    SELECT 1 INTO @a
    SELECT 1) q INTO OUTFILE '/tmp/planted_paren' --
    SELECT 1) INTO OUTFILE '/tmp/planted_paren' #
    (SELECT 1) INTO OUTFILE '/tmp/planted_paren'
    SELECT 1 UNION SELECT 2 INTO OUTFILE '/tmp/planted_union'
    SELECT * FROM t FOR UPDATE
    SELECT * FROM (SELECT * FROM t FOR UPDATE) q
    SELECT 1 FROM t PROCEDURE ANALYSE()
    SELECT NEXTVAL(s)
    SELECT NEXT VALUE FOR s
    SELECT SETVAL(s, 9)
    SELECT writes()
    SELECT mywrites()
    SELECT * FROM writing
    SELECT 1; DROP TABLE t
    SELECT 1; SELECT 2
    ; DROP TABLE t
    SELECT 1; -- \\nDROP TABLE t
    SHOW TABLES
    SHOW CREATE TABLE t
    DESCRIBE t
    EXPLAIN SELECT 1
    ANALYZE SELECT 1
    ANALYZE TABLE t
    CHECK TABLE t
    CHECKSUM TABLE t
    OPTIMIZE TABLE t
    REPAIR TABLE mylog
    FLUSH TABLES
    FLUSH LOGS
    RESET MASTER
    PURGE BINARY LOGS BEFORE NOW()
    LOCK TABLES t WRITE
    UNLOCK TABLES
    START TRANSACTION
    COMMIT
    ROLLBACK
    SAVEPOINT x
    XA START 'x'
    HANDLER t OPEN
    HANDLER t READ FIRST
    USE crm
    HELP 'SELECT'
    INSTALL SONAME 'ha_blackhole'
    UNINSTALL PLUGIN FEEDBACK
    LOAD DATA INFILE '/etc/hostname' INTO TABLE log
    CACHE INDEX t IN x
    KILL 1
    SHUTDOWN
    CHANGE MASTER TO MASTER_HOST='x'
    BACKUP STAGE START
    SIGNAL SQLSTATE '45000'
    BINLOG 'x'
    SELECT ?
    SELECT * FROM t WHERE a = ?
    -- nothing
    SELECT * FROM nowhere
    SELECT 1 FROM
    SELECT 1 /* open
    """
)
MARIADB_REFUSED += ("", "  ")
MARIADB_READING = statements(
    """
    SELECT 1
    SELECT * FROM t;
    SELECT a, a FROM t -- ; all\\n ;
    SELECT 1; /* ; */ # ;
    VALUES (1), (2)
    (SELECT 1)
    SELECT * FROM v
    WITH x AS (SELECT * FROM t) SELECT * FROM x
    WITH RECURSIVE x AS (SELECT 1 n UNION SELECT n + 1 FROM x WHERE n < 3) SELECT * FROM x
    SELECT counted()
    (SELECT 1) UNION ALL (SELECT 2) ORDER BY 1 LIMIT 1
    SELECT ';' AS `a;b` /* ; */
    SELECT '%s %(a)s :a ?'
    SELECT DISTINCT b FROM t GROUP BY b HAVING b <> '' ORDER BY b
    SELECT /*! 1 */ + 1
    SELECT LASTVAL(s)
    SELECT GET_LOCK('x', 0)
    SELECT @a := 1
    SELECT SLEEP(0)
    """
)


def stays(target: Target, before: object) -> bool:
    """Whether it is as before.  A session that has just ended may hold its lock for a moment."""
    deadline = time.monotonic() + 2
    while target.look() != before:
        if time.monotonic() > deadline:
            return False
    return True


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_no_statement_changes_the_server(
    request: pytest.FixtureRequest, dialect: str, count: Callable[[str, int], None]
) -> None:
    target: Target = request.getfixturevalue(f"{dialect}_target")
    refused, reading = (
        (POSTGRESQL_REFUSED, POSTGRESQL_READING) if dialect == "postgresql" else (MARIADB_REFUSED, MARIADB_READING)
    )
    failing: Sequence[str] = POSTGRESQL_FAILING if dialect == "postgresql" else ()
    before = target.look()
    wrong: list[tuple[str, object]] = []
    for statement in (*refused, *failing, *reading):
        seen = target.verdict(statement), target.outcome(statement)
        expected = (statement in refused, statement in refused or statement in failing)
        if (bool(seen[0]), bool(seen[1])) != expected:
            wrong.append((statement, seen))
        if statement in refused and seen[0] != seen[1]:
            wrong.append((statement, seen))
        if not stays(target, before):
            wrong.append((statement, "changed the server"))
            before = target.look()
    assert wrong == []
    assert len(refused) + len(reading) >= 60
    count(f"statements on {dialect}", len(refused) + len(failing) + len(reading))
