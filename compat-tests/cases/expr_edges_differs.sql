-- name: expr_edges_differs
-- tags: exprs types
-- note: a division by a constant zero that Flink does not refuse because a cast stands around it
-- mode: exprs
CAST(1E0 / 0E0 AS STRING)
