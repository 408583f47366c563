-- What is popular: see popularity.c. $1: views after this moment count.

-- name: popularity_log
INSERT INTO catalogue_change (version, product_id)
SELECT (SELECT version + 1 FROM catalogue_state WHERE id = 1), p.id
FROM product AS p LEFT JOIN (
    SELECT subject, count(*) AS n FROM event WHERE kind = 'product.viewed' AND at > $1 GROUP BY subject
) AS v ON v.subject = 'product:' || p.id
WHERE p.popularity <> coalesce(v.n, 0)

-- name: popularity_write
UPDATE product SET popularity = counted.n
FROM (
    SELECT p.id AS id, coalesce(v.n, 0) AS n FROM product AS p LEFT JOIN (
        SELECT subject, count(*) AS n FROM event WHERE kind = 'product.viewed' AND at > $1 GROUP BY subject
    ) AS v ON v.subject = 'product:' || p.id
    WHERE p.popularity <> coalesce(v.n, 0)
) AS counted
WHERE product.id = counted.id

-- name: popularity_state
UPDATE catalogue_state SET version = version + 1 WHERE id = 1
