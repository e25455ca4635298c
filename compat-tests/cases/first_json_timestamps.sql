-- name: first_json_timestamps
-- tags: first json timestamp
-- file: sql.json
-- | {"id":1,"ts":"2024-01-02 10:11:12.123","ltz":"2024-01-02 10:11:12.123Z","d":"2024-01-02","t":"10:11:12"}
-- | {"id":2,"ts":"2024-01-02 10:11:12","ltz":"2024-01-02 10:11:12Z","d":"1969-12-31","t":"00:00:00"}
-- | {"id":3,"ts":"2024-01-02 10:11:12.123456789","ltz":null}
-- file: iso.json
-- | {"id":1,"ts":"2024-01-02T10:11:12.123","ltz":"2024-01-02T10:11:12.123Z"}
-- | {"id":2,"ts":"2024-01-02T10:11:12","ltz":"1969-12-31T23:59:59Z"}
-- | {"id":3,"ts":"2024-01-02 10:11:12","ltz":"2024-01-02T10:11:12+02:00"}
-- | {"id":4,"ts":"2024-01-02","ltz":"2024-01-02"}
-- | {"id":5,"ts":1704190272123,"ltz":1704190272123}
CREATE TABLE s (id INT, ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3), d DATE, t TIME) WITH ('connector'='filesystem','path'='${DATA}/sql.json','format'='json');
SELECT * FROM s;
CREATE TABLE i (id INT, ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3)) WITH ('connector'='filesystem','path'='${DATA}/iso.json','format'='json','json.timestamp-format.standard'='ISO-8601','json.ignore-parse-errors'='true');
SELECT * FROM i;
CREATE TABLE x (id INT, ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3)) WITH ('connector'='filesystem','path'='${DATA}/iso.json','format'='json');
SELECT * FROM x;
CREATE TABLE s9 (id INT, ts TIMESTAMP(9)) WITH ('connector'='filesystem','path'='${DATA}/sql.json','format'='json');
SELECT * FROM s9;
CREATE TABLE y (id INT, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/iso.json','format'='json','json.timestamp-format.standard'='nope');
SELECT * FROM y;
