"""Certificates, passwords and permissions of the secured servers: who may do what is read from `deploy/secured`."""
