-- name: fn_cast_text_differs
-- tags: cast try_cast text
-- mode: exprs
-- note: text to every type and back: blanks, signs, borders, bad input
CAST('1e40' AS FLOAT)
CAST('0000-01-01' AS DATE)
