-- name: expr_compare_constants_differs
-- tags: comparison
-- mode: exprs
-- note: numbers and booleans compared to texts
'1e3' > 5.0
'4.5' IN (4.50)
(1, 'a') IN ((1, 2))
INTERVAL '1' DAY = '1'
