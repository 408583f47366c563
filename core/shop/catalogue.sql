-- name: catalogue_advance
UPDATE catalogue_state SET version = version + 1 WHERE id = 1

-- name: catalogue_note
INSERT INTO catalogue_change (version, product_id) SELECT version, $1 FROM catalogue_state WHERE id = 1
    ON CONFLICT (version, product_id) DO NOTHING

-- name: catalogue_note_products
INSERT INTO catalogue_change (version, product_id)
    SELECT s.version, j.value FROM catalogue_state s JOIN json_each($1) j ON 1 = 1 WHERE s.id = 1
    ON CONFLICT (version, product_id) DO NOTHING
