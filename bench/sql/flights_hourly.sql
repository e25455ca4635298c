-- Real data: what each carrier flew out of New York City in each hour of 2013. 336,776 rows.
CREATE TABLE flights (sched_dep TIMESTAMP(3), carrier STRING, flight INT, tailnum STRING, origin STRING, dest STRING,
  dep_delay INT, arr_delay INT, air_time INT, distance INT,
  WATERMARK FOR sched_dep AS sched_dep - INTERVAL '1' MINUTE)
WITH ('connector'='filesystem','path'='${CACHE}/flights.csv','format'='csv','csv.null-literal'='');
CREATE TABLE hourly (carrier STRING, window_start TIMESTAMP(3), flights BIGINT, departed BIGINT, dep_delay INT, avg_arr_delay INT,
  distance INT, longest INT, first_dest STRING, last_tail STRING)
WITH ('connector'='filesystem','path'='${OUT}','format'='csv');
INSERT INTO hourly
SELECT carrier, TUMBLE_START(sched_dep, INTERVAL '1' HOUR), COUNT(*), COUNT(dep_delay), SUM(dep_delay), AVG(arr_delay),
  SUM(distance), MAX(air_time), MIN(dest), MAX(tailnum)
FROM flights GROUP BY carrier, TUMBLE(sched_dep, INTERVAL '1' HOUR);
