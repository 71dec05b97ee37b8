-- Locks the roots of these instances, in the order of their ids, so that what rests on another member
-- is judged by the next statement, which sees what was committed meanwhile.   $1 instance ids
SELECT r.id FROM instances r
 WHERE r.id IN (SELECT i.root_id FROM instances i WHERE i.id = ANY ($1::uuid[]))
 ORDER BY r.id FOR NO KEY UPDATE;
