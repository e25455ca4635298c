-- name: win_session_keys
-- tags: window session
-- note: sessions of one key grouped by another one, or by more
-- file: o.csv
-- | 1,100,book,12.50,2024-01-01 09:00:00.000
-- | 2,101,pen,1.20,2024-01-01 09:00:05.000
-- | 3,100,lamp,30.00,2024-01-01 09:00:10.000
-- | 4,102,book,12.50,2024-01-01 09:00:20.000
-- | 5,103,desk,150.00,2024-01-01 09:00:31.000
-- | 6,,chair,45.00,2024-01-01 09:00:40.000
-- | 7,101,pen,1.10,2024-01-01 09:00:50.000
-- | 8,100,pen,1.30,2024-01-01 09:01:00.000
-- | 9,,pen,,2024-01-01 09:01:12.000
-- | 10,102,,2.00,2024-01-01 09:02:30.000
CREATE TABLE o (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), WATERMARK FOR ots AS ots - INTERVAL '1' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
SELECT window_start, window_end, cid, MAX(amount) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, cid;
SELECT window_start, window_end, product, cid, COUNT(*) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, product, cid;
SELECT window_start, window_end, COUNT(*) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, window_time, product, cid, COUNT(*) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, window_time, product, cid;
SELECT window_start, window_end, product, COUNT(*) AS s FROM TABLE(SESSION(TABLE o, DESCRIPTOR(ots), INTERVAL '11' SECOND)) GROUP BY window_start, window_end, product;
SELECT window_start, window_end, UPPER(product) AS p, COUNT(*) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, UPPER(product);
