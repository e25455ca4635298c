// Jobs that the tests look at.

/** Two pipelines from one source, with checkpoints and watermarks. */
export const ORDERS = `
SET 'pipeline.name' = 'orders per customer';
SET 'execution.checkpointing.interval' = '2 s';
SET 'parallelism.default' = '2';
CREATE TABLE orders (id BIGINT, customer INT, amount DOUBLE, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'datagen', 'rows-per-second' = '500', 'fields.customer.min' = '1', 'fields.customer.max' = '100');
CREATE TABLE windows (w TIMESTAMP(3), customer INT, n BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE totals (customer INT, n BIGINT) WITH ('connector' = 'blackhole');
BEGIN STATEMENT SET;
INSERT INTO windows SELECT window_start, customer, COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '2' SECONDS)) GROUP BY window_start, window_end, customer;
INSERT INTO totals SELECT customer, COUNT(*) FROM orders GROUP BY customer;
END;`;

/** One key has nearly all rows, and each of its rows costs much: one subtask is busy, the source waits for it. */
export const SLOW_KEY = `
SET 'pipeline.name' = 'one slow key';
SET 'parallelism.default' = '2';
CREATE TABLE events (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000', 'fields.n.min' = '0', 'fields.n.max' = '1000');
CREATE TABLE sink (k STRING, longest STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT k, REGEXP_REPLACE(REPEAT(CAST(c AS STRING) || k, 100), '([0-9]+)([a-z]+)', '$2$1') FROM
(SELECT k, COUNT(*) AS c FROM (SELECT CASE WHEN n < 990 THEN 'hot' ELSE 'k' || CAST(n AS STRING) END AS k FROM events) GROUP BY k);`;

/** Divides by zero soon. */
export const FAILS = `
SET 'pipeline.name' = 'fails';
SET 'restart-strategy.type' = 'none';
CREATE TABLE events (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.n.min' = '0', 'fields.n.max' = '3');
CREATE TABLE sink (n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT 10 / n FROM events;`;
