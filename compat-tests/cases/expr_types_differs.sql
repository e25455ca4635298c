-- name: expr_types_differs
-- tags: expressions
-- mode: exprs
-- note: a precision that Flink refuses, and TYPEOF of what it folds or cannot compile
INTERVAL '1000' DAY(4) + TIMESTAMP '2024-01-01 00:00:00'
TYPEOF(CAST(ARRAY[1] AS INT ARRAY))
TYPEOF(NULLIF(1, 2))
TYPEOF(TIMESTAMPADD(DAY, 1, DATE '2024-01-01'))
