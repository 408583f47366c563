-- Imports: the run, its rows put together by place, and what there is to say about them.

-- name: import_find
SELECT id, state, place, total, report, header FROM import
WHERE digest = $1 AND state IN ('reading', 'working', 'cancelled') ORDER BY id DESC LIMIT 1

-- name: import_get
SELECT format, file, state, place, total, report, header, dry_run, created_at, changed_at FROM import WHERE id = $1

-- name: import_recent
SELECT id, format, file, state, dry_run, created_at, changed_at, report FROM import ORDER BY id DESC LIMIT $1

-- name: import_begin
INSERT INTO import (id, format, file, digest, dry_run, state, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, 'reading', $6, $6)

-- name: import_forget_old
DELETE FROM import WHERE state IN ('done', 'failed', 'cancelled') AND changed_at < $1

-- name: import_forget_rows
DELETE FROM import_row WHERE import_id = $1

-- name: import_forget_keys
DELETE FROM import_key WHERE import_id = $1

-- name: import_forget_notes
DELETE FROM import_note WHERE import_id = $1

-- name: import_header
UPDATE import SET header = $2, report = $3, changed_at = $4 WHERE id = $1

-- name: import_move
UPDATE import SET state = $2, place = $3, total = $4, report = $5, changed_at = $6 WHERE id = $1

-- name: import_state
UPDATE import SET state = $2, changed_at = $3 WHERE id = $1

-- name: import_row_put
INSERT INTO import_row (import_id, row, place, clash, cells) VALUES ($1, $2, $3, $4, $5)

-- name: import_row_next
SELECT place, row, clash, cells FROM import_row WHERE import_id = $1 AND place > $2 ORDER BY place, row

-- name: import_row_move
UPDATE import_row SET place = $3 WHERE import_id = $1 AND place = $2

-- name: import_row_refused
SELECT cells FROM import_row WHERE import_id = $1 AND place IN (SELECT r.place FROM import_note AS n
    JOIN import_row AS r ON r.import_id = n.import_id AND r.row = n.row
    WHERE n.import_id = $1 AND n.kind = 'reject' AND r.place > 0)
OR (import_id = $1 AND place = 0) ORDER BY row

-- What need not be kept for the file of refused rows.
-- name: import_row_done
DELETE FROM import_row WHERE import_id = $1 AND row BETWEEN $2 AND $3 AND place > 0 AND place NOT IN (
    SELECT r.place FROM import_note AS n JOIN import_row AS r ON r.import_id = n.import_id AND r.row = n.row
    WHERE n.import_id = $1 AND n.kind = 'reject')

-- name: import_row_last
SELECT coalesce(max(row), 0) FROM import_row WHERE import_id = $1

-- name: import_key_put
INSERT INTO import_key (import_id, kind, key, place, row) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING

-- name: import_key_place
SELECT place FROM import_key WHERE import_id = $1 AND kind = $2 AND key = $3

-- name: import_key_row
SELECT row FROM import_key WHERE import_id = $1 AND kind = $2 AND key = $3

-- name: import_key_move
UPDATE import_key SET place = $3 WHERE import_id = $1 AND place = $2 AND kind = 'group'

-- name: import_note_put
INSERT INTO import_note (import_id, number, kind, row, column, message) VALUES ($1, $2, $3, $4, $5, $6)

-- name: import_note_list
SELECT row, column, message FROM import_note WHERE import_id = $1 AND kind = $2 ORDER BY number LIMIT $3

-- name: import_link_put
INSERT INTO import_link (import_id, place, product_id, row, change, links) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (import_id, place) DO NOTHING

-- name: import_link_next
SELECT place, product_id, row, change, links FROM import_link WHERE import_id = $1 AND place > $2
ORDER BY place LIMIT $3

-- name: import_link_forget
DELETE FROM import_link WHERE import_id = $1

-- name: import_map_put
INSERT INTO import_map (name, map, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET map = excluded.map, changed_at = excluded.changed_at

-- name: import_map_get
SELECT map FROM import_map WHERE name = $1

-- name: import_images_waiting
SELECT count(*) FROM image WHERE state = 'waiting'

-- name: import_product_key
SELECT key FROM product WHERE id = $1

-- The keys of a group that goes by this one.
-- name: import_key_others
SELECT o.key FROM import_key AS k JOIN import_key AS o ON o.import_id = k.import_id AND o.place = k.place
WHERE k.import_id = $1 AND k.kind = 'group' AND k.key = $2 AND o.kind = 'group'

-- name: import_key_known
SELECT count(*) FROM import_key WHERE import_id = $1 AND key = $2 AND kind IN ('group', 'sku')
