-- name: first_values_union
-- tags: first values union subquery distinct
SELECT 1;
SELECT 1 + 1 AS two, 'a' AS s, CAST(NULL AS INT) AS n, TRUE;
VALUES (1, 'a'), (2, 'b');
SELECT * FROM (VALUES (1, 'a', 1.5), (2, 'bcd', 22.25), (3, NULL, NULL)) AS t(id, s, d);
SELECT a + 1 AS b FROM (SELECT x AS a FROM (VALUES (1), (2)) AS t(x)) WHERE a > 1;
SELECT x, 'l' AS side FROM (VALUES (1), (2)) AS t(x) UNION ALL SELECT y, 'r' FROM (VALUES (2), (3)) AS u(y);
SELECT x FROM (VALUES (1), (2)) AS t(x) UNION ALL SELECT y FROM (VALUES (2.5)) AS u(y) UNION ALL SELECT CAST(9 AS BIGINT);
SELECT x FROM (VALUES ('a'), ('bb')) AS t(x) UNION ALL SELECT y FROM (VALUES ('ccc')) AS u(y);
SELECT DISTINCT x FROM (VALUES (1), (2), (1), (CAST(NULL AS INT))) AS t(x);
SELECT x, COUNT(*) AS n FROM (SELECT x FROM (VALUES (1), (2)) AS t(x) UNION ALL SELECT y FROM (VALUES (2), (3)) AS u(y)) GROUP BY x;
SELECT t.* FROM (VALUES (1, 2)) AS t(a, b);
SELECT t.a, t.*, t.b AS c FROM (VALUES (1, 2)) AS t(a, b);
WITH big AS (SELECT x FROM (VALUES (1), (20), (30)) AS t(x) WHERE x > 10), sums AS (SELECT SUM(x) AS s FROM big) SELECT s FROM sums;
SELECT x FROM (VALUES (1), (2)) AS t(x) UNION ALL SELECT a, b FROM (VALUES (1, 2)) AS u(a, b);
SELECT x FROM (VALUES (1), ('a')) AS t(x);
