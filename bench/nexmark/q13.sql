-- Query 13, bounded side input: each bid beside a row of a file. The published query looks the row up (FOR SYSTEM_TIME AS OF), which Flink 2.3 has no
-- file source for; this join gives the same rows.
CREATE TABLE side_input (key BIGINT, `value` VARCHAR)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/side_input.csv', 'format' = 'csv');
CREATE TABLE nexmark_q13 (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), `value` VARCHAR)
WITH ('connector' = '${SINK}');
INSERT INTO nexmark_q13
SELECT B.auction, B.bidder, B.price, B.`dateTime`, S.`value`
FROM bid B
JOIN side_input AS S
ON MOD(B.auction, 10000) = S.key;
