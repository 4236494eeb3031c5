"""The jobs of the audit viewer. Each is defined next to the functions that do its work."""

from service_center.audit_viewer.chain import check_nightly, run_check

__all__ = ["check_nightly", "run_check"]
