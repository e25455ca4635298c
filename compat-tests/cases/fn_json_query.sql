-- name: fn_json_query
-- tags: json functions
-- mode: exprs
-- note: JSON_QUERY with its clauses, JSON_EXISTS, IS JSON
JSON_QUERY('{"a":{"b":1,"c":[1,2.50,"x",null,true]}}', '$.a')
JSON_QUERY('{"a":{"b":1}}', 'lax $.x')
JSON_QUERY('{"a":{"b":1}}', 'lax $.x' ERROR ON EMPTY)
JSON_QUERY('{"a":{"b":1}}', 'lax $.x' NULL ON EMPTY)
JSON_QUERY('{"a":{"b":1}}', 'lax $.x' EMPTY ARRAY ON EMPTY)
JSON_QUERY('{"a":{"b":1}}', 'lax $.x' EMPTY OBJECT ON EMPTY)
JSON_QUERY('{"a":{"b":1}}', 'strict $.x' EMPTY OBJECT ON EMPTY)
JSON_QUERY('{"a":{"b":1}}', 'strict $.x' EMPTY OBJECT ON ERROR)
JSON_QUERY('{"a":{"b":1}}', 'strict $.x' EMPTY ARRAY ON ERROR)
JSON_QUERY('{"a":{"b":1}}', 'strict $.x' ERROR ON ERROR)
JSON_QUERY('{"a":{"b":1}}', '$.x' ERROR ON ERROR)
JSON_QUERY('bad', '$.x' ERROR ON ERROR)
JSON_QUERY('bad', '$.x' EMPTY ARRAY ON ERROR)
JSON_QUERY('bad', '$.x')
JSON_QUERY('{"a":1}', 'strict $.a' EMPTY ARRAY ON ERROR)
JSON_QUERY('{"a":1}', 'lax $.a' EMPTY ARRAY ON EMPTY)
JSON_QUERY('{"a":"x"}', '$.a' WITH WRAPPER)
JSON_QUERY('{"a":"x"}', '$.a' WITH CONDITIONAL WRAPPER)
JSON_QUERY('{"a":[1]}', '$.a' WITH CONDITIONAL ARRAY WRAPPER)
JSON_QUERY('{"a":{"b":1}}', '$.a' WITH CONDITIONAL ARRAY WRAPPER)
JSON_QUERY('{"a":[1]}', '$.a' WITH ARRAY WRAPPER)
JSON_QUERY('{"a":[1]}', '$.a' WITHOUT WRAPPER)
JSON_QUERY('{"a":[1]}', '$.a' WITHOUT ARRAY WRAPPER)
JSON_QUERY('{"a":[1]}', '$.a' WITH WRAPPER EMPTY ARRAY ON EMPTY)
JSON_QUERY('{"a":null}', '$.a' WITH WRAPPER)
JSON_QUERY('{"a":null}', '$.a')
JSON_QUERY('{"a":[{"b":1},{"b":2}]}', '$.a[*].b')
JSON_QUERY('{"a":[{"b":1},{"b":2}]}', 'lax $.a[*].b')
JSON_QUERY('{"a":[{"b":1},{"b":2}]}', '$.a[*].c')
JSON_QUERY('{"a":[{"b":1},{"b":2}]}', 'lax $.a[*].c')
JSON_QUERY('{"a":[{"b":1},{"b":2}]}', '$.a[0,1]')
JSON_QUERY('{"a":[1,2,3,4]}', '$.a[1:3]')
JSON_QUERY('{"a":[1,2,3,4]}', '$.a[-2:]')
JSON_QUERY('{"a":[1,2,3,4]}', '$.a[:2]')
JSON_QUERY('{"a":{"x":1,"y":2}}', '$.a.*')
JSON_QUERY('{"a":{"x":1,"y":{"x":3}}}', '$..x')
JSON_QUERY('{"a":[{"n":1},{"n":5},{"n":9}]}', '$.a[?(@.n > 3)]')
JSON_QUERY('{"a":[{"n":1},{"n":5},{"n":9}]}', '$.a[?(@.n >= 5 && @.n < 9)]')
JSON_QUERY('{"a":[{"n":"x"},{"n":"y"}]}', '$.a[?(@.n == ''x'')]')
JSON_QUERY('{"a":[{"n":"x"},{"n":"y"}]}', '$.a[?(@.n != "x")]')
JSON_QUERY('{"a":[{"n":"x"},{"n":"y"}]}', '$[''a'',''b'']')
JSON_QUERY('{"a":{"x":1,"y":2,"z":3}}', '$.a[''x'',''z'']')
JSON_QUERY('{"a":[1,2]}', '$')
JSON_QUERY('[1, 2 , 3]', '$')
JSON_QUERY('{"b":2,"a":1}', '$')
JSON_QUERY('{"a":"é/\u0001\"\\"}', '$')
JSON_QUERY('{"a":[1.0,1.50,1e2,1E+5,100000000000000000000,-0.0,1e-10]}', '$.a')
JSON_QUERY('{"a":["x","y"]}', '$.a' RETURNING ARRAY<STRING>)
JSON_QUERY('{"a":["x",1,null,true,[1],{"b":1}]}', '$.a' RETURNING ARRAY<STRING>)
JSON_QUERY('{"a":{"b":1}}', '$.a' RETURNING ARRAY<STRING>)
JSON_QUERY('{"a":1}', '$.a' RETURNING ARRAY<STRING>)
JSON_QUERY('{"a":1}', '$.a' RETURNING ARRAY<STRING> WITH WRAPPER)
JSON_QUERY('{"a":1}', '$.b' RETURNING ARRAY<STRING> EMPTY ARRAY ON ERROR)
JSON_QUERY('{"a":1}', 'lax $.b' RETURNING ARRAY<STRING> EMPTY ARRAY ON EMPTY)
JSON_QUERY('{"a":1}', 'lax $.b' RETURNING ARRAY<STRING> EMPTY OBJECT ON EMPTY)
JSON_QUERY('{"a":1}', '$.b' RETURNING ARRAY<STRING> EMPTY OBJECT ON ERROR)
JSON_QUERY('{"a":[1,2]}', '$.a' RETURNING ARRAY<INT>)
JSON_QUERY('{"a":[1,2]}', '$.a' RETURNING STRING)
JSON_QUERY('{"a":[1,2]}', '$.a' RETURNING VARCHAR(3))
JSON_QUERY(CAST(NULL AS STRING), '$.a')
JSON_QUERY('{"a":[1,2]}', CAST(NULL AS STRING))
JSON_QUERY(1, '$')
JSON_EXISTS('{"a":1}', '$.a')
JSON_EXISTS('{"a":1}', '$.b')
JSON_EXISTS('{"a":1}', 'lax $.b')
JSON_EXISTS('{"a":1}', 'strict $.b')
JSON_EXISTS('{"a":1}', 'strict $.b' TRUE ON ERROR)
JSON_EXISTS('{"a":1}', 'strict $.b' FALSE ON ERROR)
JSON_EXISTS('{"a":1}', 'strict $.b' UNKNOWN ON ERROR)
JSON_EXISTS('{"a":1}', 'strict $.b' ERROR ON ERROR)
JSON_EXISTS('{"a":1}', 'lax $.b' TRUE ON ERROR)
JSON_EXISTS('{"a":null}', '$.a')
JSON_EXISTS('{"a":[]}', '$.a[0]')
JSON_EXISTS('{"a":[]}', '$.a[*]')
JSON_EXISTS('{"a":[1]}', '$.a[*]')
JSON_EXISTS('bad', '$.a')
JSON_EXISTS('bad', '$.a' UNKNOWN ON ERROR)
JSON_EXISTS('bad', '$.a' ERROR ON ERROR)
JSON_EXISTS(CAST(NULL AS STRING), '$.a')
JSON_EXISTS('{"a":1}', CAST(NULL AS STRING))
JSON_EXISTS(CAST(NULL AS STRING), '$.a' TRUE ON ERROR)
'1' IS JSON
'"x"' IS JSON
'x' IS JSON
'' IS JSON
' ' IS JSON
'null' IS JSON
'{}' IS JSON OBJECT
'[]' IS JSON OBJECT
'[]' IS JSON ARRAY
'null' IS JSON SCALAR
'{"a":1} x' IS JSON
'{"a":1}{"b":2}' IS JSON
'{"a":1' IS JSON
'{a:1}' IS JSON
'[1,]' IS JSON
'01' IS JSON
'-' IS JSON
'NaN' IS JSON
'1e5' IS JSON VALUE
'{"a":1}' IS NOT JSON OBJECT
'{"a":1}' IS NOT JSON ARRAY
CAST(NULL AS STRING) IS JSON
CAST(NULL AS STRING) IS NOT JSON
CAST(NULL AS STRING) IS JSON OBJECT
1 IS JSON
