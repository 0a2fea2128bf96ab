"""What mpirun needs to start more ranks than cores, as root too: for all tests that start the program."""

MPI_ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "PMIX_MCA_gds": "hash",  # as in the launcher, which says why
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # likewise
}
