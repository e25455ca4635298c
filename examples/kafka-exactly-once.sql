-- From Kafka to Kafka, each event counted once, whatever fails: totals per user and minute.
--   flinkrs run -m localhost:8081 -d examples/kafka-exactly-once.sql
-- Readers of the topic totals need isolation.level=read_committed. See docs/checkpoints.md.
SET 'pipeline.name' = 'totals, exactly once';
SET 'execution.checkpointing.interval' = '10 s';
SET 'execution.checkpointing.dir' = 'file:///tmp/flinkrs/checkpoints';
SET 'execution.checkpointing.savepoint-dir' = 'file:///tmp/flinkrs/savepoints';
SET 'execution.checkpointing.externalized-checkpoint-retention' = 'RETAIN_ON_CANCELLATION';
SET 'state.backend.type' = 'rocksdb';
SET 'execution.checkpointing.incremental' = 'true';

CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='kafka','topic'='events','properties.bootstrap.servers'='kafka:9092','properties.group.id'='totals',
      'format'='json','scan.startup.mode'='earliest-offset');

CREATE TABLE totals (user_id STRING, window_start TIMESTAMP(3), total_amount DOUBLE)
WITH ('connector'='kafka','topic'='totals','properties.bootstrap.servers'='kafka:9092','format'='json',
      'sink.delivery-guarantee'='exactly-once','sink.transactional-id-prefix'='totals','properties.transaction.timeout.ms'='900000');

INSERT INTO totals
SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE), SUM(amount)
FROM events WHERE event_type = 'purchase' GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
