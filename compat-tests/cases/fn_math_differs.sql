-- name: fn_math_differs
-- tags: math functions
-- mode: exprs
-- note: numbers: NULL, borders, overflow, DECIMAL derivation
SIGN(CAST(-1 AS TINYINT))
