-- name: fn_datetime_differs
-- tags: date time functions interval
-- mode: exprs
-- note: dates, times, intervals: borders, NULL, patterns, wrong input
TIMESTAMP '9999-12-31 23:59:59.999999999'
