-- Aggregations in two phases, mini-batches, DISTINCT by buckets, and who wants -U.
CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT, note STRING, ts TIMESTAMP(3),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE people (id BIGINT, name STRING, city STRING) WITH ('connector' = 'datagen');
CREATE TABLE counts (c BIGINT, auction BIGINT, PRIMARY KEY (c) NOT ENFORCED) WITH ('connector' = 'blackhole');
EXPLAIN SELECT auction, window_start, COUNT(*), SUM(price), COUNT(DISTINCT bidder) FILTER (WHERE price > 5)
    FROM HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND) GROUP BY auction, window_start, window_end;
SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
EXPLAIN SELECT auction, COUNT(*) FROM TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY auction, window_start, window_end;
RESET 'table.optimizer.agg-phase-strategy';
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '2 s';
SET 'table.exec.mini-batch.size' = '500';
EXPLAIN CHANGELOG_MODE SELECT c, COUNT(*), SUM(s), MAX(s), COUNT(DISTINCT s)
    FROM (SELECT id, COUNT(*) AS c, SUM(CHAR_LENGTH(name)) AS s FROM people GROUP BY id) GROUP BY c;
EXPLAIN SELECT SUM(c) FROM (SELECT COUNT(*) AS c FROM people);
EXPLAIN SELECT id, LAST_VALUE(name) FROM people GROUP BY id;
EXPLAIN SELECT auction, COUNT(*) FROM TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY auction, window_start, window_end;
EXPLAIN SELECT auction, COUNT(*) FROM bids GROUP BY auction, TUMBLE(ts, INTERVAL '5' SECOND);
SET 'table.optimizer.distinct-agg.split.enabled' = 'true';
EXPLAIN SELECT city, COUNT(DISTINCT name), MAX(id), COUNT(*) FROM people GROUP BY city;
EXPLAIN SELECT city, COUNT(DISTINCT name), COUNT(DISTINCT id) FROM people GROUP BY city;
RESET;
SET 'table.optimizer.distinct-agg.split.enabled' = 'true';
SET 'table.optimizer.distinct-agg.split.bucket-num' = '16';
EXPLAIN SELECT COUNT(DISTINCT name) FROM people;
EXPLAIN CHANGELOG_MODE SELECT a.id, a.c, b.m FROM (SELECT id, COUNT(*) AS c FROM people GROUP BY id) a
    LEFT JOIN (SELECT auction, MAX(price) AS m FROM bids GROUP BY auction) b ON a.id = b.auction;
EXPLAIN CHANGELOG_MODE SELECT a.id, a.c, b.m FROM (SELECT id, COUNT(*) AS c FROM people GROUP BY id) a
    JOIN (SELECT auction, MAX(price) AS m FROM bids GROUP BY auction) b ON a.c = b.auction;
EXPLAIN CHANGELOG_MODE INSERT INTO counts SELECT COUNT(*), auction FROM bids GROUP BY auction ON CONFLICT DO NOTHING;
INSERT INTO counts SELECT COUNT(*), auction FROM bids GROUP BY auction ON CONFLICT DO ERROR;
