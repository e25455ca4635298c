-- name: expr_null_arguments_differs
-- tags: exprs null
-- note: NULL without a type to which Flink gives that of something else
-- mode: exprs
MAP['a', NULL]
ELT(1, NULL)
