-- Each query selects the keys of the rows that break a rule.

-- name: verify_outbox
SELECT o.id FROM outbox o WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.outbox = o.id) ORDER BY o.id LIMIT 100

-- name: verify_delivery
SELECT j.id FROM job j WHERE j.kind >= 'event:' AND j.kind < 'event;' AND j.outbox IS NULL ORDER BY j.id LIMIT 100

-- name: verify_inbox
SELECT i.source || '/' || i.key FROM inbox i WHERE i.done_at IS NOT NULL AND i.done_at < i.at ORDER BY i.id LIMIT 100
