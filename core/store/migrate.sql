-- name: migrate_list
SELECT number, checksum FROM migration WHERE owner = $1 ORDER BY number

-- name: migrate_insert
INSERT INTO migration (owner, number, name, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)

-- name: migrate_forget
DELETE FROM migration WHERE owner = $1

-- name: migrate_longer_owners
SELECT DISTINCT owner FROM migration WHERE length(owner) > length($1)
