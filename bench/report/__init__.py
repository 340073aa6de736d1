"""The figures for people and for machines: tables, pictures and JSON, and on which machine they were measured."""
