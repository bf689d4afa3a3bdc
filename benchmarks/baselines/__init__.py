"""What people do today, written as they would write it with h5py, awkward and uproot; knows no simdprep."""
