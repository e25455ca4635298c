-- name: first_json_types
-- tags: first json types coercion
-- note: a field that cannot be read becomes NULL when parse errors are ignored
-- file: t.json
-- | {"ti":1,"bi":9007199254740993,"f":0.1,"d":0.1,"n":12.345,"b":true,"s":"text","bin":"aGk=","c":"abc"}
-- | {"ti":"2","bi":"3","f":"1.5","d":"1e3","n":"7.5","b":"true","s":5,"c":"toolong"}
-- | {"ti":1.0,"bi":2e3,"f":3,"d":4,"n":1e2,"b":"yes","s":1.50}
-- | {"ti":300,"n":123456.789,"s":true}
-- | {"s":{"a":[1,"x",null]},"d":"NaN","b":0}
-- | {"s":[1,2],"b":1,"bin":"not base64!"}
-- | {"s":"esc \"q\" \u00e9 \n end","d":-0.0}
-- | {"d":1e400,"bi":92233720368547758070}
-- | {"s":1e10,"d":123456789012345680000}
CREATE TABLE t (ti TINYINT, bi BIGINT, f FLOAT, d DOUBLE, n DECIMAL(8,2), b BOOLEAN, s STRING, bin BYTES, c VARCHAR(4)) WITH ('connector'='filesystem','path'='${DATA}/t.json','format'='json','json.ignore-parse-errors'='true');
SELECT * FROM t;
