-- Writes all events into ${DATA}: as one folder of JSON, and each stream as a folder of CSV.
CREATE TABLE events_files (
  event_type INT,
  person ROW<id BIGINT, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR,
    `dateTime` TIMESTAMP(3), extra VARCHAR>,
  auction ROW<id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT,
    `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra VARCHAR>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, `dateTime` TIMESTAMP(3), extra VARCHAR>
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/events', 'format' = 'json');

CREATE TABLE person_files (id BIGINT, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR,
  `dateTime` TIMESTAMP(3), extra VARCHAR)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/person', 'format' = 'csv');

CREATE TABLE auction_files (id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT,
  `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra VARCHAR)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/auction', 'format' = 'csv');

CREATE TABLE bid_files (auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, `dateTime` TIMESTAMP(3), extra VARCHAR)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/bid', 'format' = 'csv');

EXECUTE STATEMENT SET BEGIN
INSERT INTO events_files SELECT event_type, person, auction, bid FROM events;
INSERT INTO person_files SELECT * FROM person;
INSERT INTO auction_files SELECT * FROM auction;
INSERT INTO bid_files SELECT * FROM bid;
END;
