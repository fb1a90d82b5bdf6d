-- a first load: the tables of millrace, the stream’s table, its rows
BEGIN TRANSACTION;
CREATE SCHEMA IF NOT EXISTS "_millrace";
CREATE SCHEMA IF NOT EXISTS "models";
CREATE TABLE IF NOT EXISTS "_millrace"."fences" ("sync" VARCHAR NOT NULL, "stream" VARCHAR NOT NULL, "partition" VARCHAR NOT NULL, "epoch" BIGINT NOT NULL, "owner" VARCHAR NOT NULL, "taken_at" TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS "_millrace"."cursors" ("sync" VARCHAR NOT NULL, "stream" VARCHAR NOT NULL, "partition" VARCHAR NOT NULL, "watermark" VARCHAR, "scan" JSON, "connector" VARCHAR, "cursor_version" BIGINT, "updated_by" VARCHAR, "updated_at" TIMESTAMP);
CREATE TABLE IF NOT EXISTS "_millrace"."commits" ("run_id" VARCHAR NOT NULL, "stream" VARCHAR NOT NULL, "sequence" BIGINT NOT NULL, "epoch" BIGINT NOT NULL, "ledger" JSON, "committed_at" TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS "_millrace"."intents" ("sync" VARCHAR NOT NULL, "key" VARCHAR NOT NULL, "op" VARCHAR NOT NULL, "run_id" VARCHAR NOT NULL, "epoch" BIGINT NOT NULL, "receipt" JSON, "opened_at" TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS "_millrace"."snapshots" ("sync" VARCHAR NOT NULL, "connection" VARCHAR, "account" VARCHAR, "object" VARCHAR, "options" VARCHAR, "mapping_version" VARCHAR, "encoder_version" BIGINT, "updated_at" TIMESTAMP);
CREATE TABLE IF NOT EXISTS "_millrace"."rejects" ("run_id" VARCHAR NOT NULL, "sync" VARCHAR NOT NULL, "stream" VARCHAR NOT NULL, "key" VARCHAR, "code" VARCHAR NOT NULL, "message" VARCHAR, "retryable" BOOLEAN, "attempts" BIGINT, "first_at" TIMESTAMP, "last_at" TIMESTAMP, "row" JSON, "state" VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS "_millrace"."changes" ("run_id" VARCHAR NOT NULL, "sync" VARCHAR NOT NULL, "key" VARCHAR NOT NULL, "op" VARCHAR NOT NULL, "fields" JSON, "status" VARCHAR NOT NULL, "reason" VARCHAR, "sent_at" TIMESTAMP);
CREATE TABLE IF NOT EXISTS "_millrace"."runs" ("run_id" VARCHAR NOT NULL, "sync" VARCHAR NOT NULL, "kind" VARCHAR, "status" VARCHAR, "slot" VARCHAR, "trigger" VARCHAR, "ledger" JSON, "streams" JSON, "requests" BIGINT, "seconds" DOUBLE, "started_at" TIMESTAMP, "finished_at" TIMESTAMP, "commit" VARCHAR, "target" VARCHAR, "error" JSON);
CREATE TABLE IF NOT EXISTS "_millrace"."restatements" ("run_id" VARCHAR NOT NULL, "sync" VARCHAR NOT NULL, "stream" VARCHAR NOT NULL, "day" DATE NOT NULL, "scope" JSON, "rows_before" BIGINT NOT NULL, "rows_after" BIGINT NOT NULL, "totals" JSON, "recorded_at" TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS "_millrace"."generations" ("sync" VARCHAR NOT NULL, "name" VARCHAR NOT NULL, "scan" VARCHAR, "rows" BIGINT NOT NULL, "updated_at" TIMESTAMP NOT NULL);
INSERT INTO _millrace.fences SELECT '', '', '', 0, '', CAST('1970-01-01 00:00:00' AS TIMESTAMP) WHERE NOT EXISTS (SELECT 1 FROM _millrace.fences WHERE sync = '' AND stream = '');
ALTER TABLE "_millrace"."changes" ADD COLUMN IF NOT EXISTS "recorded_at" TIMESTAMP;
ALTER TABLE "_millrace"."cursors" ADD COLUMN IF NOT EXISTS "marks" JSON;
ALTER TABLE "_millrace"."generations" ADD COLUMN IF NOT EXISTS "scan" VARCHAR;
ALTER TABLE "_millrace"."rejects" ADD COLUMN IF NOT EXISTS "value" VARCHAR;
ALTER TABLE "_millrace"."rejects" ADD COLUMN IF NOT EXISTS "refusals" BIGINT;
ALTER TABLE "_millrace"."runs" ADD COLUMN IF NOT EXISTS "limited_to" BIGINT;
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."people" ("id" BIGINT, "name" VARCHAR, "payload" JSON, "raw" BLOB, "paid" DECIMAL(38,2), "born" DATE, "seen" TIMESTAMP, "score" DOUBLE, "vip" BOOLEAN, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."people" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/1-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."people" ("id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/1-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/1-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 1, 1, '{"read":2,"derived":0,"inserted":2,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":2}'::JSON, now()::TIMESTAMP;
MERGE INTO "_millrace"."cursors" AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", '2026-11-20T10:01:00.000Z' AS "watermark", 'test' AS "connector", 1 AS "cursor_version", 'run-1' AS "updated_by", now()::TIMESTAMP AS "updated_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET "watermark" = m."watermark", "scan" = NULL, "connector" = m."connector", "cursor_version" = m."cursor_version", "updated_by" = m."updated_by", "updated_at" = m."updated_at", "marks" = NULL WHEN NOT MATCHED THEN INSERT ("sync", "stream", "partition", "watermark", "connector", "cursor_version", "updated_by", "updated_at") VALUES (m."sync", m."stream", m."partition", m."watermark", m."connector", m."cursor_version", m."updated_by", m."updated_at");
COMMIT;

-- a merge: rows that are new, changed, stale and the same, in two chunks, with tombstones and rejects
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT count(*) - count(DISTINCT ("id", 0)) AS n FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/2-staged.parquet', '/files/3-staged.parquet'], hive_partitioning = false));
SELECT 1 AS met FROM "crm"."people" t WHERE EXISTS (SELECT 1 FROM (SELECT * FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/2-staged.parquet', '/files/3-staged.parquet'], hive_partitioning = false)) QUALIFY row_number() OVER (PARTITION BY "id" ORDER BY _version DESC, _read_at DESC) = 1) s WHERE s."id" = t."id") LIMIT 1;
CREATE OR REPLACE TEMP TABLE _merge_0 AS SELECT s.*, t.rowid AS "#rid", CASE WHEN t._read_at IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN s._deleted_at IS NOT NULL AND t._deleted_at IS NULL THEN 'deleted' WHEN (s._deleted_at IS NULL) <> (t._deleted_at IS NULL) OR s."id" IS DISTINCT FROM t."id" OR s."name" IS DISTINCT FROM t."name" OR s."payload" IS DISTINCT FROM t."payload" OR s."raw" IS DISTINCT FROM t."raw" OR s."paid" IS DISTINCT FROM t."paid" OR s."born" IS DISTINCT FROM t."born" OR s."seen" IS DISTINCT FROM t."seen" OR s."score" IS DISTINCT FROM t."score" OR s."vip" IS DISTINCT FROM t."vip" THEN 'updated' ELSE 'unchanged' END AS "#outcome" FROM (SELECT * FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/2-staged.parquet', '/files/3-staged.parquet'], hive_partitioning = false)) QUALIFY row_number() OVER (PARTITION BY "id" ORDER BY _version DESC, _read_at DESC) = 1) s LEFT JOIN "crm"."people" t ON s."id" = t."id";
DELETE FROM "crm"."people" WHERE rowid IN (SELECT "#rid" FROM _merge_0 WHERE ("#outcome" IN ('inserted', 'updated', 'deleted')) AND "#rid" IS NOT NULL);
INSERT INTO "crm"."people" ("id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM _merge_0 WHERE "#outcome" IN ('inserted', 'updated', 'deleted');
UPDATE "crm"."people" AS t SET "_read_at" = greatest(t._read_at, m._read_at), "_version" = greatest(t._version, m._version) FROM _merge_0 m WHERE t.rowid = m."#rid" AND m."#outcome" IN ('unchanged', 'stale');
SELECT "#outcome" AS outcome, count(*) AS n FROM _merge_0 GROUP BY 1;
DROP TABLE _merge_0;
CREATE OR REPLACE TEMP TABLE _gone_0 AS SELECT s.*, t.rowid AS "#rid", CASE WHEN t._read_at IS NULL THEN 'deleted' WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN t._deleted_at IS NULL THEN 'deleted' ELSE 'unchanged' END AS "#outcome" FROM (SELECT "id", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/4-staged.parquet'], hive_partitioning = false)) s LEFT JOIN "crm"."people" t ON s."id" = t."id";
UPDATE "crm"."people" AS t SET "_deleted_at" = g._deleted_at, "_version" = g._version, "_read_at" = g._read_at, "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1' FROM _gone_0 g WHERE t.rowid = g."#rid" AND g."#outcome" = 'deleted';
UPDATE "crm"."people" AS t SET "_version" = g._version, "_read_at" = greatest(t._read_at, g._read_at) FROM _gone_0 g WHERE t.rowid = g."#rid" AND g."#outcome" = 'unchanged';
INSERT INTO "crm"."people" ("id", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM _gone_0 WHERE "#outcome" = 'deleted' AND "#rid" IS NULL;
SELECT "#outcome" AS outcome, count(*) AS n FROM _gone_0 GROUP BY 1;
DROP TABLE _gone_0;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
CREATE OR REPLACE TEMP TABLE _again_0 AS SELECT key, max(attempts) AS attempts, min(first_at) AS first_at FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key NOT IN ('', 'null') AND key IN (SELECT key FROM read_parquet(['/files/5-staged.parquet'], hive_partitioning = false)) GROUP BY key;
DELETE FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT key FROM _again_0);
INSERT INTO _millrace.rejects (run_id, sync, stream, key, code, message, retryable, attempts, first_at, last_at, "row", state) SELECT 'run-1', 'crm', 'people', r.key, r.code, r.message, false, coalesce(a.attempts, 0) + 1, coalesce(a.first_at, CAST('2026-11-20 10:59:00.000' AS TIMESTAMP)), CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), r."row"::JSON, 'open' FROM read_parquet(['/files/5-staged.parquet'], hive_partitioning = false) r LEFT JOIN _again_0 a ON a.key = r.key;
DROP TABLE _again_0;
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 2, 2, '{"read":6,"derived":0,"inserted":2,"updated":1,"deleted":1,"unchanged":0,"stale":0,"duplicates":1,"filtered":0,"rejected":1,"closed":0,"replaced":0,"swept":0,"loaded":4}'::JSON, now()::TIMESTAMP;
COMMIT;

-- a wider column, a new column
SELECT name, type FROM pragma_table_info('"crm"."widened"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."widened" ("id" BIGINT, "n" BIGINT, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."widened"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."widened" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "n", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/6-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."widened" ("id", "n", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "n", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "n", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/6-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "n", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/6-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/6-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 3, 3, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."widened"') ORDER BY cid;
ALTER TABLE "crm"."widened" ALTER COLUMN "n" TYPE VARCHAR USING CAST("n" AS VARCHAR);
ALTER TABLE "crm"."widened" ADD COLUMN IF NOT EXISTS "added" JSON;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."widened"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."widened" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "n", "added", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/7-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."widened" ("id", "n", "added", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "n", "added", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "n", "added", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/7-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "n", "added", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/7-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/7-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 4, 4, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;

-- one column of rows that stand
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
CREATE OR REPLACE TEMP TABLE _merge_0 AS SELECT s.*, t.rowid AS "#rid", CASE WHEN t._read_at IS NULL OR t._deleted_at IS NOT NULL OR s._version <> t._version THEN 'filtered' WHEN t._read_at IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN s._deleted_at IS NOT NULL AND t._deleted_at IS NULL THEN 'deleted' WHEN (s._deleted_at IS NULL) <> (t._deleted_at IS NULL) OR s."id" IS DISTINCT FROM t."id" OR s."name" IS DISTINCT FROM t."name" OR s."payload" IS DISTINCT FROM t."payload" OR s."raw" IS DISTINCT FROM t."raw" OR s."paid" IS DISTINCT FROM t."paid" OR s."born" IS DISTINCT FROM t."born" OR s."seen" IS DISTINCT FROM t."seen" OR s."score" IS DISTINCT FROM t."score" OR s."vip" IS DISTINCT FROM t."vip" THEN 'updated' ELSE 'unchanged' END AS "#outcome" FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/8-staged.parquet'], hive_partitioning = false)) s LEFT JOIN "crm"."people" t ON s."id" = t."id";
DELETE FROM "crm"."people" WHERE rowid IN (SELECT "#rid" FROM _merge_0 WHERE ("#outcome" IN ('inserted', 'updated', 'deleted')) AND "#rid" IS NOT NULL);
INSERT INTO "crm"."people" ("id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM _merge_0 WHERE "#outcome" IN ('inserted', 'updated', 'deleted');
UPDATE "crm"."people" AS t SET "_read_at" = greatest(t._read_at, m._read_at), "_version" = greatest(t._version, m._version) FROM _merge_0 m WHERE t.rowid = m."#rid" AND m."#outcome" IN ('unchanged', 'stale');
UPDATE "crm"."people" AS t SET "_read_at" = greatest(t._read_at, m._read_at) FROM _merge_0 m WHERE t.rowid = m."#rid" AND m."#outcome" = 'filtered';
SELECT "#outcome" AS outcome, count(*) AS n FROM _merge_0 GROUP BY 1;
DROP TABLE _merge_0;
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 5, 5, '{"read":1,"derived":0,"inserted":0,"updated":1,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;

-- the same, of a vendor that keeps no stamp
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
CREATE OR REPLACE TEMP TABLE _merge_0 AS SELECT s.*, t.rowid AS "#rid", t._version AS "#version", t._read_at AS "#read_at", CASE WHEN t._read_at IS NULL OR t._deleted_at IS NOT NULL OR s._deleted_at IS NOT NULL THEN 'filtered' WHEN t._read_at IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN s._deleted_at IS NOT NULL AND t._deleted_at IS NULL THEN 'deleted' WHEN (s._deleted_at IS NULL) <> (t._deleted_at IS NULL) OR s."id" IS DISTINCT FROM t."id" OR s."name" IS DISTINCT FROM t."name" OR s."payload" IS DISTINCT FROM t."payload" OR s."raw" IS DISTINCT FROM t."raw" OR s."paid" IS DISTINCT FROM t."paid" OR s."born" IS DISTINCT FROM t."born" OR s."seen" IS DISTINCT FROM t."seen" OR s."score" IS DISTINCT FROM t."score" OR s."vip" IS DISTINCT FROM t."vip" THEN 'updated' ELSE 'unchanged' END AS "#outcome" FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/9-staged.parquet'], hive_partitioning = false)) s LEFT JOIN "crm"."people" t ON s."id" = t."id";
DELETE FROM "crm"."people" WHERE rowid IN (SELECT "#rid" FROM _merge_0 WHERE ("#outcome" IN ('inserted', 'updated', 'deleted')) AND "#rid" IS NOT NULL);
INSERT INTO "crm"."people" ("id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "#read_at", "#version", 'run-1', _deleted_at FROM _merge_0 WHERE "#outcome" IN ('inserted', 'updated', 'deleted');
SELECT "#outcome" AS outcome, count(*) AS n FROM _merge_0 GROUP BY 1;
DROP TABLE _merge_0;
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 6, 6, '{"read":1,"derived":0,"inserted":0,"updated":0,"deleted":0,"unchanged":1,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":0}'::JSON, now()::TIMESTAMP;
COMMIT;

-- the end of a full pass: what it did not see goes
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."people" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/10-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
CREATE OR REPLACE TEMP TABLE _merge_0 AS SELECT s.*, t.rowid AS "#rid", CASE WHEN t._read_at IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN s._deleted_at IS NOT NULL AND t._deleted_at IS NULL THEN 'deleted' WHEN (s._deleted_at IS NULL) <> (t._deleted_at IS NULL) OR s."id" IS DISTINCT FROM t."id" OR s."name" IS DISTINCT FROM t."name" OR s."payload" IS DISTINCT FROM t."payload" OR s."raw" IS DISTINCT FROM t."raw" OR s."paid" IS DISTINCT FROM t."paid" OR s."born" IS DISTINCT FROM t."born" OR s."seen" IS DISTINCT FROM t."seen" OR s."score" IS DISTINCT FROM t."score" OR s."vip" IS DISTINCT FROM t."vip" THEN 'updated' ELSE 'unchanged' END AS "#outcome" FROM (SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/10-staged.parquet'], hive_partitioning = false)) s LEFT JOIN "crm"."people" t ON s."id" = t."id";
DELETE FROM "crm"."people" WHERE rowid IN (SELECT "#rid" FROM _merge_0 WHERE ("#outcome" IN ('inserted', 'updated', 'deleted')) AND "#rid" IS NOT NULL);
INSERT INTO "crm"."people" ("id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", "payload", "raw", "paid", "born", "seen", "score", "vip", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM _merge_0 WHERE "#outcome" IN ('inserted', 'updated', 'deleted');
UPDATE "crm"."people" AS t SET "_read_at" = greatest(t._read_at, m._read_at), "_version" = greatest(t._version, m._version) FROM _merge_0 m WHERE t.rowid = m."#rid" AND m."#outcome" IN ('unchanged', 'stale');
SELECT "#outcome" AS outcome, count(*) AS n FROM _merge_0 GROUP BY 1;
DROP TABLE _merge_0;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/10-staged.parquet'], hive_partitioning = false));
SELECT count(*) AS n FROM "crm"."people" WHERE _deleted_at IS NULL;
UPDATE "crm"."people" SET _deleted_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _synced_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _run_id = 'run-1' WHERE _deleted_at IS NULL AND _read_at < CAST('2026-11-20 10:06:00.000' AS TIMESTAMP) AND CAST("id" AS VARCHAR) NOT IN (SELECT key FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND last_at >= CAST('2026-11-20 10:06:00.000' AS TIMESTAMP));
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND last_at < CAST('2026-11-20 10:06:00.000' AS TIMESTAMP);
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 7, 7, '{"read":1,"derived":0,"inserted":0,"updated":0,"deleted":0,"unchanged":1,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":2,"loaded":0}'::JSON, now()::TIMESTAMP;
COMMIT;

-- children: those that their parent has no longer go
SELECT name, type FROM pragma_table_info('"crm"."lines"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."lines" ("id" BIGINT, "parent" VARCHAR, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."lines"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."lines" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "parent", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/11-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."lines" ("id", "parent", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "parent", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "parent", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/11-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "parent", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/11-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/11-staged.parquet'], hive_partitioning = false));
UPDATE "crm"."lines" AS t SET "_deleted_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1', "_read_at" = p._parent_read_at FROM (SELECT _parent, max(CAST(_parent_read_at AS TIMESTAMP)) AS _parent_read_at FROM (SELECT * FROM (VALUES ('p', '2026-11-20 10:02:00.000')) v("_parent", "_parent_read_at")) GROUP BY _parent) p WHERE CAST(t."parent" AS VARCHAR) = p._parent AND t._deleted_at IS NULL AND t._read_at < p._parent_read_at;
UPDATE "crm"."lines" SET _deleted_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _synced_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _run_id = 'run-1' WHERE _deleted_at IS NULL AND _read_at < CAST('2026-11-20 10:02:00.000' AS TIMESTAMP) AND CAST("id" AS VARCHAR) NOT IN (SELECT key FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND last_at >= CAST('2026-11-20 10:02:00.000' AS TIMESTAMP));
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND last_at < CAST('2026-11-20 10:02:00.000' AS TIMESTAMP);
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 8, 8, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":1,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;

-- rows without a key
SELECT name, type FROM pragma_table_info('"crm"."events"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."events" ("name" VARCHAR, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."events"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
INSERT INTO "crm"."events" ("name", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "name", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "name", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/12-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "name", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/12-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 9, 9, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;

-- a generation: one part, and the one that takes the place
SELECT name, type FROM pragma_table_info('"crm"."refreshed"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."refreshed" ("id" BIGINT, "name" VARCHAR, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."refreshed"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."generation_crm.refreshed"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "_millrace";
CREATE TABLE IF NOT EXISTS "_millrace"."generation_crm.refreshed" ("id" BIGINT, "name" VARCHAR, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
SELECT name, type FROM pragma_table_info('"_millrace"."generation_crm.refreshed"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"crm"."refreshed"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."generation_crm.refreshed"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT scan FROM _millrace.generations WHERE sync = 'crm' AND name = 'refreshed';
DELETE FROM "_millrace"."generation_crm.refreshed";
SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM "_millrace"."generation_crm.refreshed";
SELECT 1 AS met FROM "_millrace"."generation_crm.refreshed" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "name", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/13-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "_millrace"."generation_crm.refreshed" ("id", "name", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "name", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/13-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "name", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/13-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM "_millrace"."generation_crm.refreshed";
SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM "_millrace"."generation_crm.refreshed";
MERGE INTO "_millrace"."generations" AS t USING (SELECT 'crm' AS "sync", 'refreshed' AS "name", 's1' AS "scan", 1 AS "rows", now()::TIMESTAMP AS "updated_at") AS m ON t."sync" = m."sync" AND t."name" = m."name" WHEN MATCHED THEN UPDATE SET "scan" = m."scan", "rows" = m."rows", "updated_at" = m."updated_at" WHEN NOT MATCHED THEN INSERT ("sync", "name", "scan", "rows", "updated_at") VALUES (m."sync", m."name", m."scan", m."rows", m."updated_at");
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/13-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 10, 10, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."refreshed"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."refreshed"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."generation_crm.refreshed"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."generation_crm.refreshed"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"crm"."refreshed"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."generation_crm.refreshed"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT scan FROM _millrace.generations WHERE sync = 'crm' AND name = 'refreshed';
SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM "_millrace"."generation_crm.refreshed";
SELECT 1 AS met FROM "_millrace"."generation_crm.refreshed" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "name", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/14-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "_millrace"."generation_crm.refreshed" ("id", "name", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "name", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/14-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "name", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/14-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM "_millrace"."generation_crm.refreshed";
SELECT name, type FROM pragma_table_info('"crm"."refreshed"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."generation_crm.refreshed"') ORDER BY cid;
SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM "crm"."refreshed";
SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM "_millrace"."generation_crm.refreshed";
DELETE FROM "crm"."refreshed";
INSERT INTO "crm"."refreshed" ("id", "name", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at" FROM "_millrace"."generation_crm.refreshed";
DELETE FROM "_millrace"."generation_crm.refreshed";
SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM "_millrace"."generation_crm.refreshed";
MERGE INTO "_millrace"."generations" AS t USING (SELECT 'crm' AS "sync", 'refreshed' AS "name", 0 AS "rows", now()::TIMESTAMP AS "updated_at") AS m ON t."sync" = m."sync" AND t."name" = m."name" WHEN MATCHED THEN UPDATE SET "scan" = NULL, "rows" = m."rows", "updated_at" = m."updated_at" WHEN NOT MATCHED THEN INSERT ("sync", "name", "rows", "updated_at") VALUES (m."sync", m."name", m."rows", m."updated_at");
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/14-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 11, 11, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;

-- intervals: begun, ended, deleted
SELECT name, type FROM pragma_table_info('"crm"."tiers"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."tiers" ("id" BIGINT, "tier" VARCHAR, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP, "valid_from" TIMESTAMP, "valid_to" TIMESTAMP, "is_current" BOOLEAN);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."tiers"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
UPDATE "crm"."tiers" SET valid_from = _version, valid_to = greatest(_deleted_at, CASE WHEN _deleted_at IS NOT NULL THEN _version END), is_current = _deleted_at IS NULL WHERE is_current IS NULL;
CREATE OR REPLACE TEMP TABLE _intervals_0 AS SELECT s.*, t."#rid", CASE WHEN s._version > t._version AND s._version > t.valid_from AND s._version >= coalesce(t.valid_to, s._version) THEN s._version WHEN t."#rid" IS NOT NULL THEN greatest(s._read_at, t.valid_from, coalesce(t.valid_to, t.valid_from)) END AS "#start", CASE WHEN t."#rid" IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN s._deleted_at IS NOT NULL THEN CASE WHEN t.is_current THEN 'deleted' ELSE 'unchanged' END WHEN NOT t.is_current OR s."tier" IS DISTINCT FROM t."tier" THEN 'updated' ELSE 'unchanged' END AS "#outcome" FROM (SELECT "id", "tier", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/15-staged.parquet'], hive_partitioning = false)) s LEFT JOIN (SELECT *, rowid AS "#rid" FROM "crm"."tiers" WHERE rowid IN (SELECT t.rowid FROM "crm"."tiers" t SEMI JOIN (SELECT "id", "tier", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/15-staged.parquet'], hive_partitioning = false)) s ON s."id" = t."id" QUALIFY row_number() OVER (PARTITION BY t."id" ORDER BY valid_from DESC NULLS LAST, is_current DESC, valid_to DESC NULLS LAST, _version DESC, _read_at DESC) = 1)) t ON s."id" = t."id";
UPDATE "crm"."tiers" AS t SET "valid_to" = i."#start", "is_current" = false, "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1' FROM _intervals_0 i WHERE t.rowid = i."#rid" AND t.is_current AND i."#outcome" = 'updated';
UPDATE "crm"."tiers" AS t SET "valid_to" = i."#start", "is_current" = false, "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1', "_deleted_at" = i._deleted_at, "_version" = i._version, "_read_at" = i._read_at FROM _intervals_0 i WHERE t.rowid = i."#rid" AND t.is_current AND i."#outcome" = 'deleted';
INSERT INTO "crm"."tiers" ("id", "tier", "valid_from", "valid_to", "is_current", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "tier", coalesce("#start", _version), CASE WHEN _deleted_at IS NOT NULL THEN _version END, _deleted_at IS NULL, CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM _intervals_0 WHERE "#outcome" IN ('inserted', 'updated') OR ("#outcome" = 'deleted' AND "#rid" IS NULL);
UPDATE "crm"."tiers" AS t SET "_read_at" = greatest(t._read_at, i._read_at), "_version" = greatest(t._version, i._version) FROM _intervals_0 i WHERE t.rowid = i."#rid" AND (i."#outcome" IN ('unchanged', 'stale') OR (i."#outcome" = 'unchanged' AND i._deleted_at IS NOT NULL));
SELECT "#outcome" AS outcome, count(*) AS n FROM _intervals_0 GROUP BY 1;
DROP TABLE _intervals_0;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/15-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 12, 12, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."tiers"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."tiers"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
UPDATE "crm"."tiers" SET valid_from = _version, valid_to = greatest(_deleted_at, CASE WHEN _deleted_at IS NOT NULL THEN _version END), is_current = _deleted_at IS NULL WHERE is_current IS NULL;
CREATE OR REPLACE TEMP TABLE _intervals_0 AS SELECT s.*, t."#rid", CASE WHEN s._version > t._version AND s._version > t.valid_from AND s._version >= coalesce(t.valid_to, s._version) THEN s._version WHEN t."#rid" IS NOT NULL THEN greatest(s._read_at, t.valid_from, coalesce(t.valid_to, t.valid_from)) END AS "#start", CASE WHEN t."#rid" IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN s._deleted_at IS NOT NULL THEN CASE WHEN t.is_current THEN 'deleted' ELSE 'unchanged' END WHEN NOT t.is_current OR s."tier" IS DISTINCT FROM t."tier" THEN 'updated' ELSE 'unchanged' END AS "#outcome" FROM (SELECT "id", "tier", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/16-staged.parquet'], hive_partitioning = false)) s LEFT JOIN (SELECT *, rowid AS "#rid" FROM "crm"."tiers" WHERE rowid IN (SELECT t.rowid FROM "crm"."tiers" t SEMI JOIN (SELECT "id", "tier", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/16-staged.parquet'], hive_partitioning = false)) s ON s."id" = t."id" QUALIFY row_number() OVER (PARTITION BY t."id" ORDER BY valid_from DESC NULLS LAST, is_current DESC, valid_to DESC NULLS LAST, _version DESC, _read_at DESC) = 1)) t ON s."id" = t."id";
UPDATE "crm"."tiers" AS t SET "valid_to" = i."#start", "is_current" = false, "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1' FROM _intervals_0 i WHERE t.rowid = i."#rid" AND t.is_current AND i."#outcome" = 'updated';
UPDATE "crm"."tiers" AS t SET "valid_to" = i."#start", "is_current" = false, "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1', "_deleted_at" = i._deleted_at, "_version" = i._version, "_read_at" = i._read_at FROM _intervals_0 i WHERE t.rowid = i."#rid" AND t.is_current AND i."#outcome" = 'deleted';
INSERT INTO "crm"."tiers" ("id", "tier", "valid_from", "valid_to", "is_current", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "tier", coalesce("#start", _version), CASE WHEN _deleted_at IS NOT NULL THEN _version END, _deleted_at IS NULL, CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM _intervals_0 WHERE "#outcome" IN ('inserted', 'updated') OR ("#outcome" = 'deleted' AND "#rid" IS NULL);
UPDATE "crm"."tiers" AS t SET "_read_at" = greatest(t._read_at, i._read_at), "_version" = greatest(t._version, i._version) FROM _intervals_0 i WHERE t.rowid = i."#rid" AND (i."#outcome" IN ('unchanged', 'stale') OR (i."#outcome" = 'unchanged' AND i._deleted_at IS NOT NULL));
SELECT "#outcome" AS outcome, count(*) AS n FROM _intervals_0 GROUP BY 1;
DROP TABLE _intervals_0;
CREATE OR REPLACE TEMP TABLE _ended_0 AS SELECT s.*, t."tier", t."#rid", CASE WHEN s._version > t._version AND s._version > t.valid_from AND s._version >= coalesce(t.valid_to, s._version) THEN s._version WHEN t."#rid" IS NOT NULL THEN greatest(s._read_at, t.valid_from, coalesce(t.valid_to, t.valid_from)) END AS "#start", CASE WHEN t."#rid" IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN s._deleted_at IS NOT NULL THEN CASE WHEN t.is_current THEN 'deleted' ELSE 'unchanged' END WHEN NOT t.is_current THEN 'updated' ELSE 'unchanged' END AS "#outcome" FROM (SELECT "id", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/17-staged.parquet'], hive_partitioning = false)) s LEFT JOIN (SELECT *, rowid AS "#rid" FROM "crm"."tiers" WHERE rowid IN (SELECT t.rowid FROM "crm"."tiers" t SEMI JOIN (SELECT "id", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/17-staged.parquet'], hive_partitioning = false)) s ON s."id" = t."id" QUALIFY row_number() OVER (PARTITION BY t."id" ORDER BY valid_from DESC NULLS LAST, is_current DESC, valid_to DESC NULLS LAST, _version DESC, _read_at DESC) = 1)) t ON s."id" = t."id";
UPDATE "crm"."tiers" AS t SET "valid_to" = i."#start", "is_current" = false, "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1' FROM _ended_0 i WHERE t.rowid = i."#rid" AND t.is_current AND i."#outcome" = 'updated';
UPDATE "crm"."tiers" AS t SET "valid_to" = i."#start", "is_current" = false, "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1', "_deleted_at" = i._deleted_at, "_version" = i._version, "_read_at" = i._read_at FROM _ended_0 i WHERE t.rowid = i."#rid" AND t.is_current AND i."#outcome" = 'deleted';
INSERT INTO "crm"."tiers" ("id", "tier", "valid_from", "valid_to", "is_current", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "tier", coalesce("#start", _version), CASE WHEN _deleted_at IS NOT NULL THEN _version END, _deleted_at IS NULL, CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM _ended_0 WHERE "#outcome" IN ('inserted', 'updated') OR ("#outcome" = 'deleted' AND "#rid" IS NULL);
UPDATE "crm"."tiers" AS t SET "_read_at" = greatest(t._read_at, i._read_at), "_version" = greatest(t._version, i._version) FROM _ended_0 i WHERE t.rowid = i."#rid" AND (i."#outcome" IN ('unchanged', 'stale') OR (i."#outcome" = 'unchanged' AND i._deleted_at IS NOT NULL));
SELECT "#outcome" AS outcome, count(*) AS n FROM _ended_0 GROUP BY 1;
DROP TABLE _ended_0;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/16-staged.parquet'], hive_partitioning = false));
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/17-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 13, 13, '{"read":2,"derived":0,"inserted":0,"updated":1,"deleted":1,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":1,"replaced":0,"swept":0,"loaded":2}'::JSON, now()::TIMESTAMP;
COMMIT;

-- report days that were read whole
SELECT name, type FROM pragma_table_info('"crm"."insights"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."insights" ("day" DATE, "account" BIGINT, "ad" VARCHAR, "spend" DECIMAL(38,2), "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."insights"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."insights" t WHERE EXISTS (SELECT 1 FROM (SELECT "day", "account", "ad", "spend", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/18-staged.parquet'], hive_partitioning = false)) s WHERE s."day" = t."day" AND s."account" = t."account" AND s."ad" = t."ad") LIMIT 1;
INSERT INTO "crm"."insights" ("day", "account", "ad", "spend", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "day", "account", "ad", "spend", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "day", "account", "ad", "spend", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/18-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "day", "account", "ad", "spend", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/18-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT to_json([CAST("day" AS VARCHAR), CAST("account" AS VARCHAR), CAST("ad" AS VARCHAR)])::VARCHAR FROM read_parquet(['/files/18-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 14, 14, '{"read":2,"derived":0,"inserted":2,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":2}'::JSON, now()::TIMESTAMP;
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."insights"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."insights"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
CREATE OR REPLACE TEMP TABLE _before_0 AS SELECT t."day" AS day, w.of_0 AS of_0, count(*) AS n_rows, sum(t."spend") AS sum_0 FROM "crm"."insights" t JOIN (SELECT *, of_0 AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0")) UNION ALL SELECT *, sha256(of_0) AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0"))) w ON t."day" BETWEEN CAST(w.from_day AS DATE) AND CAST(w.to_day AS DATE) AND coalesce(CAST(t."account" AS VARCHAR), '') = w.named_0 WHERE t._deleted_at IS NULL GROUP BY t."day", w.of_0;
SELECT 1 AS met FROM "crm"."insights" t WHERE EXISTS (SELECT 1 FROM (SELECT "day", "account", "ad", "spend", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/19-staged.parquet'], hive_partitioning = false)) s WHERE s."day" = t."day" AND s."account" = t."account" AND s."ad" = t."ad") LIMIT 1;
CREATE OR REPLACE TEMP TABLE _merge_0 AS SELECT s.*, t.rowid AS "#rid", CASE WHEN t._read_at IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN (s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at)) THEN 'stale' WHEN s._deleted_at IS NOT NULL AND t._deleted_at IS NULL THEN 'deleted' WHEN (s._deleted_at IS NULL) <> (t._deleted_at IS NULL) OR s."day" IS DISTINCT FROM t."day" OR s."account" IS DISTINCT FROM t."account" OR s."ad" IS DISTINCT FROM t."ad" OR s."spend" IS DISTINCT FROM t."spend" THEN 'updated' ELSE 'unchanged' END AS "#outcome" FROM (SELECT "day", "account", "ad", "spend", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/19-staged.parquet'], hive_partitioning = false)) s LEFT JOIN "crm"."insights" t ON s."day" = t."day" AND s."account" = t."account" AND s."ad" = t."ad";
DELETE FROM "crm"."insights" WHERE rowid IN (SELECT "#rid" FROM _merge_0 WHERE ("#outcome" IN ('inserted', 'updated', 'deleted')) AND "#rid" IS NOT NULL);
INSERT INTO "crm"."insights" ("day", "account", "ad", "spend", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "day", "account", "ad", "spend", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM _merge_0 WHERE "#outcome" IN ('inserted', 'updated', 'deleted');
UPDATE "crm"."insights" AS t SET "_read_at" = greatest(t._read_at, m._read_at), "_version" = greatest(t._version, m._version) FROM _merge_0 m WHERE t.rowid = m."#rid" AND m."#outcome" IN ('unchanged', 'stale');
SELECT "#outcome" AS outcome, count(*) AS n FROM _merge_0 GROUP BY 1;
DROP TABLE _merge_0;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT to_json([CAST("day" AS VARCHAR), CAST("account" AS VARCHAR), CAST("ad" AS VARCHAR)])::VARCHAR FROM read_parquet(['/files/19-staged.parquet'], hive_partitioning = false));
DELETE FROM "crm"."insights" AS t USING (SELECT *, of_0 AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0")) UNION ALL SELECT *, sha256(of_0) AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0")) UNION ALL SELECT *, '' AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0")) UNION ALL SELECT *, '***' AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0")) UNION ALL SELECT *, '***' || right(of_0, 4) AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0"))) w WHERE t."day" BETWEEN CAST(w.from_day AS DATE) AND CAST(w.to_day AS DATE) AND coalesce(CAST(t."account" AS VARCHAR), '') = w.named_0 AND t._read_at < CAST(w.read_before AS TIMESTAMP) AND to_json([CAST("day" AS VARCHAR), CAST("account" AS VARCHAR), CAST("ad" AS VARCHAR)])::VARCHAR NOT IN (SELECT key FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND last_at >= CAST('2026-11-20 10:10:00.000' AS TIMESTAMP));
INSERT INTO _millrace.restatements (run_id, sync, stream, day, scope, rows_before, rows_after, totals, recorded_at) SELECT 'run-1', 'crm', 'people', b.day, json_merge_patch('{}'::JSON, json_object('account', b.of_0)), b.n_rows, coalesce(a.n_rows, 0), json_merge_patch('{}'::JSON, json_object('spend', CASE WHEN b.sum_0 IS DISTINCT FROM a.sum_0 THEN [CAST(b.sum_0 AS VARCHAR), CAST(a.sum_0 AS VARCHAR)] END)), now()::TIMESTAMP FROM _before_0 b LEFT JOIN (SELECT t."day" AS day, w.of_0 AS of_0, count(*) AS n_rows, sum(t."spend") AS sum_0 FROM "crm"."insights" t JOIN (SELECT *, of_0 AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0")) UNION ALL SELECT *, sha256(of_0) AS named_0 FROM (SELECT * FROM (VALUES ('2026-11-01', '2026-11-02', '2026-11-20 10:10:00.000', '7')) v("from_day", "to_day", "read_before", "of_0"))) w ON t."day" BETWEEN CAST(w.from_day AS DATE) AND CAST(w.to_day AS DATE) AND coalesce(CAST(t."account" AS VARCHAR), '') = w.named_0 WHERE t._deleted_at IS NULL GROUP BY t."day", w.of_0) a ON a.day = b.day AND a.of_0 = b.of_0 WHERE b.n_rows IS DISTINCT FROM a.n_rows OR b.sum_0 IS DISTINCT FROM a.sum_0;
DROP TABLE _before_0;
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 15, 15, '{"read":1,"derived":0,"inserted":0,"updated":1,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":1,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;

-- are rows held by another version?
SELECT 1 AS yes FROM "crm"."people" WHERE _deleted_at IS NULL AND _version > "seen" LIMIT 1;

-- a full pass that has not read of everybody: what it did not see goes; are there rows beside?
SELECT name, type FROM pragma_table_info('"crm"."people"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT count(*) AS n FROM "crm"."people" WHERE _deleted_at IS NULL AND coalesce(CAST("id" AS VARCHAR), '') IN (SELECT _of FROM (SELECT * FROM (VALUES ('1'), ('2')) v("_of")));
UPDATE "crm"."people" SET _deleted_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _synced_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _run_id = 'run-1' WHERE _deleted_at IS NULL AND _read_at < CAST('2026-11-20 10:06:00.000' AS TIMESTAMP) AND coalesce(CAST("id" AS VARCHAR), '') IN (SELECT _of FROM (SELECT * FROM (VALUES ('1'), ('2')) v("_of"))) AND CAST("id" AS VARCHAR) NOT IN (SELECT key FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND last_at >= CAST('2026-11-20 10:06:00.000' AS TIMESTAMP));
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND last_at < CAST('2026-11-20 10:06:00.000' AS TIMESTAMP) AND coalesce(nullif(nullif(key, 'null'), '***'), '') IN (SELECT _of FROM (SELECT * FROM (VALUES ('1'), ('2')) v("_of")) UNION ALL SELECT '');
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 16, 16, '{"read":0,"derived":0,"inserted":0,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":0}'::JSON, now()::TIMESTAMP;
COMMIT;
SELECT 1 AS yes FROM "crm"."people" WHERE NOT (coalesce(CAST("id" AS VARCHAR), '') IN (SELECT _of FROM (SELECT * FROM (VALUES ('1'), ('2')) v("_of")))) LIMIT 1;

-- cursors, fences, commits, runs and rejects are read
SELECT * FROM _millrace.cursors WHERE sync = 'crm' ORDER BY stream, "partition";
SELECT epoch, owner FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 AS yes FROM _millrace.commits WHERE run_id = 'run-1' AND stream = 'people' AND sequence = 1;
MERGE INTO "_millrace"."runs" AS t USING (SELECT 'run-1' AS "run_id", 'crm' AS "sync", 'etl' AS "kind", 'ok' AS "status", 'cli' AS "trigger", '{}'::JSON AS "streams", 1 AS "requests", 1.5 AS "seconds", CAST('2026-11-20 10:01:00.000' AS TIMESTAMP) AS "started_at", CAST('2026-11-20 10:02:00.000' AS TIMESTAMP) AS "finished_at", 'dev' AS "target") AS m ON t."run_id" = m."run_id" WHEN MATCHED THEN UPDATE SET "sync" = m."sync", "kind" = m."kind", "status" = m."status", "slot" = NULL, "trigger" = m."trigger", "ledger" = NULL, "streams" = m."streams", "limited_to" = NULL, "requests" = m."requests", "seconds" = m."seconds", "started_at" = m."started_at", "finished_at" = m."finished_at", "commit" = NULL, "target" = m."target", "error" = NULL WHEN NOT MATCHED THEN INSERT ("run_id", "sync", "kind", "status", "trigger", "streams", "requests", "seconds", "started_at", "finished_at", "target") VALUES (m."run_id", m."sync", m."kind", m."status", m."trigger", m."streams", m."requests", m."seconds", m."started_at", m."finished_at", m."target");
SELECT * FROM _millrace.runs WHERE sync = 'crm' AND status IN ('ok', 'partial') AND "trigger" IS DISTINCT FROM 'backfill' AND limited_to IS NULL ORDER BY started_at DESC, run_id LIMIT 5;
SELECT * FROM _millrace.rejects WHERE sync = 'crm' AND state <> 'settled' ORDER BY stream, code, key LIMIT 5;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND state IN ('open', 'parked');

-- views: a model, a field history, whole records, amounts
SELECT name, type FROM pragma_table_info('"crm"."account"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."account" ("id" VARCHAR, "name" VARCHAR, "seats" BIGINT, "created_date" TIMESTAMP, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."account"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."account" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "name", "seats", "created_date", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/20-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."account" ("id", "name", "seats", "created_date", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "name", "seats", "created_date", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "name", "seats", "created_date", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/20-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "name", "seats", "created_date", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/20-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/20-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 17, 17, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."account_history"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."account_history" ("id" VARCHAR, "account_id" VARCHAR, "field" VARCHAR, "old" VARCHAR, "new" VARCHAR, "at" TIMESTAMP, "by" VARCHAR, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."account_history"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."account_history" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "account_id", "field", "old", "new", "at", "by", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/21-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."account_history" ("id", "account_id", "field", "old", "new", "at", "by", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "account_id", "field", "old", "new", "at", "by", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "account_id", "field", "old", "new", "at", "by", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/21-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "account_id", "field", "old", "new", "at", "by", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/21-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/21-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 18, 18, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."charges"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."charges" ("id" BIGINT, "currency" VARCHAR, "amount" BIGINT, "share" DECIMAL(38,12), "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."charges"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."charges" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "currency", "amount", "share", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/22-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."charges" ("id", "currency", "amount", "share", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "currency", "amount", "share", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "currency", "amount", "share", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/22-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "currency", "amount", "share", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/22-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/22-staged.parquet'], hive_partitioning = false));
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 19, 19, '{"read":1,"derived":0,"inserted":1,"updated":0,"deleted":0,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
COMMIT;
CREATE SCHEMA IF NOT EXISTS "models";
CREATE OR REPLACE VIEW "models"."people" AS SELECT id, name FROM "crm"."people";
SELECT name, type FROM pragma_table_info('"crm"."account"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE OR REPLACE VIEW "crm"."account_field_history" AS WITH changes AS (SELECT h."account_id" AS record_id, h."field" AS field, '' AS kind, CAST(h."old" AS VARCHAR) AS from_value, CAST(h."new" AS VARCHAR) AS to_value, h."at" AS changed_at, h."by" AS changed_by_id, lead(h."at") OVER (PARTITION BY h."account_id", h."field", '' ORDER BY h."at", h."id") AS next_at, row_number() OVER (PARTITION BY h."account_id", h."field", '' ORDER BY h."at", h."id") AS nth FROM "crm"."account_history" h WHERE h._deleted_at IS NULL), intervals AS (SELECT record_id, field, kind, from_value, to_value AS value, changed_by_id, changed_at AS valid_from, next_at AS valid_to FROM changes UNION ALL SELECT c.record_id, c.field, c.kind, NULL, c.from_value, NULL, p."created_date", c.changed_at FROM changes c JOIN "crm"."account" p ON p."id" = c.record_id WHERE c.nth = 1 AND c.changed_at > p."created_date" UNION ALL SELECT p."id" AS record_id, 'Name' AS field, '' AS kind, NULL AS from_value, CAST(p."name" AS VARCHAR) AS value, CAST(NULL AS VARCHAR) AS changed_by_id, p."created_date" AS valid_from, CAST(NULL AS TIMESTAMP) AS valid_to FROM "crm"."account" p WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.record_id = p."id" AND c.field = 'Name') UNION ALL SELECT p."id" AS record_id, 'Seats' AS field, '' AS kind, NULL AS from_value, CAST(p."seats" AS VARCHAR) AS value, CAST(NULL AS VARCHAR) AS changed_by_id, p."created_date" AS valid_from, CAST(NULL AS TIMESTAMP) AS valid_to FROM "crm"."account" p WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.record_id = p."id" AND c.field = 'Seats')) SELECT i.record_id, i.field, i.kind, CASE WHEN i.field IN ('Seats') THEN CASE WHEN regexp_full_match(i.from_value, '(0|-?[1-9][0-9]*)([.][0-9]+)?') THEN CASE WHEN i.from_value LIKE '%.%' THEN rtrim(rtrim(i.from_value, '0'), '.') ELSE i.from_value END WHEN regexp_full_match(i.from_value, '-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?') THEN CASE WHEN regexp_full_match(i.from_value, '-[0-9.]*[1-9].*') THEN '-' ELSE '' END || coalesce(nullif(ltrim(left((ltrim(split_part(split_part(lower(i.from_value), 'e', 1), '.', 1), '-') || split_part(split_part(lower(i.from_value), 'e', 1), '.', 2)), greatest((length(ltrim(split_part(split_part(lower(i.from_value), 'e', 1), '.', 1), '-')) + coalesce(TRY_CAST(split_part(lower(i.from_value), 'e', 2) AS INTEGER), 0)), 0)) || repeat('0', greatest((length(ltrim(split_part(split_part(lower(i.from_value), 'e', 1), '.', 1), '-')) + coalesce(TRY_CAST(split_part(lower(i.from_value), 'e', 2) AS INTEGER), 0)) - length((ltrim(split_part(split_part(lower(i.from_value), 'e', 1), '.', 1), '-') || split_part(split_part(lower(i.from_value), 'e', 1), '.', 2))), 0)), '0'), ''), '0') || coalesce('.' || nullif(rtrim(repeat('0', greatest(0 - (length(ltrim(split_part(split_part(lower(i.from_value), 'e', 1), '.', 1), '-')) + coalesce(TRY_CAST(split_part(lower(i.from_value), 'e', 2) AS INTEGER), 0)), 0)) || substr((ltrim(split_part(split_part(lower(i.from_value), 'e', 1), '.', 1), '-') || split_part(split_part(lower(i.from_value), 'e', 1), '.', 2)), greatest((length(ltrim(split_part(split_part(lower(i.from_value), 'e', 1), '.', 1), '-')) + coalesce(TRY_CAST(split_part(lower(i.from_value), 'e', 2) AS INTEGER), 0)), 0) + 1), '0'), ''), '') ELSE i.from_value END ELSE i.from_value END AS from_value, CASE WHEN i.field IN ('Seats') THEN CASE WHEN regexp_full_match(i.value, '(0|-?[1-9][0-9]*)([.][0-9]+)?') THEN CASE WHEN i.value LIKE '%.%' THEN rtrim(rtrim(i.value, '0'), '.') ELSE i.value END WHEN regexp_full_match(i.value, '-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?') THEN CASE WHEN regexp_full_match(i.value, '-[0-9.]*[1-9].*') THEN '-' ELSE '' END || coalesce(nullif(ltrim(left((ltrim(split_part(split_part(lower(i.value), 'e', 1), '.', 1), '-') || split_part(split_part(lower(i.value), 'e', 1), '.', 2)), greatest((length(ltrim(split_part(split_part(lower(i.value), 'e', 1), '.', 1), '-')) + coalesce(TRY_CAST(split_part(lower(i.value), 'e', 2) AS INTEGER), 0)), 0)) || repeat('0', greatest((length(ltrim(split_part(split_part(lower(i.value), 'e', 1), '.', 1), '-')) + coalesce(TRY_CAST(split_part(lower(i.value), 'e', 2) AS INTEGER), 0)) - length((ltrim(split_part(split_part(lower(i.value), 'e', 1), '.', 1), '-') || split_part(split_part(lower(i.value), 'e', 1), '.', 2))), 0)), '0'), ''), '0') || coalesce('.' || nullif(rtrim(repeat('0', greatest(0 - (length(ltrim(split_part(split_part(lower(i.value), 'e', 1), '.', 1), '-')) + coalesce(TRY_CAST(split_part(lower(i.value), 'e', 2) AS INTEGER), 0)), 0)) || substr((ltrim(split_part(split_part(lower(i.value), 'e', 1), '.', 1), '-') || split_part(split_part(lower(i.value), 'e', 1), '.', 2)), greatest((length(ltrim(split_part(split_part(lower(i.value), 'e', 1), '.', 1), '-')) + coalesce(TRY_CAST(split_part(lower(i.value), 'e', 2) AS INTEGER), 0)), 0) + 1), '0'), ''), '') ELSE i.value END ELSE i.value END AS to_value, i.valid_from, i.valid_to, i.valid_to IS NULL AS is_current, i.changed_by_id, CAST(NULL AS VARCHAR) AS changed_by FROM intervals i ;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE OR REPLACE VIEW "crm"."account_history_scd2" AS WITH changes AS (SELECT record_id, valid_from, max(CASE WHEN field IN ('Name') THEN held END) AS "name" FROM (SELECT record_id, valid_from, field, CASE WHEN false THEN '1' ELSE '0' END || CASE WHEN to_value IS NULL THEN 'n' ELSE 'v' || to_value END AS held FROM "crm"."account_field_history" WHERE field IN ('Name') AND valid_from IS NOT NULL AND (valid_to IS NULL OR valid_to > valid_from)) f GROUP BY record_id, valid_from), filled AS (SELECT record_id, valid_from, lead(valid_from) OVER (PARTITION BY record_id ORDER BY valid_from) AS valid_to, last_value("name" IGNORE NULLS) OVER (PARTITION BY record_id ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "name" FROM changes) SELECT record_id, valid_from, valid_to, valid_to IS NULL AS is_current, CASE WHEN substr("name", 2, 1) = 'v' THEN substr("name", 3) END AS "name" FROM filled;
SELECT name, type FROM pragma_table_info('"crm"."charges"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE OR REPLACE VIEW "crm"."charges_decimal" AS SELECT t."id", t."currency", t."amount", t."share", t."_synced_at", t."_read_at", t."_version", t."_run_id", t."_deleted_at", CAST(t."amount" AS DECIMAL(19,0)) * CAST(CASE WHEN upper(CAST(t."currency" AS VARCHAR)) IN ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 1 WHEN upper(CAST(t."currency" AS VARCHAR)) IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN 0.001 WHEN regexp_full_match(upper(CAST(t."currency" AS VARCHAR)), '[A-Z]{3}') THEN 0.01 END AS DECIMAL(4,3)) AS "amount_decimal", CASE WHEN regexp_full_match(CAST(t."share" AS VARCHAR), '-?[0-9]{1,20}([.][0-9]{1,12}0*)?') THEN CAST(CAST(t."share" AS VARCHAR) AS DECIMAL(38,12)) END * CAST(CASE WHEN upper(CAST(t."currency" AS VARCHAR)) IN ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 1 WHEN upper(CAST(t."currency" AS VARCHAR)) IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN 0.001 WHEN regexp_full_match(upper(CAST(t."currency" AS VARCHAR)), '[A-Z]{3}') THEN 0.01 END AS DECIMAL(4,3)) AS "share_decimal" FROM "crm"."charges" t;

-- a delivery: diff, candidates, intents, answers
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'out' AND stream = 'person' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'out' AS "sync", 'person' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "_millrace";
CREATE TABLE IF NOT EXISTS "_millrace"."snapshot_out" ("key" VARCHAR, "state" VARCHAR, "payload_hash" VARCHAR, "mapping_version" VARCHAR, "accepted_at" TIMESTAMP, "run_id" VARCHAR, "sent_at" TIMESTAMP, "v_id" BIGINT, "v_name" VARCHAR, "v_vip" BOOLEAN);
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT (SELECT count(*) FROM _millrace.intents WHERE sync = 'out') AS intents, (SELECT count(*) FROM _millrace.rejects WHERE sync = 'out' AND state IN ('open', 'parked')) AS rejects, 0 AS ignored, 0 AS other_keys, '' AS versions;
CREATE OR REPLACE TEMP TABLE _diff AS SELECT * FROM (SELECT coalesce(m."#key", s.key) AS _key, CAST(CASE WHEN m."#present" IS NULL THEN CASE WHEN s.accepted OR false THEN 4 ELSE 5 END WHEN m."#key" IS NULL THEN 6 WHEN false OR false THEN 3 WHEN s.accepted IS DISTINCT FROM true THEN 1 WHEN NOT s.same OR CAST(m."id" AS BIGINT) IS DISTINCT FROM s."v_id" OR CAST(m."name" AS VARCHAR) IS DISTINCT FROM s."v_name" OR CAST(m."vip" AS BOOLEAN) IS DISTINCT FROM s."v_vip" THEN 2 ELSE 0 END AS INTEGER) AS _class, false AS _refresh, CAST(NULL AS VARCHAR) AS _value, 0 AS _refusals, false AS _parked, (m."vip" IS NOT DISTINCT FROM true AND (false OR CAST(CAST(m."name" AS VARCHAR) AS VARCHAR) IS DISTINCT FROM CAST(s."v_name" AS VARCHAR) OR TRY_CAST(CAST(s."v_vip" AS VARCHAR) AS BOOLEAN) IS DISTINCT FROM true)) AS _turned, s.accepted AS _accepted, s.same AS _same, s.key IS NOT NULL AS _stored, false AS _intent, 0 AS _attempts, CAST(m."id" AS BIGINT) AS m0, s."v_id" AS s0, CAST(m."name" AS VARCHAR) AS m1, s."v_name" AS s1, CAST(m."vip" AS BOOLEAN) AS m2, s."v_vip" AS s2 FROM (SELECT lower(nullif(trim(CAST("id" AS VARCHAR), ' 	
                 　﻿'), '')) AS "#key", true AS "#present", * FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0")) m FULL OUTER JOIN (SELECT key, state = 'accepted' AS accepted, mapping_version = ('m1') AS same, false AS due, "v_id", "v_name", "v_vip" FROM "_millrace"."snapshot_out") s ON m."#key" = s.key  ) WHERE _class <> 0;
SELECT m.n AS model, s.n AS stored, d.n AS kept, d.present, d.met FROM (SELECT count(*) AS n FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0")) m, (SELECT count_if(state = 'accepted') AS n FROM "_millrace"."snapshot_out") s, (SELECT count(*) AS n, count_if(_class NOT IN (4, 5)) AS present, count(DISTINCT CASE WHEN _accepted THEN _key END) AS met FROM _diff) d;
SELECT _key FROM _diff WHERE _key IS NOT NULL AND _class NOT IN (4, 5) GROUP BY _key HAVING count(*) > 1 ORDER BY 1 LIMIT 5;
SELECT _class, count(*) AS n, count_if((_class = 4 AND _key <> lower(nullif(trim(CAST(s0 AS VARCHAR), ' 	
                 　﻿'), ''))) OR ((m2 IS NOT DISTINCT FROM false AND TRY_CAST(CAST(s2 AS VARCHAR) AS BOOLEAN)))) AS asking FROM _diff GROUP BY _class;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT sum(coalesce(strlen(CAST(m1 AS VARCHAR)), 0) + coalesce(strlen(CAST(s1 AS VARCHAR)), 0)) AS whole, max(coalesce(strlen(CAST(m1 AS VARCHAR)), 0) + coalesce(strlen(CAST(s1 AS VARCHAR)), 0)) AS longest FROM _diff WHERE _class IN (1, 2, 3, 4);
SELECT _key AS "key", _class + CASE WHEN _turned THEN 8 ELSE 0 END + CASE WHEN _same THEN 16 ELSE 0 END + CASE WHEN _intent THEN 32 ELSE 0 END + CASE WHEN _refresh THEN 64 ELSE 0 END AS "bits", CASE WHEN _class <> 4 THEN to_json([CAST(m0 AS VARCHAR), CAST(m1 AS VARCHAR), CAST(m2 AS VARCHAR)])::VARCHAR END AS "#model", CASE WHEN _stored THEN to_json([CAST(s.state AS VARCHAR), CAST(s.payload_hash AS VARCHAR), CAST(s0 AS VARCHAR), CAST(s1 AS VARCHAR), CAST(s2 AS VARCHAR)])::VARCHAR END AS "#snapshot", CASE WHEN _attempts > 0 OR _refusals > 0 OR _parked OR _value IS NOT NULL THEN to_json([CAST(CAST(_attempts AS VARCHAR) AS VARCHAR), CAST(_value AS VARCHAR), CAST(CAST(_refusals AS VARCHAR) AS VARCHAR), CAST(CAST(_parked AS VARCHAR) AS VARCHAR)])::VARCHAR END AS "#open" FROM _diff LEFT JOIN "_millrace"."snapshot_out" s ON s.key = _key WHERE _class IN (1, 2, 3, 4) ORDER BY coalesce(_turned AND _class <> 4, false) DESC, _key;
CREATE OR REPLACE TEMP TABLE _intended AS SELECT * FROM read_json('/files/23-lines.ndjson', format = 'newline_delimited', columns = {"key": 'VARCHAR', "op": 'VARCHAR'}, hive_partitioning = false);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'out' AND stream = 'person' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'out' AND stream = 'person' AND "partition" = '';
DELETE FROM _millrace.intents WHERE sync = 'out' AND key IN (SELECT key FROM _intended);
INSERT INTO _millrace.intents (sync, key, op, run_id, epoch, opened_at) SELECT 'out', key, op, 'run-1', 1, now()::TIMESTAMP FROM _intended;
MERGE INTO "_millrace"."snapshots" AS t USING (SELECT 'out' AS "sync", 'crm' AS "connection", 'acct' AS "account", 'person' AS "object", '{}' AS "options", 'm1' AS "mapping_version", 1 AS "encoder_version", now()::TIMESTAMP AS "updated_at") AS m ON t."sync" = m."sync" WHEN MATCHED THEN UPDATE SET "connection" = m."connection", "account" = m."account", "object" = m."object", "options" = m."options", "mapping_version" = m."mapping_version", "encoder_version" = m."encoder_version", "updated_at" = m."updated_at" WHEN NOT MATCHED THEN INSERT ("sync", "connection", "account", "object", "options", "mapping_version", "encoder_version", "updated_at") VALUES (m."sync", m."connection", m."account", m."object", m."options", m."mapping_version", m."encoder_version", m."updated_at");
COMMIT;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'out';
UPDATE _millrace.changes SET status = 'unknown', reason = 'the connector answered before it had sent all' WHERE sync = 'out' AND run_id = 'run-1' AND key IN (SELECT v.key FROM (SELECT * FROM (VALUES ('4', 'upsert')) v("key", "op")) v);
SELECT (SELECT count(*) FROM _millrace.snapshots WHERE sync = 'out' AND "account" = 'acct' AND object = 'person') AS known, (SELECT count(*) FROM _millrace.fences WHERE sync = 'out' AND stream = 'person' AND "partition" = '' AND epoch > 1) AS taken;
UPDATE _millrace.intents SET epoch = 0 WHERE sync = 'out' AND run_id <> 'run-1' AND key IN (SELECT v.key FROM (SELECT * FROM (VALUES ('4', 'upsert')) v("key", "op")) v);
INSERT INTO _millrace.intents (sync, key, op, run_id, epoch, opened_at) SELECT 'out', v.key, any_value(v.op), 'run-1', 1, now()::TIMESTAMP FROM (SELECT * FROM (VALUES ('4', 'upsert')) v("key", "op")) v WHERE NOT EXISTS (SELECT 1 FROM _millrace.intents i WHERE i.sync = 'out' AND i.key = v.key) GROUP BY v.key;
COMMIT;
SELECT count(*) AS n FROM _millrace.intents WHERE sync = 'out';
SELECT DISTINCT run_id, CAST(receipt AS VARCHAR) AS receipt FROM _millrace.intents WHERE sync = 'out' AND receipt IS NOT NULL ORDER BY 1, 2;
SELECT * FROM _millrace.snapshots WHERE sync = 'out';
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'out';
SELECT (SELECT count(*) FROM _millrace.snapshots WHERE sync = 'out') AS known, (SELECT count(*) FROM _millrace.fences WHERE sync = 'out' AND stream = 'person' AND "partition" = '' AND epoch > 0) AS taken;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
UPDATE _millrace.intents SET epoch = 0 WHERE sync = 'out' AND run_id <> 'late' AND key IN (SELECT v.key FROM (SELECT * FROM (VALUES ('2', 'upsert')) v("key", "op")) v);
INSERT INTO _millrace.intents (sync, key, op, run_id, epoch, opened_at) SELECT 'out', v.key, any_value(v.op), 'late', 0, now()::TIMESTAMP FROM (SELECT * FROM (VALUES ('2', 'upsert')) v("key", "op")) v WHERE NOT EXISTS (SELECT 1 FROM _millrace.intents i WHERE i.sync = 'out' AND i.key = v.key) AND v.key IN (SELECT key FROM _millrace.rejects WHERE sync = 'out' UNION ALL SELECT key FROM "_millrace"."snapshot_out" WHERE state <> 'ignored' OR payload_hash IS NULL OR "v_id" IS NOT NULL OR "v_name" IS NOT NULL OR "v_vip" IS NOT NULL) GROUP BY v.key;
COMMIT;
SELECT count(*) AS n, count_if(epoch = 0) AS crossed FROM _millrace.intents WHERE sync = 'out';
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'out' AND stream = 'person' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'out' AND stream = 'person' AND "partition" = '';
UPDATE _millrace.intents SET run_id = 'run-1', epoch = 1 WHERE sync = 'out' AND epoch = 0;
COMMIT;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
CREATE OR REPLACE TEMP TABLE _answers AS SELECT *, now()::TIMESTAMP AS "taken_at" FROM read_json('/files/24-lines.ndjson', format = 'newline_delimited', columns = {"key": 'VARCHAR', "op": 'VARCHAR', "status": 'VARCHAR', "state": 'VARCHAR', "hash": 'VARCHAR', "fields": 'VARCHAR', "code": 'VARCHAR', "message": 'VARCHAR', "sent_at": 'VARCHAR', "value": 'VARCHAR', "values": 'VARCHAR[]', "retryable": 'BOOLEAN', "attempts": 'BIGINT', "unanswered": 'BOOLEAN', "refusals": 'BIGINT'}, hive_partitioning = false);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'out' AND stream = 'person' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'out' AND stream = 'person' AND "partition" = '';
SELECT count_if((status IN ('coalesced', 'ignored') OR (status = 'held_back' AND fields <> '{}'))) AS unsent, count_if(state IS NOT NULL AND "values" IS NULL) AS without_values, count_if(status IN ('rejected', 'absent') AND state IS NULL) AS refused, (SELECT count(*) FROM _millrace.rejects WHERE sync = 'out' AND state IN ('open', 'parked')) AS open_rejects FROM _answers;
UPDATE _answers SET taken_at = coalesce(s.sent_at, s.accepted_at) FROM "_millrace"."snapshot_out" s WHERE s.key = _answers.key AND ((status IN ('coalesced', 'ignored') OR (status = 'held_back' AND fields <> '{}')));
UPDATE "_millrace"."snapshot_out" SET state = a.state, accepted_at = now()::TIMESTAMP, run_id = 'run-1' FROM _answers a WHERE "_millrace"."snapshot_out".key = a.key AND a.state IS NOT NULL AND a."values" IS NULL;
INSERT INTO "_millrace"."snapshot_out" (key, state, mapping_version, accepted_at, run_id) SELECT key, state, 'm1', now()::TIMESTAMP, 'run-1' FROM _answers a WHERE a.state IS NOT NULL AND a."values" IS NULL AND NOT EXISTS (SELECT 1 FROM "_millrace"."snapshot_out" s WHERE s.key = a.key);
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
DELETE FROM "_millrace"."snapshot_out" WHERE key IN (SELECT key FROM _answers WHERE state IS NOT NULL AND "values" IS NOT NULL);
INSERT INTO "_millrace"."snapshot_out" (key, state, payload_hash, mapping_version, accepted_at, run_id, sent_at, "v_id", "v_name", "v_vip") SELECT key, state, hash, 'm1', now()::TIMESTAMP, 'run-1', taken_at, CAST("values"[1] AS BIGINT), CAST("values"[2] AS VARCHAR), CAST("values"[3] AS BOOLEAN) FROM _answers WHERE state IS NOT NULL AND "values" IS NOT NULL;
DELETE FROM _millrace.intents WHERE sync = 'out' AND epoch <> 0 AND key IN (SELECT key FROM _answers WHERE state IS NOT NULL OR unanswered IS DISTINCT FROM true);
CREATE OR REPLACE TEMP TABLE _refused AS SELECT a.key, a.status, a.code, a.message, a.value, a.retryable, a.attempts, a.refusals, r.first_at FROM _answers a LEFT JOIN (SELECT key, min(first_at) AS first_at FROM _millrace.rejects WHERE sync = 'out' AND state IN ('open', 'parked') GROUP BY key) r ON r.key = a.key WHERE a.status IN ('rejected', 'absent') AND a.state IS NULL;
DELETE FROM _millrace.rejects WHERE sync = 'out' AND state IN ('open', 'parked') AND key IN (SELECT key FROM _refused);
UPDATE _millrace.rejects SET state = 'parked' WHERE sync = 'out' AND state = 'open' AND key IN (SELECT key FROM _answers WHERE status = 'parked');
UPDATE _millrace.rejects SET state = 'settled', last_at = now()::TIMESTAMP WHERE sync = 'out' AND state IN ('open', 'parked') AND key IN (SELECT key FROM _answers WHERE status NOT IN ('unknown', 'parked'));
INSERT INTO _millrace.rejects (run_id, sync, stream, key, code, message, retryable, attempts, first_at, last_at, state, value, refusals) SELECT 'run-1', 'out', 'person', key, coalesce(code, 'MR-5004'), message, retryable, attempts, coalesce(first_at, now()::TIMESTAMP), now()::TIMESTAMP, 'open', value, CASE WHEN status = 'rejected' AND NOT retryable THEN refusals ELSE refusals - 1 END FROM _refused;
DROP TABLE _refused;
INSERT INTO _millrace.changes (run_id, sync, key, op, fields, status, reason, sent_at, recorded_at) SELECT 'run-1', 'out', key, op, fields::JSON, status, message, TRY_CAST(sent_at AS TIMESTAMP), now()::TIMESTAMP FROM _answers WHERE fields IS NOT NULL;
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'person', 1, 1, '{}'::JSON, now()::TIMESTAMP;
DROP TABLE _answers;
COMMIT;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT (SELECT count(*) FROM _millrace.intents WHERE sync = 'out') AS intents, (SELECT count(*) FROM _millrace.rejects WHERE sync = 'out' AND state IN ('open', 'parked')) AS rejects, 0 AS ignored, 0 AS other_keys, '' AS versions;
CREATE OR REPLACE TEMP TABLE _diff AS SELECT * FROM (SELECT coalesce(m."#key", s.key) AS _key, CAST(CASE WHEN m."#present" IS NULL THEN CASE WHEN s.accepted OR false THEN 4 ELSE 5 END WHEN m."#key" IS NULL THEN 6 WHEN false OR r.key IS NOT NULL THEN 3 WHEN s.accepted IS DISTINCT FROM true THEN 1 WHEN NOT s.same OR CAST(m."id" AS BIGINT) IS DISTINCT FROM s."v_id" OR CAST(m."name" AS VARCHAR) IS DISTINCT FROM s."v_name" OR CAST(m."vip" AS BOOLEAN) IS DISTINCT FROM s."v_vip" THEN 2 ELSE 0 END AS INTEGER) AS _class, false AS _refresh, r.value AS _value, coalesce(r.refusals, 0) AS _refusals, coalesce(r.parked, false) AS _parked, (m."vip" IS NOT DISTINCT FROM true AND (false OR CAST(CAST(m."name" AS VARCHAR) AS VARCHAR) IS DISTINCT FROM CAST(s."v_name" AS VARCHAR) OR TRY_CAST(CAST(s."v_vip" AS VARCHAR) AS BOOLEAN) IS DISTINCT FROM true)) AS _turned, s.accepted AS _accepted, s.same AS _same, s.key IS NOT NULL AS _stored, false AS _intent, coalesce(r.attempts, 0) AS _attempts, CAST(m."id" AS BIGINT) AS m0, s."v_id" AS s0, CAST(m."name" AS VARCHAR) AS m1, s."v_name" AS s1, CAST(m."vip" AS BOOLEAN) AS m2, s."v_vip" AS s2 FROM (SELECT lower(nullif(trim(CAST("id" AS VARCHAR), ' 	
                 　﻿'), '')) AS "#key", true AS "#present", * FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0")) m FULL OUTER JOIN (SELECT key, state = 'accepted' AS accepted, mapping_version = ('m1') AS same, false AS due, "v_id", "v_name", "v_vip" FROM "_millrace"."snapshot_out") s ON m."#key" = s.key  LEFT JOIN (SELECT key, max(attempts) AS attempts, max_by(value, last_at) AS value, max(refusals) AS refusals, count_if(state = 'parked') > 0 AS parked FROM _millrace.rejects WHERE sync = 'out' AND state IN ('open', 'parked') GROUP BY key) r ON r.key = coalesce(m."#key", s.key)) WHERE _class <> 0;
SELECT m.n AS model, s.n AS stored, d.n AS kept, d.present, d.met FROM (SELECT count(*) AS n FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0")) m, (SELECT count_if(state = 'accepted') AS n FROM "_millrace"."snapshot_out") s, (SELECT count(*) AS n, count_if(_class NOT IN (4, 5)) AS present, count(DISTINCT CASE WHEN _accepted THEN _key END) AS met FROM _diff) d;
SELECT _key FROM _diff WHERE _key IS NOT NULL AND _class NOT IN (4, 5) GROUP BY _key HAVING count(*) > 1 ORDER BY 1 LIMIT 5;
SELECT _class, count(*) AS n, count_if((_class = 4 AND _key <> lower(nullif(trim(CAST(s0 AS VARCHAR), ' 	
                 　﻿'), ''))) OR ((m2 IS NOT DISTINCT FROM false AND TRY_CAST(CAST(s2 AS VARCHAR) AS BOOLEAN)))) AS asking FROM _diff GROUP BY _class;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT sum(coalesce(strlen(CAST(m1 AS VARCHAR)), 0) + coalesce(strlen(CAST(s1 AS VARCHAR)), 0)) AS whole, max(coalesce(strlen(CAST(m1 AS VARCHAR)), 0) + coalesce(strlen(CAST(s1 AS VARCHAR)), 0)) AS longest FROM _diff WHERE (_class = 3 OR (_class = 4 AND (_intent OR _attempts > 0)));
SELECT _key AS "key", _class + CASE WHEN _turned THEN 8 ELSE 0 END + CASE WHEN _same THEN 16 ELSE 0 END + CASE WHEN _intent THEN 32 ELSE 0 END + CASE WHEN _refresh THEN 64 ELSE 0 END AS "bits", CASE WHEN _class <> 4 THEN to_json([CAST(m0 AS VARCHAR), CAST(m1 AS VARCHAR), CAST(m2 AS VARCHAR)])::VARCHAR END AS "#model", CASE WHEN _stored THEN to_json([CAST(s.state AS VARCHAR), CAST(s.payload_hash AS VARCHAR), CAST(s0 AS VARCHAR), CAST(s1 AS VARCHAR), CAST(s2 AS VARCHAR)])::VARCHAR END AS "#snapshot", CASE WHEN _attempts > 0 OR _refusals > 0 OR _parked OR _value IS NOT NULL THEN to_json([CAST(CAST(_attempts AS VARCHAR) AS VARCHAR), CAST(_value AS VARCHAR), CAST(CAST(_refusals AS VARCHAR) AS VARCHAR), CAST(CAST(_parked AS VARCHAR) AS VARCHAR)])::VARCHAR END AS "#open" FROM _diff LEFT JOIN "_millrace"."snapshot_out" s ON s.key = _key WHERE (_class = 3 OR (_class = 4 AND (_intent OR _attempts > 0))) ORDER BY coalesce(_turned AND _class <> 4, false) DESC, _key;

-- the diff of a changed mapping, where rows left whose records others may mean
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT (SELECT count(*) FROM _millrace.intents WHERE sync = 'out') AS intents, (SELECT count(*) FROM _millrace.rejects WHERE sync = 'out' AND state IN ('open', 'parked')) AS rejects, (SELECT count(*) FROM "_millrace"."snapshot_out" WHERE state = 'ignored') AS ignored, 0 AS other_keys, (SELECT listagg(DISTINCT mapping_version, ' ') FROM "_millrace"."snapshot_out" WHERE mapping_version <> 'm2') AS versions;
CREATE OR REPLACE TEMP TABLE _diff AS SELECT * FROM (SELECT coalesce(m."#key", s.key) AS _key, CAST(CASE WHEN m."#present" IS NULL THEN CASE WHEN s.accepted OR s.ignored OR false THEN 4 ELSE 5 END WHEN m."#key" IS NULL THEN 6 WHEN false OR r.key IS NOT NULL THEN 3 WHEN s.accepted IS DISTINCT FROM true THEN 1 WHEN NOT s.same OR CAST(m."id" AS BIGINT) IS DISTINCT FROM s."v_id" OR CAST(m."name" AS VARCHAR) IS DISTINCT FROM s."v_name" OR CAST(m."vip" AS BOOLEAN) IS DISTINCT FROM s."v_vip" THEN 2 ELSE 0 END AS INTEGER) AS _class, false AS _refresh, r.value AS _value, coalesce(r.refusals, 0) AS _refusals, coalesce(r.parked, false) AS _parked, (m."vip" IS NOT DISTINCT FROM true AND (false OR nullif(trim(CAST(CAST(m."name" AS VARCHAR) AS VARCHAR), ' 	
                 　﻿'), '') IS DISTINCT FROM nullif(trim(CAST(s."v_name" AS VARCHAR), ' 	
                 　﻿'), '') OR s.fresh0 OR TRY_CAST(CAST(s."v_vip" AS VARCHAR) AS BOOLEAN) IS DISTINCT FROM true)) AS _turned, s.accepted AS _accepted, s.same AS _same, s.key IS NOT NULL AS _stored, false AS _intent, coalesce(r.attempts, 0) AS _attempts, CAST(m."id" AS BIGINT) AS m0, s."v_id" AS s0, CAST(m."name" AS VARCHAR) AS m1, s."v_name" AS s1, CAST(m."vip" AS BOOLEAN) AS m2, s."v_vip" AS s2 FROM (SELECT lower(nullif(trim(CAST("id" AS VARCHAR), ' 	
                 　﻿'), '')) AS "#key", true AS "#present", * FROM (SELECT * FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0") q WHERE id <> 2)) m FULL OUTER JOIN (SELECT key, state = 'accepted' AS accepted, state = 'ignored' AS ignored, mapping_version = ('m2') AS same, mapping_version = ('m1') AS fresh0, false AS due, "v_id", "v_name", "v_vip" FROM "_millrace"."snapshot_out") s ON m."#key" = s.key  LEFT JOIN (SELECT key, max(attempts) AS attempts, max_by(value, last_at) AS value, max(refusals) AS refusals, count_if(state = 'parked') > 0 AS parked FROM _millrace.rejects WHERE sync = 'out' AND state IN ('open', 'parked') GROUP BY key) r ON r.key = coalesce(m."#key", s.key)) WHERE _class <> 0;
SELECT m.n AS model, s.n AS stored, d.n AS kept, d.present, d.met FROM (SELECT count(*) AS n FROM (SELECT * FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0") q WHERE id <> 2)) m, (SELECT count_if(state = 'accepted') AS n FROM "_millrace"."snapshot_out") s, (SELECT count(*) AS n, count_if(_class NOT IN (4, 5)) AS present, count(DISTINCT CASE WHEN _accepted THEN _key END) AS met FROM _diff) d;
SELECT _key FROM _diff WHERE _key IS NOT NULL AND _class NOT IN (4, 5) GROUP BY _key HAVING count(*) > 1 ORDER BY 1 LIMIT 5;
SELECT _class, count(*) AS n, count_if((_class = 4 OR (_class IN (2, 3) AND _accepted AND (nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '') IS DISTINCT FROM nullif(trim(CAST(s1 AS VARCHAR), ' 	
                 　﻿'), '')))) OR ((m2 IS NOT DISTINCT FROM false AND TRY_CAST(CAST(s2 AS VARCHAR) AS BOOLEAN)))) AS asking, count_if((_class IN (2, 3) AND _accepted AND (nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '') IS DISTINCT FROM nullif(trim(CAST(s1 AS VARCHAR), ' 	
                 　﻿'), '')))) AS left_it FROM _diff GROUP BY _class;
CREATE OR REPLACE TEMP TABLE _records AS SELECT "#record", count_if("vip") > 0 AS o0 FROM (SELECT nullif(trim(CAST("name" AS VARCHAR), ' 	
                 　﻿'), '') AS "#record", "vip" FROM (SELECT * FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0") q WHERE id <> 2)) WHERE "#record" IN (SELECT nullif(trim(CAST(s1 AS VARCHAR), ' 	
                 　﻿'), '') FROM _diff WHERE (_class = 4 OR (_class IN (2, 3) AND _accepted AND (nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '') IS DISTINCT FROM nullif(trim(CAST(s1 AS VARCHAR), ' 	
                 　﻿'), '')))) UNION ALL SELECT nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '') FROM _diff WHERE ((m2 IS NOT DISTINCT FROM false AND TRY_CAST(CAST(s2 AS VARCHAR) AS BOOLEAN)))) GROUP BY "#record";
CREATE OR REPLACE TEMP TABLE _others0 AS SELECT "#record", count_if("vip") > 0 AS o0 FROM (SELECT nullif(lower(nullif(trim(CAST("name" AS VARCHAR), ' 	
                 　﻿'), '')), '') AS "#record", "vip" FROM (SELECT * FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0") q WHERE id <> 2)) WHERE "#record" IN (SELECT nullif(lower(nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '')), '') FROM _diff WHERE ((m2 IS NOT DISTINCT FROM false AND TRY_CAST(CAST(s2 AS VARCHAR) AS BOOLEAN)))) GROUP BY "#record";
SELECT count(*) AS n FROM (SELECT "#record" FROM (SELECT nullif(trim(CAST("name" AS VARCHAR), ' 	
                 　﻿'), '') AS "#record" FROM (SELECT * FROM (SELECT m.*, l0."#value" AS "tier", CASE WHEN m."id" IS NULL THEN NULL ELSE coalesce(l0."#rows", 0) END AS "tier_matches" FROM (SELECT id, name, vip FROM "crm"."people") m LEFT JOIN (SELECT "id" AS "#key0", CASE WHEN count(*) = 1 THEN any_value("tier") END AS "#value", CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (SELECT id, tier FROM "crm"."tiers") q GROUP BY "id") l0 ON m."id" = l0."#key0") q WHERE id <> 2)) WHERE "#record" IN (SELECT nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '') FROM _diff WHERE _class IN (1, 2, 3)) GROUP BY "#record" HAVING count(*) > 1);
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT sum(coalesce(strlen(CAST(m1 AS VARCHAR)), 0) + coalesce(strlen(CAST(s1 AS VARCHAR)), 0)) AS whole, max(coalesce(strlen(CAST(m1 AS VARCHAR)), 0) + coalesce(strlen(CAST(s1 AS VARCHAR)), 0)) AS longest FROM _diff WHERE _class IN (1, 2, 3, 4);
SELECT _key AS "key", _class + CASE WHEN _turned THEN 8 ELSE 0 END + CASE WHEN _same THEN 16 ELSE 0 END + CASE WHEN _intent THEN 32 ELSE 0 END + CASE WHEN _refresh THEN 64 ELSE 0 END + CASE WHEN stays."#record" IS NOT NULL THEN 128 ELSE 0 END AS "bits", CASE WHEN _class <> 4 THEN to_json([CAST(m0 AS VARCHAR), CAST(m1 AS VARCHAR), CAST(m2 AS VARCHAR)])::VARCHAR END AS "#model", CASE WHEN _stored THEN to_json([CAST(s.state AS VARCHAR), CAST(s.payload_hash AS VARCHAR), CAST(s0 AS VARCHAR), CAST(s1 AS VARCHAR), CAST(s2 AS VARCHAR)])::VARCHAR END AS "#snapshot", CASE WHEN _attempts > 0 OR _refusals > 0 OR _parked OR _value IS NOT NULL THEN to_json([CAST(CAST(_attempts AS VARCHAR) AS VARCHAR), CAST(_value AS VARCHAR), CAST(CAST(_refusals AS VARCHAR) AS VARCHAR), CAST(CAST(_parked AS VARCHAR) AS VARCHAR)])::VARCHAR END AS "#open", CASE WHEN (others0."#record" IS NOT NULL OR others1."#record" IS NOT NULL) THEN to_json([CAST(((m2 IS NOT DISTINCT FROM false AND TRY_CAST(CAST(s2 AS VARCHAR) AS BOOLEAN)) AND (others0.o0 OR others1.o0)) AS VARCHAR)])::VARCHAR END AS "#others" FROM _diff LEFT JOIN "_millrace"."snapshot_out" s ON s.key = _key LEFT JOIN _records stays ON (_class = 4 OR (_class IN (2, 3) AND _accepted AND (nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '') IS DISTINCT FROM nullif(trim(CAST(s1 AS VARCHAR), ' 	
                 　﻿'), '')))) AND stays."#record" = nullif(trim(CAST(s1 AS VARCHAR), ' 	
                 　﻿'), '') LEFT JOIN _records others0 ON ((m2 IS NOT DISTINCT FROM false AND TRY_CAST(CAST(s2 AS VARCHAR) AS BOOLEAN))) AND others0."#record" = nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '') LEFT JOIN _others0 others1 ON ((m2 IS NOT DISTINCT FROM false AND TRY_CAST(CAST(s2 AS VARCHAR) AS BOOLEAN))) AND others1."#record" = nullif(lower(nullif(trim(CAST(m1 AS VARCHAR), ' 	
                 　﻿'), '')), '') WHERE _class IN (1, 2, 3, 4) ORDER BY coalesce(_turned AND _class <> 4, false) DESC, _key;

-- state by hand: out, in, moved, a person erased, pruned, reset
SELECT name, type FROM pragma_table_info('"_millrace"."snapshots"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."intents"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."rejects"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."cursors"') ORDER BY cid;
SELECT CASE WHEN true THEN to_json([CAST("connection" AS VARCHAR), CAST("account" AS VARCHAR), CAST("object" AS VARCHAR), CAST("options" AS VARCHAR), CAST("mapping_version" AS VARCHAR), CAST("encoder_version" AS VARCHAR), CAST("updated_at" AS VARCHAR)])::VARCHAR END AS "#row" FROM "_millrace"."snapshots" WHERE sync = 'out';
SELECT CASE WHEN true THEN to_json([CAST("key" AS VARCHAR), CAST("state" AS VARCHAR), CAST("payload_hash" AS VARCHAR), CAST("mapping_version" AS VARCHAR), CAST("accepted_at" AS VARCHAR), CAST("run_id" AS VARCHAR), CAST("sent_at" AS VARCHAR), CAST("v_id" AS VARCHAR), CAST("v_name" AS VARCHAR), CAST("v_vip" AS VARCHAR)])::VARCHAR END AS "#row" FROM "_millrace"."snapshot_out" ;
SELECT CASE WHEN true THEN to_json([CAST("key" AS VARCHAR), CAST("op" AS VARCHAR), CAST("run_id" AS VARCHAR), CAST("epoch" AS VARCHAR), CAST("receipt" AS VARCHAR), CAST("opened_at" AS VARCHAR)])::VARCHAR END AS "#row" FROM "_millrace"."intents" WHERE sync = 'out';
SELECT CASE WHEN true THEN to_json([CAST("run_id" AS VARCHAR), CAST("stream" AS VARCHAR), CAST("key" AS VARCHAR), CAST("code" AS VARCHAR), CAST("message" AS VARCHAR), CAST("retryable" AS VARCHAR), CAST("attempts" AS VARCHAR), CAST("first_at" AS VARCHAR), CAST("last_at" AS VARCHAR), CAST("row" AS VARCHAR), CAST("state" AS VARCHAR), CAST("value" AS VARCHAR), CAST("refusals" AS VARCHAR)])::VARCHAR END AS "#row" FROM "_millrace"."rejects" WHERE sync = 'out';
SELECT CASE WHEN true THEN to_json([CAST("stream" AS VARCHAR), CAST("partition" AS VARCHAR), CAST("watermark" AS VARCHAR), CAST("scan" AS VARCHAR), CAST("connector" AS VARCHAR), CAST("cursor_version" AS VARCHAR), CAST("updated_by" AS VARCHAR), CAST("updated_at" AS VARCHAR), CAST("marks" AS VARCHAR)])::VARCHAR END AS "#row" FROM "_millrace"."cursors" WHERE sync = 'out';
CREATE OR REPLACE TEMP TABLE _lines AS SELECT from_json(json, '["VARCHAR"]') AS line FROM read_ndjson_objects('/files/25-state.ndjson', hive_partitioning = false) WHERE json_type(json) = 'ARRAY';
SELECT line[1] AS name, count(*) AS n FROM _lines GROUP BY line[1];
SELECT name, type FROM pragma_table_info('"_millrace"."snapshots"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_other"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "_millrace";
CREATE TABLE IF NOT EXISTS "_millrace"."snapshot_other" ("key" VARCHAR, "state" VARCHAR, "payload_hash" VARCHAR, "mapping_version" VARCHAR, "accepted_at" TIMESTAMP, "run_id" VARCHAR, "sent_at" TIMESTAMP, "v_id" BIGINT, "v_name" VARCHAR, "v_vip" BOOLEAN);
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_other"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."intents"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."rejects"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."cursors"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
UPDATE _millrace.fences SET epoch = epoch + 1, owner = 'import' WHERE sync = 'other';
SELECT name FROM _millrace.generations WHERE sync = 'other';
DELETE FROM _millrace.generations WHERE sync = 'other';
SELECT name, type FROM pragma_table_info('"_millrace"."snapshots"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_other"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."intents"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."rejects"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."cursors"') ORDER BY cid;
DELETE FROM "_millrace"."snapshots" WHERE sync = 'other';
DELETE FROM "_millrace"."snapshot_other" ;
DELETE FROM "_millrace"."intents" WHERE sync = 'other';
DELETE FROM "_millrace"."rejects" WHERE sync = 'other';
DELETE FROM "_millrace"."cursors" WHERE sync = 'other';
INSERT INTO "_millrace"."snapshots" ("sync", "connection", "account", "object", "options", "mapping_version", "encoder_version", "updated_at") SELECT 'other', CAST(line[2] AS VARCHAR), CAST(line[3] AS VARCHAR), CAST(line[4] AS VARCHAR), CAST(line[5] AS VARCHAR), CAST(line[6] AS VARCHAR), CAST(line[7] AS BIGINT), CAST(line[8] AS TIMESTAMP) FROM _lines WHERE line[1] = 'snapshots';
INSERT INTO "_millrace"."snapshot_other" ("key", "state", "payload_hash", "mapping_version", "accepted_at", "run_id", "sent_at", "v_id", "v_name", "v_vip") SELECT CAST(line[2] AS VARCHAR), CAST(line[3] AS VARCHAR), CAST(line[4] AS VARCHAR), CAST(line[5] AS VARCHAR), CAST(line[6] AS TIMESTAMP), CAST(line[7] AS VARCHAR), CAST(line[8] AS TIMESTAMP), CAST(line[9] AS BIGINT), CAST(line[10] AS VARCHAR), CAST(line[11] AS BOOLEAN) FROM _lines WHERE line[1] = 'snapshot';
INSERT INTO "_millrace"."intents" ("sync", "key", "op", "run_id", "epoch", "receipt", "opened_at") SELECT 'other', CAST(line[2] AS VARCHAR), CAST(line[3] AS VARCHAR), CAST(line[4] AS VARCHAR), CAST(line[5] AS BIGINT), CAST(line[6] AS JSON), CAST(line[7] AS TIMESTAMP) FROM _lines WHERE line[1] = 'intents';
INSERT INTO "_millrace"."rejects" ("sync", "run_id", "stream", "key", "code", "message", "retryable", "attempts", "first_at", "last_at", "row", "state", "value", "refusals") SELECT 'other', CAST(line[2] AS VARCHAR), CAST(line[3] AS VARCHAR), CAST(line[4] AS VARCHAR), CAST(line[5] AS VARCHAR), CAST(line[6] AS VARCHAR), CAST(line[7] AS BOOLEAN), CAST(line[8] AS BIGINT), CAST(line[9] AS TIMESTAMP), CAST(line[10] AS TIMESTAMP), CAST(line[11] AS JSON), CAST(line[12] AS VARCHAR), CAST(line[13] AS VARCHAR), CAST(line[14] AS BIGINT) FROM _lines WHERE line[1] = 'rejects';
INSERT INTO "_millrace"."cursors" ("sync", "stream", "partition", "watermark", "scan", "connector", "cursor_version", "updated_by", "updated_at", "marks") SELECT 'other', CAST(line[2] AS VARCHAR), CAST(line[3] AS VARCHAR), CAST(line[4] AS VARCHAR), CAST(line[5] AS JSON), CAST(line[6] AS VARCHAR), CAST(line[7] AS BIGINT), CAST(line[8] AS VARCHAR), CAST(line[9] AS TIMESTAMP), CAST(line[10] AS JSON) FROM _lines WHERE line[1] = 'cursors';
COMMIT;
CREATE OR REPLACE TEMP TABLE _lines AS SELECT from_json(json, '["VARCHAR"]') AS line FROM read_ndjson_objects('/files/25-state.ndjson', hive_partitioning = false) WHERE json_type(json) = 'ARRAY';
SELECT line[1] AS name, count(*) AS n FROM _lines GROUP BY line[1];
SELECT name, type FROM pragma_table_info('"_millrace"."rejects"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
UPDATE _millrace.fences SET epoch = epoch + 1, owner = 'import' WHERE sync = 'load';
SELECT name FROM _millrace.generations WHERE sync = 'load';
DELETE FROM _millrace.generations WHERE sync = 'load';
SELECT stream, asked FROM (SELECT stream, (marks ->> '/asked') AS asked, "partition" FROM _millrace.cursors WHERE sync = 'load') AS s WHERE asked IS NOT NULL GROUP BY stream, asked ORDER BY stream, min("partition");
SELECT name, type FROM pragma_table_info('"_millrace"."snapshots"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_load"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."intents"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."rejects"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"_millrace"."cursors"') ORDER BY cid;
DELETE FROM "_millrace"."snapshots" WHERE sync = 'load';
DELETE FROM "_millrace"."intents" WHERE sync = 'load';
DELETE FROM "_millrace"."cursors" WHERE sync = 'load';
INSERT INTO "_millrace"."rejects" ("sync", "run_id", "stream", "key", "code", "message", "retryable", "attempts", "first_at", "last_at", "row", "state", "value", "refusals") SELECT 'load', CAST(line[2] AS VARCHAR), CAST(line[3] AS VARCHAR), CAST(line[4] AS VARCHAR), CAST(line[5] AS VARCHAR), CAST(line[6] AS VARCHAR), CAST(line[7] AS BOOLEAN), CAST(line[8] AS BIGINT), CAST(line[9] AS TIMESTAMP), CAST(line[10] AS TIMESTAMP), CAST(line[11] AS JSON), CAST(line[12] AS VARCHAR), CAST(line[13] AS VARCHAR), CAST(line[14] AS BIGINT) FROM _lines WHERE line[1] = 'rejects' AND NOT EXISTS (SELECT 1 FROM "_millrace"."rejects" k WHERE k.sync = 'load' AND k.stream = line[3] AND k.key = line[4]);
COMMIT;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
UPDATE _millrace.fences SET epoch = epoch + 1, owner = 'move' WHERE sync = 'other';
SELECT name FROM _millrace.generations WHERE sync = 'other';
DELETE FROM _millrace.generations WHERE sync = 'other';
UPDATE _millrace.fences SET epoch = epoch + 1, owner = 'move' WHERE sync = 'third';
DELETE FROM _millrace.cursors WHERE sync = 'third';
UPDATE _millrace.cursors SET sync = 'third' WHERE sync = 'other';
UPDATE _millrace.intents SET sync = 'third' WHERE sync = 'other';
UPDATE _millrace.rejects SET sync = 'third' WHERE sync = 'other';
UPDATE _millrace.changes SET sync = 'third' WHERE sync = 'other';
UPDATE _millrace.snapshots SET sync = 'third' WHERE sync = 'other';
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_other"') ORDER BY cid;
ALTER TABLE "_millrace"."snapshot_other" RENAME TO "snapshot_third";
UPDATE _millrace.snapshots SET "account" = 'a', "connection" = 'c', object = 'o', options = '{}', updated_at = now()::TIMESTAMP WHERE sync = 'third';
COMMIT;
SELECT sync, key, count(*) AS n FROM _millrace.intents WHERE key IN ('2') GROUP BY sync, key ORDER BY sync, key;
SELECT sync, key, count(*) AS n FROM _millrace.rejects WHERE key IN ('2') GROUP BY sync, key ORDER BY sync, key;
SELECT sync, key, count(*) AS n FROM _millrace.changes WHERE key IN ('2') GROUP BY sync, key ORDER BY sync, key;
SELECT DISTINCT table_name FROM duckdb_tables() WHERE schema_name = '_millrace' AND starts_with(table_name, 'snapshot_') ORDER BY 1;
SELECT key, state FROM "_millrace"."snapshot_out" WHERE key IN ('2') ORDER BY key;
SELECT key, state FROM "_millrace"."snapshot_third" WHERE key IN ('2') ORDER BY key;
BEGIN TRANSACTION;
SELECT count_if(receipt IS NOT NULL) AS jobs, count_if(key = '2') AS own FROM _millrace.intents WHERE sync = 'third';
UPDATE _millrace.fences SET epoch = epoch + 1, owner = 'forget' WHERE sync = 'third';
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_third"') ORDER BY cid;
UPDATE "_millrace"."snapshot_third" SET state = 'ignored', "v_id" = NULL, "v_name" = NULL, "v_vip" = NULL WHERE key = '2';
DELETE FROM _millrace.intents WHERE sync = 'third' AND key = '2';
DELETE FROM _millrace.rejects WHERE sync = 'third' AND key = '2';
DELETE FROM _millrace.changes WHERE sync = 'third' AND key = '2';
COMMIT;
SELECT 1 AS yes FROM (SELECT 1 AS id) WHERE lower(nullif(trim(CAST("id" AS VARCHAR), ' 	
                 　﻿'), '')) = lower(trim('1')) OR CAST("id" AS VARCHAR) = '1' LIMIT 1;
DELETE FROM _millrace.changes WHERE rowid IN (SELECT rowid FROM _millrace.changes WHERE sync = 'out' AND recorded_at < CAST('2026-11-20 10:01:00.000' AS TIMESTAMP) LIMIT 100);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'out' AND stream = 'person' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'out' AS "sync", 'person' AS "stream", '' AS "partition", 'run-2' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"_millrace"."snapshot_out"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'out' AND stream = 'person' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'out' AND stream = 'person' AND "partition" = '';
DELETE FROM _millrace.snapshots WHERE sync = 'out';
DELETE FROM "_millrace"."snapshot_out";
COMMIT;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
UPDATE _millrace.fences SET epoch = epoch + 1, owner = 'reset' WHERE sync = 'out';
SELECT stream, asked FROM (SELECT stream, (marks ->> '/asked') AS asked, "partition" FROM _millrace.cursors WHERE sync = 'out') AS s WHERE asked IS NOT NULL GROUP BY stream, asked ORDER BY stream, min("partition");
DELETE FROM _millrace.cursors WHERE sync = 'out';
DELETE FROM _millrace.rejects WHERE sync = 'out';
SELECT name FROM _millrace.generations WHERE sync = 'out';
DELETE FROM _millrace.generations WHERE sync = 'out';
DELETE FROM _millrace.intents WHERE sync = 'out';
DELETE FROM _millrace.snapshots WHERE sync = 'out';
SELECT DISTINCT table_name FROM duckdb_tables() WHERE schema_name = '_millrace' AND starts_with(table_name, 'snapshot_out') ORDER BY 1;
DELETE FROM "_millrace"."snapshot_out";
DROP TABLE IF EXISTS "_millrace"."snapshot_out";
COMMIT;

-- children of parents that come flagged as deleted
SELECT name, type FROM pragma_table_info('"crm"."invoices"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."invoices" ("id" BIGINT, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
SELECT name, type FROM pragma_table_info('"crm"."invoice_lines"') ORDER BY cid;
CREATE SCHEMA IF NOT EXISTS "crm";
CREATE TABLE IF NOT EXISTS "crm"."invoice_lines" ("id" BIGINT, "parent" BIGINT, "_synced_at" TIMESTAMP, "_read_at" TIMESTAMP, "_version" TIMESTAMP, "_run_id" VARCHAR, "_deleted_at" TIMESTAMP);
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = '' AND stream = '';
SELECT f.stream, f."partition" AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form FROM (SELECT * FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '') f LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c."partition" = f."partition";
MERGE INTO _millrace.fences AS t USING (SELECT 'crm' AS "sync", 'people' AS "stream", '' AS "partition", 'run-1' AS "owner", now()::TIMESTAMP AS "taken_at") AS m ON t."sync" = m."sync" AND t."stream" = m."stream" AND t."partition" = m."partition" WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at WHEN NOT MATCHED THEN INSERT (epoch, "sync", "stream", "partition", "owner", "taken_at") VALUES (1, m."sync", m."stream", m."partition", m."owner", m."taken_at");
COMMIT;
SELECT name, type FROM pragma_table_info('"crm"."invoices"') ORDER BY cid;
SELECT name, type FROM pragma_table_info('"crm"."invoice_lines"') ORDER BY cid;
BEGIN TRANSACTION;
UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT stream, "partition" AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE sync = 'crm' AND stream = 'people' AND "partition" = '';
SELECT 1 FROM _millrace.cursors WHERE sync = 'crm' AND stream = 'people' AND "partition" <> '' AND scan IS NOT NULL LIMIT 1;
SELECT 1 AS met FROM "crm"."invoices" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/26-staged.parquet'], hive_partitioning = false)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."invoices" ("id", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/26-staged.parquet'], hive_partitioning = false));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/26-staged.parquet'], hive_partitioning = false)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'people' AND state = 'open';
UPDATE _millrace.rejects SET state = 'settled', last_at = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP) WHERE sync = 'crm' AND stream = 'people' AND state = 'open' AND key IN (SELECT CAST("id" AS VARCHAR) FROM read_parquet(['/files/26-staged.parquet'], hive_partitioning = false));
CREATE OR REPLACE TEMP TABLE _flagged AS SELECT CAST(s."id" AS VARCHAR) AS _parent, max(s._deleted_at) AS _deleted_at, max(s._read_at) AS _read_at FROM (SELECT "id", "_read_at", "_version", "_deleted_at" FROM read_parquet(['/files/26-staged.parquet'], hive_partitioning = false)) s LEFT JOIN "crm"."invoices" t ON s."id" = t."id" AND t._deleted_at IS NULL WHERE s._deleted_at IS NOT NULL AND t._read_at IS NULL GROUP BY 1;
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'people', 20, 20, '{"read":1,"derived":0,"inserted":0,"updated":0,"deleted":1,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
SELECT 1 AS met FROM "crm"."invoice_lines" t WHERE EXISTS (SELECT 1 FROM (SELECT "id", "parent", "_read_at", "_version", "_deleted_at" FROM (SELECT s."id", s."parent", s._read_at, s._version, coalesce(s._deleted_at, f._deleted_at) AS _deleted_at FROM read_parquet(['/files/27-staged.parquet'], hive_partitioning = false) s LEFT JOIN _flagged f ON CAST(s."parent" AS VARCHAR) = f._parent)) s WHERE s."id" = t."id") LIMIT 1;
INSERT INTO "crm"."invoice_lines" ("id", "parent", "_synced_at", "_read_at", "_version", "_run_id", "_deleted_at") SELECT "id", "parent", CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), _read_at, _version, 'run-1', _deleted_at FROM (SELECT "id", "parent", "_read_at", "_version", "_deleted_at" FROM (SELECT s."id", s."parent", s._read_at, s._version, coalesce(s._deleted_at, f._deleted_at) AS _deleted_at FROM read_parquet(['/files/27-staged.parquet'], hive_partitioning = false) s LEFT JOIN _flagged f ON CAST(s."parent" AS VARCHAR) = f._parent));
SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM (SELECT "id", "parent", "_read_at", "_version", "_deleted_at" FROM (SELECT s."id", s."parent", s._read_at, s._version, coalesce(s._deleted_at, f._deleted_at) AS _deleted_at FROM read_parquet(['/files/27-staged.parquet'], hive_partitioning = false) s LEFT JOIN _flagged f ON CAST(s."parent" AS VARCHAR) = f._parent)) GROUP BY 1;
SELECT count(*) AS n FROM _millrace.rejects WHERE sync = 'crm' AND stream = 'lines' AND state = 'open';
UPDATE "crm"."invoice_lines" AS t SET "_deleted_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_synced_at" = CAST('2026-11-20 10:59:00.000' AS TIMESTAMP), "_run_id" = 'run-1', "_read_at" = greatest(t._read_at, f._read_at) FROM _flagged f WHERE CAST(t."parent" AS VARCHAR) = f._parent AND t._deleted_at IS NULL;
INSERT INTO "_millrace"."commits" ("run_id", "stream", "sequence", "epoch", "ledger", "committed_at") SELECT 'run-1', 'lines', 20, 20, '{"read":1,"derived":0,"inserted":0,"updated":0,"deleted":1,"unchanged":0,"stale":0,"duplicates":0,"filtered":0,"rejected":0,"closed":0,"replaced":0,"swept":0,"loaded":1}'::JSON, now()::TIMESTAMP;
DROP TABLE _flagged;
COMMIT;
