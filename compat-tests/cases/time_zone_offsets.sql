-- name: time_zone_offsets
-- tags: time zone
-- file: z.csv
-- | 1,0
-- | 2,1704103200000
-- | 3,-1
CREATE TABLE z (id INT, ms BIGINT) WITH ('connector'='filesystem','path'='${DATA}/z.csv','format'='csv');
CREATE VIEW v AS SELECT id, TO_TIMESTAMP_LTZ(ms, 3) AS t FROM z;
SET 'table.local-time-zone'='GMT+05:30';
SELECT id, t, CAST(t AS STRING), EXTRACT(HOUR FROM t), EXTRACT(MINUTE FROM t) FROM v;
SELECT id, CAST(t AS TIMESTAMP(3)), CAST(t AS DATE), CAST(t AS TIME) FROM v;
SELECT CAST(TIMESTAMP '2024-01-01 00:00:00' AS TIMESTAMP_LTZ(3)), TO_TIMESTAMP_LTZ(0, 3), FROM_UNIXTIME(0), UNIX_TIMESTAMP('1970-01-01 05:30:00');
SELECT DATE_FORMAT(t, 'yyyy-MM-dd HH:mm:ss'), FLOOR(t TO DAY), CEIL(t TO HOUR) FROM v;
SELECT id, t + INTERVAL '1' DAY, t - INTERVAL '30' MINUTE, TIMESTAMPADD(HOUR, 2, t) FROM v;
SET 'table.local-time-zone'='GMT-08:00';
SELECT id, t, CAST(t AS TIMESTAMP(3)) FROM v;
SET 'table.local-time-zone'='GMT-00:30';
SELECT id, t, CAST(t AS DATE) FROM v;
SET 'table.local-time-zone'='GMT+5';
SELECT id, t FROM v;
SET 'table.local-time-zone'='GMT+12:45';
SELECT id, t, FROM_UNIXTIME(0) FROM v;
SET 'table.local-time-zone'='Etc/GMT+5';
SELECT id, t FROM v;
SET 'table.local-time-zone'='UTC+05:30';
SELECT id, t FROM v;
SET 'table.local-time-zone'='+05:30';
SELECT id, t FROM v;
SET 'table.local-time-zone'='UT+05';
SELECT id, t FROM v;
SET 'table.local-time-zone'='GMT+25:00';
SELECT id, t FROM v;
SET 'table.local-time-zone'='Asia/Kolkata';
SELECT id, t FROM v;
SET 'table.local-time-zone'='UTC';
SELECT CONVERT_TZ('2024-01-01 10:00:00', 'UTC', 'GMT+05:30'), CONVERT_TZ('2024-01-01 10:00:00', 'UTC', '+05:30'), CONVERT_TZ('2024-01-01 10:00:00', 'UTC', 'UTC+05:30'), CONVERT_TZ('2024-01-01 10:00:00', 'UTC', 'GMT+5');
SELECT CONVERT_TZ('2024-01-01 10:00:00', 'UTC', 'GMT+5:30'), CONVERT_TZ('2024-01-01 10:00:00', 'UTC', 'GMT+0530'), CONVERT_TZ('2024-01-01 10:00:00', 'UTC', 'GMT-00:30'), CONVERT_TZ('2024-01-01 10:00:00', 'GMT-03:15', 'GMT+03:15');
SELECT TO_TIMESTAMP_LTZ('2024-01-01 10:00:00', 'yyyy-MM-dd HH:mm:ss', 'GMT+05:30'), TO_TIMESTAMP_LTZ('2024-01-01 10:00:00', 'yyyy-MM-dd HH:mm:ss', 'Asia/Kolkata');
