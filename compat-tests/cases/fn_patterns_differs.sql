-- name: fn_patterns_differs
-- tags: functions
-- mode: exprs
-- note: an hour beyond the day, JSON of an array
TO_TIMESTAMP('2024-03-05 25:00:00', 'yyyy-MM-dd HH:mm:ss')
JSON_QUERY(ARRAY[1], '$')
