-- name: types_without_length
-- tags: types ddl
-- note: VARCHAR and VARBINARY without a length are STRING and BYTES, CHAR and BINARY have the length 1
CREATE TABLE t (v VARCHAR, c CHAR, b VARBINARY, bi BINARY, r ROW<v VARCHAR, c CHAR, b VARBINARY, bi BINARY>, a ARRAY<VARCHAR>, m MAP<CHAR, VARBINARY>, x AS CAST('abc' AS VARCHAR), y AS CAST('abc' AS CHAR)) WITH ('connector'='datagen');
DESCRIBE t;
SELECT CAST('abc' AS VARCHAR), CAST('abc' AS CHAR), CAST(x'0102' AS VARBINARY), CAST(ROW('abc') AS ROW<a VARCHAR>), CAST(ARRAY['abc'] AS ARRAY<VARCHAR>);
