-- name: expr_mixed_types_differs
-- tags: expressions
-- mode: exprs
-- note: a NULL without a type in a MAP; INT ARRAY
MAP['k', NULL]
CAST(NULL AS INT ARRAY)
CAST(NULL AS INT MULTISET)
CAST(ARRAY[1, 2] AS INT ARRAY)
