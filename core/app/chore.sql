-- What the nightly chores do by themselves.

-- name: chore_forget_changes
DELETE FROM catalogue_change WHERE version < (SELECT version - 20000 FROM catalogue_state WHERE id = 1)
