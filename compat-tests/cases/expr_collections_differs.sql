-- name: expr_collections_differs
-- tags: exprs collections
-- note: functions over classes of Java
-- mode: exprs
OBJECT_OF('com.example.User', 'name', 'Bob', 'age', 42)
