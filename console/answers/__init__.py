"""How pages answer: templates, streams of what changes, errors, and the record of what people do."""
