"""What the pages of test results and measurements show. Every query starts from the patient whose record it is."""
