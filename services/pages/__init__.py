"""The dashboard's pages about work: the overview, the list of jobs, a job."""
