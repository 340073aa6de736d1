"""Certificates, passwords and permissions of the secured servers."""
