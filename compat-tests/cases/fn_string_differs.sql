-- name: fn_string_differs
-- tags: string functions
-- mode: exprs
-- note: text functions: NULL, borders, empty, Unicode, wrong types
'😀' < '｡'
