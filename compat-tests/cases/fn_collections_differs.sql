-- name: fn_collections_differs
-- tags: array map row functions
-- mode: exprs
-- note: ARRAY, MAP and ROW functions with NULLs, nested types and wrong types
MAP[CAST(NULL AS STRING), 1]
MAP_FROM_ARRAYS(ARRAY[CAST(NULL AS STRING)], ARRAY[1])
MAP['a', 1] = MAP['a', 1]
