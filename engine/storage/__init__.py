"""Everything that is kept in files: runs, models, exports, presets, drawings."""
