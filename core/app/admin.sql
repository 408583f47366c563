-- What the admin pages ask besides what their tables of resources say.

-- name: admin_category_choices
SELECT c.key, coalesce(x.name, c.key) FROM category c LEFT JOIN category_text x ON x.category_id = c.id AND x.locale = $1
ORDER BY c.key

-- name: admin_category_ids
SELECT c.id, c.key FROM category c WHERE $1 <> '' ORDER BY c.key

-- name: admin_brand_choices
SELECT name, name FROM brand WHERE $1 <> '' ORDER BY name

-- name: admin_brand_ids
SELECT id, name FROM brand WHERE $1 <> '' ORDER BY name

-- name: admin_tax_class_choices
SELECT code, name FROM tax_class WHERE $1 <> '' ORDER BY id

-- name: admin_tax_class_ids
SELECT id, name FROM tax_class WHERE $1 <> '' ORDER BY id

-- name: admin_tax_zone_ids
SELECT id, name FROM tax_zone WHERE $1 <> '' ORDER BY name

-- name: admin_role_choices
SELECT name, name FROM staff_role WHERE $1 <> '' ORDER BY name

-- name: admin_attribute_choices
SELECT a.code, coalesce(x.name, a.code) FROM attribute a
LEFT JOIN attribute_text x ON x.attribute_id = a.id AND x.locale = $1 ORDER BY a.code

-- name: admin_history
SELECT a.id, a.at, a.actor, a.action, a.detail, coalesce(s.name, a.actor) FROM audit a
LEFT JOIN staff s ON a.actor = 'staff:' || s.id
WHERE a.subject = $1 ORDER BY a.id DESC LIMIT $2

-- name: admin_counts
SELECT (SELECT count(*) FROM product WHERE status = 'active'),
    (SELECT count(*) FROM product WHERE status = 'draft'),
    (SELECT count(*) FROM variant WHERE availability = 'out' AND enabled = 1),
    (SELECT count(*) FROM person WHERE merged_into IS NULL AND stage <> 'visitor'),
    (SELECT count(*) FROM inquiry WHERE done_at IS NULL),
    (SELECT count(*) FROM job WHERE state = 'dead')

-- name: admin_inquiry_done
UPDATE inquiry SET done_at = $2 WHERE id = $1 AND done_at IS NULL

-- name: admin_role_rights
SELECT rights FROM staff_role WHERE name = $1

-- name: admin_role_list
SELECT r.name, r.rights, (SELECT count(*) FROM staff s WHERE s.role = r.name) FROM staff_role r ORDER BY r.name

-- name: admin_role_put
INSERT INTO staff_role (name, rights) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET rights = excluded.rights

-- name: admin_owner_count
SELECT count(*) FROM staff s JOIN staff_role r ON r.name = s.role, json_each(r.rights) e
WHERE s.enabled = 1 AND e.value = '*'

-- name: admin_staff_role
SELECT role FROM staff WHERE id = $1

-- name: admin_role_exists
SELECT 1 FROM staff_role WHERE name = $1

-- name: admin_category_siblings
SELECT c.id, c.key, c.position FROM category c WHERE c.parent_id IS (SELECT parent_id FROM category WHERE id = $1)
ORDER BY c.position, c.id

-- Merges into a person that can still be taken back, the latest first.
-- name: admin_person_merges
SELECT m.id, m.at, p.name FROM merge m JOIN person p ON p.id = m.from_id
WHERE m.into_id = $1 AND m.undone_at IS NULL AND m.at > $2 ORDER BY m.at DESC, m.id DESC LIMIT 20
