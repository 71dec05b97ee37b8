-- How the journal's actions are shown.
SELECT code, label, icon, color_class, category, is_active
  FROM action_types WHERE is_active ORDER BY code
