-- The tables as JSON lines, in the form that compare.py describes: psql -v out=DIRECTORY -f state.sql
\set moment '''YYYY-MM-DD"T"HH24:MI:SS.US"Z"'''
\cd :out
\o customers.jsonl
SELECT row_to_json(t) FROM (SELECT id, name, country, born - date '1970-01-01' AS born, to_char(joined AT TIME ZONE 'UTC', :moment) AS joined,
  newsletter, token, settings::text, phone FROM customers) t;
\o orders.jsonl
SELECT row_to_json(t) FROM (SELECT id, customer, state, total::text, to_char(placed AT TIME ZONE 'UTC', :moment) AS placed, note,
  encode(receipt, 'hex') AS receipt FROM orders) t;
\o order_items.jsonl
SELECT row_to_json(t) FROM (SELECT order_id, line, token, quantity, price::text, shipped - date '1970-01-01' AS shipped, extra::text
  FROM order_items) t;
