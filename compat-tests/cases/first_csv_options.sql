-- name: first_csv_options
-- tags: first csv options
-- note: ignored parse errors: the field becomes NULL, or the line is dropped
-- file: semi.csv
-- | 1;a,b;1.5
-- | 2;"x;y";2
-- file: tab.csv
-- | 1	a b	1.5
-- | 2	"q	r"	2
-- file: quote.csv
-- | 1,'a,b',1.5
-- | 2,"x",2
-- | 3,'it''s',3
-- file: noquote.csv
-- | 1,"a",1.5
-- | 2,b"c,2
-- file: comments.csv
-- | # header
-- | 1,a,1.5
-- |   # also
-- | 2,# not,2
-- | #3,x,3
-- file: nulls.csv
-- | 1,NULL,NULL
-- | 2,,2.5
-- | NULL,x,3
-- file: esc.csv
-- | 1,a\,b,1.5
-- | 2,c\\d,2
-- | 3,"e\"f",3
-- file: bad.csv
-- | 1,a,1.5
-- | x,b,2
-- | 3,c
-- | 4,d,4,extra
-- |
-- | 5,"open,5
-- | 6,e,6
-- file: arr.csv
-- | 1,1|2|3,a|7
-- | 2,,
-- | 3,4,b|8
-- file: arr2.csv
-- | 1,a;b
-- | 2,
-- | 3,;
-- file: spaces.csv
-- |  1 , a , 2.5 
-- | 2,"  q  ",3
CREATE TABLE semi (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/semi.csv','format'='csv','csv.field-delimiter'=';');
SELECT * FROM semi;
CREATE TABLE tab (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/tab.csv','format'='csv','csv.field-delimiter'='\t');
SELECT * FROM tab;
CREATE TABLE quote (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/quote.csv','format'='csv','csv.quote-character'='''');
SELECT * FROM quote;
CREATE TABLE noquote (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/noquote.csv','format'='csv','csv.disable-quote-character'='true');
SELECT * FROM noquote;
CREATE TABLE comments (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/comments.csv','format'='csv','csv.allow-comments'='true');
SELECT * FROM comments;
CREATE TABLE nulls (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/nulls.csv','format'='csv','csv.null-literal'='NULL');
SELECT * FROM nulls;
CREATE TABLE esc (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/esc.csv','format'='csv','csv.escape-character'='\');
SELECT * FROM esc;
CREATE TABLE lenient (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/bad.csv','format'='csv','csv.ignore-parse-errors'='true');
SELECT * FROM lenient;
CREATE TABLE arr (id INT, xs ARRAY<INT>, r ROW<a STRING, b INT>) WITH ('connector'='filesystem','path'='${DATA}/arr.csv','format'='csv','csv.array-element-delimiter'='|');
SELECT * FROM arr;
CREATE TABLE arr2 (id INT, xs ARRAY<STRING>) WITH ('connector'='filesystem','path'='${DATA}/arr2.csv','format'='csv');
SELECT * FROM arr2;
CREATE TABLE pipe (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/semi.csv','format'='csv','csv.field-delimiter'=';;');
SELECT * FROM pipe;
CREATE TABLE spaces (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/spaces.csv','format'='csv');
SELECT * FROM spaces;
