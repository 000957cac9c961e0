-- What people were told of an incident is found by its number.
ALTER TABLE alerts ADD COLUMN incident INTEGER NOT NULL DEFAULT 0;  -- 0 = of none
UPDATE alerts SET incident = coalesce(json_extract(notice, '$.incident.id'), 0) WHERE json_valid(notice);
CREATE INDEX alerts_incident ON alerts (incident, id) WHERE incident > 0;
