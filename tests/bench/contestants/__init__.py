"""Tests of the contestants: who is compared must do the job."""
