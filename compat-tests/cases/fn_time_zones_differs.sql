-- name: fn_time_zones_differs
-- tags: date time zone cast
-- note: what depends on table.local-time-zone, at summer time's edges too
SET 'table.local-time-zone' = 'America/Los_Angeles';
SET 'table.local-time-zone' = 'Asia/Kolkata';
SET 'table.local-time-zone' = 'GMT-08:00';
SELECT TO_TIMESTAMP_LTZ(0, 3), FROM_UNIXTIME(0);
SET 'table.local-time-zone' = 'GMT+05:30';
SELECT TO_TIMESTAMP_LTZ(0, 3), FROM_UNIXTIME(0);
SET 'table.local-time-zone' = 'Europe/Berlin';
SET 'table.local-time-zone' = 'Nowhere/Land'
