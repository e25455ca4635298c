// Jobs that the tests look at.

/** Two pipelines from one source, with checkpoints and watermarks; its state is on disk. */
export const ORDERS = `
SET 'pipeline.name' = 'orders per customer';
SET 'execution.checkpointing.interval' = '2 s';
SET 'state.backend.type' = 'rocksdb';
SET 'parallelism.default' = '2';
CREATE TABLE orders (id BIGINT, customer INT, amount DOUBLE, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'datagen', 'rows-per-second' = '500', 'fields.customer.min' = '1', 'fields.customer.max' = '100');
CREATE TABLE windows (w TIMESTAMP(3), customer INT, n BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE totals (customer INT, n BIGINT) WITH ('connector' = 'blackhole');
BEGIN STATEMENT SET;
INSERT INTO windows SELECT window_start, customer, COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '2' SECONDS)) GROUP BY window_start, window_end, customer;
INSERT INTO totals SELECT customer, COUNT(*) FROM orders GROUP BY customer;
END;`;

/** One key has nearly all rows, and each of its rows costs `work`: one subtask is busy, the source waits for it. */
const slowKey = (name: string, settings: string, work: number): string => `
SET 'pipeline.name' = '${name}';
SET 'parallelism.default' = '2';
${settings}
CREATE TABLE events (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000', 'fields.n.min' = '0', 'fields.n.max' = '1000');
CREATE TABLE sink (k STRING, longest STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT k, REGEXP_REPLACE(REPEAT(CAST(c AS STRING) || k, ${work}), '([0-9]+)([a-z]+)', '$2$1') FROM
(SELECT k, COUNT(*) AS c FROM (SELECT CASE WHEN n < 990 THEN 'hot' ELSE 'k' || CAST(n AS STRING) END AS k FROM events) GROUP BY k);`;

export const SLOW_KEY = slowKey('one slow key', '', 100);

/** Barriers wait behind rows that cost so much that no checkpoint gets done. */
export const STUCK = slowKey('stuck checkpoint', "SET 'execution.checkpointing.interval' = '1 s';", 3000);

const divides = (name: string, settings: string): string => `
SET 'pipeline.name' = '${name}';
${settings}
CREATE TABLE events (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.n.min' = '0', 'fields.n.max' = '3');
CREATE TABLE sink (n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT 10 / n FROM events;`;

/** Divides by zero soon. */
export const FAILS = divides('fails', "SET 'restart-strategy.type' = 'none';");

/** Does so again and again. */
export const FAILS_AGAIN = divides('fails again', "SET 'restart-strategy.type' = 'fixed-delay';\nSET 'restart-strategy.fixed-delay.attempts' = '1000000';\nSET 'restart-strategy.fixed-delay.delay' = '2 s';");
